"""Metadata from one container into another: EXIF in TIFF, IPTC, comments, large XMP, sidecars."""

import io
import itertools
import struct
import subprocess
import sys
import time
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pillow_heif
import pytest
import tifffile
from PIL import ExifTags, Image, IptcImagePlugin, PngImagePlugin, TiffImagePlugin
from PIL.PngImagePlugin import PngInfo

from colorizer_cli import Colorizer, read_photo, write_photo
from colorizer_cli.engine.pages import coloured_pages
from colorizer_cli.engine.verification import verify_result
from colorizer_cli.photo import iptc, xmp
from colorizer_cli.photo.metadata_comparison import metadata_differences
from colorizer_cli.photo.provenance import Provenance, xmp_packet
from colorizer_cli.photo.sidecar import find_sidecar, merge_sidecar, result_sidecar, stated_orientation
from colorizer_cli.photo.writing import write_pages

Opener = Callable[[Path], Image.Image]
RECORD = b"\x1c\x02\x78\x00\x07Caption"


def packet(*properties: str) -> bytes:
    body = "".join(properties)
    return (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        f'<rdf:Description rdf:about="" xmlns:d="urn:d">{body}</rdf:Description></rdf:RDF></x:xmpmeta>'
    ).encode()


def recolour(colorizer: Colorizer, source: Path, result: Path) -> None:
    write_photo(colorizer.colorize(read_photo(source)), result)


@pytest.mark.parametrize("suffix", ["tif", "jpg", "png"])
def test_exif_out_of_tiff(
    colorizer: Colorizer, tmp_path: Path, gray_pixels: np.ndarray, suffix: str, open_image: Opener
):
    tags = TiffImagePlugin.ImageFileDirectory_v2()
    tags[0x010F], tags[0x8298], tags[0x010E] = "Zeiss", "nobody", "the mill"
    tags[0x8769] = {0x9003: "1938:07:14 12:00:00"}
    tags[0x8825] = {2: (52.0, 31.0, 12.0)}
    Image.fromarray(gray_pixels).save(tmp_path / "old.tif", tiffinfo=tags, dpi=(400, 400))
    recolour(colorizer, tmp_path / "old.tif", tmp_path / f"new.{suffix}")
    result = open_image(tmp_path / f"new.{suffix}")
    found = result.getexif()
    assert (found[0x010F], found[0x8298], found[0x010E]) == ("Zeiss", "nobody", "the mill")
    assert found.get_ifd(0x8769)[0x9003] == "1938:07:14 12:00:00"
    assert found.get_ifd(0x8825)[2] == (52.0, 31.0, 12.0)
    again = read_photo(tmp_path / f"new.{suffix}").metadata
    assert metadata_differences(read_photo(tmp_path / "old.tif").metadata, again) == []


def jpeg_with_iptc(path: Path, gray: np.ndarray) -> None:
    Image.fromarray(gray).save(path, quality=95)
    plain, block = path.read_bytes(), iptc.to_jpeg(RECORD) or b""
    path.write_bytes(plain[:2] + b"\xff\xed" + (len(block) + 2).to_bytes(2, "big") + block + plain[2:])


def test_iptc_between_containers(colorizer: Colorizer, tmp_path: Path, gray_pixels: np.ndarray, open_image: Opener):
    jpeg_with_iptc(tmp_path / "0.jpg", gray_pixels)
    names = ["0.jpg", "1.tif", "2.png", "3.jpg", "4.tif"]
    for before, after in itertools.pairwise(names):
        recolour(colorizer, tmp_path / before, tmp_path / after)
        assert read_photo(tmp_path / after).metadata.iptc == RECORD
    for name in ("3.jpg", "4.tif"):
        found = IptcImagePlugin.getiptcinfo(open_image(tmp_path / name))
        assert found is not None
        assert found[(2, 120)] == b"Caption"


