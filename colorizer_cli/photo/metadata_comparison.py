"""What metadata of the original is missing from a result, or says something else there."""

from __future__ import annotations

from colorizer_cli.photo import xmp
from colorizer_cli.photo.exif import ExifTags
from colorizer_cli.photo.metadata import Metadata, readable
from colorizer_cli.photo.provenance import NAMES
from colorizer_cli.photo.tiff_directory import Directory

# Software writes these about the file itself: sizes, offsets, versions, and what orientation is reset to
IGNORED = {274, 282, 283, 296, 531, 529, 530, 532, 40960, 40962, 40963, 40965, 37121, 36864, 513, 514, 33723, 700}
IMAGE_DESCRIPTION = 270
CHANGED = NAMES | {xmp.ORIENTATION, xmp.NOTE_EXTENDED, xmp.THUMBNAILS}  # in XMP, by intention
SAME_RESOLUTION = 0.01  # share of it: PNG counts whole pixels a metre, JPEG whole pixels an inch


def metadata_differences(original: Metadata, result: Metadata) -> list[str]:
    """One line for each loss or change; an added thing is none. Empty: all was kept."""
    found = exif_differences(original.exif, result.exif) + _xmp_differences(original.xmp, result.xmp)
    if original.iptc is not None and original.iptc.rstrip(b"\0") != (result.iptc or b"").rstrip(b"\0"):
        found.append("IPTC records are missing" if result.iptc is None else "IPTC records have changed")
    found += [f"comment is missing: {text[:40]!r}" for text in original.all_comments() if not _is_said(text, result)]
    if original.resolution_unit is not None:
        pairs = list(zip(original.resolution, result.resolution, strict=True))
        if any(abs(before - after) > SAME_RESOLUTION * before for before, after in pairs):
            before, after = (round(pair * 25.4) for pair in pairs[0])
            found.append(f"resolution: {before} dpi has become {after}")
    if original.rgb_profile is not None and (
        result.rgb_profile is None or original.rgb_profile.data != result.rgb_profile.data
    ):
        found.append("the RGB profile has been replaced")
    return found


def _is_said(text: str, result: Metadata) -> bool:
    described = ExifTags.of_block(result.exif).ifd0.get(270) if result.exif else None
    written = described.data.rstrip(b"\0").decode("utf-8", "surrogateescape") if described else ""
    said = "\n".join((*result.all_comments(), written))
    return text in said or readable(text) in said


def exif_differences(before: bytes | None, after: bytes | None) -> list[str]:
    """The same of two EXIF blocks."""
    if before is None:
        return []
    old, new = ExifTags.of_block(before), ExifTags.of_block(after or b"")
    parts = {"EXIF": (old.ifd0, new.ifd0), "EXIF (shot)": (old.exif, new.exif), "GPS": (old.gps, new.gps)}
    return [
        f"{name} tag {tag} is missing" if tag not in ours else f"{name} tag {tag} has changed"
        for name, (theirs, ours) in parts.items()
        for tag in theirs
        if tag not in IGNORED and not _is_same(theirs, ours, tag)
    ]


def _is_same(theirs: Directory, ours: Directory, tag: int) -> bool:
    if tag not in ours:
        return False
    before, after = theirs[tag], ours[tag]
    if tag == IMAGE_DESCRIPTION and after.data.startswith(before.data.rstrip(b"\0 ") + b"\n"):
        return True  # a comment stands behind it
    if before.data.rstrip(b"\0 ") == after.data.rstrip(b"\0 "):
        return True
    return bool(before.integers()) and before.integers() == after.integers()  # SHORT may have become LONG


def _xmp_differences(before: bytes | None, after: bytes | None) -> list[str]:
    old = xmp.parse(before) if before else None
    new = xmp.parse(after) if after else None
    if before and old is None:
        return ["XMP cannot be read, and was replaced"]
    theirs = {} if old is None else xmp.properties(old)
    ours = {} if new is None else xmp.properties(new)
    unlike = [name for name, value in theirs.items() if name not in CHANGED and ours.get(name) != value]
    return [f"XMP {name.rpartition('}')[2]} {'has changed' if name in ours else 'is missing'}" for name in unlike]
