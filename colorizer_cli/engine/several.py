"""What `colorize PHOTO` writes when it is not one coloured photo: candidates with their sheet, or questions."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from colorizer_cli.errors import UsageError
from colorizer_cli.photo.sheet import candidates_sheet, write_picture
from colorizer_cli.photo.writing import check_output, check_place, write_bytes, write_photo

if TYPE_CHECKING:
    from colorizer_cli.engine.colorizer import Colorizer
    from colorizer_cli.engine.job import Job
    from colorizer_cli.engine.settings import Settings
    from colorizer_cli.photo.photo import Photo


def write_candidates(job: Job, output: str, colorizer: Colorizer, photo: Photo, settings: Settings) -> dict[str, Any]:
    """`<output stem>-1`, `-2`, … and a numbered sheet, `<output stem>-candidates.jpg`. → what to say."""
    photo = _checked(job, output, photo, "--candidates")
    path = Path(output)
    outputs = [path.with_name(f"{path.stem}-{number}{path.suffix}") for number in range(1, job.candidates + 1)]
    sheet = path.with_name(f"{path.stem}-candidates.jpg")
    for file in (*outputs, sheet):
        check_output(file, job.source, job.overwrite)
    results = []
    for number, file in enumerate(outputs, 1):
        results.append(colorizer.colorize(photo, replace(settings, candidate=number)))
        write_photo(results[-1], file, quality=job.quality, progressive=job.progressive, overwrite=job.overwrite)
    write_picture(candidates_sheet(results), results[0], sheet, overwrite=job.overwrite)
    return {"output": str(sheet), "candidates": [str(file) for file in outputs]}


def write_questions(job: Job, output: str, colorizer: Colorizer, photo: Photo, settings: Settings) -> dict[str, Any]:
    """`<photo>.hints.json` with the hints that are known and guesses to correct, and `<output stem>-questions.jpg`.
    → what to say."""
    from colorizer_cli.engine.asking import hints_name, preview, questions
    from colorizer_cli.engine.hints import write_hints

    photo = _checked(job, output, photo, "--ask")
    file = hints_name(job.source, output)
    picture = Path(output).with_name(f"{Path(output).stem}-questions.jpg")
    check_place(file, job.source, job.overwrite)
    check_output(picture, job.source, job.overwrite)
    hints = questions(colorizer, photo, settings, job.ask)
    coloured = colorizer.colorize(photo, settings)
    write_picture(preview(coloured, hints), coloured, picture, overwrite=job.overwrite)
    write_bytes(write_hints([*settings.hints, *hints]), file, overwrite=job.overwrite)
    return {"output": str(picture), "hints": str(file), "questions": len(hints)}


def _checked(job: Job, output: str, photo: Photo, option: str) -> Photo:
    """→ the photo with the metadata that is to be kept."""
    if output == "-" or job.source == "-":
        raise UsageError(f"{option} writes several files; give the photo and -o names")
    if photo.pages > 1:
        raise UsageError(f"{option} takes one photo; {photo.name} holds {photo.pages} of them. Split it first")
    return photo.changed(metadata=photo.metadata.stripped()) if job.strip_metadata else photo
