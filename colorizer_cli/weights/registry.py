"""Names of weights → folders. The embedded weights travel with the package."""

from __future__ import annotations

from pathlib import Path

from colorizer_cli.errors import WeightsError
from colorizer_cli.weights.folder import WeightsFolder

DEFAULT = "hybrid-lite"


EMBEDDED = (DEFAULT,)


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
    if str(name) in EMBEDDED:
        return WeightsFolder.open(embedded_root() / str(name))
    if Path(name).is_dir():
        return WeightsFolder.open(Path(name))
    known = ", ".join(EMBEDDED)
    raise WeightsError(f"--weights {name}: neither a folder nor a known name ({known})")
