"""What a file says beside its pixels that libvips does not tell: TIFF's EXIF and layout, JPEG's comments and large XMP,
PNG's texts and whether it moves."""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace
from typing import BinaryIO

from colorizer_cli.photo import exif, iptc
from colorizer_cli.photo.formats import Format
from colorizer_cli.photo.jpeg_segments import read_extras
from colorizer_cli.photo.metadata import Metadata
from colorizer_cli.photo.photo import TiffLayout
from colorizer_cli.photo.png_chunks import read_texts
from colorizer_cli.photo.tiff_directory import Directory, TiffFile
from colorizer_cli.photo.xmp import join_extended

SUBFILE, COMPRESSION, TILE_WIDTH, TILE_HEIGHT, IPTC = 254, 259, 322, 323, 33723


@dataclass(frozen=True)
class Container:
    """exif: a TIFF page's EXIF as a block; layout: how a TIFF stores its pixels; plain_inks: a JPEG's inks, if
    it has four, are not stored inverted, as decoders expect; texts: a PNG's; the rest as the names say."""

    exif: bytes | None = None
    iptc: bytes | None = None
    comments: tuple[str, ...] = ()
    texts: dict[str, str] | None = None
    extended_xmp: bytes | None = None
    layout: TiffLayout | None = None
    animated: bool = False
    plain_inks: bool = False

    @classmethod
    def of(cls, file: BinaryIO, form: Format, page: int) -> Container:
        """`file` is open at its start; damaged parts are left out: the decoder has accepted the file."""
        if form == "tiff":
            directory = _directory(file, page)
            records = iptc.from_tiff(directory[IPTC].data) if IPTC in directory else None
            return cls(exif=exif.ExifTags.of(file, page).block(), iptc=records, layout=_layout(directory))
        if form == "jpeg":
            extras = read_extras(file)
            comments = tuple(text.decode("utf-8", "surrogateescape") for text in extras.comments)
            return cls(comments=comments, extended_xmp=extras.extended_xmp, plain_inks=not extras.adobe)
        return cls(animated=_has_frames(file), texts=read_texts(file)) if form == "png" else cls()

    def complete(self, metadata: Metadata) -> Metadata:
        """→ libvips' view of the metadata with what it left out added."""
        return replace(
            metadata,
            exif=self.exif or metadata.exif,
            iptc=self.iptc or metadata.iptc,
            comments=self.comments or metadata.comments,
            xmp=join_extended(metadata.xmp, self.extended_xmp) if self.extended_xmp else metadata.xmp,
        )


def _directory(file: BinaryIO, page: int) -> Directory:
    try:
        return next((found for number, found in enumerate(TiffFile(file).pages()) if number == page), {})
    except ValueError:
        return {}


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
