"""What goes wrong with a store: which faults pass, which stay, and how they are told."""

from __future__ import annotations

import errno
import random
import time
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any, TypeVar

from colorizer_cli.errors import ColorizerError, StorageError
from colorizer_cli.storage.address import masked

TRIES = 6
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 8.0  # seconds; doubled each time, and shortened by chance: 16 s at most, all together
PATIENCE = 60.0  # seconds, after which a fault is not tried again: some take until a time-out each
PASSING_STATUS = {408, 425, 429, 500, 502, 503, 504, 509}
PASSING_CODES = {
    *("SlowDown", "InternalError", "RequestTimeout", "ServiceUnavailable", "Throttling"),
    *("OperationAborted", "ConditionalRequestConflict", "IncompleteBody"),
}
PASSING_ERRNO = {errno.EBUSY, errno.ECONNRESET, errno.ETIMEDOUT, errno.EPIPE, getattr(errno, "EREMOTEIO", errno.EIO)}
PASSING_NAMES = {  # of libraries that are not imported for their names' sake
    *("ClientPayloadError", "ClientConnectionError", "ServerTimeoutError"),  # aiohttp
    *("HTTPClientError", "ConnectionError", "EndpointConnectionError", "ConnectionClosedError", "ReadTimeoutError"),
    *("ConnectTimeoutError", "IncompleteReadError", "ResponseStreamingError", "ResponseParserError"),  # botocore
    *("FSTimeoutError", "IncompleteRead", "ProtocolError"),
    *("ServiceRequestError", "ServiceResponseError"),  # azure
}
REFUSED_STATUS = {401, 403}
GONE_CODES = {"NoSuchBucket", "ContainerNotFound"}
CREDENTIALS = {"NoCredentialsError", "PartialCredentialsError", "CredentialRetrievalError", "TokenRetrievalError"}

Result = TypeVar("Result")


def attempt(operation: Callable[[], Result], what: str, writing: bool = False) -> Result:
    """Does it, up to TRIES times where a fault may pass. `what`: for the message, such as "reading s3://b/a.jpg".

    Raises FileNotFoundError and FileExistsError as the store does; else StorageError, which says if it is `refused`:
    then the next try, and every other object, would fare the same.
    """
    deadline = time.monotonic() + PATIENCE
    for number in count(1):
        try:
            return operation()
        except ColorizerError:
            raise
        except Exception as error:
            if _store_is_gone(error) or _is_refused(error):
                raise StorageError(f"{what} was refused: {reason(error)}", refused=True, writing=writing) from error
            if isinstance(error, FileNotFoundError | FileExistsError):
                raise
            if not is_passing(error):
                raise StorageError(f"{what} failed: {reason(error)}", writing=writing) from error
            if number >= TRIES or time.monotonic() > deadline:
                raise StorageError(
                    f"{what} failed {number} times, the last time with: {reason(error)}", passing=True, writing=writing
                ) from error
            time.sleep(min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (number - 1)) * random.uniform(0.5, 1))
    raise AssertionError("unreachable")


def is_passing(error: BaseException) -> bool:
    """Whether the same may go well a moment later: the store is busy, or the connection was cut."""
    for cause in _causes(error):
        status = _status(cause)
        if status is not None:
            return status in PASSING_STATUS or _code(cause) in PASSING_CODES
        if isinstance(cause, TimeoutError | ConnectionError | EOFError):
            return True
        if {kind.__name__ for kind in type(cause).__mro__} & PASSING_NAMES:
            return True
    return isinstance(error, OSError) and error.errno in PASSING_ERRNO


def reason(error: BaseException) -> str:
    """The store's own words, on one line, without secrets."""
    first = next((cause for cause in _causes(error) if _code(cause)), error)
    text = " ".join(str(first).replace(" (reached max retries: 0)", "").split()) or type(first).__name__
    return masked(text)[:300]


def is_not_implemented(error: BaseException) -> bool:
    """Whether the store does not know a request's condition."""
    return any(_status(cause) == 501 or _code(cause) == "NotImplemented" for cause in _causes(error))


def is_upload_gone(error: BaseException) -> bool:
    """Whether a multipart upload was asked for that there is no more."""
    return any(_code(cause) == "NoSuchUpload" for cause in _causes(error))


def _is_refused(error: BaseException) -> bool:
    for cause in _causes(error):
        if isinstance(cause, PermissionError) or _status(cause) in REFUSED_STATUS:
            return True
        if type(cause).__name__ in CREDENTIALS:
            return True
    return False


def _store_is_gone(error: BaseException) -> bool:
    return any(_code(cause) in GONE_CODES for cause in _causes(error))


def _causes(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    cause: BaseException | None = error
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        yield cause
        cause = cause.__cause__ or cause.__context__


def _response(error: BaseException) -> dict[str, Any]:
    response = getattr(error, "response", None)  # of botocore's ClientError
    return response if isinstance(response, dict) else {}


def _status(error: BaseException) -> int | None:
    """The HTTP status, where the error has one: botocore's, gcsfs's, azure's, huggingface_hub's."""
    status = _response(error).get("ResponseMetadata", {}).get("HTTPStatusCode")
    for name in ("status_code", "status", "code"):
        status = status if isinstance(status, int) else getattr(error, name, None)
    status = status if isinstance(status, int) else getattr(getattr(error, "response", None), "status_code", None)
    return status if isinstance(status, int) and 100 <= status < 600 else None


def _code(error: BaseException) -> str:
    code = _response(error).get("Error", {}).get("Code") or getattr(error, "error_code", None)
    return str(code) if code else ""