def test_comments(colorizer: Colorizer, tmp_path: Path, gray_pixels: np.ndarray, open_image: Opener):
    Image.fromarray(gray_pixels).save(tmp_path / "old.jpg", comment="box 7, sheet 3")
    for suffix in ("jpg", "png", "tif"):
        recolour(colorizer, tmp_path / "old.jpg", tmp_path / f"new.{suffix}")
    assert open_image(tmp_path / "new.jpg").info["comment"] == b"box 7, sheet 3"
    assert open_image(tmp_path / "new.png").info["Comment"] == "box 7, sheet 3"
    with tifffile.TiffFile(tmp_path / "new.tif") as result:
        assert result.pages[0].description == "box 7, sheet 3"


def test_a_comment_stands_behind_the_description_of_a_tiff(
    colorizer: Colorizer, tmp_path: Path, gray_pixels: np.ndarray
):
    tags = Image.Exif()
    tags[0x010E] = "the mill"
    Image.fromarray(gray_pixels).save(tmp_path / "old.jpg", comment="box 7", exif=tags)
    recolour(colorizer, tmp_path / "old.jpg", tmp_path / "new.tif")
    with tifffile.TiffFile(tmp_path / "new.tif") as result:
        assert result.pages[0].description == "the mill\nbox 7"
    photos = (read_photo(tmp_path / name).metadata for name in ("old.jpg", "new.tif"))
    assert metadata_differences(*photos) == []


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
@pytest.mark.parametrize("suffix", ["png", "jpg", "tif"])
def test_comments_that_are_not_ascii(
    colorizer: Colorizer, tmp_path: Path, gray_pixels: np.ndarray, suffix: str, encoding: str, open_image: Opener
):
    Image.fromarray(gray_pixels).save(tmp_path / "old.jpg", comment="Mühle".encode(encoding))
    recolour(colorizer, tmp_path / "old.jpg", tmp_path / f"new.{suffix}")
    photos = (read_photo(tmp_path / name).metadata for name in ("old.jpg", f"new.{suffix}"))
    assert metadata_differences(*photos) == []
    if suffix == "png":
        assert open_image(tmp_path / "new.png").info["Comment"] == "Mühle"


def test_texts_of_a_png(colorizer: Colorizer, tmp_path: Path, gray_pixels: np.ndarray, open_image: Opener):
    chunks = PngImagePlugin.PngInfo()
    chunks.add_text("Copyright", "© Müller")  # Latin-1
    chunks.add_itxt("Title", "Млин", zip=True)
    chunks.add_text("Creation Time", "1938", zip=True)
    chunks.add_text("Author", "a")
    chunks.add(b"tEXt", b"Author\0b", after_idat=True)
    Image.fromarray(gray_pixels).save(tmp_path / "old.png", pnginfo=chunks)
    original = read_photo(tmp_path / "old.png").metadata
    texts = {"Copyright": "© Müller", "Title": "Млин", "Creation Time": "1938", "Author": "a\nb"}
    assert original.texts == texts
    recolour(colorizer, tmp_path / "old.png", tmp_path / "new.png")
    found = open_image(tmp_path / "new.png").info
    assert {key: found[key] for key in texts} == texts
    for suffix in ("jpg", "tif", "webp"):
        recolour(colorizer, tmp_path / "old.png", tmp_path / f"new.{suffix}")
    for suffix in ("png", "jpg", "tif"):
        assert metadata_differences(original, read_photo(tmp_path / f"new.{suffix}").metadata) == [], suffix
    lost = metadata_differences(original, read_photo(tmp_path / "new.webp").metadata)
    assert len(lost) == 4


