"""colorizer-cli: plausible colour for black-and-white photographs, and nothing else touched.

from colorizer_cli import Colorizer, read_photo, write_photo

coloured = Colorizer().colorize(read_photo("old.jpg"))
write_photo(coloured, "new.jpg")
"""

from __future__ import annotations

import importlib
import os
import sys
from typing import TYPE_CHECKING, Any

from colorizer_cli.version import __version__

if TYPE_CHECKING:
    from colorizer_cli.engine.colorizer import Colorizer
    from colorizer_cli.engine.hints import Hint, read_hints
    from colorizer_cli.engine.settings import Settings
    from colorizer_cli.errors import ColorizerError
    from colorizer_cli.photo.reading import read_photo
    from colorizer_cli.photo.writing import write_photo

# Official builds of ONNX Runtime, from 1.29 on, report their sessions to their maker and leave an identifier in the
# user's cache, unless this is set before they are loaded. Photos in this package's care are nobody else's business.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
# Read by libvips while it is loaded; why, says photo/libvips.py. A program that loaded it first keeps its own handler.
if "pyvips" not in sys.modules:
    os.environ.setdefault("VIPS_WARNING", "none")

__all__ = [
    "Colorizer",
    "ColorizerError",
    "Hint",
    "Settings",
    "__version__",
    "read_hints",
    "read_photo",
    "write_photo",
]

_HOMES = {
    "Colorizer": "engine.colorizer",
    "ColorizerError": "errors",
    "Hint": "engine.hints",
    "Settings": "engine.settings",
    "read_hints": "engine.hints",
    "read_photo": "photo.reading",
    "write_photo": "photo.writing",
}


def __getattr__(name: str) -> Any:
    """Loads a public name when it is first used: `colorize --help` must not wait for the numeric libraries."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
