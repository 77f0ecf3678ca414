"""XMP that says: these colours were invented, by this version of this tool, with these weights and options.

Sources: IPTC Photo Metadata Standard (Digital Source Type), Adobe XMP Specification Part 1 (packet, RDF).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree

from colorizer_cli.photo.metadata import Metadata
from colorizer_cli.version import __version__

SOURCE_TYPE = "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
IPTC_EXT = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
META = "adobe:ns:meta/"
OWN = "urn:x-colorizer-cli:xmp:1.0/"  # a name, not an address
ORIENTATION = "{http://ns.adobe.com/tiff/1.0/}Orientation"
PREFIXES = {"rdf": RDF, "Iptc4xmpExt": IPTC_EXT, "x": META, "colorizer": OWN}


@dataclass(frozen=True)
class Provenance:
    """weights and weights_sha256 identify the network (the hash is config.json's, which names the others);
    options are the settings that decided the colours."""

    weights: str
    weights_sha256: str
    options: Mapping[str, float | int | str]
    version: str = __version__

    def properties(self) -> dict[str, str]:
        """XMP properties in ElementTree's {namespace}name notation."""
        return {
            f"{{{IPTC_EXT}}}DigitalSourceType": SOURCE_TYPE,
            f"{{{OWN}}}Tool": "colorizer-cli",
            f"{{{OWN}}}Version": self.version,
            f"{{{OWN}}}Weights": self.weights,
            f"{{{OWN}}}WeightsSHA256": self.weights_sha256,
            f"{{{OWN}}}Options": json.dumps(dict(self.options), sort_keys=True),
        }


def add_provenance(metadata: Metadata, provenance: Provenance) -> Metadata:
    """→ metadata whose XMP packet has the provenance added; everything else in the packet stays."""
    return metadata.with_xmp(xmp_packet(metadata.xmp, provenance))


def xmp_packet(existing: bytes | None, provenance: Provenance) -> bytes:
    """A serialised XMP packet: `existing` (or an empty one, where it is absent or not XMP) plus the provenance."""
    rdf = _parse(existing) if existing else None
    root = ElementTree.Element(f"{{{META}}}xmpmeta")
    if rdf is None:
        rdf = ElementTree.Element(f"{{{RDF}}}RDF")
    root.append(rdf)
    properties = provenance.properties()
    about = ""
    for description in rdf.findall(f"{{{RDF}}}Description"):
        about = description.get(f"{{{RDF}}}about", about)
        _set_upright(description)
        for name in properties:  # stale statements of an earlier run
            description.attrib.pop(name, None)
            for child in description.findall(name):
                description.remove(child)
    ElementTree.SubElement(rdf, f"{{{RDF}}}Description", {f"{{{RDF}}}about": about} | properties)
    for prefix, uri in PREFIXES.items():
        ElementTree.register_namespace(prefix, uri)
    body = ElementTree.tostring(root, encoding="unicode")
    packet = f'<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n{body}\n<?xpacket end="w"?>'
    return packet.encode()


def _set_upright(description: ElementTree.Element) -> None:
    """The orientation has been baked into the pixels: XMP's copy of the tag must not turn them again."""
    if ORIENTATION in description.attrib:
        description.set(ORIENTATION, "1")
    for child in description.findall(ORIENTATION):
        child.text = "1"


def _parse(packet: bytes) -> ElementTree.Element | None:
    """The packet's rdf:RDF element, its namespace prefixes kept; None where it is not well-formed XMP."""
    if b"<!DOCTYPE" in packet or b"<!ENTITY" in packet:
        return None  # XMP has no document types; entity bombs do
    parser: Any = ElementTree.XMLPullParser(["start-ns", "end"])  # its events are of two types, told apart by name
    try:
        parser.feed(packet.strip(b"\0 \r\n\t"))
        parser.close()
        found: ElementTree.Element | None = None
        for event, item in parser.read_events():
            if event == "start-ns":
                _keep_prefix(*item)
            elif item.tag == f"{{{RDF}}}RDF":
                found = item
    except (ElementTree.ParseError, ValueError):
        return None
    return found


def _keep_prefix(prefix: str, uri: str) -> None:
    try:
        ElementTree.register_namespace(prefix, uri)
    except ValueError:  # a reserved prefix such as ns0: ElementTree makes its own
        return