def test_damaged_texts_of_a_png(tmp_path: Path, gray_pixels: np.ndarray):
    Image.fromarray(gray_pixels).save(tmp_path / "old.png")
    plain = (tmp_path / "old.png").read_bytes()

    bomb = b"Bomb\0\0" + zlib.compress(bytes(50_000_000))
    bad = [
        (b"zTXt", b"Cut\0\0" + zlib.compress(b"x" * 99)[:-20]),
        (b"iTXt", b"Short\0"),
        (b"zTXt", b"No\0\0!"),
        (b"zTXt", bomb),
    ]
    chunks = b"".join(chunk(*each) for each in [*bad, (b"tEXt", b"Good\0text")])
    (tmp_path / "old.png").write_bytes(plain[:33] + chunks + plain[33:])
    texts = read_photo(tmp_path / "old.png").metadata.texts
    assert texts == {"Good": "text"}
    many = b"".join(chunk(b"zTXt", b"%d\0\0" % number + zlib.compress(bytes(4_000_000))) for number in range(9))
    (tmp_path / "old.png").write_bytes(plain[:33] + many + plain[33:])
    assert len(read_photo(tmp_path / "old.png").metadata.texts) == 2


@pytest.mark.parametrize("before", ["png", "webp"])
@pytest.mark.parametrize("after", ["jpg", "png", "webp", "tif"])
def test_exif_out_of_png_and_webp(
    colorizer: Colorizer, tmp_path: Path, gray_pixels: np.ndarray, before: str, after: str, open_image: Opener
):
    tags = Image.Exif()
    tags[0x010F] = "Zeiss"
    tags.get_ifd(0x8769)[0x9003] = "1938:07:14 12:00:00"
    tags.get_ifd(0x8825)[2] = (52.0, 31.0, 12.0)
    Image.fromarray(gray_pixels).convert("RGB").save(tmp_path / f"old.{before}", exif=tags)
    recolour(colorizer, tmp_path / f"old.{before}", tmp_path / f"new.{after}")
    found = open_image(tmp_path / f"new.{after}").getexif()
    assert found[0x010F] == "Zeiss"
    assert found.get_ifd(0x8769)[0x9003] == "1938:07:14 12:00:00"
    assert found.get_ifd(0x8825)[2] == (52.0, 31.0, 12.0)
    photos = (read_photo(tmp_path / name).metadata for name in (f"old.{before}", f"new.{after}"))
    assert metadata_differences(*photos) == []


def test_exif_larger_than_a_segment(colorizer: Colorizer, tmp_path: Path, gray_pixels: np.ndarray, open_image: Opener):
    tags = Image.Exif()
    tags[0x010F] = "Zeiss"
    tags.get_ifd(0x8769)[0x927C] = bytes(100_000)  # a maker's note
    Image.fromarray(gray_pixels).save(tmp_path / "old.png", exif=tags)
    recolour(colorizer, tmp_path / "old.png", tmp_path / "new.jpg")
    assert open_image(tmp_path / "new.jpg").getexif()[0x010F] == "Zeiss"


@pytest.mark.parametrize("size", [1_000, 70_000, 300_000])
def test_xmp_of_any_size_goes_into_a_jpeg(colorizer: Colorizer, tmp_path: Path, gray_pixels: np.ndarray, size: int):
    large = packet(f"<d:large>{'x' * size}</d:large>", "<d:small>kept</d:small>")
    chunks = PngImagePlugin.PngInfo()
    chunks.add_itxt("XML:com.adobe.xmp", large.decode())
    Image.fromarray(gray_pixels).save(tmp_path / "old.png", pnginfo=chunks)
    recolour(colorizer, tmp_path / "old.png", tmp_path / "new.jpg")
    recolour(colorizer, tmp_path / "new.jpg", tmp_path / "again.jpg")
    for name in ("new.jpg", "again.jpg"):
        rdf = xmp.parse(read_photo(tmp_path / name).metadata.xmp or b"")
        assert rdf is not None
        found = xmp.properties(rdf)
        assert found["{urn:d}small"] == "kept"
        assert len(found["{urn:d}large"]) == size
    with Image.open(tmp_path / "new.jpg") as image:
        assert b"DigitalSourceType" in image.info["xmp"]  # in the part that every reader reads


