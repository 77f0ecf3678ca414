"""Mutated files of every format: a clear error or a correct result, never a crash, a hang or a partial output."""

import json
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROCESSES, INPUTS, LONGEST = 2, 5200, 300  # seconds for all of them


@pytest.mark.slow
def test_only_the_tools_own_errors_come_out(tmp_path: Path):
    running, deadline = [], time.monotonic() + LONGEST
    for seed in range(PROCESSES):
        folder = tmp_path / str(seed)
        folder.mkdir()
        command = [sys.executable, "-m", "tests.photo.fuzzing", folder, str(seed), str(INPUTS // PROCESSES)]
        running.append(subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True))
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
