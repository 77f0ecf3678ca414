"""What the page asks for: how the photo is to be coloured now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from colorizer_cli.engine.hints import Hint, hints_of
from colorizer_cli.errors import UsageError

MOST_ASKED = 20  # places at a time


@dataclass(frozen=True)
class Wishes:
    """hints       in full-resolution pixels
    vividness   0…1
    references  numbers of the reference photos whose palettes are averaged
    """

    hints: tuple[Hint, ...]
    vividness: float
    references: tuple[int, ...] = ()

    @classmethod
    def of(cls, request: Any) -> Wishes:
        """From a request's JSON. Raises UsageError that names what is wrong with it."""
        if not isinstance(request, Mapping):
            raise UsageError(f"expected an object with hints, vividness and references, got {request!r:.40}")
        vividness, references = request.get("vividness"), request.get("references", [])
        if isinstance(vividness, bool) or not isinstance(vividness, int | float) or not 0 <= vividness <= 1:
            raise UsageError(f"vividness is {vividness!r:.40}; expected a number from 0 to 1")
        if not isinstance(references, list) or not all(type(number) is int for number in references):
            raise UsageError(f"references is {references!r:.40}; expected a list of whole numbers")
        return cls(hints_of(request.get("hints"), "hints"), float(vividness), tuple(references))


def place_of(request: Mapping[str, Any]) -> tuple[float, float]:
    """x and y of a request, in full-resolution pixels. Raises UsageError."""
    (hint,) = hints_of([{"x": request.get("x"), "y": request.get("y"), "color": "#000000"}], "the place")
    return hint.x, hint.y


def count_of(request: Mapping[str, Any]) -> int:
    """How many places a request asks for. Raises UsageError."""
    count = request.get("count")
    if type(count) is not int or not 1 <= count <= MOST_ASKED:
        raise UsageError(f"count is {count!r:.40}; expected 1…{MOST_ASKED}")
    return count


def saves_of(request: Mapping[str, Any]) -> int | None:
    """How many savings the page knows of, if it says. Raises UsageError."""
    saves = request.get("saves")
    if saves is not None and type(saves) is not int:
        raise UsageError(f"saves is {saves!r:.40}; expected a whole number")
    return saves