def test_sidecars(tmp_path: Path, gray_jpeg: Path):
    assert find_sidecar(str(gray_jpeg)) is None
    assert result_sidecar(str(gray_jpeg), "new.png") == "new.png.xmp"
    (tmp_path / "old.xmp").write_bytes(packet("<d:a>sidecar</d:a>"))
    assert find_sidecar(str(gray_jpeg)) == str(tmp_path / "old.xmp")
    assert result_sidecar(str(gray_jpeg), "new.png") == "new.xmp"
    own = read_photo(gray_jpeg).metadata.with_xmp(packet("<d:a>embedded</d:a>", "<d:b>too</d:b>"))
    rdf = xmp.parse(merge_sidecar(own, str(gray_jpeg)).xmp or b"")
    assert rdf is not None
    assert xmp.properties(rdf) == {"{urn:d}a": "sidecar", "{urn:d}b": "too"}


def test_verify_knows_what_a_sidecar_has_corrected(tmp_path: Path, gray_pixels: np.ndarray):
    old, new, plain = (tmp_path / name for name in ("old.jpg", "new.png", "plain.png"))
    Image.fromarray(gray_pixels).save(old, xmp=packet("<d:a>embedded</d:a>", "<d:b>too</d:b>"))
    (tmp_path / "old.xmp").write_bytes(packet("<d:a>corrected</d:a>"))
    for arguments in ([str(new), "--sidecar"], [str(plain)]):
        subprocess.run([sys.executable, "-m", "colorizer_cli", str(old), "-o", *arguments], check=True)
    assert xmp.properties(xmp.parse(read_photo(new).metadata.xmp or b"") or xmp.empty())["{urn:d}a"] == "corrected"
    for result in (new, plain):
        assert verify_result(old, result).holds, verify_result(old, result).problems
    (tmp_path / "old.xmp").write_bytes(packet("<d:a>corrected again</d:a>"))
    assert any("XMP a has changed" in text for text in verify_result(old, new).problems)
    (tmp_path / "old.xmp").unlink()
    (tmp_path / "old.xmp").symlink_to("/proc/self/mem")  # opens, and cannot be read, for root either
    assert any("XMP a has changed" in text for text in verify_result(old, new).problems)
    (tmp_path / "old.xmp").unlink()
    (tmp_path / "old.xmp").write_bytes(b"no XMP")
    assert any("XMP a has changed" in text for text in verify_result(old, new).problems)


@pytest.mark.parametrize("embedded", [1, 3])
def test_a_sidecars_orientation_counts(tmp_path: Path, gray_pixels: np.ndarray, embedded: int):
    old, new, plain = (tmp_path / name for name in ("old.jpg", "new.png", "plain.png"))
    exif = Image.Exif()
    exif[0x0112] = embedded
    Image.fromarray(gray_pixels).save(old, exif=exif, quality=95)
    stated = packet(
        '<tiff:Orientation xmlns:tiff="http://ns.adobe.com/tiff/1.0/">6</tiff:Orientation>', "<d:a>yes</d:a>"
    )
    (tmp_path / "old.jpg.xmp").write_bytes(stated)
    for arguments in ([str(new), "--sidecar"], [str(plain)]):
        subprocess.run([sys.executable, "-m", "colorizer_cli", str(old), "-o", *arguments], check=True)
        assert verify_result(old, Path(arguments[0])).holds
    with Image.open(new) as turned, Image.open(plain) as as_it_was:
        lightness = np.asarray(turned.convert("L")).astype(int)
        np.testing.assert_allclose(lightness, np.rot90(gray_pixels, -1), atol=12)
        assert turned.getexif().get(0x0112, 1) == 1
        assert as_it_was.size == gray_pixels.shape[::-1]
    assert xmp.orientation(xmp.parse((tmp_path / "new.png.xmp").read_bytes()) or xmp.empty()) == 1


def test_a_sidecar_does_not_turn_what_the_decoder_has_turned(tmp_path: Path, gray_pixels: np.ndarray):
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(gray_pixels).save(tmp_path / "old.avif", exif=exif)
    assert read_photo(tmp_path / "old.avif").width == 400
    assert read_photo(tmp_path / "old.avif", orientation=6).width == 400


