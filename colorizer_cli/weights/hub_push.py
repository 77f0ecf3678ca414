"""A weights folder → a repository on the Hub."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from colorizer_cli.errors import HubError, UsageError, WeightsError
from colorizer_cli.weights.folder import WeightsFolder
from colorizer_cli.weights.hub_card import complete_card
from colorizer_cli.weights.hub_client import prepare_client
from colorizer_cli.weights.hub_listing import list_remote
from colorizer_cli.weights.hub_patience import Patience
from colorizer_cli.weights.hub_reference import MAIN, HubReference, valid_repo
from colorizer_cli.weights.hub_settings import LIBRARY, endpoint, offline
from colorizer_cli.weights.names import CARD, CONFIG, HASHED, ONNX, file_sha256
from colorizer_cli.weights.onnx_contents import refuse_unsafe_contents

if TYPE_CHECKING:
    from huggingface_hub import HfApi

ANSWER_SECONDS = 45.0  # that the Hub may take for one answer
NO_TOKEN = "publishing needs a token of yours that may write: set HF_TOKEN, or run `hf auth login`"


@dataclass(frozen=True)
class PlannedFile:
    """A file as it will be on the Hub: bytes, and its lower-case hexadecimal sha256."""

    size: int
    sha256: str


@dataclass(frozen=True)
class Publication:
    """What would be published, and where. The folder's other files stay at home: contact sheets show photos."""

    weights: WeightsFolder
    repo: str
    public: bool
    card: str
    files: dict[str, PlannedFile]
    left_out: list[str]


def plan_push(weights: WeightsFolder, repo: str, public: bool = False, licence: str | None = None) -> Publication:
    """Everything that can be checked without a request. Raises UsageError, WeightsError."""
    if not valid_repo(repo):
        raise UsageError(f"{repo:.200}: expected OWNER/REPO, the repository to publish to")
    problems = weights.verify()
    if problems:
        raise WeightsError(f"{weights.path} is damaged, and is not published: {'; '.join(problems)}")
    refuse_unsafe_contents(weights.file(ONNX))
    card = complete_card(weights, licence)
    text = card.encode()
    files = {name: _planned(weights, name) for name in (CONFIG, *HASHED)}
    files[CARD] = PlannedFile(len(text), hashlib.sha256(text).hexdigest())
    left_out = sorted(file.name for file in weights.path.iterdir() if file.name not in files)
    return Publication(weights, repo, public, card, files, left_out)


def push(plan: Publication, message: str, show_progress: bool = False) -> HubReference:
    """Makes the repository if there is none, uploads the files in one commit, and asks for what came. → the commit.

    Raises HubError, also where the repository is public and `plan` is not.
    """
    prepare_client()
    from huggingface_hub import HfApi, get_token
    from huggingface_hub.utils import disable_progress_bars  # type: ignore[attr-defined]

    reference = HubReference(plan.repo)
    if offline():
        raise HubError(f"{reference}: HF_HUB_OFFLINE forbids to publish anything")
    token = get_token()
    if token is None:
        raise HubError(NO_TOKEN)
    if not show_progress:
        disable_progress_bars()
    with _bounded_answers(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the client's: they are for programmers
        commit = _upload(HfApi(endpoint=endpoint(), token=token, library_name=LIBRARY), plan, message, reference)
        _check_arrival(plan, commit)
    return commit


def _planned(weights: WeightsFolder, name: str) -> PlannedFile:
    file = weights.file(name)
    return PlannedFile(file.stat().st_size, file_sha256(file))


def _upload(api: HfApi, plan: Publication, message: str, reference: HubReference) -> HubReference:
    from huggingface_hub import CommitOperationAdd

    from colorizer_cli.weights.hub_failures import told

    try:
        api.create_repo(plan.repo, private=not plan.public, exist_ok=True)
        private = api.model_info(plan.repo).private  # one that was there before is as it was
        if not plan.public and private is False:
            raise HubError(f"{plan.repo} is public already: add --public to publish there, or choose another name")
        if plan.public and private is True:
            raise HubError(
                f"{plan.repo} is private already, and stays so: make it public in its settings on the Hub, or choose "
                "another name"
            )
        operations = [
            CommitOperationAdd(name, plan.card.encode() if name == CARD else plan.weights.file(name))
            for name in plan.files
        ]
        return reference.at(api.create_commit(plan.repo, operations, commit_message=message, revision=MAIN).oid)
    except HubError:
        raise
    except Exception as error:
        cause = error.__cause__ if isinstance(error, RuntimeError) and error.__cause__ else error
        if str(error).startswith("Invalid metadata in README.md"):
            raise HubError(f"the Hub refuses the model card: {' '.join(str(error).split())[:300]}") from error
        if isinstance(cause, OSError) and cause.errno is not None:
            raise
        raise (told(cause, reference) if isinstance(cause, Exception) else HubError(str(reference))) from error


def _check_arrival(plan: Publication, commit: HubReference) -> None:
    """What the Hub now says of each file, against what was sent."""
    remote = list_remote(commit, tuple(plan.files), Patience())
    for name, planned in plan.files.items():
        found = remote.files.get(name)
        if found is None or found.size != planned.size or found.sha256 not in (None, planned.sha256):
            raise HubError(f"{commit}: {name} did not arrive as it was sent; publish again")


@contextmanager
def _bounded_answers() -> Iterator[None]:
    """huggingface_hub waits for an upload's answers without end."""
    from huggingface_hub import get_session

    session = get_session()
    before = session.timeout
    session.timeout = ANSWER_SECONDS  # a number sets all four: connect, read, write, pool
    try:
        yield
    finally:
        session.timeout = before
