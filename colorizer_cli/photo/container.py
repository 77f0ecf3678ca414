"""What a file says beside its pixels that libvips does not tell: TIFF's EXIF and layout, JPEG's comments and large XMP,
PNG's texts and whether it moves, JPEG 2000's EXIF, XMP and IPTC."""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace
from typing import BinaryIO

import pyvips

from colorizer_cli.photo import exif, iptc
from colorizer_cli.photo.formats import Format
from colorizer_cli.photo.jpeg_segments import read_extras
from colorizer_cli.photo.metadata import Metadata
from colorizer_cli.photo.photo import TiffLayout
from colorizer_cli.photo.png_chunks import read_extras as read_extras_of_png
from colorizer_cli.photo.tiff_directory import Directory, TiffFile
from colorizer_cli.photo.xmp import join_extended

SUBFILE, COMPRESSION, TILE_WIDTH, TILE_HEIGHT, IPTC, PHOTOSHOP = 254, 259, 322, 323, 33723, 34377
CANON = b"II*\0\x10\0\0\0CR\2"
SUB_IFDS, EXTRA_SAMPLES, DNG_VERSION = 330, 338, 50706


@dataclass(frozen=True)
class Container:
    """exif         as a block
    xmp, resolution_unit   where libvips tells of none
    orientation, orientation_counts   where libvips does not see it, or it is to count before what libvips sees
    layout       how a TIFF stores its pixels
    is_raw       a TIFF of previews, the photo itself in a directory below
    extra_is_no_alpha   a TIFF says that its further channel is something else
    plain_inks   a JPEG's inks, if it has four, are not stored inverted, as decoders expect
    texts        a PNG's
    gamma        a PNG's, where it has no profile
    """

    exif: bytes | None = None
    xmp: bytes | None = None
    resolution_unit: str | None = None
    orientation: int | None = None
    orientation_counts: bool = False
    iptc: bytes | None = None
    comments: tuple[str, ...] = ()
    texts: dict[str, str] | None = None
    gamma: float | None = None
    extended_xmp: bytes | None = None
    layout: TiffLayout | None = None
    animated: bool = False
    plain_inks: bool = False
    is_raw: bool = False
    extra_is_no_alpha: bool = False

    @classmethod
    def of(cls, file: BinaryIO, form: Format, page: int) -> Container:
        """`file` is open at its start; damaged parts are left out: the decoder has accepted the file."""
        if form == "tiff":
            directory = _directory(file, page)
            records = iptc.from_tiff(directory[IPTC].data) if IPTC in directory else None
            if records is None and PHOTOSHOP in directory:
                records = iptc.from_jpeg(directory[PHOTOSHOP].data)
            layout = _layout(directory)
            return cls(
                exif=exif.ExifTags.of(file, page).block(whole=True),
                iptc=records,
                layout=layout,
                is_raw=_is_raw(file, directory, layout),
                extra_is_no_alpha=_number(directory, EXTRA_SAMPLES, 1) == 0,
            )
        if form == "jpeg":
            extras = read_extras(file)
            comments = tuple(text.decode("utf-8", "surrogateescape") for text in extras.comments)
            return cls(comments=comments, extended_xmp=extras.extended_xmp, plain_inks=not extras.adobe)
        if form == "jp2":
            return _of_jp2(file)
        return _of_png(file) if form == "png" else cls()

    def described(self, image: pyvips.Image) -> pyvips.Image:
        """The image as libvips has decoded it, with the orientation and the tone curve that it has not seen."""
        image = image.copy()
        if self.orientation is not None and (self.orientation_counts or image.get_typeof("orientation") == 0):
            image.set_type(pyvips.GValue.gint_type, "orientation", self.orientation)
        if self.gamma is not None and image.get_typeof("icc-profile-data") == 0:
            from colorizer_cli.photo import png_gamma

            data = png_gamma.profile(self.gamma, gray=image.bands < 3)
            image.set_type(pyvips.GValue.blob_type, "icc-profile-data", data)
        return image

    def complete(self, metadata: Metadata) -> Metadata:
        """→ libvips' view of the metadata with what it left out added. A stated gamma is not kept as a profile: 8 bits
        of it can be too coarse in the shadows."""
        return replace(
            metadata,
            rgb_profile=None if self.gamma is not None else metadata.rgb_profile,
            exif=self.exif or metadata.exif,
            resolution_unit=metadata.resolution_unit or self.resolution_unit,
            iptc=self.iptc or metadata.iptc,
            comments=self.comments or metadata.comments,
            xmp=join_extended(metadata.xmp, self.extended_xmp) if self.extended_xmp else metadata.xmp or self.xmp,
        )


def _of_png(file: BinaryIO) -> Container:
    """A raw profile's orientation is not taken up: programs that show a PNG do not look there."""
    extras = read_extras_of_png(file)
    orientation = exif.orientation_of(extras.exif) if extras.exif is not None else None
    return Container(
        exif=exif.without_thumbnail(exif.for_segment(extras.exif or extras.exif_text)),
        xmp=extras.xmp or extras.xmp_text,
        orientation=orientation,
        resolution_unit="in" if extras.has_density else None,
        animated=_has_frames(file),
        texts=extras.texts,
        gamma=extras.gamma,
    )


def _of_jp2(file: BinaryIO) -> Container:
    from colorizer_cli.photo import jp2_boxes

    extras = jp2_boxes.read_extras(file)
    return Container(
        exif=exif.without_thumbnail(exif.for_segment(extras.exif)),
        xmp=extras.xmp,
        iptc=extras.iptc,
        orientation=None if extras.exif is None else exif.orientation_of(extras.exif),
    )


def _directory(file: BinaryIO, page: int) -> Directory:
    try:
        return next((found for number, found in enumerate(TiffFile(file).pages()) if number == page), {})
    except ValueError:
        return {}


def _is_raw(file: BinaryIO, directory: Directory, layout: TiffLayout) -> bool:
    """DNG; Nikon's, Sony's and others' raw files, whose first directory holds a smaller version; Canon's."""
    file.seek(0)
    return (
        DNG_VERSION in directory
        or (layout.subfile & 1 == 1 and SUB_IFDS in directory)
        or file.read(len(CANON)) == CANON  # with where its directory stands: elsewhere pixels may begin with "CR"
    )


def _layout(directory: Directory) -> TiffLayout:
    tile = (_number(directory, TILE_WIDTH, 0), _number(directory, TILE_HEIGHT, 0))
    return TiffLayout(
        compression=_number(directory, COMPRESSION, 1),
        tile=tile if all(16 <= side <= 4096 and side % 16 == 0 for side in tile) else None,
        subfile=_number(directory, SUBFILE, 0),
    )


def _number(directory: Directory, tag: int, default: int) -> int:
    found = directory[tag].integers() if tag in directory else []
    return found[0] if found else default


def _has_frames(file: BinaryIO) -> bool:
    """Whether an animation-control chunk stands before the pixels (PNG, third edition, 11.3.6)."""
    file.seek(8)
    while len(head := file.read(8)) == 8 and head[4:] != b"IDAT":
        if head[4:] == b"acTL":
            return True
        file.seek(struct.unpack(">I", head[:4])[0] + 4, 1)
    return False
