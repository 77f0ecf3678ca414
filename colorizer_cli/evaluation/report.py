"""The results for people: one HTML page that needs nothing else, with the best, the median and the worst photos."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from string import Template
from typing import Any

import numpy as np
import pyvips
from numpy.typing import NDArray

from colorizer_cli.evaluation.colour_photos import ColourPhotos
from colorizer_cli.evaluation.evaluate import Measured, gray_levels
from colorizer_cli.evaluation.methods import Method, Uniform
from colorizer_cli.evaluation.summary import Figure, MethodSummary
from colorizer_cli.evaluation.words import TITLES, told

TEMPLATE = Path(__file__).with_name("report.html")
OF_EACH = 4
RANKED_BY = "ciede2000"


def as_html(
    measured: Measured,
    summaries: Sequence[MethodSummary],
    true: Figure,
    protocol: Mapping[str, Any],
    photos: ColourPhotos,
    methods: Sequence[Method],
) -> bytes:
    """The page, UTF-8. The photos that it shows are coloured again for it."""
    said = ", ".join(f"{name} {value}" for name, value in protocol.items())
    skipped = ", ".join(f"{count} {reason}" for reason, count in measured.skipped.items()) or "none"
    facts = [
        f"{len(measured.files)} photos; skipped: {skipped}. True colourfulness: {told('colourfulness', true)}.",
        f"Protocol: {said}. In brackets: 95 % bootstrap intervals over the photos.",
    ]
    if measured.no_lpips:
        facts.append(f"LPIPS was not computed: {measured.no_lpips}.")
    tables = [_table("Means", summaries, differences=False)]
    if len(summaries) > 1:
        tables.append(_table(f"Difference from {summaries[0].name}, in pairs", summaries[1:], differences=True))
    shown = [_section(title, numbers, measured, photos, methods) for title, numbers in _examples(measured)]
    page = Template(TEMPLATE.read_text("utf-8")).substitute(
        facts="".join(f'<p class="soft">{escape(fact)}</p>' for fact in facts),
        tables="".join(tables),
        photos="".join(shown),
    )
    return page.encode("utf-8", "backslashreplace")


def _table(title: str, summaries: Sequence[MethodSummary], differences: bool) -> str:
    measures = list(summaries[0].figures)
    head = "".join(f"<th>{escape(TITLES[name])}</th>" for name in measures)
    rows = []
    for summary in summaries:
        figures = summary.against if differences else summary.figures
        cells = []
        for name in measures:
            mean, _, rest = told(name, figures[name], signed=differences).partition(" ")
            cells.append(f"<td>{mean}<small>{rest}</small></td>")
        rows.append(f"<tr><td>{escape(summary.name)}</td>{''.join(cells)}</tr>")
    body = "".join(rows)
    return f'<h2>{escape(title)}</h2><div class="wide"><table><tr><th>method</th>{head}</tr>{body}</table></div>'


def _examples(measured: Measured) -> list[tuple[str, list[int]]]:
    """Titles and numbers of photos, ranked by the first method's CIEDE2000; no photo twice."""
    order = np.argsort(measured.figures[:, 0, measured.measures.index(RANKED_BY)], kind="stable").tolist()
    each = max(1, min(OF_EACH, len(order) // 3))
    middle = max(each, len(order) // 2 - each // 2)
    worst = max(middle + each, len(order) - each)
    parts = {"Best": order[:each], "Median": order[middle : middle + each], "Worst": order[worst:][::-1]}
    name = measured.methods[0]
    return [(f"{title} by CIEDE2000 of {name}", numbers) for title, numbers in parts.items() if numbers]


def _section(
    title: str, numbers: Sequence[int], measured: Measured, photos: ColourPhotos, methods: Sequence[Method]
) -> str:
    shown = [method for method in methods if not isinstance(method, Uniform)]
    found = [f"<h2>{escape(title)}</h2>"]
    for number in numbers:
        pixels = photos.pixels(measured.files[number])
        gray = gray_levels(pixels, measured.film)
        figures = [_figure(np.repeat((gray // 257).astype(np.uint8)[..., None], 3, axis=2), "gray")]
        for method in shown:
            m = measured.methods.index(method.name)
            error = measured.figures[number, m, measured.measures.index(RANKED_BY)]
            result = np.round(method.paint(gray) * 255).astype(np.uint8)
            figures.append(_figure(result, f"{method.name}: CIEDE2000 {error:.1f}"))
        figures.append(_figure(pixels, "truth"))
        name = escape(str(measured.files[number]).encode("utf-8", "backslashreplace").decode())
        found.append(f'<div class="photo"><p class="soft">{name}</p><div class="row">{"".join(figures)}</div></div>')
    return "".join(found)


def _figure(pixels: NDArray[np.uint8], caption: str) -> str:
    image = pyvips.Image.new_from_array(pixels).copy(interpretation="srgb")
    data = base64.b64encode(image.webpsave_buffer(Q=80)).decode()
    height, width = pixels.shape[:2]
    words = escape(caption)
    return (
        f'<figure><img src="data:image/webp;base64,{data}" width="{width}" height="{height}" alt="{words}">'
        f"<figcaption>{words}</figcaption></figure>"
    )
