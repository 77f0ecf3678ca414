"""Every format and layout that is read, written by Pillow, tifffile and pillow-heif and read back by them."""

import io
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pillow_heif
import pytest
import pyvips
import tifffile
from PIL import Image

from colorizer_cli import Colorizer, read_photo, write_photo
from colorizer_cli.engine.pages import coloured_pages
from colorizer_cli.errors import ColorizerError, PhotoError, UsageError
from colorizer_cli.photo.writing import write_pages
from tests.photo.lightness import is_coloured, lightness_error

Opener = Callable[[Path], Image.Image]
Writer = Callable[[Path, np.ndarray], None]


def pillow(mode: str = "L", **options: object) -> Writer:
    return lambda path, gray: Image.fromarray(gray).convert(mode).save(path, **options)


def tiff(**options: object) -> Writer:
    return lambda path, gray: tifffile.imwrite(path, gray, metadata=None, **options)


def deep(gray: np.ndarray) -> np.ndarray:
    noise = np.random.default_rng(0).integers(0, 256, gray.shape, dtype=np.uint16)
    return (gray.astype(np.uint16) << 8) + noise


LOSSLESS_8_BIT: dict[str, tuple[str, Writer]] = {
    "bmp": ("bmp", pillow()),
    "bmp RGB": ("bmp", pillow("RGB")),
    "bmp palette": ("bmp", pillow("P")),
    "pgm": ("pgm", pillow()),
    "ppm": ("ppm", pillow("RGB")),
    "jpeg 2000": ("jp2", pillow()),
    "jpeg 2000 RGB": ("jp2", pillow("RGB")),
    "gif": ("gif", pillow()),
    "lossless webp": ("webp", pillow("RGB", lossless=True)),
    "png gray+alpha": ("png", pillow("LA")),
    "png RGBA": ("png", pillow("RGBA")),
    "tiff lzw": ("tif", pillow(compression="tiff_lzw")),
    "tiff deflate": ("tif", pillow(compression="tiff_adobe_deflate")),
    "tiff packbits": ("tif", pillow(compression="packbits")),
    "tiff tiled": ("tif", tiff(tile=(64, 96), compression="zlib")),
    "tiff big-endian": ("tif", tiff(byteorder=">")),
    "BigTIFF": ("tif", tiff(bigtiff=True)),
    "tiff min-is-white": ("tif", lambda path, gray: tiff(photometric="miniswhite")(path, 255 - gray)),
}


@pytest.mark.parametrize("case", list(LOSSLESS_8_BIT))
def test_lossless_8_bit(colorizer: Colorizer, tmp_path: Path, gray_pixels: np.ndarray, case: str, open_image: Opener):
    suffix, write = LOSSLESS_8_BIT[case]
    write(tmp_path / f"old.{suffix}", gray_pixels)
    write_photo(colorizer.colorize(read_photo(tmp_path / f"old.{suffix}")), tmp_path / "new.png")
    result = np.asarray(open_image(tmp_path / "new.png"))[..., :3]
    assert is_coloured(result)
    assert lightness_error(gray_pixels / 255, result / 255) <= 0.5


def test_layouts_of_png(colorizer: Colorizer, tmp_path: Path, gray_pixels: np.ndarray, open_image: Opener):
    """Interlaced, gray of 2 and 4 bits, a palette with a transparent colour: by libvips and Pillow."""
    gray = pyvips.Image.new_from_array(gray_pixels).copy(interpretation="b-w")
    gray.pngsave(str(tmp_path / "interlaced.png"), interlace=True)
    shown = {"interlaced": gray_pixels}
    for bits in (2, 4):
        gray.pngsave(str(tmp_path / f"{bits}.png"), bitdepth=bits)
        shown[str(bits)] = np.asarray(open_image(tmp_path / f"{bits}.png").convert("L"))
        assert len(np.unique(shown[str(bits)])) == 2**bits
    Image.fromarray(gray_pixels).convert("P").save(tmp_path / "clear.png", transparency=0)
    shown["clear"] = gray_pixels
    for name, expected in shown.items():
        write_photo(colorizer.colorize(read_photo(tmp_path / f"{name}.png")), tmp_path / f"new-{name}.png")
        result = np.asarray(open_image(tmp_path / f"new-{name}.png"))
        assert lightness_error(expected / 255, result[..., :3] / 255) <= 0.5, name
        assert result.shape[2] == (4 if name == "clear" else 3)
        assert is_coloured(result[..., :3]), name


