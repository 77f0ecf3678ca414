"""Times the stages of one photo at 1, 12, 50 and 200 MP: python benchmarks/stages.py [RUNS [MEGAPIXELS…]]

decode, merge and encode are timed each for itself, in memory where that is possible; in the command they overlap, so
the whole is less than their sum and more than the longest. network: loaded already, one run. alone: a process that
decodes and encodes the same photo with pyvips. Peak memory is that of the whole command. Prints a Markdown table of
medians.
"""

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from generated import jpeg

ALONE = "import pyvips; pyvips.Image.new_from_file('{}', access='sequential').jpegsave('alone.jpg', Q=92)"
STAGES = """
import json, sys, time
import numpy as np, pyvips
from colorizer_cli import Colorizer, read_photo
from colorizer_cli.engine.composition import network_size

def timed(work):
    started = time.perf_counter(); found = work(); return time.perf_counter() - started, found

file = sys.argv[1]
colorizer = Colorizer()
photo = read_photo(file)
decode, _ = timed(lambda: pyvips.Image.new_from_file(file, access="sequential").avg())
width, height = network_size(photo.width, photo.height, colorizer.weights.config.input_size)
gray = np.zeros((1, 1, height, width), np.float32)
colorizer.predictor.predict(gray)
network, _ = timed(lambda: colorizer.predictor.predict(gray))
render = colorizer.colorize(photo).renderer(photo.width, photo.height, 8)
strips = [(top, strip) for top, strip, _ in photo.strips()]
merge, rendered = timed(lambda: [np.asarray(render(strip, top)) for top, strip in strips])
image = pyvips.Image.new_from_array(np.concatenate(rendered)).copy(interpretation="srgb")
encode, _ = timed(lambda: image.jpegsave_buffer(Q=92, subsample_mode="off"))
print(json.dumps([decode, network, merge, encode]))
"""


def wall_and_memory(arguments: list[str], folder: Path) -> tuple[float, float]:
    """→ (seconds, peak MB) of a whole process. Raises CalledProcessError."""
    started = time.perf_counter()
    with subprocess.Popen(arguments, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, arguments)
    return time.perf_counter() - started, usage.ru_maxrss / 1000


def main(runs: int, sizes: list[float]) -> None:
    """Prints the table."""
    command = shutil.which("colorize", path=str(Path(sys.executable).parent)) or "colorize"
    print("| gray JPEG | decode | network | merge | encode | whole (spread) | alone | whole / alone | peak MB |")
    print("|---|---|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for megapixels in sizes:
            file = jpeg(megapixels, "gray", folder)
            stages, whole, alone, memory = [], [], [], []
            for _ in range(runs):  # in turn: other work on the machine touches all alike
                done = subprocess.run(
                    [sys.executable, "-c", STAGES, file.name], cwd=folder, check=True, capture_output=True, text=True
                )
                stages.append(json.loads(done.stdout))
                (folder / "out.jpg").unlink(missing_ok=True)
                seconds, peak = wall_and_memory([command, file.name, "-o", "out.jpg"], folder)
                whole.append(seconds)
                memory.append(peak)
                alone.append(wall_and_memory([sys.executable, "-c", ALONE.format(file.name)], folder)[0])
            decode, network, merge, encode = (statistics.median(column) for column in zip(*stages, strict=True))
            median, floor = statistics.median(whole), statistics.median(alone)
            print(
                f"| {megapixels:g} MP | {decode:.2f} | {network:.2f} | {merge:.2f} | {encode:.2f} | {median:.2f} "
                f"({max(whole) - min(whole):.2f}) | {floor:.2f} | {median / floor:.1f} | {max(memory):.0f} |",
                flush=True,
            )
            file.unlink()


if __name__ == "__main__":
    numbers = [float(text) for text in sys.argv[1:]]
    main(int(numbers[0]) if numbers else 3, numbers[1:] or [1, 12, 50, 200])
