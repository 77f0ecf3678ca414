"""What model.onnx would make ONNX Runtime do, read from its bytes alone: operators of other makers, tensors in other
files. A walk over the protocol buffer; its first level alone tells where the rest need not be looked at.

Field numbers are those of onnx.proto (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto).
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, NamedTuple

from colorizer_cli.errors import WeightsError

# ONNX's own operators, and those that every ONNX Runtime carries
KNOWN_DOMAINS = {"", "ai.onnx", "ai.onnx.ml", "com.microsoft"}

Kind = Literal["model", "training", "graph", "function", "node", "attribute", "sparse", "tensor"]
CHILDREN: dict[Kind, dict[int, Kind]] = {
    "model": {7: "graph", 20: "training", 25: "function"},
    "training": {1: "graph", 2: "graph"},
    "graph": {1: "node", 5: "tensor", 15: "sparse"},
    "function": {7: "node", 11: "attribute"},
    "node": {5: "attribute"},
    "attribute": {5: "tensor", 6: "graph", 10: "tensor", 11: "graph", 22: "sparse", 23: "sparse"},
    "sparse": {1: "tensor", 2: "tensor"},
    "tensor": {},
}
NODE_DOMAIN, FUNCTION_DOMAIN = 7, 10
DATA_TYPE, FLOAT_DATA, RAW_DATA, EXTERNAL_DATA, DATA_LOCATION = 2, 4, 9, 13, 14
MODEL_GRAPH, MODEL_OPERATORS, MODEL_TRAINING, MODEL_FUNCTIONS = 7, 8, 20, 25
GRAPH_INITIALIZER, OPERATORS_DOMAIN = 5, 1
LOCATION = b"location"  # the key of another file's name
EXTERNAL = 1  # a tensor's data_location
END = 0  # no field has this number
LONGEST_NAME = 4096
DEEPEST = 64  # graphs within graphs


@dataclass(frozen=True)
class StoredTensor:
    """data_type as in onnx.TensorProto.DataType; `data` its little-endian bytes (empty where stored otherwise)."""

    data_type: int
    data: bytes


@dataclass
class OnnxContents:
    """Domains of the operators that are used and of the functions that are defined; files that tensors lie in."""

    domains: set[str] = field(default_factory=set)
    functions: set[str] = field(default_factory=set)
    external: set[str] = field(default_factory=set)

    @classmethod
    def read(cls, file: Path) -> OnnxContents:
        """Raises WeightsError where the file is no ONNX model."""
        found = cls()
        data = _mapped(file)
        for kind, entry in _walk(file, data):
            if kind == "node" and entry.number == NODE_DOMAIN:
                found.domains.add(_text(data, entry))
            elif kind == "function" and entry.number == FUNCTION_DOMAIN:
                found.functions.add(_text(data, entry))
            elif kind == "tensor" and entry.number == EXTERNAL_DATA:
                pair = {part.number: _text(data, part) for part in _fields(data, entry.start, entry.end)}
                found.external |= {pair.get(2, "")} if pair.get(1) == LOCATION.decode() else {""}
            elif kind == "tensor" and entry.number == DATA_LOCATION and entry.value == EXTERNAL:
                found.external.add("")
        return found


def refuse_unsafe(file: Path) -> None:
    """Raises WeightsError where model.onnx asks for operators that come as code, or reads other files.

    Takes two or three milliseconds, unless there is something to look at.
    """
    if not _plainly_safe(_mapped(file)):
        refuse_unsafe_contents(file)


def refuse_unsafe_contents(file: Path) -> None:
    """`refuse_unsafe` by a look at every node and tensor."""
    contents = OnnxContents.read(file)
    if contents.external:
        names = ", ".join(sorted(filter(None, contents.external))) or "another file"
        raise WeightsError(
            f"{file} is refused: it keeps tensors in other files ({names!r:.120}).\n"
            "Weights must lie in model.onnx itself; save it without external data"
        )
    unknown = contents.domains - contents.functions - KNOWN_DOMAINS
    if unknown:
        raise WeightsError(
            f"{file} is refused: it uses custom operators ({', '.join(sorted(unknown))!r:.120}), which would have to "
            "come as code.\nOnly ONNX's own operators are run"
        )


def stored_tensors(file: Path) -> Iterator[StoredTensor]:
    """Every tensor of the model. Raises WeightsError where the file is no ONNX model."""
    data = _mapped(file)
    data_type = 0
    parts: list[bytes] = []
    for kind, entry in _walk(file, data):
        if kind != "tensor":
            continue
        if entry.number == END:
            yield StoredTensor(data_type, b"".join(parts))
            data_type, parts = 0, []
        elif entry.number == DATA_TYPE:
            data_type = entry.value
        elif entry.number in (RAW_DATA, FLOAT_DATA):
            parts.append(data[entry.start : entry.end])


def _plainly_safe(data: mmap.mmap) -> bool:
    """Whether the model imports known operators alone (it cannot use others) and defines none, its initializers lie
    within, and the word that begins another file's name does not occur in the rest."""
    domains = set()
    try:
        for entry in _fields(data, 0, len(data)):
            if entry.number in (MODEL_FUNCTIONS, MODEL_TRAINING):
                return False
            if entry.number == MODEL_OPERATORS:
                parts = {part.number: _text(data, part) for part in _fields(data, entry.start, entry.end)}
                domains.add(parts.get(OPERATORS_DOMAIN, ""))
            elif entry.number == MODEL_GRAPH and not _plainly_whole(data, entry.start, entry.end):
                return False
    except (ValueError, IndexError):
        return False
    return bool(domains) and domains <= KNOWN_DOMAINS


