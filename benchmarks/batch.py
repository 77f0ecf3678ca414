"""Times `colorize batch` against the same photos coloured one after the other: python benchmarks/batch.py [PHOTOS]

The comparison is one process that calls `Colorizer` photo by photo, with all cores for its network. Prints a Markdown
table; the share of the processor is that of all cores, start-up included. Figures of one run compare; absolute ones
depend on the machine.
"""

import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pyvips

ONE_BY_ONE = """
import sys
from pathlib import Path
from colorizer_cli import Colorizer, read_photo, write_photo
colorizer, source, output = Colorizer(), Path(sys.argv[1]), Path(sys.argv[2])
output.mkdir()
for photo in sorted(source.iterdir()):
    write_photo(colorizer.colorize(read_photo(photo)), output / photo.name)
"""
MEGAPIXELS = 2


def photos(count: int, folder: Path) -> Path:
    """JPEGs with the detail of scans: smooth areas, edges and grain; ten different ones, linked."""
    folder.mkdir()
    width, height = round((MEGAPIXELS * 4 / 3) ** 0.5 * 1000), round((MEGAPIXELS * 3 / 4) ** 0.5 * 1000)
    for number in range(count):
        file = folder / f"{number:05}.jpg"
        if number < 10:
            waves = pyvips.Image.zone(width + 40 * number, height).crop(40 * number, 0, width, height).linear(50, 128)
            grain = pyvips.Image.gaussnoise(width, height, sigma=4, mean=0, seed=number)
            (waves + grain).cast("uchar").copy(interpretation="b-w").jpegsave(str(file), Q=92)
        else:
            os.link(folder / f"{number % 10:05}.jpg", file)
    return folder


def timed(arguments: list[str]) -> tuple[float, float]:
    """→ (wall seconds, processor seconds of the process and all that it started)."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(arguments, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wall, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main(count: int) -> None:
    """Prints the table."""
    command = shutil.which("colorize", path=str(Path(sys.executable).parent)) or "colorize"
    cores = len(os.sched_getaffinity(0))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source = photos(count, folder / "scans")
        print(f"| {count} photos of {MEGAPIXELS} MP, {cores} cores | seconds | photos/s | ratio | processor busy |")
        print("|---|---|---|---|---|")
        runs = {"one after the other": [sys.executable, "-c", ONE_BY_ONE, str(source), str(folder / "single")]}
        for jobs in sorted({1, cores, cores + 1}):
            runs[f"`batch --jobs {jobs}`"] = [
                *(command, "batch", str(source), "-o", str(folder / str(jobs)), "--jobs", str(jobs), "-q")
            ]
        first = None
        for what, arguments in runs.items():
            wall, busy = timed(arguments)
            first = first or wall
            print(
                f"| {what} | {wall:.1f} | {count / wall:.2f} | {first / wall:.2f} | {busy / wall / cores:.0%} |",
                flush=True,
            )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100)
