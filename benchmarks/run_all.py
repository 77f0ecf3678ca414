"""Runs every benchmark and writes one Markdown page: python benchmarks/run_all.py [-o benchmarks/results.md] [--quick]

Some minutes; on a machine with nothing else to do. Figures of one run compare; absolute ones depend on the machine.
"""

import argparse
import os
import platform
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

HERE = Path(__file__).parent
PARTS = {  # script: (title, arguments, arguments of a quick run)
    "main_job.py": ("Cold start, and whole photos", ["5"], ["1"]),
    "stages.py": ("One photo, stage by stage", ["3"], ["1", "1"]),
    "batch.py": ("A batch, by --jobs", ["100"], ["6"]),
    "scaling.py": ("A large batch, on a cluster", ["100"], ["4"]),
    "edit.py": ("Changes on the page of `colorize edit`", ["15"], ["2"]),
    "network.py": ("The network alone", ["9"], ["2", "128"]),
    "by_hand.py": ("Against the loop that people script by hand", ["3"], ["1"]),
    "trainer.py": ("The trainer against bare forward and backward", ["64", "128"], ["64"]),
}
PACKAGES = ("colorizer-cli", "onnxruntime", "pyvips", "opencv-python-headless", "numpy", "torch")


def main() -> None:
    """Prints the page as it grows, and writes it when it is whole."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("-o", "--output", type=Path, help="also write the page to this file")
    options.add_argument("--quick", action="store_true", help="one run of each, small: to see that they run")
    options.add_argument("--only", nargs="*", choices=PARTS, default=list(PARTS), help="these alone")
    chosen = options.parse_args()
    versions = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    machine = f"{platform.machine()}, {len(os.sched_getaffinity(0))} cores, Python {platform.python_version()}"
    page = ["# Benchmarks\n", f"{machine}; {versions}. Medians, and in brackets the spread (max − min).\n"]
    print("\n".join(page), flush=True)
    for script in chosen.only:
        title, full, quick = PARTS[script]
        arguments = [sys.executable, str(HERE / script), *(quick if chosen.quick else full)]
        done = subprocess.run(arguments, check=True, stdout=subprocess.PIPE, text=True)
        page.append(f"## {title}\n\n{done.stdout.strip()}\n")
        print(page[-1], flush=True)
    if chosen.output is not None:
        chosen.output.write_text("\n".join(page), encoding="utf-8")


if __name__ == "__main__":
    main()
