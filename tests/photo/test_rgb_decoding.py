"""The way of RGB that is followed while it is decoded, against the way of libvips alone."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import pyvips

from colorizer_cli import read_photo
from colorizer_cli.color import compiled
from colorizer_cli.engine.triage import check_colourable
from colorizer_cli.errors import PhotoError
from colorizer_cli.photo import decoded
from colorizer_cli.photo.conversion import to_gray
from colorizer_cli.photo.photo import Photo

pytestmark = pytest.mark.skipif(compiled.library() is None, reason="no C compiler was found at the installation")


def whole(photo: Photo) -> np.ndarray:
    return np.concatenate([gray for _, gray, _ in photo.strips()])


def saved(pixels: np.ndarray, path: Path) -> Path:
    pyvips.Image.new_from_array(pixels, interpretation="srgb").write_to_file(str(path))
    return path


def toned(gray: np.ndarray) -> np.ndarray:
    return np.round(gray[..., None] * [1, 0.93, 0.8] + [0, 5, 12]).clip(0, 255).astype(np.uint8)


@pytest.mark.parametrize("size", [(400, 600), (1301, 601), (160, 2560), (64, 3000), (2, 2), (1, 700)])
def test_gray_and_small_copy_are_those_of_libvips(
    tmp_path: Path, gray_pixels: np.ndarray, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
):
    gray = np.resize(gray_pixels, size)
    photo = read_photo(saved(toned(gray), tmp_path / "old.png"))
    followed = photo._decoding.result()
    assert photo.has_colours
    expected = to_gray(pyvips.Image.new_from_file(str(photo.path)))[0].numpy()
    found = whole(photo)
    assert found.dtype == np.uint16
    assert np.abs(found.astype(int) - expected).max() <= 4  # of 65535: libvips looks a coarser table up
    monkeypatch.setattr(decoded, "can_be_followed", lambda image, steps: False)
    small = read_photo(photo.path)._decoding.result().small
    own, theirs = followed.small.numpy().astype(int), small.numpy()
    missing = np.array(theirs.shape) - own.shape
    assert ((missing == 0) | (missing == 1)).all()  # part of a square, at the edge
    assert np.abs(own - theirs[: own.shape[0], : own.shape[1]]).max() <= 1


def test_alike_channels_are_one_gray_of_eight_bits(tmp_path: Path, gray_pixels: np.ndarray):
    photo = read_photo(saved(np.dstack([gray_pixels] * 3), tmp_path / "old.png"))
    assert photo.is_rgb
    assert photo.has_colours  # as far as can be told before it is decoded
    np.testing.assert_array_equal(whole(photo), gray_pixels)
    assert not photo.has_colours
    check_colourable(photo)


def test_one_pixel_makes_the_difference(tmp_path: Path, gray_pixels: np.ndarray):
    """In the last strip: what came before is gray that was kept in 8 bits."""
    pixels = np.dstack([np.tile(gray_pixels, (3, 1))] * 3)
    pixels[-1, -1, 2] ^= 1
    photo = read_photo(saved(pixels, tmp_path / "old.png"))
    found = whole(photo)
    assert found.dtype == np.uint16
    np.testing.assert_array_equal(found.ravel()[:-1], pixels[..., 0].ravel()[:-1].astype(np.uint16) * 257)
    assert photo.has_colours


def test_the_outcome_is_the_same_without_it(tmp_path: Path, colorizer, gray_pixels: np.ndarray, monkeypatch):
    for name, pixels in (("toned", toned(gray_pixels)), ("alike", np.dstack([gray_pixels] * 3))):
        path = saved(pixels, tmp_path / f"{name}.png")
        found = colorizer.colorize(read_photo(path)).pixels().astype(int)
        with monkeypatch.context() as patch:
            patch.setattr(decoded, "can_be_followed", lambda image, steps: False)
            expected = colorizer.colorize(read_photo(path)).pixels().astype(int)
        assert np.abs(found - expected).max() <= 3  # the network sees a gray that is rounded otherwise


def test_a_truncated_file_is_an_error(tmp_path: Path, gray_pixels: np.ndarray):
    path = tmp_path / "old.jpg"
    pyvips.Image.new_from_array(toned(np.tile(gray_pixels, (3, 3))), interpretation="srgb").jpegsave(str(path), Q=95)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(PhotoError, match=r"old\.jpg"):
        whole(read_photo(path))


def test_changed_copies_share_what_is_decoded(tmp_path: Path, gray_pixels: np.ndarray):
    photo = read_photo(saved(toned(gray_pixels), tmp_path / "old.png"))
    decoded_once = photo._decoding.result()
    copy = photo.changed(metadata=photo.metadata.stripped())
    assert copy._decoding.result() is decoded_once


def test_a_process_may_end_while_it_decodes(tmp_path: Path):
    """Without a word on stderr."""
    noise = np.random.default_rng(0).integers(0, 256, (2000, 3000, 3), dtype=np.uint8)
    path = saved(noise, tmp_path / "old.png")
    program = f"from colorizer_cli import read_photo; read_photo({str(path)!r}).decode_ahead()"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert done.stderr == b""
