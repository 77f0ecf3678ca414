"""Which palette the photos of a folder share, and when."""

import itertools
from collections import deque

from colorizer_cli.batch.job import Identity, Outcome, Task
from colorizer_cli.batch.series import LARGEST_SAMPLE, TRIES, Series, sample

PHOTOS = ["a/1.jpg", "a/2.jpg", "a/3.jpg"]
FOUND = {"a/1.jpg": (0.1, 0.9), "a/2.jpg": (0.7, 0.3), "a/3.jpg": None}


def surveyed(order: tuple[int, ...]) -> Series:
    """A series whose glances at a folder came back in that order."""
    series, waiting = Series(samples={"a": PHOTOS}), deque([Task("a/2.jpg", "a/2.jpg")])
    glances = [series.next(waiting) for _ in PHOTOS]
    assert [glance.photo for glance in glances] == PHOTOS
    assert all(glance.glance for glance in glances)
    assert series.next(waiting) is None  # the task waits for them
    shared = [series.note(Outcome(glances[i], 0.1, palette=FOUND[glances[i].photo])) for i in order]
    assert shared[:-1] == [None, None]
    assert shared[-1] == ("a", (0.4, 0.6))
    task = series.next(waiting)
    assert (task.photo, task.palette, task.glance) == ("a/2.jpg", (0.4, 0.6), False)
    assert not waiting
    return series


def test_the_palette_does_not_depend_on_the_order_of_the_glances():
    palettes = [surveyed(order).palettes for order in itertools.permutations(range(3))]
    assert all(palette == palettes[0] for palette in palettes)


def test_a_folder_without_a_palette_does_without_until_the_next_look():
    series, waiting = Series(samples={"": ["x.jpg"]}), deque([Task("x.jpg", "x.jpg")])
    assert series.note(Outcome(series.next(waiting), 0.1, Identity(1, 2), error="broken")) is None
    assert series.next(waiting).palette is None
    series.look_again()
    waiting.append(Task("x.jpg", "x.jpg"))
    assert series.next(waiting).glance


def test_a_photo_that_cannot_be_reached_is_looked_at_again():
    series, waiting = Series(samples={"": ["x.jpg"]}), deque([Task("x.jpg", "x.jpg")])
    for _ in range(TRIES - 1):
        assert series.note(Outcome(series.next(waiting), 0.1, error="no answer")) is None
    assert series.next(waiting).glance
    assert series.note(Outcome(Task("x.jpg", "x.jpg", glance=True), 0.1, Identity(1, 2), palette=(1.0,))) == (
        "",
        (1.0,),
    )
    assert series.next(waiting).palette == (1.0,)


def test_a_known_palette_needs_no_glance():
    series = Series({"a": (0.5, 0.5)})
    assert series.next(deque([Task("a/new.jpg", "a/new.jpg")])).palette == (0.5, 0.5)


def test_a_sample_is_spread_over_the_folder():
    assert sample(PHOTOS) == PHOTOS
    many = [f"{number:04}" for number in range(1000)]
    chosen = sample(many)
    assert len(chosen) == len(set(chosen)) == LARGEST_SAMPLE
    assert chosen == sorted(chosen)
    assert chosen[0] == "0000"
    assert chosen[-1] > "0900"
