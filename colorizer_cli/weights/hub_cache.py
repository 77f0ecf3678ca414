"""Weights that have been pulled from the Hub, on disk. No request is made here.

    HF_HOME/assets/colorizer-cli/weights/OWNER--REPO/
        COMMIT/          the files; it gets this name when all of them are verified
        COMMIT.json      their sizes and sha256 (`Record`), written just before
        COMMIT.part/     what has come so far of a pull that is going on, or was interrupted
        refs/REVISION    the commit that a branch or tag was when it was last asked for

Only a commit with both its folder and its record counts as there.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from colorizer_cli.weights.hub_reference import COMMIT, HubReference
from colorizer_cli.weights.hub_settings import weights_home
from colorizer_cli.weights.names import CONFIG, file_sha256


@dataclass(frozen=True)
class FileRecord:
    """A pulled file: bytes, lower-case hexadecimal sha256, and what vouched for it: "registry", "lfs" (the Hub's
    sha256) or "git" (the Hub's git hash; small files have no other)."""

    size: int
    sha256: str
    vouched: str


@dataclass(frozen=True)
class Record:
    """What was pulled, and when (ISO 8601, UTC)."""

    repo: str
    commit: str
    pulled: str
    files: dict[str, FileRecord]

    def write(self, file: Path) -> None:
        write_whole(file, json.dumps(asdict(self), indent=1) + "\n")

    @classmethod
    def read(cls, file: Path) -> Record | None:
        """None where there is none that can be trusted."""
        try:
            entries: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
            files = {name: FileRecord(**entry) for name, entry in entries.pop("files").items()}
            return cls(**entries, files=files)
        except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
            return None


@dataclass(frozen=True)
class Pulled:
    """A folder of verified files, and the commit that they are."""

    path: Path
    record: Record

    @property
    def reference(self) -> HubReference:
        return HubReference(self.record.repo, self.record.commit)

    @property
    def size(self) -> int:
        """Bytes."""
        return sum(file.size for file in self.record.files.values())

    def problems(self) -> list[str]:
        """Every file hashed again. → what is wrong, a line each."""
        found = []
        for name, expected in self.record.files.items():
            file = self.path / name
            if not file.is_file():
                found.append(f"{name} is missing")
            elif (sha256 := file_sha256(file)) != expected.sha256:
                found.append(f"{name}: sha256 is {sha256}, {expected.sha256} when it was pulled")
        return found


def repo_folder(repo: str) -> Path:
    """OWNER--REPO: the Hub allows no -- in names, so no two repositories meet."""
    return weights_home() / repo.replace("/", "--")


def find(reference: HubReference, needed: Sequence[str]) -> Pulled | None:
    """What is there of `reference`, if it is there with the needed files, of the recorded sizes; a branch or tag as it
    was when last asked for. config.json is hashed here; a backend hashes the network file that it loads."""
    commit = reference.revision if reference.pinned else recorded_commit(reference)
    pulled = None if commit is None else _open(repo_folder(reference.repo), commit)
    if pulled is None or pulled.record.repo != reference.repo or not set(needed) <= set(pulled.record.files):
        return None
    return pulled if all(_as_recorded(pulled.path / name, pulled.record.files[name]) for name in needed) else None


def recorded_commit(reference: HubReference) -> str | None:
    """The commit that a branch or tag was when it was last asked for."""
    return _read_ref(_ref(reference))


def remember_commit(reference: HubReference, commit: str) -> None:
    """Notes what a branch or tag is now."""
    if not reference.pinned:
        _ref(reference).parent.mkdir(parents=True, exist_ok=True)
        write_whole(_ref(reference), commit + "\n")


def all_pulled() -> Iterator[tuple[Pulled, list[str]]]:
    """Everything that is there, each with the branches and tags that it was when they were last asked for."""
    for folder in sorted(weights_home().glob("*--*")):
        refs = {unquote(file.name): _read_ref(file) for file in folder.glob("refs/*")}
        for record in sorted(folder.glob("*.json")):
            pulled = _open(folder, record.stem)
            if pulled is not None:
                yield pulled, [name for name, commit in refs.items() if commit == pulled.record.commit]


def remove(reference: HubReference, revision_given: bool) -> list[Pulled]:
    """Deletes what was pulled of a repository: all of it, or one revision. → what was deleted.

    The record goes first: what is left behind by an interruption is trusted by nobody.
    """
    folder = repo_folder(reference.repo)
    commit = reference.revision if reference.pinned else recorded_commit(reference)
    commits = [commit] if revision_given else [file.stem for file in folder.glob("*.json")]
    removed = []
    for each in commits:
        if each is None or (pulled := _open(folder, each)) is None:
            continue
        (folder / f"{each}.json").unlink()
        shutil.rmtree(pulled.path)
        removed.append(pulled)
    for ref in folder.glob("refs/*"):
        if not (folder / f"{_read_ref(ref)}.json").is_file():
            ref.unlink()
    if not any(folder.glob("*.json")):
        shutil.rmtree(folder, ignore_errors=True)
    return removed


def write_whole(file: Path, text: str) -> None:
    """Under another name, synced, then renamed."""
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    with open(draft, "w", encoding="utf-8") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    draft.replace(file)


def _ref(reference: HubReference) -> Path:
    return repo_folder(reference.repo) / "refs" / quote(reference.revision, safe="")


def _read_ref(file: Path) -> str | None:
    try:
        commit = file.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return None
    return commit if COMMIT.fullmatch(commit) else None


def _open(folder: Path, commit: str) -> Pulled | None:
    record = Record.read(folder / f"{commit}.json") if COMMIT.fullmatch(commit) else None
    path = folder / commit
    return Pulled(path, record) if record is not None and record.commit == commit and path.is_dir() else None


def _as_recorded(file: Path, recorded: FileRecord) -> bool:
    if not file.is_file() or file.stat().st_size != recorded.size:
        return False
    return file.name != CONFIG or file_sha256(file) == recorded.sha256
