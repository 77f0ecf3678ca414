"""`colorize export`: network → ONNX, refused where its colours differ from the original's by more than a limit."""

from __future__ import annotations

import importlib.util
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from colorizer_cli.errors import BackendError, UsageError, WeightsError
from colorizer_cli.exporting import probes
from colorizer_cli.exporting.parity import Parity, parity
from colorizer_cli.photo.writing import check_place, write_bytes
from colorizer_cli.weights.config import LONGEST_NAME, WeightsConfig
from colorizer_cli.weights.folder import CARD, CONFIG, ONNX, SAFETENSORS, WeightsFolder, file_sha256
from colorizer_cli.weights.registry import find_weights

PACKAGES = ("torch", "timm", "safetensors", "onnx")
PROBES, CALIBRATION = 20, 100  # photos
INT8 = "-int8"  # behind the name of weights whose model.onnx computes in it
INT8_NOTE = "\nThe decoder of `model.onnx` computes in int8; the figures above are the float network's.\n"
LIMITS = {False: (0.5, 0.05), True: (30.0, 1.5)}  # int8 or not: largest and mean |Δa|, |Δb| that are let through


@dataclass(frozen=True)
class Export:
    """weights  a registered name, a folder, or None for the embedded ones
    output   a file that ends in .onnx; or a weights folder to be made, which --weights takes
    int8     the decoder's convolutions in int8; needs `photos`
    opset    ONNX operator set
    photos   folder of real photos: to compare the two networks on, and to take int8's ranges from; None: generated ones
    largest, mean   limits of |Δa|, |Δb|; None: `LIMITS`
    """

    weights: str | None
    output: Path
    int8: bool = False
    opset: int | None = None
    photos: Path | None = None
    largest: float | None = None
    mean: float | None = None
    overwrite: bool = False


@dataclass(frozen=True)
class Exported:
    """The proof, and how many bytes the ONNX file has."""

    parity: Parity
    size: int


def export(job: Export) -> Exported:
    """Writes the output whole, or not at all.

    Raises UsageError, WeightsError (no such weights; the colours differ too much), BackendError (torch or onnx is not
    installed), OutputError, PhotoError.
    """
    _check(job)
    from colorizer_cli.backends.onnx import OnnxPredictor
    from colorizer_cli.backends.torch import TorchPredictor, load_network
    from colorizer_cli.models.export import OPSET, export_onnx

    weights = find_weights(job.weights)
    size = weights.config.input_size
    compared, calibrating = _photos(job, size)
    with tempfile.TemporaryDirectory(prefix="colorize-") as name:
        folder = Path(name)
        export_onnx(load_network(weights), folder / ONNX, job.opset or OPSET, halved=not job.int8)
        if job.int8:
            from colorizer_cli.models.quantization import quantize_decoder

            (folder / ONNX).rename(folder / "float.onnx")
            quantize_decoder(folder / "float.onnx", folder / ONNX, _inputs(calibrating, weights.config))
        exported = _with_hash(_rounded(weights.config) if job.int8 else weights.config, folder)
        kept = [SAFETENSORS] + [CARD] * (weights.path / CARD).is_file()
        for other in kept:
            (folder / other).write_bytes(weights.file(other).read_bytes())
        if job.int8 and CARD in kept:
            with open(folder / CARD, "a", encoding="utf-8") as card:
                card.write(INT8_NOTE)
        made = WeightsFolder.open(folder)
        found = parity(OnnxPredictor(made), TorchPredictor(weights), exported, compared)
        _judge(found, job)
        _write(folder, job)
        return Exported(found, (folder / ONNX).stat().st_size)


