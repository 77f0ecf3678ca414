"""The main job from start to end: one photo in, one file out, and what is to be said about it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from colorizer_cli.errors import UsageError
from colorizer_cli.photo.formats import FORMATS, QUALITY, SUFFIXES, Format

if TYPE_CHECKING:
    from concurrent.futures import Future

    from colorizer_cli.backends.predictor import Predictor
    from colorizer_cli.engine.settings import Settings
    from colorizer_cli.photo.coloured import ColouredPhoto
    from colorizer_cli.photo.photo import Photo
    from colorizer_cli.weights.folder import WeightsFolder

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
    from concurrent.futures import ThreadPoolExecutor

    from colorizer_cli.backends.choice import create_predictor
    from colorizer_cli.engine.settings import Settings
    from colorizer_cli.weights.registry import find_weights

    settings = Settings(vividness, size)
    form = _checked_format(job.form)
    folder = find_weights(weights)
    with ThreadPoolExecutor(1, "network") as pool:
        loading = pool.submit(create_predictor, folder, backend, device)  # while the photo is read
        photo, output = _read(job, form)
        coloured, facts = _colour(photo, settings, folder, loading)
    del loading  # the network's memory is free again before the full-resolution photo flows
    _write(job, coloured, output, form or photo.format)
    size_facts = {"width": photo.width, "height": photo.height, "bits": photo.bits}
    return {"input": job.source, "output": output} | size_facts | facts


def _read(job: Job, form: Format | None) -> tuple[Photo, str]:
    """→ the photo, and where to write it, after all names have been checked."""
    from colorizer_cli.photo.reading import read_photo
    from colorizer_cli.photo.writing import check_output

    original = None if job.source == STREAM else job.source
    photo = read_photo(job.source)
    output = _default_output(job.source, form or photo.format) if job.output is None else job.output
    _check_consistent(output, form, job.before_after)
    for path in (None if output == STREAM else output, job.before_after):
        if path is not None:
            check_output(path, original, job.overwrite)
    photo.decode_ahead()  # while the network is still being loaded
    return photo, output


def _colour(
    photo: Photo, settings: Settings, weights: WeightsFolder, loading: Future[Predictor]
) -> tuple[ColouredPhoto, dict[str, object]]:
    import cv2

    from colorizer_cli.engine.colorizer import Colorizer

    cv2.setNumThreads(1)  # strips are rendered side by side; OpenCV's own threads would only get in their way
    colorizer = Colorizer.of(weights, loading.result())
    coloured = colorizer.colorize(photo, settings)
    return coloured, {
        "weights": colorizer.weights.config.name,
        "weights_sha256": colorizer.weights.sha256,
        "backend": colorizer.predictor.backend,
        "device": colorizer.predictor.device,
        "confidence": None if coloured.confidence is None else round(coloured.confidence, 3),
    }


def _write(job: Job, coloured: ColouredPhoto, output: str, form: Format) -> None:
    from colorizer_cli.photo.writing import write_photo, write_stdout

    if output == STREAM:
        write_stdout(coloured, form, quality=job.quality)
    else:
        write_photo(coloured, output, quality=job.quality, overwrite=job.overwrite)
    if job.before_after is not None:
        from colorizer_cli.photo.sheet import write_before_after

        write_before_after(coloured, job.before_after, overwrite=job.overwrite)


def _check_consistent(output: str, form: Format | None, before_after: Path | None) -> None:
    named = FORMATS.get(Path(output).suffix.lower())
    if form is not None and named is not None and output != STREAM and form != named:
        raise UsageError(f"--format {form} and the suffix of {output} disagree; leave one of them away")
    if before_after is not None and os.path.abspath(before_after) == os.path.abspath(output):
        raise UsageError(f"{output}: the photo and the --before-after sheet cannot be the same file")


def _checked_format(name: str | None) -> Format | None:
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
