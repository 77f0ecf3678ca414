"""Times the network alone: python benchmarks/network.py [RUNS [SIZE…]]

ONNX Runtime as shipped (weights stored in 16 bits, computed in float32), with the decoder in int8, and torch eager, on
the same inputs, in turn; all cores. Prints a Markdown table of medians; ratios are against ONNX as shipped. The ranges
of int8 are taken from generated photos: good for timing, not for colours.
"""

import statistics
import sys
import tempfile
import time
from pathlib import Path

import pyvips
from generated import gray

from colorizer_cli.backends.onnx import OnnxPredictor
from colorizer_cli.backends.torch import TorchPredictor
from colorizer_cli.exporting.export import Export, export
from colorizer_cli.exporting.probes import Gray, generated
from colorizer_cli.weights.registry import find_weights


def int8_weights(folder: Path) -> Path:
    """A weights folder with the decoder in int8."""
    photos = folder / "photos"
    photos.mkdir()
    for number in range(8):
        gray(0.1 + 0.02 * number).jpegsave(str(photos / f"{number}.jpg"))
    for number, scene in enumerate(generated(16, 256)):
        pyvips.Image.new_from_array((scene[0, 0] * 255).astype("uint8")).jpegsave(str(photos / f"scene{number}.jpg"))
    export(Export(None, folder / "int8", int8=True, photos=photos, largest=1e6, mean=1e6))
    return folder / "int8"


def main(runs: int, sizes: list[int]) -> None:
    """Prints the table."""
    with tempfile.TemporaryDirectory() as name:
        embedded, small = find_weights(), find_weights(int8_weights(Path(name)))
        predictors = {"ONNX": OnnxPredictor(embedded), "int8": OnnxPredictor(small), "torch": TorchPredictor(embedded)}
        print("| network input | ONNX, s (spread) | ONNX int8 | torch eager |")
        print("|---|---|---|---|")
        for size in sizes:
            times = _timed(predictors, generated(1, size)[0], runs)
            median = {what: statistics.median(found) for what, found in times.items()}
            spread = max(times["ONNX"]) - min(times["ONNX"])
            ratios = " | ".join(f"{median[what] / median['ONNX']:.2f} ×" for what in ("int8", "torch"))
            print(f"| {size} px | {median['ONNX']:.3f} ({spread:.3f}) | {ratios} |", flush=True)


def _timed(predictors: "dict[str, OnnxPredictor | TorchPredictor]", photo: Gray, runs: int) -> dict[str, list[float]]:
    times: dict[str, list[float]] = {what: [] for what in predictors}
    for predictor in predictors.values():
        predictor.predict(photo)
    for _ in range(runs):
        for what, predictor in predictors.items():
            started = time.perf_counter()
            predictor.predict(photo)
            times[what].append(time.perf_counter() - started)
    return times


if __name__ == "__main__":
    numbers = [int(text) for text in sys.argv[1:]]
    main(numbers[0] if numbers else 9, numbers[1:] or [128, 176, 256, 384, 512])
