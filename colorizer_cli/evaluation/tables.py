"""The results for scripts: one JSON object of the means, one CSV row for each photo and method."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from colorizer_cli.evaluation.evaluate import Measured
from colorizer_cli.evaluation.summary import Figure, MethodSummary


def as_object(
    measured: Measured, summaries: Sequence[MethodSummary], true: Figure, protocol: Mapping[str, Any]
) -> dict[str, Any]:
    """Means with their intervals; differences against the first method, in pairs."""
    return {
        "photos": len(measured.files),
        "skipped": measured.skipped,
        "protocol": dict(protocol),
        "true_colourfulness": asdict(true),
        "methods": [asdict(summary) for summary in summaries],
        "lpips": measured.no_lpips or "computed",
    }


def as_csv(measured: Measured) -> bytes:
    """UTF-8: photo, method, each measure, true_colourfulness."""
    text = io.StringIO()
    rows = csv.writer(text)
    rows.writerow(["photo", "method", *measured.measures, "true_colourfulness"])
    for i, file in enumerate(measured.files):
        for m, method in enumerate(measured.methods):
            figures = [f"{value:.6g}" for value in measured.figures[i, m]]
            rows.writerow([file, method, *figures, f"{measured.true_colourfulness[i]:.6g}"])
    return text.getvalue().encode("utf-8", "backslashreplace")
