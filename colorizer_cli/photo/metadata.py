"""Metadata that travels from the original to the result: EXIF, XMP, IPTC, comments, resolution, profile."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import pyvips

from colorizer_cli.photo import exif, iptc
from colorizer_cli.photo.formats import Format
from colorizer_cli.photo.rgb_profile import RgbProfile, is_srgb

PILLOW_COMMENT = "png-comment-0-Comment"
NO_RESOLUTION = 72 / 25.4  # pixels per millimetre, as libvips has it for photos that say nothing
ONLY_IN_EXIF: tuple[Format, ...] = ("webp", "avif")  # is there a place for resolution, and libvips does not look there
NO_EXIF: tuple[Format, ...] = ("tiff",)  # libvips carries EXIF in all other containers that are written


@dataclass(frozen=True)
class Metadata:
    """What a file said about its photo, apart from the pixels.

    exif        a block as in JPEG's APP1 segment, orientation still in it, the thumbnail not; or None
    xmp         a serialised packet, its frames around people where they are in the photo upright; or None
    iptc        IIM records without their wrapping, or None
    comments    free text of the container: JPEG's comments, PNG's "Comment"
    texts       PNG's other text chunks, key → text
    resolution  pixels per millimetre, horizontally and vertically
    resolution_unit   "in" or "cm", or None where the file named none
    profiled    whether the original carried an ICC profile
    rgb_profile the RGB profile that the result keeps; None: it gets sRGB's if the original was profiled
    orientation EXIF's, of the pixels as stored, 1…8
    """

    exif: bytes | None = None
    xmp: bytes | None = None
    iptc: bytes | None = None
    comments: tuple[str, ...] = ()
    texts: dict[str, str] = field(default_factory=dict)
    resolution: tuple[float, float] = (1.0, 1.0)
    resolution_unit: str | None = None
    profiled: bool = False
    rgb_profile: RgbProfile | None = field(default=None, repr=False)
    orientation: int = 1

    @classmethod
    def of(
        cls, image: pyvips.Image, upright: pyvips.Image, container: Format, texts: dict[str, str] | None = None
    ) -> Metadata:
        """Reads headers only: of the file, and of the file turned upright. `texts`: a PNG's; None: there are none."""

        def blob(name: str) -> bytes | None:
            return bytes(image.get(name)) or None if has_field(image, name) else None

        turned = (image.width, image.height) != (upright.width, upright.height)
        profile = blob("icc-profile-data")
        texts = _pillow_comment(image) if texts is None else dict(texts)
        records = blob("iptc-data")
        if records is not None:
            records = None if container == "tiff" else iptc.from_jpeg(records)  # libvips cuts TIFF's to a quarter
        elif iptc.PNG_KEY in texts:
            records = iptc.from_png(texts[iptc.PNG_KEY])
        texts.pop(iptc.PNG_KEY, None)
        comment = texts.pop("Comment", None)
        block = exif.for_segment(blob("exif-data"))
        resolution = _resolution(image, turned, container)
        unit = image.get("resolution-unit") if has_field(image, "resolution-unit") else None
        if container in ONLY_IN_EXIF and block is not None and (found := exif.resolution_of(block)) is not None:
            resolution, unit = _sane(*(found[1::-1] if turned else found[:2])), found[2]
        return cls(
            exif=exif.without_thumbnail(block),
            xmp=blob("xmp-data"),
            iptc=records,
            comments=() if comment is None else (comment,),
            texts=texts,
            resolution=resolution,
            resolution_unit=unit,
            profiled=profile is not None,
            rgb_profile=RgbProfile.parse(profile) if profile and image.bands >= 3 else None,
        )

    def with_xmp(self, packet: bytes) -> Metadata:
        return replace(self, xmp=packet)

    def turned(self, orientation: int) -> Metadata:
        """Of pixels stored so, that have been turned upright."""
        packet = self.xmp
        if packet is not None:
            from colorizer_cli.photo import regions  # few photos need it

            packet = regions.upright(packet, orientation)
        return replace(self, xmp=packet, orientation=orientation)

    def stripped(self) -> Metadata:
        """Without what tells of people, places and cameras; what the pixels need to be shown rightly stays."""
        return Metadata(
            resolution=self.resolution,
            resolution_unit=self.resolution_unit,
            profiled=self.profiled,
            rgb_profile=self.rgb_profile,
            orientation=self.orientation,
        )

    def attach(self, image: pyvips.Image, form: Format) -> pyvips.Image:
        """→ the image carrying what libvips writes into this format itself, upright."""
        image = image.copy(xres=self.resolution[0], yres=self.resolution[1])
        block = None if form in NO_EXIF else exif.for_segment(self.exif)
        if block is not None:
            _set_blob(image, "exif-data", block)
            for name, value in exif.fields(block).items():
                image.set_type(pyvips.GValue.gstr_type, name, value)
        if self.xmp is not None:
            _set_blob(image, "xmp-data", self.xmp)
        wrapped = iptc.to_jpeg(self.iptc) if self.iptc and form == "jpeg" else None
        if wrapped is not None:
            _set_blob(image, "iptc-data", wrapped)
        image.set_type(pyvips.GValue.gint_type, "orientation", 1)
        if self.resolution_unit is not None:
            image.set_type(pyvips.GValue.gstr_type, "resolution-unit", self.resolution_unit)
        if self.profiled:
            srgb = pyvips.Operation.call("profile_load", "srgb")
            _set_blob(image, "icc-profile-data", self.rgb_profile.data if self.rgb_profile else srgb)
        return image

    def png_texts(self) -> dict[str, str]:
        """Key → text of the chunks that a PNG gets."""
        chunks = dict(self.texts)
        if self.comments:
            chunks["Comment"] = "\n".join(map(readable, self.comments))
        if self.iptc:
            chunks[iptc.PNG_KEY] = iptc.to_png(self.iptc)
        return chunks

    def all_comments(self) -> tuple[str, ...]:
        """The comments, and PNG's texts as such, for containers that have no keys: "Author: …"."""
        return self.comments + tuple(
            f"{key}: {text}" for key, text in self.texts.items() if not key.startswith("Raw profile type ")
        )

    @property
    def converted_profile(self) -> RgbProfile | None:
        """The profile that the result's colours have to be converted to; None where they are sRGB's already."""
        return None if self.rgb_profile is None or is_srgb(self.rgb_profile.data) else self.rgb_profile


