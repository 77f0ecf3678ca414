"""The compiled code against the reference in NumPy and OpenCV, and how it is found."""

import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from colorizer_cli.color import compiled, lab, native, rendering
from colorizer_cli.color.chroma_field import ChromaField
from colorizer_cli.color.luminance import gray_of_rgb, red_of_rgb
from colorizer_cli.color.rendering import StripRenderer

needs_it = pytest.mark.skipif(compiled.library() is None, reason="no C compiler was found at the installation")


@pytest.mark.skipif(
    not any(map(shutil.which, ("cc", "gcc"))) or os.environ.get("COLORIZER_COMPILE") == "0",
    reason="there is no C compiler, or it was not to be used",
)
def test_where_there_is_a_compiler_it_is_there_and_used():
    assert compiled.problem() is None
    assert isinstance(ChromaField.uniform(1, 1).renderer(4, 4, 8), native.NativeRenderer)


def wild_field(rng: np.random.Generator, rows: int = 30, columns: int = 40) -> np.ndarray:
    """Coefficients from neutral to far outside sRGB."""
    lightness = rng.uniform(0, 100, (rows, columns)).astype(np.float32)
    ab = rng.normal(0, 45, (2, -(-rows // 4), -(-columns // 4))).astype(np.float32)
    return ChromaField.fit(lightness, ab, 4).coefficients


@needs_it
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("width", [1, 7, 511, 512, 513, 1500])  # its blocks are of 512
def test_eight_bits_are_those_of_the_reference(dtype: type, width: int):
    rng = np.random.default_rng(width)
    coefficients, height = wild_field(rng), 90
    gray = rng.integers(0, np.iinfo(dtype).max, (height, width), dtype, endpoint=True)
    expected = StripRenderer(coefficients, width, height, 8)(gray, 0).astype(int)
    found = native.NativeRenderer(coefficients, width, height, 8)(gray, 0)
    assert found.dtype == np.uint8
    difference = np.abs(found - expected)
    assert difference.max() <= 8  # a rounding may end the search for sRGB's edge a step earlier: 1/256 of the chroma
    assert (difference > 1).mean() < 1e-3
    assert (difference > 0).mean() < 0.02
    assert (np.ptp(expected, axis=-1) > 20).mean() > 0.5


@needs_it
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_sixteen_bits_are_the_same_colours_more_finely(dtype: type):
    rng = np.random.default_rng(0)
    coefficients, height, width = wild_field(rng), 90, 1100
    gray = rng.integers(0, np.iinfo(dtype).max, (height, width), dtype, endpoint=True)
    deep = native.NativeRenderer(coefficients, width, height, 16)(gray, 0)
    assert deep.dtype == np.uint16
    shallow = native.NativeRenderer(coefficients, width, height, 8)(gray, 0)
    assert np.abs(deep / 257 - shallow).max() <= 0.56  # 8 bits are looked up in codes of linear light


@needs_it
def test_what_does_not_fit_is_refused_before_it_is_read():
    render = native.NativeRenderer(ChromaField.uniform(1, 1).coefficients, 8, 8, 8)
    for gray in (np.zeros((8, 9), np.uint8), np.zeros((8, 8), np.float32), np.zeros((0, 8), np.uint8)):
        with pytest.raises(ValueError, match="expected uint8 or uint16"):
            render(gray, 0)


@needs_it
def test_rows_far_down_and_not_contiguous():
    rng = np.random.default_rng(0)
    coefficients = wild_field(rng)
    gray = rng.integers(0, 256, (90, 2 * 300), dtype=np.uint8)[:, ::2]
    render = native.NativeRenderer(coefficients, 300, 90, 8)
    np.testing.assert_array_equal(render(gray[50:77], 50), render(gray, 0)[50:77])


@needs_it
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 1e30])
def test_no_coefficient_leads_astray(bad: float):
    """Tables are looked up by what comes of them."""
    coefficients = np.full((4, 3, 3), bad, np.float32)
    for bits in (8, 16):
        out = native.NativeRenderer(coefficients, 64, 16, bits)(np.full((16, 64), 90, np.uint8), 0)
        assert out.shape == (16, 64, 3)


@needs_it
def test_gray_of_rgb_is_the_luminance():
    rgb = np.random.default_rng(0).integers(0, 256, (200, 301, 3), dtype=np.uint8)
    gray = np.empty((200, 301), np.uint16)
    gray_of_rgb(rgb, gray)
    luminance = lab.srgb_to_linear(rgb / 255) @ lab.LUMINANCE
    assert np.abs(gray - lab.linear_to_srgb(luminance) * 65535).max() < 0.52


@needs_it
def test_alike_channels_are_told_and_have_that_luminance():
    levels = np.arange(256, dtype=np.uint8)[None].repeat(3, axis=0)
    rgb = np.dstack([levels] * 3)
    gray, red = np.empty(levels.shape, np.uint16), np.empty(levels.shape, np.uint8)
    gray_of_rgb(rgb, gray)
    np.testing.assert_array_equal(gray, levels.astype(np.uint16) * 257)
    assert red_of_rgb(rgb, red) is True
    np.testing.assert_array_equal(red, levels)
    for channel in range(3):
        one_off = rgb.copy()
        one_off[2, 255, channel] -= 1  # the last pixel
        assert red_of_rgb(one_off, red) is False


@pytest.fixture
def moved(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """Source and library in a folder of their own; the library in use is looked for anew, and afterwards again."""
    for name in ("SOURCE", "LIBRARY"):
        file = getattr(compiled, name)
        copy = tmp_path / file.name
        if file.exists():
            shutil.copy(file, copy)
        monkeypatch.setattr(compiled, name, copy)
    compiled._loaded.cache_clear()
    yield tmp_path
    compiled._loaded.cache_clear()


@needs_it
def test_a_library_made_of_another_source_is_not_used(moved: Path):
    with open(moved / "strip.c", "a") as source:
        source.write("\n/* changed */\n")
    assert compiled.library() is None
    assert "another strip.c" in compiled.problem()


@pytest.mark.parametrize("content", [None, b"", b"\x7fELF no library"])
def test_without_a_library_numpy_does_it(moved: Path, content: bytes | None):
    (moved / "strip.so").unlink(missing_ok=True)
    if content is not None:
        (moved / "strip.so").write_bytes(content)
    assert compiled.library() is None
    assert ("not compiled" if content is None else "cannot be loaded") in compiled.problem()
    assert isinstance(ChromaField.uniform(1, 1).renderer(4, 4, 8), StripRenderer)


@needs_it
def test_tables_made_by_several_threads_at_once_stay_in_memory():
    """Whichever of them is kept: what a thread has begun with is not freed under it."""
    gray = np.random.default_rng(0).integers(0, 65536, (64, 512), np.uint16)
    render = native.NativeRenderer(ChromaField.uniform(20, 20).coefficients, 512, 64, 16)
    expected = render(gray, 0)
    for _ in range(30):
        rendering.levels_of.cache_clear()
        compiled.curve.cache_clear()
        with ThreadPoolExecutor(4) as pool:
            for found in pool.map(lambda _: (render(gray, 0), np.zeros(2**16, np.float32))[0], range(8)):
                np.testing.assert_array_equal(found, expected)