def _check(job: Export) -> None:
    missing = [name for name in PACKAGES if importlib.util.find_spec(name) is None]
    if missing:
        raise BackendError(f"export needs {', '.join(missing)}; pip install 'colorizer-cli[torch]'")
    from colorizer_cli.models.export import OPSETS

    if job.opset is not None and job.opset not in OPSETS:
        raise UsageError(f"--opset {job.opset}: expected {OPSETS[0]}…{OPSETS[-1]}")
    if job.int8 and job.photos is None:
        raise UsageError("--int8 needs --photos FOLDER: the ranges of its numbers are taken from real photos")
    if _is_file(job.output):
        if job.output.name == ONNX and (job.output.parent / CONFIG).is_file():
            raise UsageError(f"{job.output} is part of a weights folder, which vouches for it; choose another name")
        check_place(job.output, overwrite=job.overwrite)
        return
    if job.output.exists() and not job.output.is_dir():
        raise UsageError(f"{job.output} is no folder; give a folder's name, or one that ends in .onnx")
    if job.output.is_dir() and not job.overwrite:
        raise UsageError(f"{job.output} exists already; choose another name or add --overwrite")
    if not job.output.parent.is_dir():
        raise UsageError(f"{job.output.parent}: no such folder; create it first")
    if job.output.resolve() == find_weights(job.weights).path.resolve():
        raise UsageError(f"{job.output} is where the weights come from; choose another folder")
    if job.output.is_dir() and any(job.output.iterdir()) and not (job.output / SAFETENSORS).is_file():
        raise UsageError(f"{job.output} holds other things than weights, and is not written to; choose another folder")


def _is_file(output: Path) -> bool:
    return output.suffix.lower() == ".onnx"


def _photos(job: Export, size: int) -> tuple[list[NDArray[np.float32]], list[NDArray[np.float32]]]:
    """→ (those to compare on, those to take ranges from); no photo is in both."""
    if job.photos is None:
        return probes.generated(PROBES, size), []
    found = probes.of_photos(job.photos, PROBES + (CALIBRATION if job.int8 else 0), size)
    if not job.int8:
        return found, []
    apart = min(PROBES, len(found) // 2)
    return found[:apart], found[apart:]


def _inputs(grays: list[NDArray[np.float32]], config: WeightsConfig) -> Iterator[dict[str, NDArray[np.float32]]]:
    from colorizer_cli.backends.onnx import padded_to_stride

    for gray in grays:
        image = padded_to_stride(gray)
        inputs = {"gray": image}
        if config.conditioned:
            inputs["hints"] = np.zeros((1, 3, *image.shape[2:]), np.float32)
            inputs["palette"] = np.zeros((1, len(config.bins) + 1), np.float32)
        yield inputs


def _rounded(config: WeightsConfig) -> WeightsConfig:
    """Under a name of its own, and without figures that were measured on the float network."""
    return replace(config, name=f"{config.name[: LONGEST_NAME - len(INT8)]}{INT8}", metrics={})


def _with_hash(config: WeightsConfig, folder: Path) -> WeightsConfig:
    """Writes the config that vouches for the new model.onnx. → it"""
    vouching = replace(config, sha256=config.sha256 | {ONNX: file_sha256(folder / ONNX)})
    (folder / CONFIG).write_text(vouching.to_json(), encoding="utf-8")
    return vouching


def _judge(found: Parity, job: Export) -> None:
    largest, mean = LIMITS[job.int8]
    largest = largest if job.largest is None else job.largest
    mean = mean if job.mean is None else job.mean
    if not (found.largest <= largest and found.mean <= mean):  # not-a-number is refused, too
        raise WeightsError(
            f"nothing was written: over {found.photos} photos a and b differ by {found.largest:.2f} at most and "
            f"{found.mean:.3f} in the mean; the limits are {largest:g} and {mean:g}\n"
            "(--largest and --mean set them)"
        )


def _write(made: Path, job: Export) -> None:
    if _is_file(job.output):
        write_bytes((made / ONNX).read_bytes(), job.output, overwrite=job.overwrite)
        return
    job.output.mkdir(exist_ok=True)
    for name in (SAFETENSORS, ONNX, CARD, CONFIG):  # the config, which vouches for the others, last
        if (made / name).is_file():
            write_bytes((made / name).read_bytes(), job.output / name, overwrite=job.overwrite)
        elif job.overwrite:
            (job.output / name).unlink(missing_ok=True)  # another network's card
