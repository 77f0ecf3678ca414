"""Content Credentials: a result signed with the user's certificate, through c2pa-python (extra [c2pa]).

Source: C2PA Technical Specification 2.x; IPTC Digital Source Type.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from colorizer_cli.errors import OutputError, UsageError
from colorizer_cli.photo.formats import Format
from colorizer_cli.photo.provenance import SOURCE_TYPE, Provenance

MIME_TYPES: dict[Format, str] = {
    "jpeg": "image/jpeg",
    "png": "image/png",
    "tiff": "image/tiff",
    "webp": "image/webp",
    "avif": "image/avif",
    "heic": "image/heic",
}


@dataclass(frozen=True)
class Certificate:
    """chain  PEM file: the signer's certificate, then those above it; key  PEM file with its private key."""

    chain: Path
    key: Path

    def check(self) -> None:
        """Raises UsageError, before any work is done, where signing cannot work."""
        try:
            import c2pa  # noqa: F401
        except ImportError as error:
            raise UsageError("--c2pa needs an extra: pip install 'colorizer-cli[c2pa]'") from error
        for path in (self.chain, self.key):
            if not path.is_file():
                raise UsageError(
                    f"{path}: no such file; --c2pa takes a certificate chain, --c2pa-key its key, both PEM"
                )
        self.signer_info()

    def signer_info(self) -> Any:
        """c2pa's description of who signs, and with which algorithm. Raises UsageError."""
        from c2pa import C2paSignerInfo

        key = self.key.read_bytes()
        return C2paSignerInfo(
            alg=_algorithm(key, self.key), sign_cert=self.chain.read_bytes(), private_key=key, ta_url=None
        )


def sign(path: Path, form: Format, certificate: Certificate, packet: bytes | None, title: str) -> None:
    """Signs the finished file at `path` in place; `packet` is its XMP. Raises OutputError."""
    import c2pa

    provenance = Provenance.of(packet)
    signed = path.with_name(path.name + ".signed")
    try:
        with (
            c2pa.Signer.from_info(certificate.signer_info()) as signer,
            c2pa.Builder(json.dumps(_manifest(provenance, title))) as builder,
            open(path, "rb") as source,
            open(signed, "w+b") as target,
        ):
            builder.sign(signer, MIME_TYPES[form], source, target)
        signed.replace(path)
    except c2pa.C2paError as error:
        raise OutputError(f"{title} could not be signed: {str(error).splitlines()[0]}") from error
    finally:
        signed.unlink(missing_ok=True)


def _manifest(provenance: Provenance | None, title: str) -> dict[str, Any]:
    version = provenance.version if provenance else ""
    action: dict[str, Any] = {
        "action": "c2pa.created",
        "digitalSourceType": SOURCE_TYPE,
        "softwareAgent": {"name": "colorizer-cli", "version": version},
        "description": "Colours invented by a neural network for a black-and-white photograph",
    }
    if provenance is not None:
        action["parameters"] = {
            "urn.x-colorizer-cli.weights": provenance.weights,
            "urn.x-colorizer-cli.weights-sha256": provenance.weights_sha256,
            "urn.x-colorizer-cli.options": json.dumps(dict(provenance.options), sort_keys=True),
        }
    return {
        "claim_generator_info": [{"name": "colorizer-cli", "version": version}],
        "title": title,
        "assertions": [{"label": "c2pa.actions.v2", "data": {"actions": [action]}}],
    }


def _algorithm(key: bytes, path: Path) -> bytes:
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        private = load_pem_private_key(key, None)
    except (ValueError, TypeError) as error:
        raise UsageError(f"{path} is no private key in PEM without a password") from error
    if isinstance(private, ec.EllipticCurvePrivateKey):
        return {256: b"es256", 384: b"es384", 521: b"es512"}[private.curve.key_size]
    if isinstance(private, ed25519.Ed25519PrivateKey):
        return b"ed25519"
    if isinstance(private, rsa.RSAPrivateKey):
        return b"ps256"
    raise UsageError(f"{path}: expected an elliptic-curve, Ed25519 or RSA key")
