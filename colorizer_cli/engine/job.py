"""What a user asks for about one photo, and the names of what is written: all wrong names are found before any work."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from colorizer_cli.errors import UsageError
from colorizer_cli.photo.formats import FORMATS, MAX_PIXELS, QUALITY, SUFFIXES, Format, written_as

if TYPE_CHECKING:
    from colorizer_cli.photo.content_credentials import Certificate
    from colorizer_cli.photo.photo import Photo

STREAM = "-"


@dataclass(frozen=True)
class Job:
    """source and output are paths or "-" (stdin, stdout); output None: `<stem>-color.<ext>` beside the source.

    form            format of the result; None: as the output's suffix, or the source, has it
    quality         of lossy formats; progressive: of JPEG
    before_after    where a sheet with both side by side is written
    max_pixels      what claims to have more is refused
    strip_metadata  only provenance, resolution and profile are kept
    sidecar         the source's XMP sidecar is read, and one is written beside the output
    force           what is in colour already, or looks like a negative, is coloured all the same
    certificate     who signs the result
    hints, like (colour photos), confidence (a map to write), candidates and ask are the options of those names
    report          is told how much of the photo has been written, 0…1
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
    report: Callable[[float], None] | None = None

    @property
    def wants_several(self) -> bool:
        """Candidates or questions instead of one result: they check the names of what they write themselves."""
        return self.ask > 0 or self.candidates > 1

    def output_for(self, photo: Photo) -> tuple[str, Format]:
        """→ where the result goes, and its format, after all names have been checked. Raises ColorizerError."""
        from colorizer_cli.photo.encoding import check_encoder

        form = checked_format(self.form)
        output = self.output
        if output is None:
            output = _default_output(self.source, form or written_as(photo.format))
        self._check_consistent(output, form)
        self._check_places(output)
        form = form or FORMATS.get(Path(output).suffix.lower()) or written_as(photo.format)
        check_encoder(form, output, photo.width, photo.height)
        return output, form

    def sidecar_output(self, output: str) -> str:
        """Where the result's sidecar goes."""
        from colorizer_cli.photo.sidecar import result_sidecar

        return result_sidecar(self.source, output)

    def _check_places(self, output: str) -> None:
        from colorizer_cli.photo.writing import check_output, check_place, check_sheet

        original = None if self.source == STREAM else self.source
        self._check_inputs_apart(output)
        if output != STREAM and not self.wants_several:
            check_output(output, original, self.overwrite)
        for path in (self.before_after, self.confidence):
            if path is not None:
                check_sheet(path, original, self.overwrite)
        if self.sidecar:
            from colorizer_cli.photo.sidecar import sidecars

            target = self.sidecar_output(output)
            for kept in (*(sidecars(original) if original else ()), original):
                check_place(target, kept, self.overwrite)
        if self.certificate is not None:
            self.certificate.check()

    def _check_inputs_apart(self, output: str) -> None:
        """What is only read is never written to, whatever may be overwritten."""
        from colorizer_cli.photo.writing import is_same_file

        inputs = [(str(self.hints), "--hints")] if self.hints is not None else []
        inputs += [(photo, "--like") for photo in self.like]
        outputs = [path for path in (self.before_after, self.confidence) if path is not None]
        if output != STREAM and not self.wants_several:
            outputs.append(Path(output))
        for path in outputs:
            for given, option in inputs:
                if is_same_file(path, given):
                    raise UsageError(f"{path} is the file of {option}, which is only read; choose another name")

    def _check_consistent(self, output: str, form: Format | None) -> None:
        named = FORMATS.get(Path(output).suffix.lower())
        if output == STREAM:
            if self.sidecar or self.certificate is not None:
                raise UsageError("--sidecar and --c2pa need a file to go with; give -o a name")
        elif form is not None and named is not None and form != named:
            raise UsageError(f"--format {form} and the suffix of {output} disagree; leave one of them away")
        further = {
            "--before-after": self.before_after is not None,
            "--confidence": self.confidence is not None,
            "--sidecar": self.sidecar,
            "--c2pa": self.certificate is not None,
        }
        if self.wants_several and any(further.values()):
            option = next(name for name, given in further.items() if given)
            several = "--ask" if self.ask else "--candidates"
            raise UsageError(f"{option} goes with one result, {several} gives none or several; leave one of them away")
        self._check_apart(output)

    def _check_apart(self, output: str) -> None:
        """One file's name is not given for two things."""
        taken = {os.path.abspath(output): "the photo"} if output != STREAM else {}
        for path, what in ((self.before_after, "the --before-after sheet"), (self.confidence, "the --confidence map")):
            if path is not None:
                other = taken.setdefault(os.path.abspath(path), what)
                if other != what:
                    raise UsageError(f"{path}: {other} and {what} cannot be the same file")


def checked_format(name: str | None) -> Format | None:
    """The format that a user names, by its name or a suffix. Raises UsageError."""
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
