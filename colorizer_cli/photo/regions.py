"""Frames around people in XMP, turned with the photo: they are given in the pixels as stored, which are turned upright.

Sources: Metadata Working Group, Guidelines for Handling Image Metadata 2.0, §5.9 (digiKam, Lightroom, Picasa);
Microsoft's People Tagging schema (Windows Photo Gallery).
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from xml.etree.ElementTree import Element

from colorizer_cli.photo import xmp
from colorizer_cli.photo.exif import SIDEWAYS

MWG = "{http://www.metadataworkinggroup.com/schemas/regions/}"
AREA = "{http://ns.adobe.com/xmp/sType/Area#}"
DIMENSIONS = "{http://ns.adobe.com/xap/1.0/sType/Dimensions#}"
RECTANGLE = "{http://ns.microsoft.com/photo/1.2/t/Region#}Rectangle"
LEFT_IS_RIGHT, TOP_IS_BOTTOM = (2, 3, 6, 7), (3, 4, 7, 8)  # in the photo turned upright
NORMALIZED, FARTHEST = "normalized", 1000  # what stays 0…1 in a photo


class Field:
    """A simple property of `owner`: an attribute of it, an element in it, or either in its rdf:Description."""

    def __init__(self, owner: Element, name: str) -> None:
        self._name = name
        self._places = [owner, *owner.findall(f"{{{xmp.RDF}}}Description")]

    @property
    def text(self) -> str | None:
        for place in self._places:
            if (found := place.get(self._name, place.findtext(self._name))) is not None:
                return found.strip()
        return None

    @text.setter
    def text(self, value: str) -> None:
        for place in self._places:
            if self._name in place.attrib:
                place.set(self._name, value)
            if (child := place.find(self._name)) is not None:
                child.text = value


def upright(packet: bytes, orientation: int) -> bytes:
    """→ the packet with the frames where they are once the photo of this EXIF orientation has been turned upright."""
    rdf = xmp.parse(packet) if orientation != 1 else None
    if rdf is None:
        return packet
    changed = False
    for regions in rdf.iter(f"{MWG}Regions"):
        changed |= _turn_regions(regions, orientation)
    for rectangle in _rectangles(rdf):
        changed |= _turn_rectangle(rectangle, orientation)
    return xmp.serialise(rdf) if changed else packet


def _turn_regions(regions: Element, orientation: int) -> bool:
    """The size that they apply to turns with them, unless some are in other units or cannot be read."""
    turned = [_turn_area(area, orientation) for area in regions.iter(f"{MWG}Area")]
    if orientation in SIDEWAYS and all(turned):
        for applied in regions.iter(f"{MWG}AppliedToDimensions"):
            turned.append(_exchange(Field(applied, f"{DIMENSIONS}w"), Field(applied, f"{DIMENSIONS}h")))
    return any(turned)


def _turn_area(area: Element, orientation: int) -> bool:
    """x and y of the middle, w and h, all 0…1."""
    x, y, width, height, unit = (Field(area, AREA + name) for name in ("x", "y", "w", "h", "unit"))
    if unit.text not in (None, NORMALIZED):
        return False
    numbers = _numbers([x.text or "", y.text or ""])
    if numbers is None:
        return False
    x.text, y.text = map(str, _moved(numbers[0], numbers[1], orientation))
    if orientation in SIDEWAYS:
        _exchange(width, height)
    return True


def _turn_rectangle(rectangle: Field, orientation: int) -> bool:
    """ "x, y, w, h", all 0…1, x and y of the upper left corner."""
    numbers = _numbers((rectangle.text or "").split(","))
    if numbers is None or len(numbers) != 4:
        return False
    x, y, width, height = numbers
    corners = _moved(x, y, orientation), _moved(x + width, y + height, orientation)
    across, down = (sorted(values) for values in zip(*corners, strict=True))
    sides = (height, width) if orientation in SIDEWAYS else (width, height)
    rectangle.text = ", ".join(map(str, (across[0], down[0], *sides)))
    return True


def _moved(x: Decimal, y: Decimal, orientation: int) -> tuple[Decimal, Decimal]:
    if orientation in SIDEWAYS:
        x, y = y, x
    return 1 - x if orientation in LEFT_IS_RIGHT else x, 1 - y if orientation in TOP_IS_BOTTOM else y


def _exchange(one: Field, other: Field) -> bool:
    first, second = one.text, other.text
    if first is None or second is None:
        return False
    one.text, other.text = second, first
    return True


def _rectangles(rdf: Element) -> Iterator[Field]:
    for element in rdf.iter():
        if RECTANGLE in element.attrib or element.find(RECTANGLE) is not None:
            yield Field(element, RECTANGLE)


def _numbers(texts: list[str]) -> list[Decimal] | None:
    """As decimals, so that 1 − 0.3 is 0.7; None where they are none, or far outside the photo."""
    try:
        found = [Decimal(text.strip()) for text in texts]
    except InvalidOperation:
        return None
    return found if all(number.is_finite() and -FARTHEST <= number <= FARTHEST for number in found) else None
