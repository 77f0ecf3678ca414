"""`--consistent`: the photos of a folder share a palette, averaged over a sample of them before the first is coloured.

Which photos are looked at depends on the folder alone, and so does the palette: not on the order in which photos are
done, nor on how many workers there are. It is kept in the journal, and a resumed run goes on with it.
"""

from __future__ import annotations

import math
import os
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from colorizer_cli.batch.job import Outcome, Task

LARGEST_SAMPLE = 16  # photos of a folder
TRIES = 3  # at a photo that cannot be reached
DIGITS = 6  # of a frequency, in the journal and in use: a resumed run is to use the very same


def sample(photos: list[str]) -> list[str]:
    """Up to LARGEST_SAMPLE of a folder's photos, evenly spread over their order."""
    count = min(len(photos), LARGEST_SAMPLE)
    return [photos[i * len(photos) // count] for i in range(count)]


@dataclass
class Survey:
    """A folder whose palette is being looked for. `found`: photo → frequencies; None where it has none to give.
    `tries`: of photos that could not be reached."""

    photos: list[str]
    waiting: deque[str]
    found: dict[str, tuple[float, ...] | None] = field(default_factory=dict)
    tries: Counter[str] = field(default_factory=Counter)

    @property
    def is_complete(self) -> bool:
        return len(self.found) == len(self.photos)

    def palette(self) -> tuple[float, ...] | None:
        """The mean, None where no photo has a palette; summed in the order of the photos' names."""
        found = [frequencies for photo in self.photos if (frequencies := self.found[photo]) is not None]
        return tuple(round(math.fsum(shares) / len(found), DIGITS) for shares in zip(*found, strict=True)) or None


@dataclass
class Series:
    """The palettes of a run's folders.

    palettes  that are known; None: the folder's photos do without (all of them are in colour, or cannot be read)
    samples   photos to look at, by folder; filled as the plan meets folders
    """

    palettes: dict[str, Sequence[float] | None] = field(default_factory=dict)
    samples: dict[str, list[str]] = field(default_factory=dict)
    _surveys: dict[str, Survey] = field(default_factory=dict)

    def next(self, waiting: deque[Task]) -> Task | None:
        """Takes the first task, with its palette; or gives a glance that has to come before; or None, where the last
        glances are still in hand."""
        folder = os.path.dirname(waiting[0].photo)
        if folder in self.palettes:
            shared = self.palettes[folder]
            return replace(waiting.popleft(), palette=None if shared is None else tuple(shared))
        if folder not in self._surveys:
            photos = self.samples[folder]
            self._surveys[folder] = Survey(photos, deque(photos))
        survey = self._surveys[folder]
        if not survey.waiting:
            return None
        photo = survey.waiting.popleft()
        return Task(photo, photo, glance=True)

    def look_again(self) -> None:
        """Folders that had no palette may have got photos meanwhile."""
        self.palettes = {folder: palette for folder, palette in self.palettes.items() if palette is not None}

    def note(self, outcome: Outcome) -> tuple[str, tuple[float, ...]] | None:
        """What a glance has found. → folder and palette, when the last of the folder's glances finds it."""
        folder = os.path.dirname(outcome.task.photo)
        survey = self._surveys[folder]
        if outcome.error is not None and outcome.identity is None:  # a store that does not answer, and may do so again
            survey.tries[outcome.task.photo] += 1
            if survey.tries[outcome.task.photo] < TRIES:
                survey.waiting.append(outcome.task.photo)
                return None
        survey.found[outcome.task.photo] = outcome.palette
        if not survey.is_complete:
            return None
        del self._surveys[folder]
        palette = self.palettes[folder] = survey.palette()
        return None if palette is None else (folder, palette)
