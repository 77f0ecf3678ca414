"""EXIF, XMP, IPTC and resolution travel; provenance is added. Written and read by Pillow."""

import json
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image, ImageCms, IptcImagePlugin

from colorizer_cli import Colorizer, __version__, read_photo, write_photo
from colorizer_cli.photo.provenance import IPTC_EXT, OWN, RDF, SOURCE_TYPE, Provenance, xmp_packet

PROVENANCE = Provenance("hybrid-lite", "abc", {"vividness": 0.5})
CREATOR = "{http://purl.org/dc/elements/1.1/}creator"
XMP = (
    b'<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
    b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    b'<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/">'
    b"<dc:creator><rdf:Seq><rdf:li>Dorothea</rdf:li></rdf:Seq></dc:creator></rdf:Description>"
    b"</rdf:RDF></x:xmpmeta><?xpacket end='w'?>"
)

Opener = Callable[[Path], Image.Image]


def statements(packet: bytes) -> dict[str, str]:
    """Attribute properties of all descriptions in a packet, and the texts below creator."""
    body = packet.decode().split("?>", 1)[1].rsplit("<?", 1)[0]
    root = ElementTree.fromstring(body)
    found: dict[str, str] = {}
    for description in root.iter(f"{{{RDF}}}Description"):
        found |= description.attrib
        for creator in description.iter(CREATOR):
            found[CREATOR] = "".join(creator.itertext()).strip()
    return found


@pytest.fixture
def annotated(tmp_path: Path, gray_pixels: np.ndarray) -> Path:
    exif = Image.Exif()
    exif[0x010F], exif[0x0110] = "Zeiss", "Ikon"
    exif.get_ifd(0x8769)[0x9003] = "1938:07:14 12:00:00"
    exif.get_ifd(0x8825)[1] = "N"
    exif.get_ifd(0x8825)[2] = (52.0, 31.0, 12.0)
    path = tmp_path / "annotated.jpg"
    Image.fromarray(gray_pixels).save(path, quality=95, exif=exif, xmp=XMP, dpi=(600, 600), comment="box 7")
    return path


@pytest.mark.parametrize("suffix", [".jpg", ".tif", ".png", ".webp", ".avif"])
def test_exif_and_xmp_are_kept(colorizer: Colorizer, annotated: Path, tmp_path: Path, suffix: str, open_image: Opener):
    write_photo(colorizer.colorize(read_photo(annotated)), tmp_path / f"new{suffix}")
    result = open_image(tmp_path / f"new{suffix}")
    exif = result.getexif()
    assert exif.get(0x0112, 1) == 1
    assert exif[0x010F] == "Zeiss"
    assert exif[0x0110] == "Ikon"
    assert exif.get_ifd(0x8769)[0x9003] == "1938:07:14 12:00:00"
    assert exif.get_ifd(0x8825)[2] == (52.0, 31.0, 12.0)
    packet = result.info.get("xmp") or result.info.get("XML:com.adobe.xmp") or result.tag_v2[700]
    found = statements(packet.encode() if isinstance(packet, str) else bytes(packet))
    assert found[CREATOR] == "Dorothea"
    assert found[f"{{{IPTC_EXT}}}DigitalSourceType"] == SOURCE_TYPE
    assert found[f"{{{OWN}}}Version"] == __version__
    assert found[f"{{{OWN}}}WeightsSHA256"] == colorizer.weights.sha256
    assert set(json.loads(found[f"{{{OWN}}}Options"])) == {"vividness", "size"}


@pytest.mark.parametrize("suffix", [".jpg", ".tif", ".png"])
def test_resolution_is_kept(colorizer: Colorizer, annotated: Path, tmp_path: Path, suffix: str, open_image: Opener):
    write_photo(colorizer.colorize(read_photo(annotated)), tmp_path / f"new{suffix}")
    assert [round(float(dpi)) for dpi in open_image(tmp_path / f"new{suffix}").info["dpi"]] == [600, 600]


