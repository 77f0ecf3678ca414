"""An output is whole or absent."""

import os
from pathlib import Path

import numpy as np
import pytest

from colorizer_cli import Colorizer, read_photo, write_photo
from colorizer_cli.errors import OutputError, PhotoError, UsageError
from colorizer_cli.photo.sheet import write_before_after
from colorizer_cli.photo.writing import check_output


def test_a_failing_strip_leaves_nothing_and_tells_its_own_error(
    colorizer: Colorizer, gray_jpeg: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("colorizer_cli.photo.photo.KEPT_PIXELS", 0)  # decoded again while it is written
    coloured = colorizer.colorize(read_photo(gray_jpeg))
    half = gray_jpeg.read_bytes()[: gray_jpeg.stat().st_size // 2]
    gray_jpeg.write_bytes(half)  # damaged between reading and writing
    with pytest.raises(PhotoError, match="whole"):
        write_photo(coloured, tmp_path / "new.png")
    assert os.listdir(tmp_path) == ["old.jpg"]


def test_an_existing_file_is_only_replaced_when_allowed(colorizer: Colorizer, gray_jpeg: Path, tmp_path: Path):
    target = tmp_path / "new.png"
    target.write_bytes(b"precious")
    coloured = colorizer.colorize(read_photo(gray_jpeg))
    with pytest.raises(OutputError, match="--overwrite"):
        write_photo(coloured, target)
    assert target.read_bytes() == b"precious"
    write_photo(coloured, target, overwrite=True)
    assert target.read_bytes().startswith(b"\x89PNG")


def test_permissions_are_those_of_any_new_file(colorizer: Colorizer, gray_jpeg: Path, tmp_path: Path):
    plain = tmp_path / "plain"
    plain.write_bytes(b"")
    write_photo(colorizer.colorize(read_photo(gray_jpeg)), tmp_path / "new.jpg")
    assert (tmp_path / "new.jpg").stat().st_mode == plain.stat().st_mode


@pytest.mark.parametrize("link", [os.symlink, os.link])
def test_the_original_is_never_an_output(gray_jpeg: Path, tmp_path: Path, link: object):
    other = tmp_path / "other.jpg"
    link(gray_jpeg, other)
    for output in (gray_jpeg, other):
        with pytest.raises(UsageError, match="original"):
            check_output(output, gray_jpeg, overwrite=True)


def test_the_library_too_refuses_to_replace_the_original(colorizer: Colorizer, gray_jpeg: Path):
    before = gray_jpeg.read_bytes()
    with pytest.raises(UsageError, match="original"):
        write_photo(colorizer.colorize(read_photo(gray_jpeg)), gray_jpeg, overwrite=True)
    with pytest.raises(UsageError, match="original"):
        write_before_after(colorizer.colorize(read_photo(gray_jpeg)), gray_jpeg, overwrite=True)
    assert gray_jpeg.read_bytes() == before


def test_webp_that_is_too_large_is_an_output_error(colorizer: Colorizer, tmp_path: Path):
    import pyvips

    pyvips.Image.black(17000, 10).pngsave(str(tmp_path / "wide.png"))
    with pytest.raises(OutputError, match=r"sides of at most 16383 pixels.*17000 × 10.*\.png"):
        write_photo(colorizer.colorize(read_photo(tmp_path / "wide.png")), tmp_path / "wide.webp")
    assert os.listdir(tmp_path) == ["wide.png"]


def test_overwritten_output_survives_a_failure(
    colorizer: Colorizer, gray_jpeg: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("colorizer_cli.photo.photo.KEPT_PIXELS", 0)  # decoded again while it is written
    target = tmp_path / "new.jpg"
    target.write_bytes(b"precious")
    coloured = colorizer.colorize(read_photo(gray_jpeg))
    gray_jpeg.write_bytes(gray_jpeg.read_bytes()[:5000])
    with pytest.raises(PhotoError):
        write_photo(coloured, target, overwrite=True)
    assert target.read_bytes() == b"precious"
    assert sorted(os.listdir(tmp_path)) == ["new.jpg", "old.jpg"]


def test_strips_hold_the_whole_photo(gray_jpeg: Path):
    photo = read_photo(gray_jpeg)
    strips = [gray for _, gray, _ in photo.strips()]
    assert np.concatenate(strips).shape == (photo.height, photo.width)
