"""One line on each registered weights folder."""

from __future__ import annotations

from colorizer_cli.errors import WeightsError
from colorizer_cli.weights.registry import EMBEDDED, find_weights


def describe_all() -> list[dict[str, str]]:
    """name, state, preset, size, validation error, licence and folder of every registered weights folder."""
    return [_describe(name) for name in EMBEDDED]


def _describe(name: str) -> dict[str, str]:
    try:
        weights = find_weights(name)
    except WeightsError as error:
        return {"name": name, "state": str(error), "preset": "", "size": "", "metrics": "", "licence": "", "path": ""}
    config = weights.config
    size = sum(file.stat().st_size for file in weights.path.iterdir() if file.is_file())
    return {
        "name": name,
        "state": "embedded",
        "preset": config.preset,
        "size": f"{size / 1e6:.0f} MB",
        "metrics": ", ".join(f"{metric} {value:g}" for metric, value in config.metrics.items()),
        "licence": config.licence,
        "path": str(weights.path),
    }