def test_an_adobe_sidecar_may_be_a_raw_files(tmp_path: Path, gray_jpeg: Path):
    stated = packet('<tiff:Orientation xmlns:tiff="http://ns.adobe.com/tiff/1.0/">6</tiff:Orientation>')
    (tmp_path / "old.xmp").write_bytes(stated)
    assert stated_orientation(str(gray_jpeg)) is None
    (tmp_path / "old.jpg.xmp").write_bytes(stated)
    assert stated_orientation(str(gray_jpeg)) == 6


def test_the_original_s_own_sidecar_is_never_replaced(tmp_path: Path, gray_jpeg: Path):
    own = tmp_path / "old.xmp"
    own.write_bytes(packet("<d:a>mine</d:a>"))
    before = own.read_bytes()

    def colorize(*arguments: str) -> subprocess.CompletedProcess[str]:
        given = [sys.executable, "-m", "colorizer_cli", str(gray_jpeg), "--sidecar", "--overwrite", *arguments]
        return subprocess.run(given, capture_output=True, text=True, check=False)

    refused = colorize("-o", str(tmp_path / "old.png"))  # whose sidecar would have the same name
    assert refused.returncode == 2
    assert "old.xmp is the original" in refused.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["old.jpg", "old.xmp"]
    assert colorize("-o", str(tmp_path / "new.png")).returncode == 0
    assert own.read_bytes() == before
    rdf = xmp.parse((tmp_path / "new.xmp").read_bytes())
    assert rdf is not None
    assert xmp.properties(rdf)["{urn:d}a"] == "mine"
    assert any("DigitalSourceType" in name for name in xmp.properties(rdf))


def test_thousands_of_properties_are_split_quickly():
    whole = packet(*(f"<d:p{number}>{'x' * 200}</d:p{number}>" for number in range(5000)))
    started = time.process_time()
    parts = xmp.split(whole, 50_000)
    assert time.process_time() - started < 5
    assert parts is not None
    first, rest = parts
    assert len(xmp.serialise(first)) <= 50_000
    joined = xmp.parse(xmp.join_extended(xmp.serialise(first), rest) or b"")
    assert joined is not None
    assert len(xmp.properties(joined)) == 5000


def exif_jpeg(gray: np.ndarray, tiff: bytes) -> bytes:
    file = io.BytesIO()
    Image.fromarray(gray).save(file, "JPEG", quality=95)
    app1 = b"Exif\0\0" + tiff
    return file.getvalue()[:2] + b"\xff\xe1" + (len(app1) + 2).to_bytes(2, "big") + app1 + file.getvalue()[2:]


def directory(entries: list[tuple[int, int, int]], following: int) -> bytes:
    """(tag, type, value) entries of one value each."""
    packed = b"".join(struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in entries)
    return struct.pack("<H", len(entries)) + packed + struct.pack("<I", following)


LOOPS = {
    "next is itself": b"II*\0\x08\0\0\0" + directory([(0x0112, 4, 1)], 8),
    "Exif is the first": b"II*\0\x08\0\0\0" + directory([(0x8769, 4, 8), (0x8825, 4, 8)], 0),
    "Exif is itself": b"II*\0\x08\0\0\0" + directory([(0x8769, 4, 26)], 0) + directory([(0xA005, 4, 26)], 26),
}


@pytest.mark.parametrize("loop", list(LOOPS))
@pytest.mark.parametrize("suffix", ["jpg", "tif", "png"])
def test_exif_that_leads_back_to_itself(
    colorizer: Colorizer, tmp_path: Path, gray_pixels: np.ndarray, loop: str, suffix: str, open_image: Opener
):
    (tmp_path / "old.jpg").write_bytes(exif_jpeg(gray_pixels, LOOPS[loop]))
    started = time.process_time()
    recolour(colorizer, tmp_path / "old.jpg", tmp_path / f"new.{suffix}")
    assert time.process_time() - started < 20
    assert open_image(tmp_path / f"new.{suffix}").size == (600, 400)


