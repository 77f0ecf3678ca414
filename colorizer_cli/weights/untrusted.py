"""A weights folder may come from anywhere: its files stay inside it, are of bounded size, and none is a pickle."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from colorizer_cli.errors import WeightsError
from colorizer_cli.weights.names import CONFIG, MAX_BYTES

PICKLES = (".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle", ".joblib", ".npy", ".npz", ".h5", ".keras")
WHY = (
    "such files can run code of their maker's when they are loaded.\n"
    "Only safetensors and ONNX are ever loaded: ask their maker for those, or convert them where you trust them"
)
PICKLED = (b"PK\x03\x04", b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05")  # torch.save: a zip, or bare
SUFFIX = ".safetensors"
SAFETENSORS_HEADER_BYTES = 100_000_000  # the format's own limit


def refuse_pickle(path: str | Path) -> None:
    """Raises WeightsError, with the reason, where the name is one that pickles go by."""
    if str(path).lower().endswith(PICKLES):
        raise WeightsError(f"{path} is refused: {WHY}")


def pickles_among(names: Iterable[str]) -> list[str]:
    """Those that go by the name of a pickle."""
    return sorted(name for name in names if name.lower().endswith(PICKLES) and name.isprintable())


def check_file(file: Path) -> Path:
    """Raises WeightsError where a file of a weights folder lies elsewhere or is larger than any such file may be."""
    if not _inside(file):
        raise WeightsError(f"{file} is refused: it leads out of its folder, to {file.resolve()}")
    size, most = file.stat().st_size, MAX_BYTES[file.name]
    if size > most:
        raise WeightsError(f"{file} is refused: it has {size} bytes, expected at most {most}")
    return file


def check_format(file: Path) -> None:
    """Raises WeightsError where a network file is a pickle under another name, or is no safetensors file."""
    with open(file, "rb") as stream:
        first = stream.read(9)
    if first.startswith(PICKLED):
        raise WeightsError(f"{file} is refused: it is a pickle under another name; {WHY}")
    header = int.from_bytes(first[:8], "little")
    fits = 2 <= header <= min(SAFETENSORS_HEADER_BYTES, file.stat().st_size - 8)
    if file.suffix == SUFFIX and not (fits and first[8:] == b"{"):
        raise WeightsError(f"{file} is no safetensors file")


def no_weights_folder(folder: Path) -> WeightsError:
    """What to say of a folder without config.json."""
    pickles = pickles_among(file.name for file in folder.iterdir())
    reason = f"\nIt holds {', '.join(pickles[:3])}: {WHY}" if pickles else ""
    return WeightsError(f"{folder} is no weights folder: it has no {CONFIG}{reason}")


def _inside(file: Path) -> bool:
    """huggingface_hub's own cache, where snapshots/COMMIT/ links to blobs/, is one folder in this sense."""
    if not file.is_symlink():
        return True
    folder = file.parent.resolve()
    homes = [folder, *([folder.parents[1] / "blobs"] if folder.parent.name == "snapshots" else [])]
    return any(file.resolve().is_relative_to(home) for home in homes)
