"""Asking the Hub what a revision is: its commit, and the size and hash of each file."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from colorizer_cli.errors import HubError
from colorizer_cli.weights.hub_client import prepare_client
from colorizer_cli.weights.hub_patience import Patience
from colorizer_cli.weights.hub_reference import COMMIT, HubReference
from colorizer_cli.weights.hub_settings import endpoint, offline

SHA256, GIT_SHA1 = re.compile(r"[0-9a-f]{64}"), re.compile(r"[0-9a-f]{40}")

Answer = TypeVar("Answer")


@dataclass(frozen=True)
class RemoteFile:
    """A file on the Hub: bytes, and its sha256 (large files, in LFS) or git's hash of it (the others)."""

    name: str
    size: int
    sha256: str | None
    git_sha1: str | None


@dataclass(frozen=True)
class RemoteFolder:
    """A commit of a repository: the files that were asked for and are there, and the names of all."""

    reference: HubReference
    files: dict[str, RemoteFile]
    names: list[str]


def list_remote(reference: HubReference, wanted: tuple[str, ...], patience: Patience) -> RemoteFolder:
    """Raises HubError where the Hub cannot be reached, has no such revision, or vouches for no hash."""
    prepare_client()
    from huggingface_hub import HfApi

    def ask() -> RemoteFolder:
        api = HfApi(endpoint=endpoint())
        info = api.model_info(
            reference.repo, revision=reference.revision, files_metadata=True, timeout=patience.timeout
        )
        if not COMMIT.fullmatch(info.sha or "") or (reference.pinned and info.sha != reference.revision):
            raise ValueError("no commit")
        pinned = reference.at(str(info.sha))
        siblings = {sibling.rfilename: sibling for sibling in info.siblings or []}
        files = {}
        for name in wanted:
            if name in siblings:
                sibling = siblings[name]
                if sibling.size is None or not (sibling.lfs or sibling.blob_id):  # a mirror that tells names alone
                    files[name] = _by_head(pinned, name, patience)
                else:
                    sha256 = sibling.lfs.sha256 if sibling.lfs else None
                    files[name] = _checked(name, sibling.size, sha256, None if sibling.lfs else sibling.blob_id)
        return RemoteFolder(pinned, files, list(siblings))

    return with_patience(ask, reference, patience)


def with_patience(action: Callable[[], Answer], reference: HubReference, patience: Patience) -> Answer:
    """`action`, tried again where that may help. Raises HubError."""
    from colorizer_cli.weights.hub_failures import retry_after, told, transient, unreachable

    if offline():
        raise HubError(f"{reference} is not here, and HF_HUB_OFFLINE forbids to ask for it")
    while True:
        try:
            return action()
        except HubError:
            raise
        except Exception as error:  # the client's and the HTTP library's own, and those of an odd answer
            if isinstance(error, OSError) and error.errno is not None:  # this machine's disk
                raise
            if not (transient(error) and patience.pause(retry_after(error), unreachable(error))):
                raise told(error, reference) from error


def _by_head(reference: HubReference, name: str, patience: Patience) -> RemoteFile:
    """By the headers X-Linked-Size and X-Linked-ETag, or Content-Length and ETag."""
    from huggingface_hub import get_hf_file_metadata, get_token

    metadata = get_hf_file_metadata(
        file_url(reference, name), token=get_token(), timeout=patience.timeout, endpoint=endpoint()
    )
    etag = metadata.etag or ""
    return _checked(name, metadata.size, etag if SHA256.fullmatch(etag) else None, etag)


def _checked(name: str, size: int | None, sha256: str | None, git_sha1: str | None) -> RemoteFile:
    """Raises ValueError where neither hash is one."""
    sha256 = sha256 if SHA256.fullmatch(sha256 or "") else None
    git_sha1 = git_sha1 if sha256 is None and GIT_SHA1.fullmatch(git_sha1 or "") else None
    if size is None or size < 0 or (sha256 is None and git_sha1 is None):
        raise ValueError(f"no hash of {name}")
    return RemoteFile(name, size, sha256, git_sha1)


def file_url(reference: HubReference, name: str) -> str:
    """Where the Hub serves the file."""
    from huggingface_hub import hf_hub_url

    return hf_hub_url(reference.repo, name, revision=reference.revision, endpoint=endpoint())