@pytest.mark.parametrize("suffix", ["jpg", "webp", "avif", "png", "tif"])
def test_a_stale_thumbnail_is_dropped(
    colorizer: Colorizer, tmp_path: Path, gray_pixels: np.ndarray, suffix: str, open_image: Opener
):
    file = io.BytesIO()
    Image.fromarray(gray_pixels).resize((60, 40)).save(file, "JPEG", comment="thumbnail in gray")
    thumbnail = file.getvalue()
    second = directory([(0x0103, 4, 6), (0x0201, 4, 26 + 42), (0x0202, 4, len(thumbnail))], 0)
    tiff = b"II*\0\x08\0\0\0" + directory([(0x0112, 4, 1)], 26) + second + thumbnail
    (tmp_path / "old.jpg").write_bytes(exif_jpeg(gray_pixels, tiff))
    assert open_image(tmp_path / "old.jpg").getexif().get_ifd(ExifTags.IFD.IFD1)
    recolour(colorizer, tmp_path / "old.jpg", tmp_path / f"new.{suffix}")
    assert b"thumbnail in gray" not in (tmp_path / f"new.{suffix}").read_bytes()


def test_stripped(colorizer: Colorizer, tmp_path: Path, gray_pixels: np.ndarray):
    exif = Image.Exif()
    exif.get_ifd(0x8825)[2] = (52.0, 31.0, 12.0)
    Image.fromarray(gray_pixels).save(
        tmp_path / "old.jpg", exif=exif, comment="secret", xmp=packet("<d:a>secret</d:a>")
    )
    photo = read_photo(tmp_path / "old.jpg")
    write_pages(coloured_pages(colorizer, photo, strip_metadata=True), tmp_path / "new.jpg")
    data = (tmp_path / "new.jpg").read_bytes()
    assert b"secret" not in data
    assert b"DigitalSourceType" in data
    with Image.open(io.BytesIO(data)) as result:
        assert not result.getexif().get_ifd(0x8825)


@pytest.mark.parametrize(
    "hostile",
    [
        '<!DOCTYPE a [<!ENTITY b "xxxx">]><a>&b;</a>'.encode("utf-16"),
        b"<a>" * 5000 + b"</a>" * 5000,
        packet("<d:a>" * 500 + "</d:a>" * 500),
    ],
)
def test_hostile_xmp_is_not_parsed(hostile: bytes):
    assert xmp.parse(hostile) is None


def raw_profile(kind: str, data: bytes) -> tuple[str, str]:
    """A text as ImageMagick writes it: name, length, hex digits in lines."""
    digits = data.hex()
    lines = "\n".join(digits[i : i + 72] for i in range(0, len(digits), 72))
    return f"Raw profile type {kind}", f"\n{kind}\n{len(data):8}\n{lines}\n"


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def exif_of(make: str, orientation: int = 1) -> bytes:
    exif = Image.Exif()
    exif[0x010F], exif[0x0112] = make, orientation
    return exif.tobytes()


XMP_TITLE = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    b'<rdf:Description rdf:about="" xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/" photoshop:City="Flensburg"/>'
    b"</rdf:RDF></x:xmpmeta>"
)


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".tif"])
def test_exif_and_xmp_behind_a_pngs_pixels(
    colorizer: Colorizer, tmp_path: Path, gray_pixels: np.ndarray, suffix: str, open_image: Opener
):
    encoded = io.BytesIO()
    Image.fromarray(gray_pixels).save(encoded, "png")
    end = len(encoded.getvalue()) - 12  # of IEND
    late = chunk(b"eXIf", exif_of("Zeiss", 6).removeprefix(b"Exif\0\0"))
    late += chunk(b"iTXt", b"XML:com.adobe.xmp" + bytes(5) + XMP_TITLE)
    (tmp_path / "late.png").write_bytes(encoded.getvalue()[:end] + late + encoded.getvalue()[end:])
    photo = read_photo(tmp_path / "late.png")
    assert (photo.width, photo.height) == gray_pixels.shape  # turned by a quarter
    write_photo(colorizer.colorize(photo), tmp_path / f"new{suffix}")
    with open_image(tmp_path / f"new{suffix}") as result:
        result.load()
        assert result.getexif()[0x010F] == "Zeiss"
        assert result.getexif().get(0x0112, 1) == 1
        turned = np.asarray(result.convert("L")).astype(int)
        kept = str(result.info.get("XML:com.adobe.xmp", "")) if suffix == ".png" else ""  # packed there
    assert np.abs(turned - np.rot90(gray_pixels, -1)).mean() < 6
    assert "Flensburg" in kept or b"Flensburg" in (tmp_path / f"new{suffix}").read_bytes()
    assert verify_result(tmp_path / "late.png", tmp_path / f"new{suffix}").problems == []


