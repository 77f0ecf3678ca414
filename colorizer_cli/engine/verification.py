"""`verify`: proves that a file is another one with colour added, and says by what."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from colorizer_cli.color.tone_curve import ToneCurve
from colorizer_cli.errors import PhotoError
from colorizer_cli.photo.formats import MAX_PIXELS
from colorizer_cli.photo.metadata_comparison import metadata_differences
from colorizer_cli.photo.photo import Photo
from colorizer_cli.photo.provenance import Provenance
from colorizer_cli.photo.reading import read_photo
from colorizer_cli.photo.sidecar import merge_sidecar, stated_orientation
from colorizer_cli.photo.verification import CHROMA, bound, compare_lightness


@dataclass(frozen=True)
class PageVerdict:
    """broken: promises that do not hold, in words; facts: what was measured and found."""

    broken: list[str]
    facts: dict[str, Any]


@dataclass(frozen=True)
class Verdict:
    """pages: one verdict for each photo of the file; broken: what does not hold for the file as a whole."""

    pages: list[PageVerdict] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)

    @property
    def problems(self) -> list[str]:
        several = len(self.pages) > 1
        found = list(self.broken)
        for number, page in enumerate(self.pages, start=1):
            found += [f"page {number}: {text}" if several else text for text in page.broken]
        return found

    @property
    def holds(self) -> bool:
        return not self.problems


def verify_result(original: str | Path, result: str | Path, max_pixels: int = MAX_PIXELS) -> Verdict:
    """Compares every page of two files at full resolution. Raises PhotoError where one cannot be read."""
    before, after = read_photo(original, max_pixels=max_pixels), read_photo(result, max_pixels=max_pixels)
    found = _compared(before, after)
    with suppress(PhotoError):  # a sidecar that is not for us to read
        stated = None if found.holds or before.path is None else stated_orientation(str(original))
        if stated is not None:  # --sidecar turns the photo by it
            turned = _compared(read_photo(original, max_pixels=max_pixels, orientation=stated), after)
            return min(turned, found, key=lambda verdict: len(verdict.problems))
    return found


def _compared(before: Photo, after: Photo) -> Verdict:
    broken = [] if before.pages == after.pages else [f"{before.pages} pages have become {after.pages}"]
    pages = [_verify_page(_page(before, n), _page(after, n)) for n in range(min(before.pages, after.pages))]
    return Verdict(pages, broken)


def _page(photo: Photo, number: int) -> Photo:
    return photo if number == 0 or photo.read_page is None else photo.read_page(number)


def _verify_page(before: Photo, after: Photo) -> PageVerdict:
    broken: list[str] = []
    facts: dict[str, Any] = {"size": [after.width, after.height], "bits": after.bits, "format": after.format}
    if before.bits != after.bits:
        broken.append(f"{before.bits} bits a channel have become {after.bits}")
    provenance = Provenance.of(after.metadata.xmp)
    if provenance is None:
        broken.append("the file does not say that its colours are invented (no DigitalSourceType and weights in XMP)")
    else:
        facts["provenance"] = {
            "version": provenance.version,
            "weights": provenance.weights,
            "weights_sha256": provenance.weights_sha256,
            "options": dict(provenance.options),
        }
    if (before.width, before.height) != (after.width, after.height):
        broken.append(f"{before.width} × {before.height} pixels have become {after.width} × {after.height}")
    else:
        broken += _lightness(before, after, provenance, facts)
    facts["metadata_differences"] = _metadata(before, after)
    broken += [f"metadata: {text}" for text in facts["metadata_differences"]]
    return PageVerdict(broken, facts)


def _metadata(before: Photo, after: Photo) -> list[str]:
    """A result made with --sidecar says what the original's sidecar says, where that differs from the original."""
    found = metadata_differences(before.metadata, after.metadata)
    if found and before.path is not None:
        with suppress(PhotoError):  # a sidecar that is no XMP, or not for us to read
            merged = metadata_differences(merge_sidecar(before.metadata, str(before.path)), after.metadata)
            return min(merged, found, key=len)
    return found


def _lightness(before: Photo, after: Photo, provenance: Provenance | None, facts: dict[str, Any]) -> list[str]:
    broken = []
    found = compare_lightness(before, after, _recorded_tone(provenance))
    limit, shift = bound(after, before.bits)
    facts["lightness"] = {"max": found.maximum, "p99.9": found.percentile, "mean": found.shift, "allowed_p99.9": limit}
    if found.percentile > limit:
        broken.append(f"|ΔL*| is {found.percentile:g} at the 99.9th percentile, {limit:g} is allowed")
    if abs(found.shift) > shift:
        broken.append(f"lightness has shifted by {found.shift:g} on average, {shift:g} is allowed")
    if not found.alpha and not (before.has_alpha and after.format == "jpeg"):
        broken.append("the alpha channel has changed")
    if before.has_alpha and not after.has_alpha:
        broken.append("the alpha channel is missing")
    facts["coloured"] = found.chroma >= CHROMA
    if not facts["coloured"]:
        broken.append("the result is gray: no colour has been added")
    return broken


def _recorded_tone(provenance: Provenance | None) -> ToneCurve | None:
    """The curve of `--tone neutral`, which the result's provenance names."""
    curve = provenance.options.get("tone") if provenance else None
    if not isinstance(curve, dict):
        return None
    black, white = curve.get("black"), curve.get("white")
    if not isinstance(black, float) or not isinstance(white, float) or not 0 < black < white < 1:
        return None
    return ToneCurve(black, white)
