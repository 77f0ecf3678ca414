"""One photo being edited: the network and a screen-size copy are held, so that a change is seen at once."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import pyvips
from numpy.typing import NDArray

from colorizer_cli.edit.target import Target
from colorizer_cli.edit.wishes import Wishes
from colorizer_cli.engine.asking import guesses
from colorizer_cli.engine.candidates import at_grid, distinct_colours, hint_at
from colorizer_cli.engine.colorizer import Colorizer
from colorizer_cli.engine.composition import Composition
from colorizer_cli.engine.hints import Hint, check_inside, write_hints
from colorizer_cli.engine.job import Job
from colorizer_cli.engine.one_photo import colour, write
from colorizer_cli.engine.palette import Palette, averaged, palette_of
from colorizer_cli.engine.settings import Settings
from colorizer_cli.errors import ColorizerError, OutputError, UsageError
from colorizer_cli.photo.formats import Format
from colorizer_cli.photo.photo import Photo
from colorizer_cli.photo.reading import read_photo
from colorizer_cli.photo.writing import write_bytes

SCREEN = 1280  # pixels of the copy's long side
STRIP_ROWS = 192  # of the copy, rendered at a time: memory is used again for the next strip
QUALITY = 90
MOST_PROPOSED = 8  # colours
SPREAD, PLAUSIBLE = 13.0, 0.04  # as in `distinct_colours`: a person chooses among more than a candidate is made of
MOST_REFERENCES = 64
REMEMBERED = 16  # answers of the network, of about 2 MB each: undo and redo need no new ones


class StaleError(UsageError):
    """Saving would replace what another window has saved."""


@dataclass(frozen=True)
class Proposal:
    """A colour "#rrggbb" that is plausible at a place, and how likely it is beside the other proposals, 0…1."""

    color: str
    share: float


@dataclass
class Session:
    """All calls may come from several threads; for the screen the network runs once at a time.

    settings    what was asked for on the command line; vividness, hints and palette are the page's to change
    job         with the name of the output in it
    hints       that were there at the start; `wishes` are the latest that were coloured by, `saved` those of the
                last of `saves`
    remarks     for the user, about the photo
    """

    colorizer: Colorizer
    photo: Photo
    settings: Settings
    job: Job
    form: Format
    result: Target
    hints_file: Target
    hints: tuple[Hint, ...] = ()
    remarks: tuple[str, ...] = ()
    palettes: list[Palette] = field(default_factory=list)
    wishes: Wishes = field(init=False)
    saved: Wishes = field(init=False)
    saves: int = field(init=False)

    def __post_init__(self) -> None:
        vividness = self.settings.vividness
        default = self.colorizer.weights.config.vividness if vividness is None else vividness
        self.wishes = self.saved = Wishes(self.hints, default, tuple(range(len(self.palettes))))
        self.saves = 0
        self._answers: dict[tuple[tuple[Hint, ...], tuple[int, ...]], NDArray[np.float32]] = {}
        self._network, self._saving = threading.Lock(), threading.Lock()

    @property
    def screen_size(self) -> tuple[int, int]:
        """(width, height) of the copy that the page shows."""
        scale = min(1.0, SCREEN / max(self.photo.width, self.photo.height))
        return max(1, round(self.photo.width * scale)), max(1, round(self.photo.height * scale))

    @cached_property
    def composition(self) -> Composition:
        """What the network sees of the photo: the same for all hints, palettes and vividnesses."""
        return self.colorizer.compose(self.photo, self.settings)

    @cached_property
    def _screen(self) -> NDArray[np.uint16]:
        """(h, w) gray of the copy over the full range."""
        return np.asarray(np.round(self.composition.photo.gray_thumbnail(*self.screen_size) * 65535), np.uint16)

    @cached_property
    def original(self) -> bytes:
        """A JPEG of the photo as it looks, at screen size."""
        return _jpeg(self.photo.thumbnail(*self.screen_size))

    def render(self, wishes: Wishes) -> bytes:
        """→ a JPEG of the photo coloured as wished, at screen size. Raises UsageError."""
        settings = self._settings(wishes)
        coloured = self.colorizer.coloured(self.composition, settings, self._answer(wishes))
        self.wishes = wishes
        strip = coloured.renderer(*self.screen_size, 8)
        tops = range(0, len(self._screen), STRIP_ROWS)
        return _jpeg(np.concatenate([strip(self._screen[top : top + STRIP_ROWS], top) for top in tops]))

    def proposals(self, wishes: Wishes, x: float, y: float) -> list[Proposal]:
        """Colours that the network thinks plausible at a place (full-resolution pixels), given the other hints, the
        likeliest first; none on the border around the picture, which the network does not see."""
        check_inside([Hint(x, y, "#000000")], self.photo.width, self.photo.height)
        box = self.composition.box
        left, top, right, bottom = box
        across, down = (x - left) / (right - left), (y - top) / (bottom - top)
        if not (0 <= across <= 1 and 0 <= down <= 1):
            return []
        logits = self._answer(wishes)
        rows, columns = logits.shape[1:]
        row, column = min(int(down * rows), rows - 1), min(int(across * columns), columns - 1)
        lightness = float(at_grid(self.composition.lightness, (rows, columns))[row, column])
        bins = self.colorizer.weights.config.bin_array()
        colours, shares = distinct_colours(logits[:, row, column], bins, SPREAD, PLAUSIBLE)
        return [
            Proposal(hint_at(across, down, box, lightness, ab).color, float(share))
            for ab, share in zip(colours[:MOST_PROPOSED], shares, strict=False)
        ]

    def questions(self, wishes: Wishes, count: int) -> list[Hint]:
        """Up to `count` places where knowing the colour would settle most of the rest, with guesses."""
        bins = self.colorizer.weights.config.bin_array()
        return guesses(self.composition, self._answer(wishes), bins, count)

    def add_reference(self, encoded: bytes, name: str) -> int:
        """Takes the palette of a colour photo. → its number. Raises PhotoError or UsageError."""
        if len(self.palettes) >= MOST_REFERENCES:
            raise UsageError(f"{len(self.palettes)} reference photos have been loaded; start the page again for more")
        photo = replace(read_photo(encoded, max_pixels=self.job.max_pixels), name=name)
        self.palettes.append(palette_of(photo, self.colorizer.weights.config.bin_array()))
        return len(self.palettes) - 1

    def save(self, wishes: Wishes, after: int | None = None) -> None:
        """Writes the hints file, and the full-resolution result, as `colorize PHOTO` does. Raises ColorizerError.

        The hints come first: they are a person's work, and whatever is wrong with the result, it does not touch them.
        `after`: the number of savings that the page knows of; StaleError is raised where another has saved since.
        """
        settings = self._settings(wishes)
        with self._saving:
            if after is not None and after != self.saves:
                raise StaleError("another window has saved meanwhile; save once more to replace what it has saved")
            self.hints_file.check(self.job.source)
            replaceable = self.hints_file.replaceable
            write_bytes(
                write_hints(wishes.hints), self.hints_file.path, original=self.photo.path, overwrite=replaceable
            )
            self.hints_file.note()
            try:
                self.result.check(self.job.source)
                job = replace(self.job, overwrite=self.result.replaceable)
                pages, first, _ = colour(self.photo, settings, job, self.colorizer)
                write(job, str(self.result.path), self.form, pages, first)
            except ColorizerError as error:
                raise OutputError(
                    f"{error}. The hints are saved in {self.hints_file.path}, the photo is not"
                ) from error
            self.result.note()
            self.saves, self.saved = self.saves + 1, wishes

    @property
    def unsaved_hints(self) -> bool:
        """Whether hints have been placed or changed since the last saving, or since the start."""
        return self.wishes.hints != self.saved.hints

    def rescue(self) -> Path:
        """Writes hints that were never saved to a file of their own, beside the hints file. → its name. Raises
        OutputError."""
        path = self.hints_file.path
        path = path.with_name(f"{path.name.removesuffix('.hints.json').removesuffix('.json')}.unsaved.hints.json")
        write_bytes(write_hints(self.wishes.hints), path, original=self.photo.path, overwrite=True)
        return path

    def remember(self, wishes: Wishes) -> None:
        """Takes these for the latest, without colouring by them: the page is being left."""
        self._settings(wishes)
        self.wishes = wishes

    def _settings(self, wishes: Wishes) -> Settings:
        check_inside(wishes.hints, self.photo.width, self.photo.height)
        if not all(0 <= number < len(self.palettes) for number in wishes.references):
            raise UsageError(f"references {list(wishes.references)}: {len(self.palettes)} have been loaded")
        palette = averaged([self.palettes[number] for number in wishes.references]) if wishes.references else None
        return replace(self.settings, vividness=wishes.vividness, hints=wishes.hints, palette=palette)

    def _answer(self, wishes: Wishes) -> NDArray[np.float32]:
        """The network's; what was asked before, with another vividness, is remembered."""
        settings, key = self._settings(wishes), (wishes.hints, wishes.references)
        with self._network:
            answer = self._answers.pop(key, None)
            if answer is None:
                answer = self.colorizer.predict(self.composition, settings)
            self._answers[key] = answer  # the latest last
            while len(self._answers) > REMEMBERED:
                del self._answers[next(iter(self._answers))]
        return answer


def _jpeg(pixels: NDArray[np.integer]) -> bytes:
    image = pyvips.Image.new_from_array(np.asarray(pixels, np.uint8)).copy(interpretation="srgb")
    return bytes(image.jpegsave_buffer(Q=QUALITY))
