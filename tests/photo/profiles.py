"""Small ICC profiles, put together by hand."""

import struct

COLORANTS = (b"rXYZ", b"gXYZ", b"bXYZ")
# D50-adapted primaries as columns (X, Y, Z of red, green, blue), and the exponent
SPACES = {
    "Adobe RGB": ([[0.60974, 0.31111, 0.01947], [0.20528, 0.62567, 0.06087], [0.14919, 0.06322, 0.74457]], 2.19922),
    "ProPhoto": ([[0.79767, 0.28804, 0.0], [0.13519, 0.71188, 0.0], [0.03134, 0.00009, 0.82491]], 1.80078),
    "Display P3": ([[0.51512, 0.24120, -0.00105], [0.29198, 0.69225, 0.04189], [0.15710, 0.06657, 0.78407]], 2.19922),
}


def fixed(*values: float) -> bytes:
    return struct.pack(f">{len(values)}i", *(round(value * 65536) for value in values))


def profile(space: str) -> bytes:
    """A version-2 matrix profile, as small as it can be."""
    columns, gamma = SPACES[space]
    colorants = {name: b"XYZ " + bytes(4) + fixed(*column) for name, column in zip(COLORANTS, columns, strict=True)}
    return icc(b"RGB ", colorants | dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve(gamma)))


def gray_profile(gamma: float) -> bytes:
    return icc(b"GRAY", {b"kTRC": curve(gamma)})


def curve(gamma: float) -> bytes:
    return b"curv" + bytes(4) + struct.pack(">IH", 1, round(gamma * 256))


def icc(space: bytes, own: dict[bytes, bytes]) -> bytes:
    text = b"test\0"
    tags = {b"desc": b"desc" + bytes(4) + struct.pack(">I", len(text)) + text + bytes(78), b"cprt": b"text" + bytes(5)}
    tags |= {b"wtpt": b"XYZ " + bytes(4) + fixed(0.9642, 1, 0.8249)} | own
    table, body, start = b"", b"", 132 + 12 * len(tags)
    for name, value in tags.items():
        table += struct.pack(">4sII", name, start + len(body), len(value))
        body += value + bytes(-len(value) % 4)
    head = struct.pack(">I4sI4s4s4s", start + len(body), b"lcms", 0x02400000, b"mntr", space, b"XYZ ") + bytes(12)
    head += b"acsp" + bytes(28) + fixed(0.9642, 1, 0.8249) + bytes(48)
    return head + struct.pack(">I", len(tags)) + table + body


def parametric(kind: int, *values: float) -> bytes:
    """A `para` tag: g a b c d e f, as many as its kind has."""
    return b"para" + bytes(4) + struct.pack(">HH", kind, 0) + fixed(*values)


def sampled(values: list[float]) -> bytes:
    """A `curv` tag: a table over 0…1."""
    return b"curv" + bytes(4) + struct.pack(f">I{len(values)}H", len(values), *(round(v * 65535) for v in values))
