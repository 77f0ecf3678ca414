from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from colorizer_cli.batch.fingerprint import changed_options, fingerprint
from colorizer_cli.batch.job import Recipe
from colorizer_cli.engine.settings import Settings


def test_options_and_quality_count_and_the_weights_do_not():
    prints = {fingerprint(recipe) for recipe in (Recipe(), Recipe(Settings(0.5)), Recipe(Settings(size=96)))}
    assert len(prints | {fingerprint(Recipe(quality=80))}) == 4
    assert fingerprint(Recipe(weights="mine")) == fingerprint(Recipe())


def test_what_only_decides_which_photos_are_coloured_does_not_count():
    assert fingerprint(Recipe(force=True, max_pixels=5)) == fingerprint(Recipe())
    assert Recipe(force=True).accepts_more
    assert not Recipe(quality=80, max_pixels=5).accepts_more


def test_only_what_differs_from_the_default_is_named():
    assert changed_options(Recipe()) == {}
    assert changed_options(Recipe(Settings(vividness=0.5), quality=80)) == {"vividness": 0.5, "quality": 80}


@dataclass(frozen=True)
class Hint:
    x: int
    color: str


@dataclass(frozen=True)
class Richer(Settings):
    """Settings as they may grow."""

    palette: object = None
    hints: tuple[Hint, ...] = ()
    file: Path | None = None
    raw: bytes = b""
    names: dict[str, int] = field(default_factory=dict)


def test_settings_of_any_make():
    assert fingerprint(Recipe(Richer())) == fingerprint(Recipe())
    rich = [
        Richer(palette=np.zeros(3, np.float32)),
        Richer(palette=np.ones(3, np.float32)),
        Richer(hints=(Hint(1, "#aabbcc"),)),
        Richer(hints=(Hint(2, "#aabbcc"),)),
        Richer(file=Path("a")),
        Richer(raw=b"a"),
        Richer(names={"a": 1}),
    ]
    assert len({fingerprint(Recipe(settings)) for settings in rich}) == len(rich)
    assert fingerprint(Recipe(Richer(palette=np.ones(3)))) == fingerprint(Recipe(Richer(palette=np.ones(3))))
