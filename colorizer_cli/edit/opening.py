"""From what a user typed to a photo that can be edited: all that could go wrong later is found now."""

from __future__ import annotations

from pathlib import Path

from colorizer_cli.backends.choice import create_predictor
from colorizer_cli.edit.session import Session
from colorizer_cli.edit.target import Target
from colorizer_cli.engine.asking import hints_name
from colorizer_cli.engine.colorizer import Colorizer
from colorizer_cli.engine.hints import Hint, check_inside, read_hints
from colorizer_cli.engine.job import STREAM, Job
from colorizer_cli.engine.one_photo import triage
from colorizer_cli.engine.palette import palette_of
from colorizer_cli.engine.settings import Settings
from colorizer_cli.errors import UsageError, WeightsError
from colorizer_cli.photo.photo import Photo
from colorizer_cli.photo.reading import read_photo
from colorizer_cli.weights.registry import find_weights


def open_session(
    job: Job, weights: str | None = None, backend: str = "auto", device: str = "auto", settings: Settings | None = None
) -> Session:
    """`job` and the other options are those of `colorize PHOTO`. The hints file is the one that is named, or
    `<photo>.hints.json` in the output's folder; one beside the photo is read where there is no such.

    Raises ColorizerError; AlreadyInColourError where there is nothing to colour.
    """
    if STREAM in (job.source, job.output):
        raise UsageError("colorize edit saves several times; give the photo and -o names")
    folder = find_weights(weights)
    if not folder.config.conditioned:
        raise WeightsError(f"{folder.path} takes neither hints nor a palette: there is nothing to edit")
    photo = read_photo(job.source, max_pixels=job.max_pixels)
    if photo.pages > 1:
        raise UsageError(f"colorize edit takes one photo; {photo.name} holds {photo.pages} of them. Split it first")
    output, form = job.output_for(photo)
    hints_file, hints = _hints(job, output, photo)
    photo.decode_ahead()
    remarks = triage(job, photo)
    session = Session(
        colorizer=Colorizer.of(folder, create_predictor(folder, backend, device)),
        photo=photo,
        settings=settings or Settings(),
        job=job,
        form=form,
        result=Target(Path(output), job.overwrite),
        hints_file=hints_file,
        hints=hints,
        remarks=tuple(remarks),
        palettes=[palette_of(read_photo(path), folder.config.bin_array()) for path in job.like],
    )
    session.render(session.wishes)  # what fails now is told on the command line
    return session


def _hints(job: Job, output: str, photo: Photo) -> tuple[Target, tuple[Hint, ...]]:
    target = Target(job.hints or hints_name(job.source, output), job.overwrite)
    beside = hints_name(job.source, job.source)
    found = target.path if target.path.exists() or job.hints is not None else beside
    hints: tuple[Hint, ...] = ()
    if found.exists():
        hints = read_hints(found)
        try:
            check_inside(hints, photo.width, photo.height)
        except UsageError as error:
            raise UsageError(f"{found}: {error}; move it away, or name another with --hints") from error
    if found == target.path:
        target.note()
    target.check(job.source)
    return target, hints
