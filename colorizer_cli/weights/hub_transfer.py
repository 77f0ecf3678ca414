"""One file from the Hub to the disk: verified, or not there at all.

huggingface_hub supplies the session (proxies, offline mode), the headers (token) and the kinds of errors. Its own
download is not used: it compares no sha256, and what a killed process had fetched is fetched again.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable
from pathlib import Path

from colorizer_cli.errors import HubError
from colorizer_cli.version import __version__
from colorizer_cli.weights.hub_listing import RemoteFile, file_url, with_patience
from colorizer_cli.weights.hub_patience import Patience
from colorizer_cli.weights.hub_reference import HubReference
from colorizer_cli.weights.hub_settings import LIBRARY
from colorizer_cli.weights.names import file_sha256

OnBytes = Callable[[int], None]
ATTEMPTS = 2  # to fetch a file whole and undamaged


def fetch(
    reference: HubReference, remote: RemoteFile, known_sha256: str | None, folder: Path, on_bytes: OnBytes
) -> str:
    """Puts the file into `folder` and returns its sha256, which is `known_sha256` where that is given.

    What an earlier call left of it is gone on from. `on_bytes` is told the bytes that are there. Raises HubError.
    """
    target = folder / remote.name
    if target.is_file() and damage(target, remote, known_sha256) is None:
        on_bytes(remote.size)
        return known_sha256 or remote.sha256 or file_sha256(target)
    part = folder / f"{remote.name}.part"
    found = ""
    for _ in range(ATTEMPTS):
        _complete(reference, remote, part, on_bytes)
        problem = damage(part, remote, known_sha256)
        if problem is None:
            _sync(part)
            part.replace(target)
            return known_sha256 or remote.sha256 or file_sha256(target)
        part.unlink()
        found = problem
    raise HubError(
        f"{reference}: {remote.name} came damaged, twice: {found}.\n"
        "Nothing of it was kept. Try another network, or ask the owner of the repository"
    )


def damage(file: Path, remote: RemoteFile, known_sha256: str | None) -> str | None:
    """What is wrong with the file's bytes; None where they are what the registry or the Hub says."""
    if file.stat().st_size != remote.size:
        return f"it has {file.stat().st_size} bytes, expected {remote.size}"
    expected = known_sha256 or remote.sha256
    if expected is not None and (found := file_sha256(file)) != expected:
        return f"its sha256 is {found}, expected {expected}"
    if expected is None and (found := git_sha1(file)) != remote.git_sha1:
        return f"its git hash is {found}, expected {remote.git_sha1}"
    return None


def git_sha1(file: Path) -> str:
    """The name that git gives to the file's contents: https://git-scm.com/book/en/v2/Git-Internals-Git-Objects."""
    digest = hashlib.sha1(b"blob %d\0" % file.stat().st_size, usedforsecurity=False)
    digest.update(file.read_bytes())
    return digest.hexdigest()


def _complete(reference: HubReference, remote: RemoteFile, part: Path, on_bytes: OnBytes) -> None:
    """Appends to `part` until it has all bytes; goes on where a connection broke, as long as anything comes."""
    patience = Patience()
    while (have := _size(part)) < remote.size or not part.exists():
        with_patience(lambda: _receive(reference, remote, part, patience, on_bytes), reference, patience)
        if _size(part) <= have and remote.size and not patience.pause():
            raise HubError(
                f"{reference}: {remote.name} ends after {_size(part)} of {remote.size} bytes; try again later"
            )


def _receive(reference: HubReference, remote: RemoteFile, part: Path, patience: Patience, on_bytes: OnBytes) -> None:
    """One request's worth of bytes."""
    from huggingface_hub import get_session
    from huggingface_hub.utils import build_hf_headers, hf_raise_for_status  # type: ignore[attr-defined]

    have = _size(part)
    headers = build_hf_headers(library_name=LIBRARY, library_version=__version__)
    headers["Accept-Encoding"] = "identity"  # the bytes as they are hashed
    if have:
        headers["Range"] = f"bytes={have}-"
    url = file_url(reference, remote.name)
    with get_session().stream("GET", url, headers=headers, timeout=patience.timeout) as response:
        if response.status_code == 416:  # the part does not belong to this file
            part.unlink()
            return
        hf_raise_for_status(response)
        start = _start(response.headers.get("Content-Range", "")) if response.status_code == 206 else 0
        if start > have:
            raise ValueError("a range that was not asked for")
        with open(part, "r+b" if have else "wb") as file:
            file.seek(start)
            file.truncate()
            for chunk in response.iter_raw():
                if start + len(chunk) > remote.size:
                    raise HubError(f"{reference}: {remote.name} is longer than the {remote.size} bytes announced")
                file.write(chunk)
                start += len(chunk)
                on_bytes(start)
                patience.gained(len(chunk))
                if patience.spent:
                    raise _too_slow(reference, remote, start, patience)


def _too_slow(reference: HubReference, remote: RemoteFile, have: int, patience: Patience) -> HubError:
    return HubError(
        f"{reference}: {remote.name} comes too slowly: {have} of {remote.size} bytes, and hardly any in the last "
        f"{patience.limit:.0f} seconds.\nWhat has come is kept: the same command goes on from there"
    )


def _start(content_range: str) -> int:
    match = re.match(r"bytes (\d+)-", content_range)
    if match is None:
        raise ValueError("an answer of which part is not known")
    return int(match.group(1))


def _size(file: Path) -> int:
    return file.stat().st_size if file.is_file() else 0


def _sync(file: Path) -> None:
    with open(file, "r+b") as stream:
        os.fsync(stream.fileno())
