import json
from pathlib import Path

import numpy as np
import pytest
from skimage.color import deltaE_ciede2000

from colorizer_cli import Colorizer, read_photo
from colorizer_cli.color import lab
from colorizer_cli.color.chroma_field import ChromaField
from colorizer_cli.engine.hints import Hint, check_inside, hint_planes, pinned, read_hints, write_hints
from colorizer_cli.engine.settings import Settings
from colorizer_cli.errors import UsageError


def file_with(content: object, folder: Path) -> Path:
    path = folder / "photo.hints.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def test_a_hints_file_survives_the_round_trip(tmp_path: Path):
    hints = (Hint(10, 20.5, "#2e6b3a", 4, "Großmutters Kleid"), Hint(0, 0, "#ffffff"))
    path = tmp_path / "h.json"
    path.write_bytes(write_hints(hints))
    assert read_hints(path) == hints


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("[{", ["not JSON"]),
        ({"x": 1}, ["a list"]),
        ([{"x": 1, "y": 2}], ["entry 1", "color"]),
        ([{"x": 1, "y": 2, "color": "#123456"}, {"x": 1, "y": 2, "color": "green"}], ["entry 2", "'green'", "#rrggbb"]),
        ([{"x": "1", "y": 2, "color": "#123456"}], ["entry 1", "x is '1'"]),
        ([{"x": True, "y": 2, "color": "#123456"}], ["entry 1", "x is True"]),
        ("[" + '{"x": NaN, "y": 2, "color": "#123456"}' + "]", ["entry 1", "nan"]),
        ([{"x": 1, "y": 2, "color": "#123456", "radius": 0}], ["entry 1", "radius", "positive"]),
        ([{"x": 1, "y": 2, "color": "#123456", "colour": "#123456"}], ["entry 1", "expected an object"]),
        ([{"x": None, "y": 2, "color": "#123456"}], ["entry 1", "numbers"]),
        ("[" * 100_000, ["not JSON"]),
    ],
)
def test_a_wrong_entry_is_named(content: object, words: list[str], tmp_path: Path):
    with pytest.raises(UsageError) as failure:
        read_hints(file_with(content, tmp_path))
    assert all(word in str(failure.value) for word in words), failure.value


def test_a_hint_outside_the_photo_is_an_error():
    check_inside([Hint(100, 50, "#000000")], 100, 50)
    with pytest.raises(UsageError, match=r"hint 1 .* outside the photo"):
        check_inside([Hint(101, 50, "#000000")], 100, 50)


def test_planes_hold_the_colour_at_its_place_and_nothing_elsewhere():
    planes = hint_planes([Hint(150, 80, "#2a5a2e", 20)], (100, 40, 200, 140), (50, 50))
    rows, columns = np.nonzero(planes[2])
    assert abs(rows.mean() + 0.5 - 20) <= 0.5
    assert abs(columns.mean() + 0.5 - 25) <= 0.5
    expected = lab.srgb_to_lab(np.array([0x2A, 0x5A, 0x2E], np.float32) / 255)[1:]
    np.testing.assert_allclose(planes[:2, rows[0], columns[0]], expected, atol=1e-4)
    assert not planes[:2, planes[2] == 0].any()


def test_the_smallest_hint_still_reaches_the_network_and_one_on_the_border_does_not():
    assert hint_planes([Hint(0, 0, "#ff0000", 0.1)], (0, 0, 4000, 3000), (32, 48))[2].sum() == 1
    assert hint_planes([Hint(0, 0, "#ff0000", 5)], (100, 100, 400, 300), (32, 48))[2].sum() == 0


def test_a_pinned_hint_is_its_colour_inside_the_radius_and_changes_nothing_far_away():
    field = ChromaField(np.broadcast_to(np.array([1, 0, 1, 0], np.float32)[:, None, None], (4, 30, 40)).copy())
    gray = np.full((300, 400), 120, np.uint8)
    out = pinned(field, [Hint(200, 150, "#2a5a2e", 30)], 400, 300).renderer(400, 300, 8)(gray, 0)
    colours = lab.srgb_to_lab(out / 255)
    rows, columns = np.mgrid[:300, :400]
    distance = np.hypot(columns + 0.5 - 200, rows + 0.5 - 150)
    expected = np.array([lab.gray_to_lightness(np.array(120 / 255)), *Hint(0, 0, "#2a5a2e").ab])
    inside = colours[distance <= 30]
    assert deltaE_ciede2000(inside, np.broadcast_to(expected, inside.shape)).max() < 2
    assert (out[distance > 90] == 120).all()


def test_a_hint_colours_its_object_and_leaves_the_far_side_alone(colorizer: Colorizer, gray_jpeg: Path):
    photo = read_photo(gray_jpeg)
    hint = Hint(120, 200, "#2a5a9e", 12)
    plain = colorizer.colorize(photo).pixels()
    hinted = colorizer.colorize(photo, Settings(hints=(hint,))).pixels()
    found = lab.srgb_to_lab(hinted / 255.0)
    rows, columns = np.mgrid[: photo.height, : photo.width]
    inside = np.hypot(columns + 0.5 - hint.x, rows + 0.5 - hint.y) <= hint.radius
    expected = np.concatenate([found[inside][:, :1], np.broadcast_to(hint.ab, (inside.sum(), 2))], axis=1)
    assert np.percentile(deltaE_ciede2000(found[inside], expected), 95) <= 6
    change = deltaE_ciede2000(lab.srgb_to_lab(plain / 255.0), found)
    far = columns > photo.width - 120
    assert change[inside].mean() > 10
    assert change[far].mean() < 3


@pytest.mark.parametrize("color", ["green", "#fff", "2e6b3a", "#2e6b3aff"])
def test_a_colour_that_is_written_otherwise(color: str):
    with pytest.raises(UsageError, match="#rrggbb"):
        Hint(10, 10, color)
