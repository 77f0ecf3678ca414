"""Which of the packages that this one declares are installed, for the base install and for each extra."""

from __future__ import annotations

import importlib.metadata
import shlex
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from packaging.requirements import Requirement

DISTRIBUTION = "colorizer-cli"


@dataclass(frozen=True)
class Package:
    """A declared package.

    version   that is installed; None where there is none
    wanted    the requirement, such as "torch>=2.6,<2.15"
    fits      whether the installed version is one that is wanted
    """

    version: str | None
    wanted: str
    fits: bool


@dataclass(frozen=True)
class Installation:
    """What an extra (or the base install) declares.

    complete   whether all of it is installed, in versions that fit
    install    the line that installs what is missing into this very Python; None where nothing is
    packages   by name
    """

    complete: bool
    install: str | None
    packages: dict[str, Package]


def base_installation() -> Installation:
    """What the main job needs."""
    return _installation("")


def extras() -> dict[str, Installation]:
    """Every extra that the package declares, by name; empty where the package itself is not installed."""
    try:
        names = importlib.metadata.metadata(DISTRIBUTION).get_all("Provides-Extra") or []
    except importlib.metadata.PackageNotFoundError:
        return {}
    return {name: _installation(name) for name in names}


def _installation(extra: str) -> Installation:
    try:
        packages = {wanted.name: _package(wanted) for wanted in _requirements(DISTRIBUTION, extra)}
    except ImportError:  # packaging, which reads requirements
        packages = {"packaging": Package(None, "packaging", False)}
    missing = [package.wanted for package in packages.values() if not package.fits]
    return Installation(not missing, _pip(missing) if missing else None, packages)


def _requirements(distribution: str, extra: str) -> list[Requirement]:
    """What a distribution declares for an extra alone, or for its base install ("").

    A requirement's own extras are followed one step: pyvips[binary] asks for pyvips-binary, too.
    Raises ImportError where packaging is missing.
    """
    from packaging.requirements import Requirement

    try:
        lines = importlib.metadata.requires(distribution) or []
    except importlib.metadata.PackageNotFoundError:
        return []
    found = []
    for wanted in map(Requirement, lines):
        in_base = wanted.marker is None or wanted.marker.evaluate({"extra": ""})
        if in_base if extra == "" else not in_base and wanted.marker and wanted.marker.evaluate({"extra": extra}):
            found.append(wanted)
            found += [inner for name in wanted.extras for inner in _requirements(wanted.name, name)]
    return found


def _package(wanted: Requirement) -> Package:
    extras = f"[{','.join(sorted(wanted.extras))}]" if wanted.extras else ""
    text = f"{wanted.name}{extras}{wanted.specifier}"
    try:
        version = importlib.metadata.version(wanted.name)
    except importlib.metadata.PackageNotFoundError:
        return Package(None, text, False)
    return Package(version, text, wanted.specifier.contains(version, prereleases=True))


def _pip(requirements: list[str]) -> str:
    return shlex.join([sys.executable, "-m", "pip", "install", *requirements])
