"""Where a fine-tuned weights folder goes: never on top of anything but an earlier one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from colorizer_cli.errors import UsageError
from colorizer_cli.weights.config import LONGEST_NAME
from colorizer_cli.weights.names import CARD, CONFIG, ONNX, SAFETENSORS

ASIDE = "not-better"
SHEET, CURVES, LOG = "contact-sheet.jpg", "curves.png", "log.jsonl"
OF_FILE_MANAGERS = frozenset({".DS_Store", "Thumbs.db", "desktop.ini", ".directory"})  # nobody's work is in them
OWN = frozenset({CONFIG, SAFETENSORS, ONNX, CARD, SHEET, CURVES, LOG})  # what a fine-tuned folder holds


def aside(output: Path) -> Path:
    """Where weights go that are not better."""
    return output.with_name(f"{output.name}.{ASIDE}")


def check_destination(output: Path, archives: Sequence[Path], overwrite: bool) -> None:
    """Raises UsageError where the weights folder cannot be put, before any work: what is there would be lost."""
    if not output.name or output.name == "..":
        raise UsageError(f"-o {output}: give the weights folder a name of its own")
    if not output.name.isprintable() or len(output.name) > LONGEST_NAME:
        raise UsageError(
            f"-o {str(output)!a}: the folder's name becomes the weights' name; expected printable characters, at most "
            f"{LONGEST_NAME}"
        )
    for archive in archives:
        if archive.resolve().is_relative_to(output.resolve()):
            raise UsageError(f"{output} holds the photos of {archive}; choose another name for the weights")
    if output.exists() and not overwrite:
        raise UsageError(f"{output} exists; choose another name for the weights, or add --overwrite")
    for folder in (output, aside(output)):
        check_replaceable(folder)


def check_replaceable(folder: Path) -> None:
    """Raises UsageError where a folder holds what is not part of a fine-tuned weights folder, or is none."""
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise UsageError(f"{folder} is no folder, and is not replaced; choose another name for the weights")
    names = {item.name for item in folder.iterdir()} if folder.exists() else set()
    foreign = sorted(names - OWN - OF_FILE_MANAGERS)
    if foreign:
        raise UsageError(f"{folder} holds {foreign[0]}, and is not replaced; choose another name for the weights")
