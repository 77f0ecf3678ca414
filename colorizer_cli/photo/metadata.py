"""Metadata that travels from the original to the result: EXIF, XMP, IPTC, resolution."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pyvips

from colorizer_cli.photo.formats import Format

BLOBS = ("exif-data", "xmp-data", "iptc-data")


@dataclass(frozen=True)
class Metadata:
    """What a file said about its photo, apart from the pixels.

    blobs       raw EXIF, XMP and IPTC blocks by libvips' field name
    exif        EXIF entries as libvips names them (exif-ifd0-Make …): it writes EXIF back from these
    resolution  pixels per millimetre, horizontally and vertically
    resolution_unit   "in" or "cm", or None where the file named none
    container   the format of the original
    profiled    whether the original carried an ICC profile
    """

    blobs: dict[str, bytes]
    exif: dict[str, str]
    resolution: tuple[float, float]
    resolution_unit: str | None
    profiled: bool
    container: Format

    @classmethod
    def of(cls, image: pyvips.Image, upright: pyvips.Image, container: Format) -> Metadata:
        """Reads headers only: of the file, and of the file turned upright.

        The EXIF thumbnail is left out (it would show the photo without colour), and so is the orientation, which is
        baked into the pixels.
        """
        fields = set(image.get_fields())
        turned = (image.width, image.height) != (upright.width, upright.height)
        exif = {
            name: str(image.get(name))
            for name in fields
            if name.startswith("exif-ifd") and not name.startswith("exif-ifd1") and not name.endswith("-Orientation")
        }
        return cls(
            blobs={name: bytes(image.get(name)) for name in BLOBS if name in fields},
            exif=exif,
            resolution=(image.yres, image.xres) if turned else (image.xres, image.yres),
            resolution_unit=image.get("resolution-unit") if "resolution-unit" in fields else None,
            profiled="icc-profile-data" in fields,
            container=container,
        )

    @property
    def xmp(self) -> bytes | None:
        return self.blobs.get("xmp-data")

    def with_xmp(self, packet: bytes) -> Metadata:
        return replace(self, blobs=self.blobs | {"xmp-data": packet})

    def attach(self, image: pyvips.Image, form: Format) -> pyvips.Image:
        """→ the image carrying this metadata, upright, with an sRGB profile where the original carried one."""
        image = image.copy(xres=self.resolution[0], yres=self.resolution[1])
        for name, data in self.blobs.items():
            if name == "iptc-data" and form != self.container:
                continue  # JPEG and TIFF wrap IPTC differently; in the other's wrapping no reader would find it
            image.set_type(pyvips.GValue.blob_type, name, data)
        for name, value in self.exif.items():
            image.set_type(pyvips.GValue.gstr_type, name, value)
        image.set_type(pyvips.GValue.gint_type, "orientation", 1)
        if self.resolution_unit is not None:
            image.set_type(pyvips.GValue.gstr_type, "resolution-unit", self.resolution_unit)
        if self.profiled:
            image.set_type(pyvips.GValue.blob_type, "icc-profile-data", pyvips.Operation.call("profile_load", "srgb"))
        return image
