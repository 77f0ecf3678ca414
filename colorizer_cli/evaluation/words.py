"""How measures are called in tables, and which way they are better."""

from __future__ import annotations

from collections.abc import Sequence

from colorizer_cli.evaluation.summary import OF_MEANS, Figure, MethodSummary

TITLES = {
    "ab_mse": "a/b MSE ↓",
    "psnr": "PSNR, dB ↑",
    "ssim": "SSIM ↑",
    "ciede2000": "CIEDE2000 ↓",
    "lpips": "LPIPS ↓",
    "colourfulness": "colourfulness",
    "colourfulness_error": "colourfulness error ↓",
    OF_MEANS: "colourfulness error of means ↓",
}
DIGITS = {"ssim": 4, "lpips": 4, "psnr": 2, "ciede2000": 2}  # the others: 1


def means_table(summaries: Sequence[MethodSummary], true: Figure) -> tuple[list[str], list[list[str]]]:
    """→ (columns, rows): a row for each measure, a column for each method; ± half of the 95 % interval."""
    rows = [
        [TITLES[name], *(_with_half(name, summary.figures[name]) for summary in summaries)]
        for name in summaries[0].figures
    ]
    at = [row[0] for row in rows].index(TITLES["colourfulness"])
    rows[at][0] += f" (true {true.mean:.1f})"
    return ["", *(summary.name for summary in summaries)], rows


def differences_table(summaries: Sequence[MethodSummary]) -> tuple[list[str], list[list[str]]]:
    """→ (columns, rows): the other methods' differences from the first, in pairs, with their intervals."""
    others = summaries[1:]
    rows = [
        [TITLES[name], *(told(name, summary.against[name], signed=True) for summary in others)]
        for name in summaries[0].figures
    ]
    return [f"less {summaries[0].name}", *(summary.name for summary in others)], rows


def _with_half(measure: str, figure: Figure) -> str:
    digits = DIGITS.get(measure, 1)
    return f"{figure.mean:.{digits}f} ±{(figure.high - figure.low) / 2:.{digits}f}"


def told(measure: str, figure: Figure, signed: bool = False) -> str:
    """`147.5 (143.9 … 151.2)`; with signs for a difference."""
    form = f"{'+' if signed else ''}.{DIGITS.get(measure, 1)}f"
    return f"{figure.mean:{form}} ({figure.low:{form}} … {figure.high:{form}})"