@pytest.mark.parametrize(
    "texts",
    [
        [raw_profile("exif", exif_of("Zeiss")), raw_profile("xmp", XMP_TITLE)],
        [raw_profile("APP1", exif_of("Zeiss"))],
        [raw_profile("APP1", exif_of("Zeiss")), raw_profile("APP1", b"http://ns.adobe.com/xap/1.0/\0" + XMP_TITLE)],
    ],
)
def test_metadata_in_a_pngs_raw_profiles(
    colorizer: Colorizer,
    tmp_path: Path,
    gray_pixels: np.ndarray,
    open_image: Opener,
    texts: list[tuple[str, str]],
):
    chunks = PngInfo()
    for key, text in texts:
        chunks.add_text(key, text, zip=True)
    Image.fromarray(gray_pixels).save(tmp_path / "raw.png", pnginfo=chunks)
    write_photo(colorizer.colorize(read_photo(tmp_path / "raw.png")), tmp_path / "new.jpg")
    assert open_image(tmp_path / "new.jpg").getexif()[0x010F] == "Zeiss"
    assert (b"Flensburg" in (tmp_path / "new.jpg").read_bytes()) == (len(texts) == 2)


def test_the_resolution_of_a_png_is_checked(
    colorizer: Colorizer, tmp_path: Path, gray_pixels: np.ndarray, open_image: Opener
):
    Image.fromarray(gray_pixels).save(tmp_path / "old.png", dpi=(600, 600))
    write_photo(colorizer.colorize(read_photo(tmp_path / "old.png")), tmp_path / "new.png")
    assert verify_result(tmp_path / "old.png", tmp_path / "new.png").problems == []
    with open_image(tmp_path / "new.png") as result:
        result.load()
        packet = result.info.get("xmp") or result.info["XML:com.adobe.xmp"]
        chunks = PngInfo()
        chunks.add_itxt("XML:com.adobe.xmp", packet if isinstance(packet, str) else packet.decode())
        result.save(tmp_path / "72.png", dpi=(72, 72), pnginfo=chunks)
    assert "600 dpi has become 72" in " ".join(verify_result(tmp_path / "old.png", tmp_path / "72.png").problems)


def test_iptc_in_photoshops_tag_of_a_tiff(
    colorizer: Colorizer, tmp_path: Path, gray_pixels: np.ndarray, open_image: Opener
):
    records = b"\x1c\x02\x5a\x00\x09Flensburg"
    resources = b"8BIM" + struct.pack(">HHI", 0x0404, 0, len(records)) + records
    tags = [(34377, 1, len(resources), resources, True)]
    tifffile.imwrite(tmp_path / "old.tif", gray_pixels, photometric="minisblack", metadata=None, extratags=tags)
    write_photo(colorizer.colorize(read_photo(tmp_path / "old.tif")), tmp_path / "new.jpg")
    assert IptcImagePlugin.getiptcinfo(open_image(tmp_path / "new.jpg"))[2, 90] == b"Flensburg"


