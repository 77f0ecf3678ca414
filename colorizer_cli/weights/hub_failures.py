"""What goes wrong on the way to the Hub, in words of one or two lines; and what is worth another try."""

from __future__ import annotations

import errno

import httpx2
from huggingface_hub import errors as hub

from colorizer_cli.errors import HubError
from colorizer_cli.weights.hub_reference import HubReference
from colorizer_cli.weights.hub_settings import shown_endpoint

TRANSIENT_STATUS = {408, 429, 500, 502, 503, 504}
NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
SIGN_IN = "If it is private, set HF_TOKEN to a token that may read it (or run `hf auth login`)"

BY_ITS_STATUS = ""
NO_TOKEN_LIKE_THAT = "HF_TOKEN holds characters that no token has"
ODD = "{hub} answers otherwise than a Hub would ({kind})"
BY_KIND: tuple[tuple[type[Exception], str], ...] = (  # the first that fits
    (hub.OfflineModeIsEnabled, "it is not here, and HF_HUB_OFFLINE forbids to ask for it"),
    (
        hub.GatedRepoError,
        "it is gated: its owner decides who may have it.\n"
        "Ask for access at {hub}/{repo}, and set HF_TOKEN to your token",
    ),
    (hub.DisabledRepoError, "it has been disabled by the Hub"),
    (hub.RevisionNotFoundError, "{repo} has no revision {revision}; give a branch, tag or commit"),
    (hub.RemoteEntryNotFoundError, "a file has gone from the Hub while it was fetched; try again"),
    (hub.RepositoryNotFoundError, f"there is no such repository on {{hub}}.\n{SIGN_IN}"),
    (hub.HfHubHTTPError, BY_ITS_STATUS),
    (httpx2.ProxyError, "the proxy refused the way to {hub}; check HTTPS_PROXY and NO_PROXY"),
    (httpx2.ConnectError, "{hub} cannot be reached; check the network, HTTPS_PROXY and HF_ENDPOINT"),
    (httpx2.LocalProtocolError, NO_TOKEN_LIKE_THAT),
    (UnicodeEncodeError, NO_TOKEN_LIKE_THAT),
    (
        httpx2.HTTPError,
        "{hub} stopped answering ({kind}).\nWhat has come is kept: the same command goes on from there",
    ),
)
BY_STATUS = {
    401: "{hub} refuses the token (401); renew HF_TOKEN, or unset it",
    403: "the token gives no right to this (403); use one with the right scope",
    404: "{hub} does not have it (404)",
    429: "{hub} asks to slow down (429); try again later, or set HF_TOKEN",
}


def transient(error: Exception) -> bool:
    """Whether another try may succeed."""
    if isinstance(error, hub.HfHubHTTPError):
        return error.response.status_code in TRANSIENT_STATUS
    return isinstance(error, httpx2.TimeoutException | httpx2.NetworkError | httpx2.RemoteProtocolError)


def unreachable(error: Exception) -> bool:
    """Whether no connection was made at all."""
    return isinstance(error, httpx2.ConnectError)


def retry_after(error: Exception) -> float | None:
    """Seconds that the server asked to wait."""
    text = error.response.headers.get("Retry-After", "") if isinstance(error, hub.HfHubHTTPError) else ""
    return float(text) if text.isdigit() else None


def told(error: Exception, reference: HubReference) -> HubError:
    """`error` for the user. Texts of the client's own errors are not passed on: they may hold signed addresses."""
    what = next((words for kind, words in BY_KIND if isinstance(error, kind)), ODD)
    status = error.response.status_code if isinstance(error, hub.HfHubHTTPError) else 0
    if what == BY_ITS_STATUS:
        what = BY_STATUS.get(status, "{hub} failed (HTTP {status}); try again later")
    words = what.format(
        hub=shown_endpoint(), repo=reference.repo, revision=reference.revision, status=status, kind=type(error).__name__
    )
    return HubError(f"{reference}: {words}")


def no_room(error: OSError, needed: int, folder: object) -> HubError:
    """`error` of writing below `folder`, where `needed` bytes are still to come."""
    if error.errno in NO_ROOM:
        return HubError(
            f"no space left for {needed / 1e6:.1f} MB in {folder}; free some, or set HF_HOME to another disk.\n"
            "What has come is kept: the same command goes on from there"
        )
    return HubError(f"{folder} cannot be written: {error.strerror or error}")