def _plainly_whole(data: mmap.mmap, start: int, end: int) -> bool:
    for entry in _fields(data, start, end):
        if entry.number != GRAPH_INITIALIZER:
            if data.find(LOCATION, entry.start, entry.end) >= 0:
                return False
        elif any(part.number in (EXTERNAL_DATA, DATA_LOCATION) for part in _fields(data, entry.start, entry.end)):
            return False
    return True


class _Field(NamedTuple):
    """A field of a message: `value` of a number, else the place of its bytes."""

    number: int
    value: int
    start: int
    end: int


def _mapped(file: Path) -> mmap.mmap:
    try:
        with open(file, "rb") as stream:
            return mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)
    except (ValueError, OSError) as error:  # ValueError: an empty file
        raise WeightsError(f"{file} is no ONNX model: {error}") from error


def _walk(file: Path, data: mmap.mmap) -> Iterator[tuple[Kind, _Field]]:
    """Every field of every message; a tensor's last is followed by the field `END`."""
    stack: list[tuple[Kind, int, int, int]] = [("model", 0, len(data), 0)]
    graphs = 0
    try:
        while stack:
            kind, start, end, depth = stack.pop()
            children = CHILDREN[kind]
            graphs += kind == "graph"
            for entry in _fields(data, start, end):
                yield kind, entry
                if entry.number in children and entry.start:
                    stack.append((children[entry.number], entry.start, entry.end, depth + 1))
            if kind == "tensor":
                yield kind, _Field(END, 0, 0, 0)
            if depth > DEEPEST:
                raise ValueError("it is nested too deeply")
    except (ValueError, IndexError) as error:
        raise WeightsError(f"{file} is no ONNX model: {error}") from error
    if not graphs:
        raise WeightsError(f"{file} is no ONNX model: it has no graph")


def _fields(data: mmap.mmap, at: int, end: int) -> Iterator[_Field]:
    """The wire format: https://protobuf.dev/programming-guides/encoding/."""
    while at < end:
        tag, at = _varint(data, at)
        number, wire = tag >> 3, tag & 7
        if wire == 0:
            value, at = _varint(data, at)
            yield _Field(number, value, 0, 0)
        elif wire == 2:
            size, at = _varint(data, at)
            if at + size > end:
                raise ValueError("a part is longer than the whole")
            yield _Field(number, 0, at, at + size)
            at += size
        elif wire in (1, 5):
            at += 8 if wire == 1 else 4
        else:
            raise ValueError("it is no protocol buffer")
    if at != end:
        raise ValueError("it ends too early")


def _varint(data: mmap.mmap, at: int) -> tuple[int, int]:
    byte = data[at]
    value, shift = byte & 127, 0
    while byte > 127:
        at, shift = at + 1, shift + 7
        if shift > 63:
            raise ValueError("it is no protocol buffer")
        byte = data[at]
        value |= (byte & 127) << shift
    return value, at + 1


def _text(data: mmap.mmap, entry: _Field) -> str:
    return data[entry.start : min(entry.end, entry.start + LONGEST_NAME)].decode("utf-8", "replace")