def test_a_png_named_jpg_goes_by_its_content(colorizer: Colorizer, tmp_path: Path, gray_pixels: np.ndarray):
    Image.fromarray(gray_pixels).save(tmp_path / "old.jpg", "PNG")
    photo = read_photo(tmp_path / "old.jpg")
    assert photo.format == "png"
    write_photo(colorizer.colorize(photo), tmp_path / "new.tif")
    assert lightness_error(gray_pixels / 255, tifffile.imread(tmp_path / "new.tif") / 255) <= 0.5


DEEP: dict[str, tuple[str, Writer]] = {
    "png": ("png", lambda path, gray: Image.fromarray(gray).save(path)),
    "pgm": ("pgm", lambda path, gray: Image.fromarray(gray).save(path)),
    "jpeg 2000": ("jp2", lambda path, gray: Image.fromarray(gray).save(path)),
    "tiff big-endian": ("tif", tiff(byteorder=">")),
    "tiff min-is-white": ("tif", lambda path, gray: tiff(photometric="miniswhite")(path, 65535 - gray)),
    "tiff RGB": ("tif", lambda path, gray: tiff(photometric="rgb")(path, np.dstack([gray] * 3))),
    "ppm": ("ppm", lambda path, gray: cv2.imwrite(str(path), np.dstack([gray] * 3))),
}


@pytest.mark.parametrize("case", list(DEEP))
def test_16_bits_stay_16_bits(colorizer: Colorizer, tmp_path: Path, gray_pixels: np.ndarray, case: str):
    suffix, write = DEEP[case]
    pixels = deep(gray_pixels)
    write(tmp_path / f"old.{suffix}", pixels)
    write_photo(colorizer.colorize(read_photo(tmp_path / f"old.{suffix}")), tmp_path / "new.tif")
    result = tifffile.imread(tmp_path / "new.tif")
    assert result.dtype == np.uint16
    assert lightness_error(pixels / 65535, result / 65535) <= 0.05


def test_deep_colour_ppm_of_other_heights_and_as_text(tmp_path: Path):
    samples = np.random.default_rng(0).integers(0, 1024, (6, 5, 3))
    samples[0, 0, 0] = 1023
    header = b"5 6\n1023\n"
    (tmp_path / "bytes.ppm").write_bytes(b"P6\n# ten bits\n" + header + samples.astype(">u2").tobytes())
    (tmp_path / "text.ppm").write_bytes(
        b"P3\n" + header + b"# row by row\n" + " ".join(map(str, samples.ravel())).encode()
    )
    expected = np.round(samples * (65535 / 1023))
    for name in ("bytes.ppm", "text.ppm"):
        photo = read_photo(tmp_path / name)
        assert photo.bits == 16
        np.testing.assert_array_equal(photo.open(True, 1).numpy(), expected)
    for name, data in (("cut", samples.astype(">u2").tobytes()[:-2]), ("high", (samples + 1).astype(">u2").tobytes())):
        (tmp_path / f"{name}.ppm").write_bytes(b"P6\n" + header + data)
        with pytest.raises(PhotoError, match=r"truncated|above 1023"):
            read_photo(tmp_path / f"{name}.ppm").open(True, 1)


@pytest.mark.parametrize(("photometric", "channels"), [("rgb", 5), ("minisblack", 3)])
def test_further_channels_are_refused(tmp_path: Path, photometric: str, channels: int):
    pixels = np.zeros((20, 30, channels), np.uint8)
    tifffile.imwrite(tmp_path / "old.tif", pixels, photometric=photometric, extrasamples=[2, 0])
    with pytest.raises(PhotoError, match="2 channels beside its colours"):
        read_photo(tmp_path / "old.tif")


@pytest.mark.parametrize("channels", ["gray", "gray+alpha", "RGB", "RGBA"])
def test_16_bit_png_in_and_out(colorizer: Colorizer, tmp_path: Path, gray_pixels: np.ndarray, channels: str):
    """Written by libvips (the gray kinds) and OpenCV, read by OpenCV."""
    pixels = deep(gray_pixels)
    alpha = [np.arange(pixels.size, dtype=np.uint16).reshape(pixels.shape)] if "A" in channels.upper()[2:] else []
    planes = [pixels] * (3 if channels.startswith("RGB") else 1) + alpha
    if channels.startswith("RGB"):
        cv2.imwrite(str(tmp_path / "old.png"), np.dstack(planes))
    else:
        image = pyvips.Image.new_from_array(np.dstack(planes)).copy(interpretation="grey16")
        image.pngsave(str(tmp_path / "old.png"), bitdepth=16)
    write_photo(colorizer.colorize(read_photo(tmp_path / "old.png")), tmp_path / "new.png")
    result = cv2.imread(str(tmp_path / "new.png"), cv2.IMREAD_UNCHANGED)
    assert (result.dtype, result.shape[2]) == (np.uint16, 3 + len(alpha))
    assert lightness_error(pixels / 65535, result[..., 2::-1] / 65535) <= 0.05
    if alpha:
        np.testing.assert_array_equal(result[..., 3], alpha[0])


