"""What a user can set about one colouring."""

from __future__ import annotations

from dataclasses import dataclass

from colorizer_cli.errors import UsageError

SMALLEST_SIZE, LARGEST_SIZE = 32, 2048


@dataclass(frozen=True)
class Settings:
    """vividness  0: the expected colour (lowest squared error, muted) … 1: as colourful as photos are;
               None: the weights'
    size       network input in pixels (square root of its area); larger follows finer objects; None: the weights'

    Raises UsageError where a value is out of range.
    """

    vividness: float | None = None
    size: int | None = None

    def __post_init__(self) -> None:
        if self.vividness is not None and not 0 <= self.vividness <= 1:
            raise UsageError(f"--vividness {self.vividness}: expected a number from 0 to 1")
        if self.size is not None and not SMALLEST_SIZE <= self.size <= LARGEST_SIZE:
            raise UsageError(f"--size {self.size}: expected {SMALLEST_SIZE}…{LARGEST_SIZE} pixels")
