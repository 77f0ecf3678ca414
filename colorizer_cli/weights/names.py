"""The files of a weights folder, how large each may be, and their hash."""

from __future__ import annotations

import hashlib
from pathlib import Path

CONFIG, SAFETENSORS, ONNX, CARD = "config.json", "model.safetensors", "model.onnx", "README.md"
HASHED = (SAFETENSORS, ONNX)
NETWORK_BYTES, TEXT_BYTES = 4 * 10**9, 10**6
CHUNK_BYTES = 2**24  # large: before each, a thread has to wait for its turn in the interpreter
MAX_BYTES = {CONFIG: TEXT_BYTES, CARD: TEXT_BYTES, SAFETENSORS: NETWORK_BYTES, ONNX: NETWORK_BYTES}


def file_sha256(file: Path) -> str:
    """Lower-case hexadecimal sha256 of a file's bytes."""
    found = hashlib.sha256()
    with open(file, "rb") as stream:
        while chunk := stream.read(CHUNK_BYTES):
            found.update(chunk)
    return found.hexdigest()
