"""What a large batch costs, and where it stops scaling: python benchmarks/scaling.py [PHOTOS [MEGAPIXELS]]

Three tables: processor seconds of a worker for one photo, by stage; the same photos by processes of this machine and by
a Ray cluster on it, from the first result to the last; and the run's own process with workers that do nothing, which is
what bounds a cluster. Needs the extra [cluster]. Prints Markdown.
"""

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from unittest.mock import patch

import psutil
from generated import jpeg

from colorizer_cli.batch.job import BatchJob, Identity, Outcome, Task
from colorizer_cli.batch.ray_workers import RayWorkers
from colorizer_cli.batch.resources import WorkerResources
from colorizer_cli.batch.run import run
from colorizer_cli.cli.batch_display import Silence

STAGES = """
import hashlib, json, os, resource, sys, time
import cv2, numpy as np, pyvips
from colorizer_cli import Colorizer, read_photo
from colorizer_cli.batch.coloring import colorizing
from colorizer_cli.batch.job import Recipe, Task
from colorizer_cli.engine.composition import network_size

file, turns = sys.argv[1], int(sys.argv[2])
cv2.setNumThreads(1)
colour = colorizing(Recipe(), "onnx", "cpu", ".", "out")
colorizer = Colorizer(backend="onnx", threads=1)
photo = read_photo(file)
width, height = network_size(photo.width, photo.height, colorizer.weights.config.input_size)
gray = np.zeros((1, 1, height, width), np.float32)
render = colorizer.colorize(photo).renderer(photo.width, photo.height, 8)
strips = [(top, strip) for top, strip, _ in photo.strips()]
rendered = np.concatenate([np.array(render(strip, top)) for top, strip in strips])
image = pyvips.Image.new_from_array(rendered).copy(interpretation="srgb")
stages = {
    "read, sha256": lambda: hashlib.sha256(open(file, "rb").read()),
    "decode": lambda: pyvips.Image.new_from_file(file, access="sequential").avg(),
    "network": lambda: colorizer.predictor.predict(gray),
    "merge": lambda: [render(strip, top) for top, strip in strips],
    "encode": lambda: image.jpegsave_buffer(Q=92, subsample_mode="off"),
    "whole": lambda: colour(Task(file, file, overwrite=True)),
}
found = {}
for name, work in stages.items():
    work()
    started = time.process_time()
    for _ in range(turns):
        work()
    found[name] = (time.process_time() - started) / turns
found["peak MB"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
print(json.dumps(found))
"""


def stages(file: Path, turns: int) -> None:
    """Prints the table of processor seconds."""
    environment = os.environ | {"VIPS_CONCURRENCY": "1"}
    arguments = [sys.executable, "-c", STAGES, file.name, str(turns)]
    done = subprocess.run(arguments, cwd=file.parent, check=True, stdout=subprocess.PIPE, env=environment)
    found = json.loads(done.stdout)
    found["the rest"] = found["whole"] - sum(found[name] for name in list(found)[:5])
    print("| of one photo | processor seconds | share | core-hours for a million |\n|---|---|---|---|")
    for name in ("read, sha256", "decode", "network", "merge", "encode", "the rest", "whole"):
        seconds = found[name]
        print(f"| {name} | {seconds:.4f} | {seconds / found['whole']:.0%} | {seconds * 1e6 / 3600:.1f} |")
    print(f"\nPeak memory of the worker: {found['peak MB']:.0f} MB.\n", flush=True)


def results(arguments: list[str]) -> tuple[float, float, float]:
    """→ (seconds to the first result, results a second and processor seconds a result from there to the last)."""
    command = shutil.which("colorize", path=str(Path(sys.executable).parent)) or "colorize"
    started, moments = time.perf_counter(), []
    with psutil.Popen([command, "batch", *arguments, "--json"], stdout=subprocess.PIPE) as running:
        for line in running.stdout:
            if json.loads(line)["event"] == "done":
                moments.append((time.perf_counter(), processor_seconds(running)))
    (first, busy_before), (last, busy) = moments[0], moments[-1]
    done = len(moments) - 1
    return first - started, done / (last - first), (busy - busy_before) / done


def processor_seconds(process: psutil.Process) -> float:
    """Of it and all that it has started and that is still there."""
    total = 0.0
    for each in [process, *process.children(recursive=True)]:
        with contextlib.suppress(psutil.Error):
            times = each.cpu_times()
            total += times.user + times.system
    return total


def side_by_side(source: Path, output: Path, rounds: int) -> None:
    """Prints the table of processes against a cluster, in turn."""
    jobs = len(os.sched_getaffinity(0))
    print(f"| {jobs} workers | seconds to the first result | photos/s from there on | processor seconds a photo |")
    print("|---|---|---|---|")
    for turn in range(rounds):
        for what, more in {"processes": [], "`--cluster ray`": ["--cluster", "ray"]}.items():
            folder = output / f"{len(more)}-{turn}"
            first, rate, busy = results([str(source), "-o", str(folder), "--jobs", str(jobs), *more])
            print(f"| {what} | {first:.1f} | {rate:.2f} | {busy:.3f} |", flush=True)
    print()


class Moments(Silence):
    """Notes when outcomes come."""

    def __init__(self) -> None:
        super().__init__()
        self.at: list[float] = []

    def outcome(self, outcome: Outcome) -> None:
        self.at.append(time.perf_counter())


def no_work(*_: object) -> Callable[[Task], Outcome]:
    """Stands in for `colorizing`."""
    return lambda task: Outcome(task, 0.0, Identity(1, 1, "0" * 64), Identity(1, 1), confidence=0.5)


def idle_workers(folder: Path, tasks: int, workers: tuple[int, ...]) -> None:
    """Prints the table of the run's own process, with workers that do nothing; of the second half of the tasks."""
    source = folder / "empty"
    source.mkdir()
    for number in range(tasks):
        (source / f"{number:06}.jpg").touch()
    print("| workers that do nothing | photos/s | journal, bytes a photo |\n|---|---|---|")
    for jobs in workers:
        output, moments = folder / f"idle-{jobs}", Moments()
        job = BatchJob(str(source), str(output), jobs=jobs, cluster=WorkerResources(cpus=0.05))
        with patch("colorizer_cli.batch.run.RayWorkers", partial(RayWorkers, colouring=no_work)):
            run(job, moments)
        size = (output / "colorize-journal.jsonl").stat().st_size
        half = moments.at[tasks // 2 :]
        print(f"| {jobs} | {(len(half) - 1) / (half[-1] - half[0]):.0f} | {size / tasks:.0f} |", flush=True)


def main(photos: int, megapixels: float) -> None:
    """Prints the tables."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        file = jpeg(megapixels, "gray", folder)
        (folder / "out").mkdir()
        print(f"{photos} gray JPEGs of {megapixels:g} MP and {file.stat().st_size / 1e6:.1f} MB.\n")
        stages(file, max(2, photos // 8))
        (folder / "scans").mkdir()
        for number in range(photos):
            os.link(file, folder / "scans" / f"{number:05}.jpg")
        side_by_side(folder / "scans", folder, 1 if photos < 20 else 2)
        idle_workers(folder, 20 * photos, (2,) if photos < 20 else (2, 16))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100, float(sys.argv[2]) if len(sys.argv) > 2 else 2)
