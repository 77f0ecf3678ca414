"""XMP that says: these colours were invented, by this version of this tool, with these weights and options.

Source: IPTC Photo Metadata Standard (Digital Source Type).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from colorizer_cli.photo import xmp
from colorizer_cli.photo.metadata import Metadata
from colorizer_cli.photo.xmp import RDF
from colorizer_cli.version import __version__

__all__ = ["IPTC_EXT", "NAMES", "OWN", "RDF", "SOURCE_TYPE", "Provenance", "add_provenance", "xmp_packet"]

SOURCE_TYPE = "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"
IPTC_EXT = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
OWN = "urn:x-colorizer-cli:xmp:1.0/"  # a name, not an address
PREFIXES = {"Iptc4xmpExt": IPTC_EXT, "colorizer": OWN}


@dataclass(frozen=True)
class Provenance:
    """weights and weights_sha256 identify the network (the hash is config.json's, which names the others);
    options are the settings that decided the colours."""

    weights: str
    weights_sha256: str
    options: Mapping[str, Any]
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

    @classmethod
    def of(cls, packet: bytes | None) -> Provenance | None:
        """What a result's XMP says; None where it does not say that its colours are this tool's."""
        rdf = xmp.parse(packet) if packet else None
        found = {} if rdf is None else xmp.properties(rdf)
        if found.get(f"{{{IPTC_EXT}}}DigitalSourceType") != SOURCE_TYPE or f"{{{OWN}}}Weights" not in found:
            return None
        try:
            options = json.loads(found.get(f"{{{OWN}}}Options", "{}"))
        except ValueError:
            options = {}
        return cls(
            weights=found[f"{{{OWN}}}Weights"],
            weights_sha256=found.get(f"{{{OWN}}}WeightsSHA256", ""),
            options=options if isinstance(options, dict) else {},
            version=found.get(f"{{{OWN}}}Version", ""),
        )


NAMES = frozenset(Provenance("", "", {}).properties())


def add_provenance(metadata: Metadata, provenance: Provenance) -> Metadata:
    """→ metadata whose XMP packet has the provenance added; everything else in the packet stays."""
    return metadata.with_xmp(xmp_packet(metadata.xmp, provenance))


def xmp_packet(existing: bytes | None, provenance: Provenance) -> bytes:
    """A serialised XMP packet: `existing` (or an empty one, where it is absent or not XMP) plus the provenance."""
    rdf = xmp.parse(existing) if existing else None
    if rdf is None:
        rdf = xmp.empty()
    xmp.set_upright(rdf)
    xmp.remove(rdf, NAMES | {xmp.THUMBNAILS})  # stale statements of an earlier run; a picture without the colours
    xmp.add_description(rdf, provenance.properties())
    return xmp.serialise(rdf, PREFIXES)
