"""What this machine can run: versions, backends, devices, extras, weights, and whether the main job works."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import shutil
import sys

from colorizer_cli.version import __version__

BASE = ("numpy", "opencv-python-headless", "pyvips", "pyvips-binary", "pillow", "onnxruntime", "typer", "rich")
EXTRAS = {
    "torch": ("torch", "timm", "safetensors"),
    "cluster": ("ray",),
    "heif": ("pillow-heif",),
    "c2pa": ("c2pa-python",),
}


def diagnose() -> dict[str, str]:
    """What was found, by name. "main job" is "works", or says why it does not."""
    report = {"colorize": __version__, "python": f"{platform.python_version()} ({sys.executable})"}
    report["system"] = f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores"
    report["free disk here"] = f"{shutil.disk_usage('.').free / 1e9:.0f} GB"
    report |= {package: _version(package) for package in BASE}
    report |= {f"extra [{extra}]": _extra(packages) for extra, packages in EXTRAS.items()}
    report["onnx devices"] = _onnx_devices()
    report["torch devices"] = _torch_devices()
    report["weights"] = _weights()
    report["main job"] = _main_job()
    return report


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"


def _extra(packages: tuple[str, ...]) -> str:
    return ", ".join(f"{package} {_version(package)}" for package in packages)


def _onnx_devices() -> str:
    try:
        import onnxruntime
    except ImportError as error:
        return str(error)
    return ", ".join(
        name.removesuffix("ExecutionProvider") for name in onnxruntime.get_available_providers() if "Azure" not in name
    )


def _torch_devices() -> str:
    try:
        import torch
    except ImportError:
        return "torch is not installed"
    return ", ".join(["CPU", *(torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count()))])


def _weights() -> str:
    from colorizer_cli.errors import WeightsError
    from colorizer_cli.weights.registry import find_weights

    try:
        weights = find_weights()
    except WeightsError as error:
        return str(error)
    return "; ".join(weights.verify()) or f"{weights.config.name}, as recorded, in {weights.path}"


def _main_job() -> str:
    """Colours a small gray ramp, from encoded bytes to pixels."""
    try:
        import pyvips

        from colorizer_cli.engine.colorizer import Colorizer
        from colorizer_cli.photo.reading import read_photo

        ramp = pyvips.Image.grey(96, 64, uchar=True)
        Colorizer().colorize(read_photo(ramp.pngsave_buffer())).pixels()
    except Exception as error:
        return f"fails: {error}"
    return "works"
