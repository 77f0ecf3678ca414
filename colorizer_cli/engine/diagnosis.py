"""What this machine can run: versions, backends, devices, threads, caches, disk, extras, weights, and the main job."""

from __future__ import annotations

import importlib.metadata
import platform
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

from colorizer_cli.engine import machine
from colorizer_cli.engine.installation import Installation, base_installation, extras
from colorizer_cli.errors import ColorizerError
from colorizer_cli.version import __version__
from colorizer_cli.weights.registry import EMBEDDED, embedded_root, find_weights


@dataclass(frozen=True)
class Backend:
    """A library that can run the network.

    version     None where it is not installed
    providers   ONNX Runtime's execution providers, as it names them
    devices     what --device may be, and the device's name
    problem     why it, or its GPU, cannot be used
    """

    version: str | None
    providers: list[str] = field(default_factory=list)
    devices: dict[str, str] = field(default_factory=dict)
    problem: str | None = None


@dataclass(frozen=True)
class Compiled:
    """Whether it works, or why it does not: then the same is done more slowly."""

    works: bool
    problem: str | None


@dataclass(frozen=True)
class Weights:
    """A registered weights folder: its path, the sha256 that identifies it, and what is wrong with its files."""

    path: str
    sha256: str | None
    problems: list[str]


@dataclass(frozen=True)
class MainJob:
    """Whether a photo can be coloured: in how many seconds, on what; or the problem, and what to do about it."""

    works: bool
    seconds: float | None = None
    backend: str | None = None
    device: str | None = None
    problem: str | None = None
    remedy: str | None = None


@dataclass(frozen=True)
class Diagnosis:
    """All that was found. `as_json` has the same names, nested.

    compiled   the code that full-resolution pixels go through, which NumPy and OpenCV stand in for
    """

    colorize: str
    python: dict[str, str]
    system: dict[str, str | int | None]
    threads: machine.Threads
    disk: dict[str, machine.Disk]
    caches: dict[str, machine.Cache]
    base: Installation
    extras: dict[str, Installation]
    compiled: Compiled
    backends: dict[str, Backend]
    weights: dict[str, Weights]
    main_job: MainJob

    def as_json(self) -> dict[str, Any]:
        """Strings, numbers, lists, objects and null only."""
        return asdict(self)


def diagnose() -> Diagnosis:
    """Looks, and colours a small gray ramp. Whatever is broken is reported, never raised."""
    base, weights = base_installation(), {name: _weights(name) for name in EMBEDDED}
    return Diagnosis(
        colorize=__version__,
        python={"version": platform.python_version(), "executable": sys.executable},
        system={"name": platform.platform(), "machine": platform.machine(), "memory_bytes": machine.memory_bytes()},
        threads=machine.threads(),
        disk=machine.disks(),
        caches=machine.caches(),
        base=base,
        extras=extras(),
        compiled=_compiled(),
        backends={"onnx": _backend("onnxruntime", _onnx), "torch": _backend("torch", _torch)},
        weights=weights,
        main_job=_main_job(base, [problem for found in weights.values() for problem in found.problems]),
    )


def _compiled() -> Compiled:
    try:
        from colorizer_cli.color.compiled import problem
    except ImportError as error:  # told of under `base`, too
        return Compiled(False, _in_words(error))
    return Compiled(problem() is None, problem())


def _backend(package: str, look: Callable[[str], Backend]) -> Backend:
    try:
        version = importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        version = None  # ONNX Runtime comes under several names, such as onnxruntime-gpu
    try:
        return look(version or "")
    except ImportError as error:
        return Backend(version, problem=f"cannot be imported: {error}" if version else "not installed")
    except Exception as error:  # a library that does not fit the machine raises what it likes
        return Backend(version, problem=_in_words(error))


def _onnx(version: str) -> Backend:
    import onnxruntime

    from colorizer_cli.backends.choice import create_predictor
    from colorizer_cli.backends.onnx import cuda_available

    providers, devices, problem = onnxruntime.get_available_providers(), {"cpu": platform.machine()}, None
    if cuda_available():  # built for it; whether there is a driver, only a session can tell
        try:
            create_predictor(find_weights(), "onnx", "cuda:0")
            devices["cuda:0"] = "CUDAExecutionProvider"
        except ColorizerError as error:
            problem = str(error)
    return Backend(version or onnxruntime.__version__, providers, devices, problem)


def _torch(version: str) -> Backend:
    import torch

    from colorizer_cli.backends.choice import torch_installed

    devices = {"cpu": f"{torch.get_num_threads()} threads"}
    devices |= {f"cuda:{i}": torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())}
    problem = None if torch_installed() else "timm or safetensors is not installed"
    return Backend(version or torch.__version__, devices=devices, problem=problem)


def _weights(name: str) -> Weights:
    try:
        weights = find_weights(name)
        return Weights(str(weights.path), weights.sha256, weights.verify())
    except ColorizerError as error:
        return Weights(str(embedded_root() / name), None, [str(error)])


def _main_job(base: Installation, problems_of_weights: list[str]) -> MainJob:
    """Colours a small gray ramp, from encoded bytes to pixels."""
    started = time.perf_counter()
    try:
        import pyvips

        from colorizer_cli.engine.colorizer import Colorizer
        from colorizer_cli.photo.reading import read_photo

        colorizer = Colorizer()
        ramp = pyvips.Image.grey(96, 64, uchar=True)
        colorizer.colorize(read_photo(ramp.pngsave_buffer())).pixels()
    except Exception as error:
        remedies = [] if base.install is None else [base.install]
        if problems_of_weights:
            remedies.append("install colorizer-cli again: the embedded weights come with it")
        remedy = "\n".join(remedies) or "colorize PHOTO --debug shows where it fails"
        return MainJob(False, problem=_in_words(error), remedy=remedy)
    seconds = round(time.perf_counter() - started, 3)
    return MainJob(True, seconds, colorizer.predictor.backend, colorizer.predictor.device)


def _in_words(error: Exception) -> str:
    words = str(error) or "no details"
    return words if isinstance(error, ColorizerError) else f"{type(error).__name__}: {words}"
