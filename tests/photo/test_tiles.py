"""Large photos that are turned: from the disk, or a clear word about its want."""

import tempfile
from pathlib import Path

import numpy as np
import pytest
import pyvips

from colorizer_cli import read_photo
from colorizer_cli.errors import OutputError
from colorizer_cli.photo import reading, tiles


@pytest.fixture
def on_its_side(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Small, and taken for large."""
    pixels = np.random.default_rng(0).integers(0, 256, (300, 700, 3), dtype=np.uint8)
    image = pyvips.Image.new_from_array(pixels).copy(interpretation="srgb")
    image.set_type(pyvips.GValue.gint_type, "orientation", 8)
    image.write_to_file(str(tmp_path / "old.tif"))
    monkeypatch.setattr(reading, "HELD_BYTES", 1000)
    return tmp_path / "old.tif"


def test_pixels_from_the_disk_are_the_same(on_its_side: Path):
    expected = pyvips.Image.new_from_file(str(on_its_side)).autorot().numpy()
    np.testing.assert_array_equal(read_photo(on_its_side).open(True, 1).numpy(), expected)


def test_a_temporary_folder_without_room_is_named(on_its_side: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(tiles, "ROOM", 1e12)
    with pytest.raises(OutputError, match=f"MB in {tmp_path}"):
        read_photo(on_its_side).open(True, 1)
    photo = read_photo(on_its_side)
    photo.decode_ahead()  # a thread that ends in an exception would be a warning, which is an error here
    with pytest.raises(OutputError, match="MB in"):
        next(photo.strips())
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "nowhere"))
    with pytest.raises(OutputError, match="No such file"):
        read_photo(on_its_side).open(True, 1)
