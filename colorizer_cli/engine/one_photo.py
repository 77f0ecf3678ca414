"""The main job from start to end: one photo in, one file out, and what is to be said about it."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from colorizer_cli.errors import AlreadyInColourError, UsageError, WeightsError
from colorizer_cli.photo.formats import FORMATS, MAX_PIXELS, QUALITY, SUFFIXES, Format, written_as

if TYPE_CHECKING:
    from colorizer_cli.backends.predictor import Predictor
    from colorizer_cli.engine.settings import Settings
    from colorizer_cli.photo.coloured import ColouredPhoto
    from colorizer_cli.photo.content_credentials import Certificate
    from colorizer_cli.photo.photo import Photo
    from colorizer_cli.weights.folder import WeightsFolder

STREAM = "-"


@dataclass(frozen=True)
class Job:
    """source and output are paths or "-" (stdin, stdout); output None: `<stem>-color.<ext>` beside the source.

    hints, like (colour photos), confidence (a map to write), candidates and ask are the options of those names.
    """

    source: str
    output: str | None = None
    form: str | None = None
    quality: int = QUALITY
    overwrite: bool = False
    before_after: Path | None = None
    progressive: bool = False
    max_pixels: int = MAX_PIXELS
    strip_metadata: bool = False
    sidecar: bool = False
    force: bool = False
    certificate: Certificate | None = None
    hints: Path | None = None
    like: tuple[str, ...] = ()
    confidence: Path | None = None
    candidates: int = 1
    ask: int = 0


def run(
    job: Job,
    weights: str | None = None,
    backend: str = "auto",
    device: str = "auto",
    settings: Settings | None = None,
) -> dict[str, Any]:
    """Colours the job's photo. → what was done, for people and for --json; "output" is None where nothing had to be.

    What is wrong with the names of input and outputs is found before the network runs. Raises ColorizerError.
    """
    from concurrent.futures import ThreadPoolExecutor

    from colorizer_cli.backends.choice import create_predictor
    from colorizer_cli.weights.registry import find_weights

    form = checked_format(job.form)
    folder = find_weights(weights)
    with ThreadPoolExecutor(1, "network") as pool:
        loading = pool.submit(create_predictor, folder, backend, device)  # while the photo is read
        settings = informed(job, settings, folder)
        photo, output = _read(job, form)
        facts = {"input": job.source, "width": photo.width, "height": photo.height, "bits": photo.bits}
        try:
            remarks = _triage(job, photo)
        except AlreadyInColourError as reason:
            return facts | {"output": None, "left_alone": str(reason)}
        photo = _with_sidecar(photo, job)
        if job.ask or job.candidates > 1:
            return facts | {"remarks": remarks} | _several(job, output, photo, settings, folder, loading.result())
        pages, first, more = _colour(photo, settings, job, folder, loading.result())
    del loading  # of a single photo, the network's memory is free again before the full-resolution photo flows
    _write(job, output, form or written_as(photo.format), pages, first)
    return facts | {"output": output, "pages": photo.pages, "remarks": remarks} | more


def informed(job: Job, settings: Settings | None, weights: WeightsFolder) -> Settings:
    """The settings with what the job's files say: hints, and the palette of reference photos."""
    from colorizer_cli.engine.hints import read_hints
    from colorizer_cli.engine.palette import palette_like
    from colorizer_cli.engine.settings import Settings

    settings = settings or Settings()
    if (job.hints or job.like) and not weights.config.conditioned:
        raise WeightsError(f"{weights.path} takes neither hints nor a palette")
    if job.hints is not None:
        settings = replace(settings, hints=read_hints(job.hints))
    if job.like:
        settings = replace(settings, palette=palette_like(job.like, weights.config.bin_array()))
    return settings


def _several(
    job: Job, output: str, photo: Photo, settings: Settings, weights: WeightsFolder, predictor: Predictor
) -> dict[str, Any]:
    from colorizer_cli.engine.colorizer import Colorizer
    from colorizer_cli.engine.several import write_candidates, write_questions

    colorizer = Colorizer.of(weights, predictor)
    write = write_questions if job.ask else write_candidates
    return write(job, output, colorizer, photo, settings) | {"weights": weights.config.name}


