"""One short value for what decides a result's colours: runs with the same one need not be done again."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
from typing import Any

from colorizer_cli.batch.job import Recipe

ACCEPTANCE = ("force", "max_pixels")
LENGTH = 16  # hexadecimal digits


def changed_options(recipe: Recipe) -> dict[str, Any]:
    """The recipe's options that are not at their default, as JSON has them. (So a new option, left at its default,
    changes no fingerprint of old.) Weights are named by their own hash, and left out here."""
    options = _changed_fields(recipe.settings) | _changed_fields(recipe)
    options.pop("settings", None)
    options.pop("weights", None)
    return options


def fingerprint(recipe: Recipe) -> str:
    """Of the options; equal options have equal fingerprints on every machine. Those that only decide which photos are
    coloured at all are left out: no result is another for them."""
    options = {name: value for name, value in changed_options(recipe).items() if name not in ACCEPTANCE}
    text = json.dumps(options, sort_keys=True)
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:LENGTH]


def _changed_fields(value: Any) -> dict[str, Any]:
    found = {}
    for field in dataclasses.fields(value):
        default = field.default if field.default_factory is dataclasses.MISSING else field.default_factory()
        if _plain(current := getattr(value, field.name)) != _plain(default):
            found[field.name] = _plain(current)
    return found


def _plain(value: Any) -> Any:
    """JSON for whatever a setting may hold; arrays and bytes by their hash."""
    match value:
        case None | bool() | int() | float() | str():
            plain: Any = value
        case bytes():
            plain = hashlib.sha256(value).hexdigest()
        case dict():
            plain = {str(name): _plain(item) for name, item in value.items()}
        case list() | tuple():
            plain = [_plain(item) for item in value]
        case os.PathLike():
            plain = os.fspath(value)
        case _ if dataclasses.is_dataclass(value):
            plain = [_plain(getattr(value, field.name)) for field in dataclasses.fields(value)]
        case _:  # numpy, without importing it
            plain = [str(value.dtype), list(value.shape), _plain(value.tobytes())]
    return plain
