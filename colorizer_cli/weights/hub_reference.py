"""hf:OWNER/REPO[@REV]: what a user types for weights on the Hub."""

from __future__ import annotations

import re
from dataclasses import dataclass

from colorizer_cli.errors import UsageError

PREFIX = "hf:"
MAIN = "main"
COMMIT = re.compile(r"[0-9a-f]{40}")
# The Hub's own rules for names: https://huggingface.co/docs/hub/repositories; revisions are names of git
_NAME = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_.-]{0,94}[A-Za-z0-9_])?", re.ASCII)
_REVISION = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_./+-]{0,199}", re.ASCII)


@dataclass(frozen=True)
class HubReference:
    """A repository of models on the Hub at a revision: a branch, a tag, or a commit of 40 hexadecimal digits."""

    repo: str
    revision: str = MAIN

    @classmethod
    def parse(cls, text: str) -> HubReference:
        """Raises UsageError where the text is no hf:OWNER/REPO[@REV]. Whatever passes is safe as a file name."""
        repo, at, revision = text.removeprefix(PREFIX).partition("@")
        if not text.startswith(PREFIX) or not valid_repo(repo) or (at and not _valid_revision(revision)):
            raise UsageError(f"{text:.200}: expected hf:OWNER/REPO or hf:OWNER/REPO@REVISION")
        return cls(repo, revision or MAIN)

    @property
    def pinned(self) -> bool:
        """Whether it names a commit, which never changes."""
        return COMMIT.fullmatch(self.revision) is not None

    def at(self, commit: str) -> HubReference:
        """The same repository at that commit."""
        return HubReference(self.repo, commit)

    def __str__(self) -> str:
        return f"{PREFIX}{self.repo}" if self.revision == MAIN else f"{PREFIX}{self.repo}@{self.revision}"


def is_hub_reference(name: object) -> bool:
    """Whether --weights means the Hub."""
    return str(name).startswith(PREFIX)


def valid_repo(repo: str) -> bool:
    """Whether it is OWNER/REPO by the Hub's rules."""
    parts = repo.split("/")
    return len(parts) == 2 and all(
        _NAME.fullmatch(part) and ".." not in part and "--" not in part and not part.endswith(".git") for part in parts
    )


def _valid_revision(revision: str) -> bool:
    return _REVISION.fullmatch(revision) is not None and ".." not in revision and not revision.endswith(("/", "."))