@pytest.mark.parametrize("suffix", [".webp", ".avif"])
def test_resolution_is_kept_in_exif(
    colorizer: Colorizer, annotated: Path, tmp_path: Path, suffix: str, open_image: Opener
):
    write_photo(colorizer.colorize(read_photo(annotated)), tmp_path / f"new{suffix}")
    exif = open_image(tmp_path / f"new{suffix}").getexif()
    assert (round(float(exif[282])), round(float(exif[283])), exif[296]) == (600, 600, 2)
    again = read_photo(tmp_path / f"new{suffix}").metadata
    assert [round(value * 25.4) for value in again.resolution] == [600, 600]


def test_iptc_is_kept(colorizer: Colorizer, tmp_path: Path, gray_pixels: np.ndarray, open_image: Opener):
    record = b"\x1c\x02\x78\x00\x07Caption"
    block = b"Photoshop 3.0\x008BIM\x04\x04\x00\x00" + len(record).to_bytes(4, "big") + record
    Image.fromarray(gray_pixels).save(tmp_path / "plain.jpg", quality=95)
    plain = (tmp_path / "plain.jpg").read_bytes()
    app13 = b"\xff\xed" + (len(block) + 2 + len(block) % 2).to_bytes(2, "big") + block + b"\0" * (len(block) % 2)
    (tmp_path / "old.jpg").write_bytes(plain[:2] + app13 + plain[2:])
    write_photo(colorizer.colorize(read_photo(tmp_path / "old.jpg")), tmp_path / "new.jpg")
    found = IptcImagePlugin.getiptcinfo(open_image(tmp_path / "new.jpg"))
    assert found is not None
    assert found[(2, 120)] == b"Caption"


def test_srgb_s_own_profile_is_kept(colorizer: Colorizer, tmp_path: Path, gray_pixels: np.ndarray, open_image: Opener):
    rgb_profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    Image.fromarray(gray_pixels).convert("RGB").save(tmp_path / "old.png", icc_profile=rgb_profile)
    write_photo(colorizer.colorize(read_photo(tmp_path / "old.png")), tmp_path / "new.png")
    profile = ImageCms.ImageCmsProfile(__import__("io").BytesIO(open_image(tmp_path / "new.png").info["icc_profile"]))
    assert profile.profile.xcolor_space.strip() == "RGB"


def test_no_profile_where_there_was_none(colorizer: Colorizer, gray_jpeg: Path, tmp_path: Path, open_image: Opener):
    write_photo(colorizer.colorize(read_photo(gray_jpeg)), tmp_path / "new.jpg")
    assert "icc_profile" not in open_image(tmp_path / "new.jpg").info


@pytest.mark.parametrize(
    "existing",
    [None, b"", b"not xml", b"<?xpacket?><broken", b'<!DOCTYPE x [<!ENTITY a "aaaa">]><x>&a;</x>', b"\xff\xfe\x00"],
)
def test_a_packet_that_is_no_xmp_is_replaced(existing: bytes | None):
    assert statements(xmp_packet(existing, PROVENANCE))[f"{{{OWN}}}Weights"] == "hybrid-lite"


def test_the_packet_stays_one_resource_and_upright():
    ours = XMP.replace(
        b'rdf:about=""', b'rdf:about="uuid:1" xmlns:tiff="http://ns.adobe.com/tiff/1.0/" tiff:Orientation="6"'
    )
    packet = xmp_packet(ours, PROVENANCE)
    assert packet.count(b'about="uuid:1"') == 2
    assert b'Orientation="1"' in packet


def test_provenance_of_an_earlier_run_is_replaced():
    earlier = xmp_packet(XMP, Provenance("older", "def", {}))
    packet = xmp_packet(earlier, PROVENANCE)
    assert packet.count(b"DigitalSourceType=") == 1
    assert b"older" not in packet
    assert statements(packet)[CREATOR] == "Dorothea"
