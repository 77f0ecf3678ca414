"""The curves of a run as a picture: loss and validation error over the photos seen."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from colorizer_cli.training.run_log import read_log


def plot_curves(log: Path, file: Path) -> None:
    """Draws the figures of log.jsonl into a PNG; stages are shaded in turn."""
    lines = read_log(log)
    figure = Figure(figsize=(8, 6), layout="constrained")
    FigureCanvasAgg(figure)
    upper, lower = figure.subplots(2, 1, sharex=True)
    trained = [line for line in lines if "loss" in line]
    upper.plot([line["photos"] for line in trained], [line["loss"] for line in trained], color="tab:blue")
    upper.set_ylabel("training loss")
    names = sorted({name for line in lines for name in line if name.startswith("ab_mse_")})
    for name in names:
        points = [(line["photos"], line[name]) for line in lines if name in line]
        lower.plot(*zip(*points, strict=True), marker="o", label=name.removeprefix("ab_mse_"))
    lower.set_ylabel("a/b squared error (vividness 0)")
    lower.set_xlabel("photos seen")
    if names:
        lower.legend()
    _shade_stages(trained, (upper, lower))
    figure.savefig(str(file), dpi=100)


def _shade_stages(trained: list[dict[str, float]], axes: Sequence[Axes]) -> None:
    """Every other stage in gray, with its size written above."""
    begin, stage = 0.0, 0
    for i, line in enumerate(trained):
        if i + 1 < len(trained) and trained[i + 1]["size"] == line["size"]:
            continue
        for axis in axes:
            axis.axvspan(begin, line["photos"], alpha=0.15 * (stage % 2), color="gray")
        top = axes[0].get_ylim()[1]
        axes[0].text(begin, top, f" {line['size']:g} px", verticalalignment="bottom", fontsize=8)
        begin, stage = line["photos"], stage + 1
