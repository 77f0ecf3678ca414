"""What a user can set about one colouring."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from colorizer_cli.errors import UsageError

if TYPE_CHECKING:  # settings are made before the numeric libraries are loaded
    from colorizer_cli.engine.hints import Hint
    from colorizer_cli.engine.palette import Palette

BORDERS, TONES = ("auto", "keep", "colour"), ("keep", "neutral")
SMALLEST_SIZE, LARGEST_SIZE = 32, 2048


@dataclass(frozen=True)
class Settings:
    """vividness  0: the expected colour (lowest squared error, muted) … 1: as colourful as photos are;
               None: the weights'
    border     "auto": film borders, mounts and margins are found and stay neutral; "keep": they keep their own tint;
               "colour": they are coloured as if they were part of the picture
    tone       "keep": the original's lightness; "neutral": the contrast of a faded scan is restored (see ToneCurve)
    size       network input in pixels (square root of its area); larger follows finer objects; None: the weights'
    hints      colours that the user knows
    palette    of photos that the result is to look like; None: the weights' own idea
    palette_strength  1: the palette is followed; less: as far between the answer without it and the one with it
    candidate  1: the network's own answer; 2, 3, …: another plausible one (see `candidates`)

    Raises UsageError where a value is out of range.
    """

    vividness: float | None = None
    size: int | None = None
    border: str = "auto"
    tone: str = "keep"
    hints: tuple[Hint, ...] = ()
    palette: Palette | None = None
    candidate: int = 1
    palette_strength: float = 1.0

    def __post_init__(self) -> None:
        if self.vividness is not None and not 0 <= self.vividness <= 1:
            raise UsageError(f"--vividness {self.vividness}: expected a number from 0 to 1")
        if self.size is not None and not SMALLEST_SIZE <= self.size <= LARGEST_SIZE:
            raise UsageError(f"--size {self.size}: expected {SMALLEST_SIZE}…{LARGEST_SIZE} pixels")
        if self.candidate < 1:
            raise UsageError(f"candidate {self.candidate}: they are counted from 1")
        if not 0 <= self.palette_strength <= 1:
            raise UsageError(f"palette_strength {self.palette_strength}: expected a number from 0 to 1")
        for name, value, known in (("border", self.border, BORDERS), ("tone", self.tone, TONES)):
            if value not in known:
                raise UsageError(f"--{name} {value}: expected one of {', '.join(known)}")
