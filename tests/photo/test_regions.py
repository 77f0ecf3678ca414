"""Frames around people stay around them when the photo is turned upright."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import ExifTags, Image

from colorizer_cli import Colorizer, read_photo, write_photo
from colorizer_cli.photo import xmp
from colorizer_cli.photo.metadata_comparison import metadata_differences
from colorizer_cli.photo.regions import upright
from colorizer_cli.photo.sidecar import merge_sidecar

ORIENTATIONS = range(1, 9)
FACE = (120, 40, 60, 30)  # left, top, width, height in the pixels as stored
SIZE = (600, 400)
NAMESPACES = (
    'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" '
    'xmlns:mwg-rs="http://www.metadataworkinggroup.com/schemas/regions/" '
    'xmlns:stArea="http://ns.adobe.com/xmp/sType/Area#" '
    'xmlns:stDim="http://ns.adobe.com/xap/1.0/sType/Dimensions#" '
    'xmlns:MP="http://ns.microsoft.com/photo/1.2/" '
    'xmlns:MPRI="http://ns.microsoft.com/photo/1.2/t/RegionInfo#" '
    'xmlns:MPReg="http://ns.microsoft.com/photo/1.2/t/Region#"'
)
PLACE = {"x": "0.25", "y": "0.1375", "w": "0.1", "h": "0.075"}  # of the middle
AS_ATTRIBUTES = (
    '<mwg-rs:AppliedToDimensions stDim:w="600" stDim:h="400" stDim:unit="pixel"/>'
    "<mwg-rs:RegionList><rdf:Bag><rdf:li>"
    '<rdf:Description mwg-rs:Name="Grandmother" mwg-rs:Type="Face"><mwg-rs:Area {} stArea:unit="normalized"/>'
    "</rdf:Description></rdf:li></rdf:Bag></mwg-rs:RegionList>"
).format(" ".join(f'stArea:{name}="{value}"' for name, value in PLACE.items()))
AS_ELEMENTS = (
    '<mwg-rs:AppliedToDimensions rdf:parseType="Resource"><stDim:w>600</stDim:w><stDim:h>400</stDim:h>'
    "</mwg-rs:AppliedToDimensions>"
    '<mwg-rs:RegionList><rdf:Bag><rdf:li rdf:parseType="Resource"><mwg-rs:Name>Grandmother</mwg-rs:Name>'
    "<mwg-rs:Area><rdf:Description>{}</rdf:Description></mwg-rs:Area></rdf:li></rdf:Bag></mwg-rs:RegionList>"
).format("".join(f"<stArea:{name}>{value}</stArea:{name}>" for name, value in PLACE.items()))
MICROSOFT = (
    '<MP:RegionInfo rdf:parseType="Resource"><MPRI:Regions><rdf:Bag><rdf:li MPReg:Rectangle="0.2, 0.1, 0.1, 0.075" '
    'MPReg:PersonDisplayName="Grandmother"/></rdf:Bag></MPRI:Regions></MP:RegionInfo>'
)


def packet(body: str) -> bytes:
    regions = f'<mwg-rs:Regions rdf:parseType="Resource">{body}</mwg-rs:Regions>' if "mwg" in body else body
    return (
        f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF {NAMESPACES}><rdf:Description rdf:about="">{regions}'
        "</rdf:Description></rdf:RDF></x:xmpmeta>"
    ).encode()


def jpeg(orientation: int, described: bytes | None) -> bytes:
    """A dim picture with one light rectangle, FACE."""
    pixels = np.full(SIZE[::-1], 70, np.uint8)
    left, top, width, height = FACE
    pixels[top : top + height, left : left + width] = 220
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "jpeg", quality=95, exif=exif, xmp=described or b"")
    return file.getvalue()


def frame(described: bytes) -> tuple[float, float, float, float]:
    """left, top, right, bottom, 0…1, by whichever schema is there."""
    rdf = xmp.parse(described)
    assert rdf is not None
    values = {
        name: value
        for element in rdf.iter()
        for name, value in [*element.attrib.items(), (element.tag, (element.text or "").strip())]
        if value
    }
    rectangle = values.get("{http://ns.microsoft.com/photo/1.2/t/Region#}Rectangle")
    if rectangle is not None:
        left, top, width, height = map(float, rectangle.split(","))
        return left, top, left + width, top + height
    x, y, width, height = (float(values[f"{{http://ns.adobe.com/xmp/sType/Area#}}{name}"]) for name in "xywh")
    return x - width / 2, y - height / 2, x + width / 2, y + height / 2


def light(pixels: np.ndarray) -> tuple[float, float, float, float]:
    """The frame of the light rectangle, 0…1."""
    rows, columns = np.nonzero(pixels > 150)
    height, width = pixels.shape
    return columns.min() / width, rows.min() / height, (columns.max() + 1) / width, (rows.max() + 1) / height


@pytest.mark.parametrize("body", [AS_ATTRIBUTES, AS_ELEMENTS, MICROSOFT], ids=["attributes", "elements", "microsoft"])
@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_the_frame_is_where_the_face_is(colorizer: Colorizer, tmp_path: Path, orientation: int, body: str):
    (tmp_path / "old.jpg").write_bytes(jpeg(orientation, packet(body)))
    write_photo(colorizer.colorize(read_photo(tmp_path / "old.jpg")), tmp_path / "new.png")
    with Image.open(tmp_path / "new.png") as result:
        assert result.size == (SIZE if orientation < 5 else SIZE[::-1])
        said = frame(result.info["XML:com.adobe.xmp"].encode())
        seen = light(np.asarray(result.convert("L")))
    assert said == pytest.approx(seen, abs=0.004)
    assert b"Grandmother" in read_photo(tmp_path / "new.png").metadata.xmp
    old, new = (read_photo(tmp_path / name).metadata for name in ("old.jpg", "new.png"))
    assert metadata_differences(old, new) == []


@pytest.mark.parametrize("orientation", [1, 6])
def test_the_size_that_frames_apply_to_turns_too(orientation: int):
    for body in (AS_ATTRIBUTES, AS_ELEMENTS):
        rdf = xmp.parse(upright(packet(body), orientation))
        assert rdf is not None
        values = {
            name: value
            for element in rdf.iter()
            for name, value in [*element.attrib.items(), (element.tag, element.text)]
        }
        sides = [values[f"{{http://ns.adobe.com/xap/1.0/sType/Dimensions#}}{name}"] for name in "wh"]
        assert sides == (["600", "400"] if orientation == 1 else ["400", "600"])


def test_a_sidecars_frames_turn_with_the_photo(tmp_path: Path):
    (tmp_path / "old.jpg").write_bytes(jpeg(6, None))
    (tmp_path / "old.jpg.xmp").write_bytes(packet(AS_ATTRIBUTES))
    photo = read_photo(tmp_path / "old.jpg")
    merged = merge_sidecar(photo.metadata, str(tmp_path / "old.jpg"))
    assert frame(merged.xmp) == pytest.approx(light(photo.thumbnail(400, 600)[..., 0]), abs=0.004)


@pytest.mark.parametrize(
    "body",
    [
        AS_ATTRIBUTES.replace("0.25", "left"),
        AS_ATTRIBUTES.replace("0.25", "NaN"),
        AS_ATTRIBUTES.replace("0.25", "1e9999999"),
        AS_ATTRIBUTES.replace("normalized", "pixel"),
        MICROSOFT.replace("0.2, ", "9e999999, "),
        MICROSOFT.replace("0.2, ", ""),
        "",
    ],
)
def test_what_is_not_understood_is_left_as_it_is(body: str):
    given = packet(body) if body else b"no XMP"
    rdf = xmp.parse(upright(given, 6))
    assert (rdf is None) == (not body)
    if rdf is not None:
        assert xmp.properties(rdf) == xmp.properties(xmp.parse(given))


def test_a_photo_that_lies_upright_keeps_its_packet():
    given = packet(AS_ATTRIBUTES)
    assert upright(given, 1) is given
