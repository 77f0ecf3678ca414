"""Small valid files of every format that is read, with metadata where it holds any: what the fuzz test mutates."""

import base64
import io

import numpy as np
import pillow_heif
import pyvips
import tifffile
from PIL import Image, ImageCms
from skimage import data

from tests.photo.jp2 import with_boxes
from tests.photo.profiles import gray_profile

# 64 × 48 gray, (3·row + 2·column) mod 256, quality 90, arithmetic-coded by libjpeg-turbo's cjpeg
ARITHMETIC = base64.b64decode(
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAMCAgMCAgMDAwMEAwMEBQgFBQQEBQoHBwYIDAoMDAsKCwsNDhIQDQ4RDgsLEBYQERMU"
    "FRUVDA8XGBYUGBIUFRT/yQALCAAwAEABAREA/8wABgAQEAX/2gAIAQEAAD8A/wDtrI49++8HzhoC6IWdZlOsWXm9K1YDfqC+hI3T"
    "NEy0njD9/sV+c6AhcfAEyvDV/U+R4n42wek6eZ1bxWP1Xifvz58+x9Xtlm1Gx+Fq5BAJTBxoZD6DRC1CuUChbW+Qt6oNywV/tey/"
    "u1SHxkjAUiGUm6HUizJ2nmPaNsnJeZV88yJZtltr0cE2SfYfLoyIPxjLPTFTXGTAOMjcajiWJVm3f3KugwNsE8DdxI4Z8B8eO98t"
    "h463qgufyBdMiRSDBCqqN3Xp3ktnjb40vIXZ0U1YJsFWev/Z"
)

XMP = (
    b'<?xpacket begin=""?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
    b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    b'<rdf:Description rdf:about="" xmlns:d="urn:d" d:a="1"><d:b>text</d:b></rdf:Description></rdf:RDF></x:xmpmeta>'
)


def _exif() -> Image.Exif:
    exif = Image.Exif()
    exif[0x010F], exif[0x0112] = "Zeiss", 6
    exif.get_ifd(0x8769)[0x9003] = "1938:07:14 12:00:00"
    exif.get_ifd(0x8825)[2] = (52.0, 31.0, 12.0)
    return exif


def small_files() -> dict[str, bytes]:
    """Name → encoded photo of 40 × 30 pixels."""
    gray = Image.fromarray(data.camera()).resize((40, 30))
    rgb, deep = gray.convert("RGB"), np.asarray(gray).astype(np.uint16) * 257
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    rich = {"exif": _exif(), "xmp": XMP, "icc_profile": profile}

    def pillow(image: Image.Image, form: str, **options: object) -> bytes:
        file = io.BytesIO()
        image.save(file, form, **options)
        return file.getvalue()

    def tiff(pixels: np.ndarray, **options: object) -> bytes:
        file = io.BytesIO()
        tifffile.imwrite(file, pixels, metadata=None, **options)
        return file.getvalue()

    interlaced = pyvips.Image.new_from_array(deep).copy(interpretation="grey16")
    heic = io.BytesIO()
    pillow_heif.from_pillow(gray.resize((64, 64))).save(heic)
    return {
        "jpeg": pillow(gray, "JPEG", dpi=(300, 300), comment="box", **rich),
        "jpeg progressive": pillow(rgb, "JPEG", progressive=True, **rich),
        "jpeg cmyk": pillow(gray.convert("CMYK"), "JPEG"),
        "jpeg arithmetic": ARITHMETIC,
        "jpeg gray profile": pillow(gray, "JPEG", icc_profile=gray_profile(1.8)),
        "png interlaced": interlaced.pngsave_buffer(interlace=True),
        "png": pillow(gray, "PNG", **(rich | {"icc_profile": None})),
        "png palette": pillow(gray.convert("P"), "PNG"),
        "png rgba": pillow(gray.convert("RGBA"), "PNG", icc_profile=profile),
        "png 16": pillow(Image.fromarray(deep), "PNG"),
        "tiff": pillow(gray, "TIFF", exif=_exif()),
        "tiff lzw": pillow(rgb, "TIFF", compression="tiff_lzw"),
        "tiff g3": pillow(gray.convert("1"), "TIFF", compression="group3"),
        "tiff g4": pillow(gray.convert("1"), "TIFF", compression="group4"),
        "tiff jpeg": pillow(rgb, "TIFF", compression="jpeg"),
        "tiff tiled": tiff(deep, tile=(16, 16), compression="zlib"),
        "tiff big-endian": tiff(deep, byteorder=">"),
        "BigTIFF": tiff(np.asarray(gray), bigtiff=True),
        "tiff pages": tiff(np.stack([np.asarray(gray)] * 3), photometric="minisblack"),
        "webp": pillow(rgb, "WEBP", **rich),
        "webp lossless": pillow(rgb, "WEBP", lossless=True),
        "gif": pillow(gray, "GIF"),
        "bmp": pillow(gray, "BMP"),
        "pgm": pillow(gray, "PPM"),
        "pgm 16": pillow(Image.fromarray(deep), "PPM"),
        "jpeg 2000": pillow(rgb, "JPEG2000"),
        "jpeg 2000 boxes": with_boxes(pillow(gray, "JPEG2000"), gray_profile(1.8), _exif().tobytes(), b"<x:xmpmeta/>"),
        "avif": pillow(rgb, "AVIF"),
        "heic": heic.getvalue(),
    }
