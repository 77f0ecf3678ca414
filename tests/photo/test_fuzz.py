"""Mutated files of every format: a clear error or a correct result, never a crash, a hang or a partial output."""

import contextlib
import json
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
import pyvips

ROOT = Path(__file__).parents[2]
PROCESSES, INPUTS, LONGEST = 2, 5200, 300  # seconds for all of them


@pytest.fixture
def stack():
    with contextlib.ExitStack() as stack:
        yield stack


@pytest.mark.slow
def test_only_the_tools_own_errors_come_out(tmp_path: Path, stack: contextlib.ExitStack):
    running, deadline = [], time.monotonic() + LONGEST
    for seed in range(PROCESSES):
        folder = tmp_path / str(seed)
        folder.mkdir()
        command = [sys.executable, "-m", "tests.photo.fuzzing", folder, str(seed), str(INPUTS // PROCESSES)]
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        stack.enter_context(process)
        stack.callback(process.kill)  # comes before its end is waited for: when one fails, the others stop
        running.append(process)
    for seed, process in enumerate(running):
        out, err = process.communicate(timeout=max(1.0, deadline - time.monotonic()))
        folder = tmp_path / str(seed)
        if process.returncode != 0:
            kept = shutil.copy(folder / "input", tmp_path / f"failing-{seed}")
            tail = "\n".join(err.splitlines()[-25:])
            pytest.fail(f"{(folder / 'name').read_text()} ({kept}): exit {process.returncode}\n{tail}")
        outcomes = json.loads(out.splitlines()[-1])
        assert outcomes["coloured"] > INPUTS // PROCESSES // 10, outcomes  # the test tests more than the first check
        assert outcomes["refused"] > INPUTS // PROCESSES // 10, outcomes


WARNING_WITHIN_A_WARNING = """
import gc, logging, sys
from colorizer_cli import read_photo
import pyvips

class Collecting(logging.Handler):
    def emit(self, record):
        gc.collect()

logging.getLogger("pyvips").addHandler(Collecting())
gc.disable()
pyvips.cache_set_max(0)
for _ in range(2):
    ring = [pyvips.Image.new_from_file(sys.argv[1])]
    ring.append(ring)
    del ring
image = pyvips.Image.new_from_file(sys.argv[1])
del image
gc.collect()
print(read_photo(sys.argv[2]).width)
"""


def test_a_warning_of_libvips_while_garbage_is_collected_for_another(tmp_path: Path):
    whole = pyvips.Image.black(64, 48).jpegsave_buffer()
    (tmp_path / "sound.jpg").write_bytes(whole)
    (tmp_path / "warns.jpg").write_bytes(whole[:2] + b"U" * 60 + whole[2:])
    command = [sys.executable, "-c", WARNING_WITHIN_A_WARNING, tmp_path / "warns.jpg", tmp_path / "sound.jpg"]
    done = subprocess.run(command, check=False, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (0, "64\n", "")
