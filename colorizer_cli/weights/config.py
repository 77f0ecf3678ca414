"""config.json of a weights folder: what the network is, what it scored, and what its files hash to."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from colorizer_cli.errors import WeightsError
from colorizer_cli.weights.names import HASHED, TEXT_BYTES

if TYPE_CHECKING:  # --help reads a config too, and must not wait for numpy
    import numpy as np
    from numpy.typing import NDArray

FORMAT = 1
LONGEST_NAME = 200
HEADS = ("distribution", "regression")
SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class WeightsConfig:
    """Frozen contents of config.json.

    name         what the folder is called in provenance, such as "hybrid-lite"
    preset       the architecture: a key of `models.hybrid.PRESETS`
    head         "distribution" (logits over `bins`) or "regression" (a/b itself)
    input_size   network input in pixels: the square root of the area that a photo is shrunk to
    stride       network output pixels are this many input pixels wide
    vividness    the default of --vividness, 0…1
    bins         (K, 2) a/b centres in Lab units, and `prior` (K,) their frequencies; empty for a regression
    licence      of the weights, and `terms`, what their training photos ask
    metrics      validation figures by name
    sha256       of the two network files, by file name
    """

    name: str
    preset: str
    head: str
    input_size: int
    stride: int
    vividness: float
    licence: str
    terms: str
    bins: list[list[float]] = field(repr=False)
    prior: list[float] = field(repr=False)
    metrics: dict[str, float]
    sha256: dict[str, str]
    format: int = FORMAT

    @property
    def conditioned(self) -> bool:
        """Whether the network takes hints and a palette."""
        return self.head == "distribution"

    def bin_array(self) -> NDArray[np.float32]:
        import numpy as np

        return np.asarray(self.bins, np.float32).reshape(-1, 2)

    def prior_array(self) -> NDArray[np.float32]:
        import numpy as np

        return np.asarray(self.prior, np.float32)

    def to_json(self) -> str:
        return json.dumps(asdict(self), indent=1) + "\n"

    @classmethod
    def read(cls, file: Path) -> WeightsConfig:
        """Raises WeightsError where the file is missing, not JSON, or an entry is missing, unknown or out of range."""
        if not file.is_file():
            raise WeightsError(f"{file.parent} is no weights folder: it has no {file.name}")
        if file.stat().st_size > TEXT_BYTES:
            raise WeightsError(f"{file} has {file.stat().st_size} bytes; expected at most {TEXT_BYTES}")
        try:
            entries = json.loads(file.read_text(encoding="utf-8"))
        except (ValueError, RecursionError) as error:  # among them: no UTF-8, numbers too long, nested too deeply
            raise WeightsError(f"{file} is not JSON: {error}") from error
        if not isinstance(entries, dict):
            raise WeightsError(f"{file} holds no JSON object")
        return cls._checked(entries, file)

    @classmethod
    def _checked(cls, entries: Mapping[str, Any], file: Path) -> WeightsConfig:
        def entry(key: str, kind: type | tuple[type, ...]) -> Any:
            value = entries.get(key)
            if not isinstance(value, kind) or isinstance(value, bool):
                raise WeightsError(f"{file}: {key!r} is {value!r:.60}; expected {kind}")
            return value

        def require(holds: bool, what: str) -> None:
            if not holds:
                raise WeightsError(f"{file}: {what}")

        require(entry("format", int) == FORMAT, f"format {entries['format']} is unknown; expected {FORMAT}")
        bins, prior = entry("bins", list), entry("prior", list)
        require(len(bins) == len(prior) <= 4096, "'bins' and 'prior' must have one entry for each bin, 4096 at most")
        require(
            all(isinstance(b, list) and len(b) == 2 and all(_finite(x) for x in b) for b in bins),
            "'bins' must be pairs of numbers",
        )
        require(all(_finite(p) and p >= 0 for p in prior), "'prior' must be numbers of 0 or more")
        vividness = entry("vividness", (int, float))
        require(_finite(vividness), "'vividness' must be a number from 0 to 1")
        config = cls(
            name=entry("name", str),
            preset=entry("preset", str),
            head=entry("head", str),
            input_size=entry("input_size", int),
            stride=entry("stride", int),
            vividness=float(vividness),
            licence=entry("licence", str),
            terms=entry("terms", str),
            bins=bins,
            prior=prior,
            metrics=entry("metrics", dict),
            sha256=entry("sha256", dict),
        )
        for key in ("name", "preset", "licence", "terms"):
            text = getattr(config, key)
            require(text.isprintable(), f"{key!r} has characters that cannot be printed")
        require(0 < len(config.name) <= LONGEST_NAME, f"'name' must have 1…{LONGEST_NAME} characters")
        require(
            all(_finite(x) for x in config.metrics.values())
            and all(key.isprintable() and len(key) <= LONGEST_NAME for key in config.metrics),
            "'metrics' must be numbers by printable names",
        )
        require(
            all(SHA256.fullmatch(str(config.sha256.get(name, ""))) for name in HASHED),
            f"'sha256' must have 64 hexadecimal digits for each of {', '.join(HASHED)}",
        )
        require(config.head in HEADS, f"'head' is {config.head!r}; expected one of {HEADS}")
        require((config.head == "distribution") == bool(bins), "a distribution has bins, a regression has none")
        require(32 <= config.input_size <= 4096, f"'input_size' is {config.input_size}; expected 32…4096")
        require(config.stride in (1, 2, 4, 8), f"'stride' is {config.stride}; expected 1, 2, 4 or 8")
        require(0 <= config.vividness <= 1, f"'vividness' is {config.vividness}; expected 0…1")
        return config


def _finite(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e9