def readable(comment: str) -> str:
    """A comment whose bytes were not UTF-8 (kept as surrogates) as text: they are taken for Latin-1."""
    try:
        comment.encode()
    except UnicodeEncodeError:
        return comment.encode("utf-8", "surrogateescape").decode("latin-1")
    return comment


def has_field(image: pyvips.Image, name: str) -> bool:
    """Not by `get_fields`: that fails where one name is not UTF-8, such as the key of a PNG's text."""
    return bool(image.get_typeof(name) != 0)


def _resolution(image: pyvips.Image, turned: bool, container: Format) -> tuple[float, float]:
    """libvips takes a TIFF's numbers without a unit, which tell pixels' shape alone, for pixels per millimetre."""
    if container == "tiff" and not has_field(image, "resolution-unit"):
        return NO_RESOLUTION, NO_RESOLUTION
    across, down = _sane(image.xres, image.yres)
    return (down, across) if turned else (across, down)


def _sane(across: float, down: float) -> tuple[float, float]:
    """Damaged files claim any; libvips writes what lies below a million pixels per millimetre."""
    return across if 0 < across < 1e5 else 1.0, down if 0 < down < 1e5 else 1.0


def _pillow_comment(image: pyvips.Image) -> dict[str, str]:
    """As `pillow_decoding` leaves it."""
    return {"Comment": str(image.get(PILLOW_COMMENT))} if has_field(image, PILLOW_COMMENT) else {}


def _set_blob(image: pyvips.Image, name: str, data: bytes) -> None:
    image.set_type(pyvips.GValue.blob_type, name, data)
