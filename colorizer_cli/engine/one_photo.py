"""The main job from start to end: one photo in, one file out, and what is to be said about it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from colorizer_cli.errors import UsageError
from colorizer_cli.photo.formats import FORMATS, QUALITY, SUFFIXES, Format

if TYPE_CHECKING:
    from colorizer_cli.engine.settings import Settings
    from colorizer_cli.photo.coloured import ColouredPhoto
    from colorizer_cli.photo.photo import Photo

STREAM = "-"


@dataclass(frozen=True)
class Job:
    """source and output are paths or "-" (stdin, stdout); output None: `<stem>-color.<ext>` beside the source."""

    source: str
    output: str | None = None
    form: str | None = None
    quality: int = QUALITY
    overwrite: bool = False
    before_after: Path | None = None


def run(
    job: Job,
    weights: str | None = None,
    backend: str = "auto",
    device: str = "auto",
    vividness: float | None = None,
    size: int | None = None,
) -> dict[str, object]:
    """Colours the job's photo. → what was done, for people and for --json.

    What is wrong with the names of input and outputs is found before the network runs. Raises ColorizerError.
    """
    from colorizer_cli.engine.settings import Settings
    from colorizer_cli.photo.reading import read_photo
    from colorizer_cli.photo.writing import check_output, write_photo, write_stdout

    settings = Settings(vividness, size)
    form = checked_format(job.form)
    original = None if job.source == STREAM else job.source
    photo = read_photo(job.source)
    output = _default_output(job.source, form or photo.format) if job.output is None else job.output
    _check_consistent(output, form, job.before_after)
    for path in (None if output == STREAM else output, job.before_after):
        if path is not None:
            check_output(path, original, job.overwrite)
    photo.decode_ahead()  # while the network is loaded

    import cv2

    cv2.setNumThreads(1)  # strips are rendered side by side; OpenCV's own threads would only get in their way
    coloured, facts = _colour(photo, settings, weights, backend, device)
    if output == STREAM:
        write_stdout(coloured, form or photo.format, quality=job.quality)
    else:
        write_photo(coloured, output, quality=job.quality, overwrite=job.overwrite)
    if job.before_after is not None:
        from colorizer_cli.photo.sheet import write_before_after

        write_before_after(coloured, job.before_after, overwrite=job.overwrite)
    return {
        "input": job.source,
        "output": output,
        "width": photo.width,
        "height": photo.height,
        "bits": photo.bits,
    } | facts


def _colour(
    photo: Photo, settings: Settings, weights: str | None, backend: str, device: str
) -> tuple[ColouredPhoto, dict[str, object]]:
    """A function of its own, so that the network's memory is free again before the full-resolution photo flows."""
    from colorizer_cli.engine.colorizer import Colorizer

    colorizer = Colorizer(weights, backend, device)
    coloured = colorizer.colorize(photo, settings)
    return coloured, {
        "weights": colorizer.weights.config.name,
        "weights_sha256": colorizer.weights.sha256,
        "backend": colorizer.predictor.backend,
        "device": colorizer.predictor.device,
        "confidence": None if coloured.confidence is None else round(coloured.confidence, 3),
    }


def _check_consistent(output: str, form: Format | None, before_after: Path | None) -> None:
    named = FORMATS.get(Path(output).suffix.lower())
    if form is not None and named is not None and output != STREAM and form != named:
        raise UsageError(f"--format {form} and the suffix of {output} disagree; leave one of them away")
    if before_after is not None and os.path.abspath(before_after) == os.path.abspath(output):
        raise UsageError(f"{output}: the photo and the --before-after sheet cannot be the same file")


def checked_format(name: str | None) -> Format | None:
    """The format that --format names, by any of its suffixes. Raises UsageError."""
    if name is None:
        return None
    for form in SUFFIXES:
        if name.lower() in (form, *(suffix[1:] for suffix, known in FORMATS.items() if known == form)):
            return form
    raise UsageError(f"--format {name}: expected one of {', '.join(SUFFIXES)}")


def _default_output(source: str, form: Format) -> str:
    if source == STREAM:
        return STREAM
    path = Path(source)
    suffix = path.suffix if FORMATS.get(path.suffix.lower()) == form else SUFFIXES[form]
    return str(path.with_name(f"{path.stem}-color{suffix}"))
