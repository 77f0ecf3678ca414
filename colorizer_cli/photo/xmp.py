"""XMP packets, taken apart and put together; document types, which XMP has none of, are never expanded.

Sources: Adobe XMP Specification Part 1 (packets, RDF) and Part 3 (extended XMP).
"""

from __future__ import annotations

import contextlib
import copy
import json
from collections.abc import Iterable
from typing import Any, NamedTuple
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
META = "adobe:ns:meta/"
NOTE_EXTENDED = "{http://ns.adobe.com/xmp/note/}HasExtendedXMP"
ORIENTATION = "{http://ns.adobe.com/tiff/1.0/}Orientation"
MARK = b"http://ns.adobe.com/xap/1.0/\0"  # before a packet in a JPEG's APP1 segment
THUMBNAILS = "{http://ns.adobe.com/xap/1.0/}Thumbnails"
PREFIXES = {"rdf": RDF, "x": META, "xmpNote": "http://ns.adobe.com/xmp/note/"}
DEEPEST = 100  # nesting of elements; serialising recurses


def parse(packet: bytes) -> Element | None:
    """The packet's rdf:RDF element, its namespace prefixes kept; None where it is not well-formed XMP."""
    text = _text(packet)
    if text is None or "<!DOCTYPE" in text or "<!ENTITY" in text:  # entity bombs need one
        return None
    if text.startswith("?xpacket"):  # as the Library of Congress has written it into many scans, without its first "<"
        text = f"<{text}"
    parser: Any = ElementTree.XMLPullParser(["start-ns", "start", "end"])  # events of two types, told apart by name
    found: Element | None = None
    depth = 0
    try:
        parser.feed(text)
        parser.close()
        for event, item in parser.read_events():
            if event == "start-ns":
                _keep_prefix(*item)
                continue
            depth += 1 if event == "start" else -1
            if depth > DEEPEST:
                return None
            if item.tag == f"{{{RDF}}}RDF":
                found = item
    except (ElementTree.ParseError, ValueError):
        return None
    return found


def serialise(rdf: Element, prefixes: dict[str, str] | None = None) -> bytes:
    """→ a whole packet."""
    for prefix, uri in (PREFIXES | (prefixes or {})).items():
        ElementTree.register_namespace(prefix, uri)
    root = Element(f"{{{META}}}xmpmeta")
    root.append(rdf)
    body = ElementTree.tostring(root, encoding="unicode")
    return f'<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n{body}\n<?xpacket end="w"?>'.encode()


def empty() -> Element:
    """An rdf:RDF that says nothing."""
    return Element(f"{{{RDF}}}RDF")


def descriptions(rdf: Element) -> list[Element]:
    """The rdf:Description elements, of one resource all."""
    return rdf.findall(f"{{{RDF}}}Description")


def add_description(rdf: Element, properties: dict[str, str]) -> None:
    """A further rdf:Description of the same resource, with simple properties in {namespace}name notation."""
    about = next((found for item in descriptions(rdf) if (found := item.get(f"{{{RDF}}}about"))), "")
    ElementTree.SubElement(rdf, f"{{{RDF}}}Description", {f"{{{RDF}}}about": about} | properties)


def remove(rdf: Element, names: Iterable[str]) -> None:
    """Takes properties out of every description, be they attributes or elements."""
    for name in names:
        for description in descriptions(rdf):
            description.attrib.pop(name, None)
            for child in description.findall(name):
                description.remove(child)


def orientation(rdf: Element) -> int | None:
    """EXIF's, 1…8, as XMP repeats it; None where it does not."""
    text = properties(rdf).get(ORIENTATION, "")
    return int(text) if text in {str(number) for number in range(1, 9)} else None


def set_upright(rdf: Element) -> None:
    """The orientation has been baked into the pixels: XMP's copy of the tag must not turn them again."""
    for description in descriptions(rdf):
        if ORIENTATION in description.attrib:
            description.set(ORIENTATION, "1")
        for child in description.findall(ORIENTATION):
            child.text = "1"


def properties(rdf: Element) -> dict[str, str]:
    """Every property of all descriptions, {namespace}name → its value; of structured ones, canonical XML."""
    found: dict[str, str] = {}
    for description in descriptions(rdf):
        found |= {name: text for name, text in description.attrib.items() if name != f"{{{RDF}}}about"}
        for child in description:
            text = ElementTree.tostring(child, encoding="unicode") if len(child) or child.attrib else child.text or ""
            found[child.tag] = ElementTree.canonicalize(text, strip_text=True) if len(child) else text.strip()
    return found


def merge(base: bytes | None, over: bytes) -> bytes | None:
    """→ a packet with the properties of both; where both have one, `over` (a sidecar, edited later) wins."""
    ours, theirs = parse(base) if base else None, parse(over)
    if theirs is None:
        return base
    if ours is not None:
        remove(ours, properties(theirs))
        theirs.extend(copy.deepcopy(item) for item in descriptions(ours))
    return serialise(theirs)


def join_extended(main: bytes | None, extended: bytes) -> bytes | None:
    """→ one packet of any size from a JPEG's two."""
    first, second = parse(main) if main else None, parse(extended)
    if first is None or second is None:
        return main
    remove(first, [NOTE_EXTENDED])
    first.extend(descriptions(second))
    return serialise(first)


def split(packet: bytes, largest: int) -> tuple[Element, bytes] | None:
    """A packet too large for one JPEG segment → (rdf:RDF of at most `largest` bytes, packet of the rest); the largest
    properties leave the first. None where it is no XMP."""
    first, second = parse(packet), empty()
    if first is None:
        return None
    add_description(second, {})
    target = descriptions(second)[0]
    movable = sorted(_properties(first), key=lambda found: found.size)
    while (excess := len(serialise(first)) - largest) > 0:
        if not movable:
            return None
        while movable and excess > 0:  # sizes are a little too large: namespaces are declared once for all
            property_ = movable.pop()
            property_.move(target)
            excess -= property_.size
    return first, serialise(second)


class _Property(NamedTuple):
    """A property, an attribute (its name) or an element, of one of the descriptions; size in bytes, about."""

    size: int
    where: Element
    what: str | Element

    def move(self, target: Element) -> None:
        if isinstance(self.what, str):
            target.set(self.what, self.where.attrib.pop(self.what))
        else:
            self.where.remove(self.what)
            target.append(self.what)


def _properties(rdf: Element) -> list[_Property]:
    found = []
    for where in descriptions(rdf):
        found += [_Property(len(ElementTree.tostring(child)), where, child) for child in where]
        names = (name for name in where.attrib if name != f"{{{RDF}}}about")
        found += [_Property(len(name) + len(where.attrib[name]), where, name) for name in names]
    return found


def _text(packet: bytes) -> str | None:
    """UTF-8, as every container asks for; UTF-16 and UTF-32 are told by where their zero bytes are, as in JSON. What is
    no UTF-8 is taken for Latin-1."""
    body = packet.lstrip(b" \r\n\t")
    codec = json.detect_encoding(body)
    for attempt in (codec, "latin-1" if codec.startswith("utf-8") else codec):
        with contextlib.suppress(UnicodeDecodeError):
            return body.decode(attempt).strip("\0 \r\n\t\ufeff")
    return None


def _keep_prefix(prefix: str, uri: str) -> None:
    try:
        ElementTree.register_namespace(prefix, uri)
    except ValueError:  # a reserved prefix such as ns0: ElementTree makes its own
        return