def test_exif_of_any_size_stays_in_a_tiff_and_is_trimmed_for_a_jpeg(
    colorizer: Colorizer, tmp_path: Path, gray_pixels: np.ndarray, open_image: Opener
):
    """Seventy tags of a kilobyte and one of 30: more than a JPEG has room for."""
    tags = [(50_000 + n, 2, 0, "x" * 1000, True) for n in range(70)] + [(270, 2, 0, "long " * 6000, True)]
    tags.append((271, 2, 0, "Zeiss", True))
    tifffile.imwrite(tmp_path / "old.tif", gray_pixels, photometric="minisblack", metadata=None, extratags=tags)
    coloured = colorizer.colorize(read_photo(tmp_path / "old.tif"))
    write_photo(coloured, tmp_path / "new.tif")
    write_photo(coloured, tmp_path / "new.jpg")
    assert len(open_image(tmp_path / "new.tif").tag_v2[270]) >= 29_999
    assert verify_result(tmp_path / "old.tif", tmp_path / "new.tif").problems == []
    assert open_image(tmp_path / "new.jpg").getexif()[0x010F] == "Zeiss"
    assert "EXIF tag 270" in " ".join(verify_result(tmp_path / "old.tif", tmp_path / "new.jpg").problems)


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16", "utf-32-be", "latin-1"])
def test_xmp_in_any_encoding(encoding: str):
    packet = XMP_TITLE.decode().replace("Flensburg", "Köln").encode(encoding)
    assert "Köln".encode() in xmp_packet(packet, Provenance("hybrid-lite", "abc", {}))


def test_xmp_without_its_first_bracket_is_kept(colorizer: Colorizer, tmp_path: Path, gray_pixels: np.ndarray):
    """As it stands in scans of the Library of Congress."""
    packet = b'?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF '
    packet += b'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" '
    packet += b'xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/" photoshop:City="Holtville"/></rdf:RDF></x:xmpmeta>'
    Image.fromarray(gray_pixels).save(tmp_path / "old.jpg", quality=95, xmp=packet)
    write_photo(colorizer.colorize(read_photo(tmp_path / "old.jpg")), tmp_path / "new.jpg")
    assert b"Holtville" in (tmp_path / "new.jpg").read_bytes()
    assert verify_result(tmp_path / "old.jpg", tmp_path / "new.jpg").holds


def test_a_stale_picture_in_the_xmp_is_dropped(colorizer: Colorizer, tmp_path: Path, gray_pixels: np.ndarray):
    picture = (
        b'<rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/"><xmp:Thumbnails><rdf:Alt><rdf:li>'
        b"R1JBWUdSQVlHUkFZ</rdf:li></rdf:Alt></xmp:Thumbnails></rdf:Description></rdf:RDF>"
    )
    Image.fromarray(gray_pixels).save(tmp_path / "old.jpg", xmp=XMP_TITLE.replace(b"</rdf:RDF>", picture))
    write_photo(colorizer.colorize(read_photo(tmp_path / "old.jpg")), tmp_path / "new.jpg")
    assert b"R1JBWUdSQVlHUkFZ" not in (tmp_path / "new.jpg").read_bytes()
    assert verify_result(tmp_path / "old.jpg", tmp_path / "new.jpg").problems == []


def test_xmp_that_cannot_be_read_is_told_by_verify(colorizer: Colorizer, tmp_path: Path, gray_pixels: np.ndarray):
    Image.fromarray(gray_pixels).save(tmp_path / "old.jpg", xmp=b"<x:xmpmeta> no end")
    write_photo(colorizer.colorize(read_photo(tmp_path / "old.jpg")), tmp_path / "new.jpg")
    assert verify_result(tmp_path / "old.jpg", tmp_path / "new.jpg").problems == [
        "metadata: XMP cannot be read, and was replaced"
    ]


def test_a_heic_says_how_large_its_pixels_are(colorizer: Colorizer, tmp_path: Path, gray_pixels: np.ndarray):
    Image.fromarray(gray_pixels).save(tmp_path / "old.jpg", dpi=(600, 600))
    write_photo(colorizer.colorize(read_photo(tmp_path / "old.jpg")), tmp_path / "new.heic")
    exif = pillow_heif.open_heif(tmp_path / "new.heic").to_pillow().getexif()
    assert (float(exif[282]), float(exif[283]), exif[296]) == (600, 600, 2)
