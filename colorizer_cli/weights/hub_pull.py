"""Weights from the Hub: pulled once, verified file by file, found without a request ever after."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from colorizer_cli.errors import HubError, WeightsError
from colorizer_cli.weights import hub_cache
from colorizer_cli.weights.config import WeightsConfig
from colorizer_cli.weights.folder import WeightsFolder
from colorizer_cli.weights.hub_cache import FileRecord, Pulled, Record
from colorizer_cli.weights.hub_listing import RemoteFile, RemoteFolder, list_remote
from colorizer_cli.weights.hub_patience import Patience
from colorizer_cli.weights.hub_reference import HubReference
from colorizer_cli.weights.hub_settings import offline
from colorizer_cli.weights.names import CARD, CONFIG, MAX_BYTES, ONNX, SAFETENSORS
from colorizer_cli.weights.onnx_contents import refuse_unsafe_contents
from colorizer_cli.weights.registry import known_hashes
from colorizer_cli.weights.untrusted import WHY, check_format, pickles_among

OnProgress = Callable[[str, int, int], None]  # name of the file, bytes that are there of all, all bytes
LOCK_SECONDS = 2.0
ABANDONED = 60.0  # seconds without a byte: another process that pulls the same is given up


@dataclass(frozen=True)
class Contents:
    """Which files of a repository are fetched; no other is ever looked at."""

    needed: tuple[str, ...]
    welcome: tuple[str, ...] = ()

    @property
    def wanted(self) -> tuple[str, ...]:
        return self.needed + self.welcome


WEIGHTS = Contents((CONFIG, SAFETENSORS, ONNX), (CARD,))
BACKBONE = Contents((SAFETENSORS,))


def _silent(name: str, done: int, total: int) -> None:
    pass


def obtain(reference: HubReference, contents: Contents = WEIGHTS, on_progress: OnProgress = _silent) -> Pulled:
    """What is there of `reference`, without a request; pulled where nothing is. Raises HubError, WeightsError.

    A branch or tag stays the commit that it was when last asked for, also where its files have to be fetched again.
    """
    known = None if reference.pinned else hub_cache.recorded_commit(reference)
    asked = reference if known is None else reference.at(known)
    return hub_cache.find(reference, contents.needed) or pull(asked, contents, on_progress)


def pull(reference: HubReference, contents: Contents = WEIGHTS, on_progress: OnProgress = _silent) -> Pulled:
    """The files of `reference`, of the commit that a branch or tag is now. What is there already is hashed again, and
    fetched again only where it is damaged.

    Makes no request for a commit that is there, nor in offline mode. Raises HubError where the Hub does not give them,
    WeightsError where they are not to be trusted; then nothing is kept that a later run would take for weights.
    """
    if (reference.pinned or offline()) and (found := _undamaged(reference, contents)):
        return found
    remote = list_remote(reference, contents.wanted, Patience())
    _check_listing(remote, reference, contents)
    folder = hub_cache.repo_folder(reference.repo)
    needed = sum(file.size for file in remote.files.values())
    from colorizer_cli.weights.hub_failures import no_room

    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _alone(folder, remote.reference):
            pulled = _undamaged(remote.reference, contents) or _fetch(remote, contents, folder, on_progress)
            for left in folder.glob("*.part"):  # of commits that have been overtaken
                shutil.rmtree(left)
            hub_cache.remember_commit(reference, remote.reference.revision)
    except OSError as error:
        raise no_room(error, needed, folder) from error
    return pulled


def _undamaged(reference: HubReference, contents: Contents) -> Pulled | None:
    found = hub_cache.find(reference, contents.needed)
    return found if found is not None and not found.problems() else None


def _check_listing(remote: RemoteFolder, reference: HubReference, contents: Contents) -> None:
    missing = [name for name in contents.needed if name not in remote.files]
    if missing:
        pickles = pickles_among(remote.names)
        reason = f"\nIts {', '.join(pickles[:3])} is refused: {WHY}" if pickles else ""
        raise WeightsError(f"{reference} holds no weights for this tool: {', '.join(missing)} is missing{reason}")
    for name, file in remote.files.items():
        if file.size > MAX_BYTES[name]:
            raise WeightsError(f"{reference}: {name} has {file.size} bytes; expected at most {MAX_BYTES[name]}")


def _fetch(remote: RemoteFolder, contents: Contents, folder: Path, on_progress: OnProgress) -> Pulled:
    """All files into COMMIT.part, looked at there; then the record, then the folder gets its name."""
    commit = remote.reference.revision
    draft, whole = folder / f"{commit}.part", folder / commit
    draft.mkdir(exist_ok=True)
    total = sum(file.size for file in remote.files.values())
    _require_room(draft, total)
    known = known_hashes(remote.reference)
    files: dict[str, FileRecord] = {}
    before = 0
    from colorizer_cli.weights.hub_transfer import fetch

    with _refusing(draft, remote.reference):
        for name, file in remote.files.items():

            def on_bytes(count: int, name: str = name, before: int = before) -> None:
                on_progress(name, before + count, total)

            sha256 = fetch(remote.reference, file, known.get(name), draft, on_bytes)
            files[name] = FileRecord(file.size, sha256, _vouched(file, known))
            before += file.size
            if name == CONFIG and CONFIG in contents.needed:
                WeightsConfig.read(draft / CONFIG)  # before the large files are fetched for nothing
        _check_contents(draft, contents)
    now = datetime.now(UTC).isoformat(timespec="seconds")
    record = Record(remote.reference.repo, commit, now, files)
    if whole.exists():  # damaged since, or pulled for another purpose
        (folder / f"{commit}.json").unlink(missing_ok=True)
        shutil.rmtree(whole)
    record.write(folder / f"{commit}.json")
    draft.rename(whole)
    return Pulled(whole, record)


@contextmanager
def _refusing(draft: Path, reference: HubReference) -> Iterator[None]:
    """Nothing is kept of what is not to be trusted; what is merely not whole yet stays."""
    try:
        yield
    except HubError:
        raise
    except WeightsError as error:
        shutil.rmtree(draft)
        words = str(error).replace(f"{draft}{os.sep}", f"{reference}/").replace(str(draft), str(reference))
        raise WeightsError(words) from error


def _check_contents(draft: Path, contents: Contents) -> None:
    """Everything but running them: kinds, hashes that config.json vouches for, what model.onnx would reach for."""
    for name in (SAFETENSORS, ONNX):
        if name in contents.wanted:
            check_format(draft / name)
    if CONFIG in contents.needed:
        problems = WeightsFolder.open(draft).verify()
        if problems:
            raise WeightsError(f"{draft} contradicts itself: {'; '.join(problems)}")
        refuse_unsafe_contents(draft / ONNX)


def _vouched(file: RemoteFile, known: Mapping[str, str]) -> str:
    if file.name in known:
        return "registry"
    return "lfs" if file.sha256 else "git"


def _require_room(draft: Path, total: int) -> None:
    """Said before the first byte rather than after the last but one."""
    there = sum(file.stat().st_size for file in draft.iterdir())
    free = shutil.disk_usage(draft).free
    if free < total - there:
        raise HubError(
            f"no space left: {(total - there) / 1e6:.1f} MB are to come, {free / 1e6:.1f} MB are free in "
            f"{draft.parent}.\nFree some, or set HF_HOME to another disk"
        )


@contextmanager
def _alone(folder: Path, reference: HubReference) -> Iterator[None]:
    """Holds the repository's lock. While another process has it and gets on, that one is waited for."""
    from filelock import FileLock, Timeout

    lock = FileLock(folder / "lock")
    draft = folder / f"{reference.revision}.part"
    came = time.monotonic()
    seen = -1
    while True:
        try:
            lock.acquire(timeout=LOCK_SECONDS)
        except Timeout:
            size = sum(file.stat().st_size for file in draft.glob("*")) if draft.is_dir() else 0
            if size != seen:
                seen, came = size, time.monotonic()
            elif time.monotonic() - came > ABANDONED - 2 * LOCK_SECONDS:
                raise HubError(f"{reference}: another process holds {folder / 'lock'}, and does not get on") from None
        else:
            break
    try:
        yield
    finally:
        lock.release()
