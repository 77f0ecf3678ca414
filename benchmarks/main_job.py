"""Times `colorize PHOTO` as a whole process against decode + encode alone: python benchmarks/main_job.py [RUNS]

Prints a Markdown table of medians (and spread), on generated photos. Figures of one run compare; absolute ones depend
on the machine.
"""

import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

from generated import jpeg

FLOOR = "import pyvips; pyvips.Image.new_from_file('{0}', access='sequential').{1}"
JPEG = "jpegsave('floor.jpg', Q=92, subsample_mode='off')"
NETWORK = """
import time; t = time.perf_counter()
from colorizer_cli import Colorizer
import numpy as np
c = Colorizer(backend='onnx'); s = c.weights.config.input_size
c.predictor.predict(np.zeros((1, 1, s, s), np.float32)); print(time.perf_counter() - t)
"""


PHOTOS = [(1, "gray"), (1, "RGB"), (12, "gray"), (12, "RGB"), (12, "sepia"), (50, "gray")]


def seconds(arguments: list[str], folder: Path) -> float:
    """Wall time of a whole process."""
    (folder / "out.jpg").unlink(missing_ok=True)
    started = time.perf_counter()
    subprocess.run(arguments, cwd=folder, check=True, capture_output=True)
    return time.perf_counter() - started


def network_seconds(folder: Path) -> float:
    """Time to load the network and run it once, imports of the numeric libraries included."""
    run = [sys.executable, "-c", NETWORK]
    return float(subprocess.run(run, cwd=folder, check=True, capture_output=True, text=True).stdout)


def main(runs: int) -> None:
    """Prints the table. Everything is run in turns, so that all of it sees the machine's better and worse moments."""
    command = shutil.which("colorize", path=str(Path(sys.executable).parent)) or "colorize"
    helps, networks, alone, whole = [], [], defaultdict(list), defaultdict(list)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files = {photo: jpeg(*photo, folder).name for photo in PHOTOS}
        for _ in range(runs):
            helps.append(seconds([command, "--help"], folder))
            networks.append(network_seconds(folder))
            for photo, file in files.items():
                alone[photo].append(seconds([sys.executable, "-c", FLOOR.format(file, JPEG)], folder))
                whole[photo].append(seconds([command, file, "-o", "out.jpg"], folder))
    print("| what | seconds (spread) | decode + encode alone | ratio | (time − network) / alone |")
    print("|---|---|---|---|---|")
    print(f"| `colorize --help` | {_shown(helps)} | | | |")
    print(f"| network: load and run once | {_shown(networks)} | | | |")
    network = statistics.median(networks)
    for photo in PHOTOS:
        megapixels, kind = photo
        time_of, floor = statistics.median(whole[photo]), statistics.median(alone[photo])
        print(
            f"| {megapixels} MP {kind} JPEG | {_shown(whole[photo])} | {_shown(alone[photo])} | {time_of / floor:.1f} "
            f"| {(time_of - network) / floor:.2f} |"
        )


def _shown(found: list[float]) -> str:
    """Median and spread (max − min)."""
    return f"{statistics.median(found):.3f} ({max(found) - min(found):.3f})"


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
