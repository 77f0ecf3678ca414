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
from pathlib import Path

import numpy as np
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


def seconds(arguments: list[str], runs: int, folder: Path) -> tuple[float, float]:
    """Median and spread (max − min) of a whole process's wall time."""
    found = []
    for _ in range(runs):
        (folder / "out.jpg").unlink(missing_ok=True)
        started = time.perf_counter()
        subprocess.run(arguments, cwd=folder, check=True, capture_output=True)
        found.append(time.perf_counter() - started)
    return statistics.median(found), max(found) - min(found)


def network_seconds(runs: int, folder: Path) -> float:
    """Median time to load the network and run it once, imports of the numeric libraries included."""
    outputs = [
        subprocess.run([sys.executable, "-c", NETWORK], cwd=folder, check=True, capture_output=True, text=True).stdout
        for _ in range(runs)
    ]
    return float(np.median([float(output) for output in outputs]))


def main(runs: int) -> None:
    """Prints the table."""
    command = shutil.which("colorize", path=str(Path(sys.executable).parent)) or "colorize"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        help_seconds, spread = seconds([command, "--help"], runs, folder)
        network = network_seconds(runs, folder)
        print("| what | seconds (spread) | decode + encode alone | ratio | (time − network) / alone |")
        print("|---|---|---|---|---|")
        print(f"| `colorize --help` | {help_seconds:.2f} ({spread:.2f}) | | | |")
        print(f"| network: load and run once | {network:.2f} | | | |")
        for megapixels, bands in ((1, 1), (1, 3), (12, 1), (12, 3), (50, 1)):
            file = jpeg(megapixels, bands, folder)
            floor, _ = seconds([sys.executable, "-c", FLOOR.format(file.name, JPEG)], runs, folder)
            whole, spread = seconds([command, file.name, "-o", "out.jpg"], runs, folder)
            kind = "gray" if bands == 1 else "RGB"
            print(
                f"| {megapixels} MP {kind} JPEG | {whole:.2f} ({spread:.2f}) | {floor:.2f} | {whole / floor:.1f} "
                f"| {(whole - network) / floor:.1f} |"
            )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