@pytest.mark.parametrize("bits", [1, 2, 4])
def test_few_bits(colorizer: Colorizer, tmp_path: Path, gray_pixels: np.ndarray, bits: int, open_image: Opener):
    levels = gray_pixels >> (8 - bits)
    shown = np.round(levels * (255 / (2**bits - 1))).astype(np.uint8)
    palette = Image.fromarray(levels, "P")
    palette.putpalette([value for level in range(2**bits) for value in [level * 255 // (2**bits - 1)] * 3])
    palette.save(tmp_path / "old.png", bits=bits)
    write_photo(colorizer.colorize(read_photo(tmp_path / "old.png")), tmp_path / "new.png")
    assert lightness_error(shown / 255, np.asarray(open_image(tmp_path / "new.png")) / 255) <= 0.5


@pytest.mark.parametrize("compression", ["group3", "group4"])
def test_fax_becomes_deflate(colorizer: Colorizer, tmp_path: Path, gray_pixels: np.ndarray, compression: str):
    Image.fromarray(gray_pixels).convert("1").save(tmp_path / "old.tif", compression=compression)
    write_photo(colorizer.colorize(read_photo(tmp_path / "old.tif")), tmp_path / "new.tif")
    with tifffile.TiffFile(tmp_path / "new.tif") as result:
        assert result.pages[0].compression == tifffile.COMPRESSION.ADOBE_DEFLATE
        shown = np.asarray(Image.fromarray(gray_pixels).convert("1"))
        assert lightness_error(shown.astype(float), result.asarray() / 255) <= 0.5


@pytest.mark.parametrize("compression", ["raw", "tiff_lzw", "tiff_adobe_deflate", "packbits", "jpeg"])
def test_tiff_compression_is_kept(
    colorizer: Colorizer, tmp_path: Path, gray_pixels: np.ndarray, compression: str, open_image: Opener
):
    Image.fromarray(gray_pixels).save(tmp_path / "old.tif", compression=compression)
    write_photo(colorizer.colorize(read_photo(tmp_path / "old.tif")), tmp_path / "new.tif")
    result = open_image(tmp_path / "new.tif")
    assert result.info["compression"] == compression
    if compression != "jpeg":
        assert lightness_error(gray_pixels / 255, np.asarray(result) / 255) <= 0.5
    assert np.corrcoef(np.asarray(result)[..., 1].ravel(), gray_pixels.ravel())[0, 1] > 0.95


def test_tiles_stay_tiles(colorizer: Colorizer, tmp_path: Path, gray_pixels: np.ndarray):
    tifffile.imwrite(tmp_path / "old.tif", gray_pixels, tile=(64, 96), metadata=None)
    write_photo(colorizer.colorize(read_photo(tmp_path / "old.tif")), tmp_path / "new.tif")
    with tifffile.TiffFile(tmp_path / "new.tif") as result:
        assert (result.pages[0].tilelength, result.pages[0].tilewidth) == (64, 96)


def test_every_page_is_coloured(colorizer: Colorizer, tmp_path: Path, gray_pixels: np.ndarray):
    """Pages of different sizes and depths, written back in order with their own tags."""
    pages = [gray_pixels, gray_pixels[:100, :222], deep(gray_pixels)[:150]]
    with tifffile.TiffWriter(tmp_path / "old.tif") as writer:
        for number, page in enumerate(pages):
            writer.write(page, photometric="minisblack", metadata=None, extratags=[(315, 2, 0, f"hand {number}", True)])
    photo = read_photo(tmp_path / "old.tif")
    with pytest.raises(UsageError, match="3 photos"):
        write_photo(colorizer.colorize(photo), tmp_path / "new.tif")
    write_pages(coloured_pages(colorizer, photo), tmp_path / "new.tif")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["new.tif", "old.tif"]
    with tifffile.TiffFile(tmp_path / "new.tif") as result:
        assert len(result.pages) == 3
        for number, (page, before) in enumerate(zip(result.pages, pages, strict=True)):
            after, top = page.asarray(), np.iinfo(before.dtype).max
            assert after.dtype == before.dtype
            assert is_coloured(after / top * 255)
            assert lightness_error(before / top, after / top) <= (0.5 if top == 255 else 0.05)
            assert page.tags[315].value == f"hand {number}"


@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
def test_jpeg_layouts(colorizer: Colorizer, tmp_path: Path, gray_pixels: np.ndarray, mode: str, open_image: Opener):
    Image.fromarray(gray_pixels).convert(mode).save(tmp_path / "old.jpg", quality=95, progressive=True)
    write_photo(colorizer.colorize(read_photo(tmp_path / "old.jpg")), tmp_path / "new.jpg")
    result = open_image(tmp_path / "new.jpg")
    assert (result.mode, result.size) == ("RGB", (600, 400))
    assert is_coloured(np.asarray(result))


def test_progressive_and_full_chroma(colorizer: Colorizer, gray_jpeg: Path, tmp_path: Path, open_image: Opener):
    for progressive in (False, True):
        path = tmp_path / f"{progressive}.jpg"
        write_photo(colorizer.colorize(read_photo(gray_jpeg)), path, progressive=progressive)
        result = open_image(path)
        assert bool(result.info.get("progressive")) is progressive
        assert [(layer[1], layer[2]) for layer in result.layer] == [(1, 1)] * 3


def test_quality(colorizer: Colorizer, gray_jpeg: Path, gray_pixels: np.ndarray, tmp_path: Path, open_image: Opener):
    """Libjpeg's tables for a quality are the same whoever writes them."""
    for quality, options in {92: {}, 50: {"quality": 50}}.items():
        write_photo(colorizer.colorize(read_photo(gray_jpeg)), tmp_path / f"{quality}.jpg", **options)
        Image.fromarray(gray_pixels).convert("RGB").save(tmp_path / f"pillow-{quality}.jpg", quality=quality)
        found, expected = (open_image(tmp_path / f"{name}{quality}.jpg").quantization for name in ("", "pillow-"))
        assert found == expected


@pytest.mark.parametrize("suffix", ["avif", "heic"])
def test_heif_in_and_out(colorizer: Colorizer, tmp_path: Path, gray_pixels: np.ndarray, suffix: str):
    image = Image.fromarray(gray_pixels)
    if suffix == "heic":
        pillow_heif.from_pillow(image).save(tmp_path / "old.heic", quality=95)
    else:
        image.save(tmp_path / "old.avif", quality=95)
    write_photo(colorizer.colorize(read_photo(tmp_path / f"old.{suffix}")), tmp_path / f"new.{suffix}", quality=95)
    if suffix == "heic":
        result = np.asarray(pillow_heif.open_heif(tmp_path / "new.heic"))
    else:
        with Image.open(tmp_path / "new.avif") as opened:
            result = np.asarray(opened)
    assert is_coloured(result)
    assert np.abs(result.mean(axis=-1) - gray_pixels).mean() < 8


@pytest.mark.parametrize("suffix", ["gif", "png", "webp"])
def test_what_moves_is_refused(tmp_path: Path, gray_pixels: np.ndarray, suffix: str):
    image = Image.fromarray(gray_pixels).convert("RGB")
    image.save(tmp_path / f"old.{suffix}", save_all=True, append_images=[image.rotate(90)])
    with pytest.raises(PhotoError, match="frames"):
        read_photo(tmp_path / f"old.{suffix}")


def test_colour_jpeg_2000_of_16_bits_is_refused(tmp_path: Path):
    """Pillow would hand out 8 of them."""
    encoded = cv2.imencode(".jp2", np.random.default_rng(0).integers(0, 65536, (40, 50, 3), dtype=np.uint16))[1]
    with pytest.raises(PhotoError, match="more than 8 bits"):
        read_photo(encoded.tobytes())


@pytest.mark.parametrize("form", ["BMP", "PNG", "TIFF", "PPM", "JPEG2000"])
def test_the_pixel_limit(gray_pixels: np.ndarray, form: str):
    file = io.BytesIO()
    Image.fromarray(gray_pixels).save(file, form)
    read_photo(file.getvalue(), max_pixels=240_000)
    with pytest.raises(PhotoError, match="--max-pixels"):
        read_photo(file.getvalue(), max_pixels=239_999)


def test_heic_without_the_extra(tmp_path: Path, gray_pixels: np.ndarray, monkeypatch: pytest.MonkeyPatch):
    pillow_heif.from_pillow(Image.fromarray(gray_pixels)).save(tmp_path / "old.heic")
    monkeypatch.setitem(__import__("sys").modules, "pillow_heif", None)
    with pytest.raises(ColorizerError, match=r"\[heif\]"):
        read_photo(tmp_path / "old.heic")
