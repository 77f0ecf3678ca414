"""`--c2pa`: signed with a certificate made here, verified by the library's own reader."""

import datetime
import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import c2pa
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

Run = Callable[..., "subprocess.CompletedProcess[bytes]"]


def name(text: str) -> x509.Name:
    return x509.Name(
        [x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Archive"), x509.NameAttribute(NameOID.COMMON_NAME, text)]
    )


def certificate(subject: str, key: ec.EllipticCurvePrivateKey, issuer: str, issuer_key: ec.EllipticCurvePrivateKey):
    authority = subject == issuer
    now = datetime.datetime.now(datetime.UTC)
    usage = dict.fromkeys(
        [
            "content_commitment",
            "key_encipherment",
            "data_encipherment",
            "key_agreement",
            "encipher_only",
            "decipher_only",
        ],
        False,
    )
    builder = (
        x509.CertificateBuilder()
        .subject_name(name(subject))
        .issuer_name(name(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=30))
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .add_extension(
            x509.KeyUsage(digital_signature=not authority, key_cert_sign=authority, crl_sign=authority, **usage),
            critical=True,
        )
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
    )
    if not authority:
        builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=False)
    return builder.sign(issuer_key, hashes.SHA256())


@pytest.fixture
def signer(tmp_path: Path) -> list[str]:
    root, leaf = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    chain = [certificate("Leaf", leaf, "Root", root), certificate("Root", root, "Root", root)]
    pem = serialization.Encoding.PEM
    (tmp_path / "chain.pem").write_bytes(b"".join(one.public_bytes(pem) for one in chain))
    (tmp_path / "key.pem").write_bytes(
        leaf.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return ["--c2pa", "chain.pem", "--c2pa-key", "key.pem"]


@pytest.mark.parametrize("suffix", ["jpg", "png", "tif", "webp", "avif"])
def test_signed_and_read_back(colorize: Run, gray_jpeg: Path, tmp_path: Path, signer: list[str], suffix: str):
    done = colorize("old.jpg", "-o", f"new.{suffix}", *signer)
    assert done.returncode == 0, done.stderr
    with open(tmp_path / f"new.{suffix}", "rb") as file, c2pa.Reader(f"image/{suffix}", file) as reader:
        store = json.loads(reader.json())
    manifest = store["manifests"][store["active_manifest"]]
    failures = {found["code"] for found in store.get("validation_status", [])}
    assert failures <= {"signingCredential.untrusted"}  # nobody knows this certificate
    actions = next(item for item in manifest["assertions"] if item["label"].startswith("c2pa.actions"))["data"][
        "actions"
    ]
    assert actions[0]["digitalSourceType"].endswith("compositeWithTrainedAlgorithmicMedia")
    assert manifest["signature_info"]["issuer"] == "Archive"
    assert colorize("verify", "old.jpg", f"new.{suffix}").returncode == 0


def test_a_changed_result_is_found_out(colorize: Run, gray_jpeg: Path, tmp_path: Path, signer: list[str]):
    colorize("old.jpg", "-o", "new.png", *signer)
    data = bytearray((tmp_path / "new.png").read_bytes())
    data[-5000] ^= 1
    (tmp_path / "new.png").write_bytes(data)
    with open(tmp_path / "new.png", "rb") as file, c2pa.Reader("image/png", file) as reader:
        assert "assertion.dataHash.mismatch" in reader.json()


def test_wrong_use(colorize: Run, gray_jpeg: Path, tmp_path: Path, signer: list[str]):
    assert colorize("old.jpg", "-o", "new.jpg", "--c2pa", "chain.pem").returncode == 2
    (tmp_path / "key.pem").write_bytes(b"no key")
    done = colorize("old.jpg", "-o", "new.jpg", *signer)
    assert done.returncode == 2
    assert b"key.pem" in done.stderr
    assert not (tmp_path / "new.jpg").exists()
