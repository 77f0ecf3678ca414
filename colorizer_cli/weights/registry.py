"""Names of weights → folders. The embedded weights travel with the package."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from colorizer_cli.errors import WeightsError
from colorizer_cli.weights.folder import WeightsFolder

DEFAULT = "hybrid-lite"


@dataclass(frozen=True)
class Entry:
    """A name that --weights takes, and one line on what it stands for."""

    name: str
    description: str


EMBEDDED = (Entry(DEFAULT, "EfficientNet-Lite0 and a thin detail encoder; made for a CPU"),)


def embedded_root() -> Path:
    """Where the embedded weights lie: in the installed package, or beside it in a checkout."""
    package = Path(__file__).resolve().parent.parent
    packed = package / "_weights"
    return packed if packed.is_dir() else package.parent / "weights"


def find_weights(name: str | Path | None = None) -> WeightsFolder:
    """The weights of a registered name or of a folder; the embedded default for None.

    Raises WeightsError with the names there are where it is neither.
    """
    if name is None:
        name = DEFAULT
    if str(name) in {entry.name for entry in EMBEDDED}:
        return WeightsFolder.open(embedded_root() / str(name))
    if Path(name).is_dir():
        return WeightsFolder.open(Path(name))
    known = ", ".join(entry.name for entry in EMBEDDED)
    raise WeightsError(f"--weights {name}: neither a folder nor a known name ({known})")
