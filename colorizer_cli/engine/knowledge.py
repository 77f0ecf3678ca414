"""Settings with what the user's files say: hints, and the palette of reference photos."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from colorizer_cli.engine.hints import read_hints
from colorizer_cli.engine.palette import palette_like
from colorizer_cli.engine.settings import Settings
from colorizer_cli.errors import WeightsError
from colorizer_cli.weights.folder import WeightsFolder


def informed(
    settings: Settings,
    weights: WeightsFolder,
    hints: str | Path | None = None,
    like: Sequence[str | Path] = (),
    consistent: bool = False,
) -> Settings:
    """Raises UsageError or PhotoError for the files, WeightsError where these weights take no such help.

    `consistent`: a series is going to share a palette, which is not known yet.
    """
    if (hints is not None or like or consistent) and not weights.config.conditioned:
        raise WeightsError(f"{weights.path} takes neither hints nor a palette")
    if hints is not None:
        settings = replace(settings, hints=read_hints(hints))
    if like:
        settings = replace(settings, palette=palette_like(like, weights.config.bin_array()))
    return settings