def _read(job: Job, form: Format | None) -> tuple[Photo, str]:
    """→ the photo, and where to write it, after all names have been checked."""
    from colorizer_cli.photo.reading import read_photo

    photo = read_photo(job.source, max_pixels=job.max_pixels)
    output = _default_output(job.source, form or written_as(photo.format)) if job.output is None else job.output
    _check_outputs(job, output, form)
    photo.decode_ahead()  # while the network is still being loaded
    return photo, output


def _triage(job: Job, photo: Photo) -> list[str]:
    """→ remarks for the user. Raises AlreadyInColourError."""
    import cv2

    from colorizer_cli.engine.triage import check_colourable

    cv2.setNumThreads(1)  # strips are rendered side by side; OpenCV's own threads would only get in their way
    return [] if job.force else check_colourable(photo)


def _with_sidecar(photo: Photo, job: Job) -> Photo:
    """The photo's XMP with that of its sidecar, if there is one and it is asked for."""
    if not job.sidecar or job.source == STREAM:
        return photo
    from colorizer_cli.photo.sidecar import merge_sidecar

    return replace(photo, metadata=merge_sidecar(photo.metadata, job.source))


def _write(job: Job, output: str, form: Format, pages: Iterable[ColouredPhoto], first: ColouredPhoto) -> None:
    from colorizer_cli.photo.writing import write_bytes, write_pages, write_stdout

    if output == STREAM:
        write_stdout(pages, form, quality=job.quality, progressive=job.progressive)
    else:
        write_pages(
            pages,
            output,
            quality=job.quality,
            progressive=job.progressive,
            overwrite=job.overwrite,
            certificate=job.certificate,
        )
    if job.sidecar and first.metadata.xmp is not None:
        write_bytes(first.metadata.xmp, _sidecar_output(job, output), overwrite=job.overwrite)
    if job.before_after is not None:
        from colorizer_cli.photo.sheet import write_before_after

        write_before_after(first, job.before_after, overwrite=job.overwrite)
    if job.confidence is not None:
        from colorizer_cli.engine.confidence_map import confidence_map
        from colorizer_cli.photo.sheet import write_picture

        if first.confidence_map is None:
            raise WeightsError("these weights give one colour, not a distribution: they cannot say how sure they are")
        write_picture(
            confidence_map(first.confidence_map, first.width, first.height),
            first,
            job.confidence,
            overwrite=job.overwrite,
        )


def _check_outputs(job: Job, output: str, form: Format | None) -> None:
    from colorizer_cli.photo.writing import check_output, check_place

    _check_consistent(output, form, job.before_after)
    original = None if job.source == STREAM else job.source
    several = job.ask or job.candidates > 1  # they check the names of what they write instead
    for path in (None if output == STREAM or several else output, job.before_after, job.confidence):
        if path is not None:
            check_output(path, original, job.overwrite)
    if job.certificate is not None:
        if output == STREAM:
            raise UsageError("--c2pa signs files; give -o a name")
        job.certificate.check()
    if job.sidecar:
        if output == STREAM:
            raise UsageError("--sidecar writes beside the output, and -o - has no place beside it")
        check_place(_sidecar_output(job, output), original, job.overwrite)


def _sidecar_output(job: Job, output: str) -> str:
    from colorizer_cli.photo.sidecar import result_sidecar

    return result_sidecar(job.source, output)


def _colour(
    photo: Photo, settings: Settings | None, job: Job, weights: WeightsFolder, predictor: Predictor
) -> tuple[Iterable[ColouredPhoto], ColouredPhoto, dict[str, object]]:
    """→ all pages, the first of them, what is to be said."""
    from colorizer_cli.engine.colorizer import Colorizer
    from colorizer_cli.engine.pages import coloured_pages

    colorizer = Colorizer.of(weights, predictor)
    pages = coloured_pages(colorizer, photo, settings, strip_metadata=job.strip_metadata)
    first = next(pages)
    return (
        itertools.chain([first], pages if photo.pages > 1 else ()),
        first,
        {
            "weights": colorizer.weights.config.name,
            "weights_sha256": colorizer.weights.sha256,
            "backend": colorizer.predictor.backend,
            "device": colorizer.predictor.device,
            "confidence": None if first.confidence is None else round(first.confidence, 3),
        },
    )


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
