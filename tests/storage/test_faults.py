"""What is tried again, what is not, and what is said."""

import time
from collections.abc import Callable

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from colorizer_cli.errors import StorageError
from colorizer_cli.storage import faults


@pytest.fixture(autouse=True)
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    found: list[float] = []
    monkeypatch.setattr(time, "sleep", found.append)
    return found


def failing(*errors: Exception) -> Callable[[], str]:
    waiting = list(errors)

    def operation() -> str:
        if waiting:
            raise waiting.pop(0)
        return "done"

    return operation


def answer(status: int, code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "m"}, "ResponseMetadata": {"HTTPStatusCode": status}}, "Get")


def wrapped(error: Exception) -> OSError:
    outer = OSError(22, "translated")
    outer.__cause__ = error
    return outer


PASSING = [
    answer(503, "SlowDown"),
    answer(500, "InternalError"),
    answer(429, "TooManyRequests"),
    answer(400, "RequestTimeout"),
    wrapped(answer(503, "ServiceUnavailable")),
    EndpointConnectionError(endpoint_url="http://127.0.0.1"),
    ConnectionResetError(),
    TimeoutError(),
]


@pytest.mark.parametrize("error", PASSING, ids=repr)
def test_a_fault_that_passes_is_tried_again(error: Exception, pauses: list[float]):
    assert faults.attempt(failing(error, error), "reading") == "done"
    assert len(pauses) == 2


def test_tries_are_bounded_and_slow_down(pauses: list[float]):
    with pytest.raises(StorageError, match=r"reading s3://b/a failed 6 times.*SlowDown") as error:
        faults.attempt(failing(*[answer(503, "SlowDown")] * 9), "reading s3://b/a")
    assert (error.value.passing, error.value.refused) == (True, False)
    assert len(pauses) == faults.TRIES - 1
    assert pauses[-1] > 3 * pauses[0]
    assert sum(pauses) < 20


@pytest.mark.parametrize(
    ("error", "refused"),
    [
        (answer(403, "AccessDenied"), True),
        (answer(404, "NoSuchBucket"), True),
        (wrapped(answer(403, "InvalidAccessKeyId")), True),
        (PermissionError("Forbidden"), True),
        (answer(400, "InvalidArgument"), False),
        (ValueError("a bug"), False),
    ],
    ids=repr,
)
def test_what_stays_is_not_tried_again(error: Exception, refused: bool, pauses: list[float]):
    with pytest.raises(StorageError) as found:
        faults.attempt(failing(error), "writing", writing=True)
    assert (found.value.refused, found.value.passing, found.value.writing) == (refused, False, True)
    assert pauses == []


@pytest.mark.parametrize("error", [FileNotFoundError("x"), FileExistsError("x")])
def test_presence_is_an_answer_and_no_fault(error: Exception):
    with pytest.raises(type(error)):
        faults.attempt(failing(error), "looking")


def test_words_carry_no_secrets():
    error = ValueError("cannot read https://ann:word@host/p?sig=abc\n twice")
    assert faults.reason(error) == "cannot read https://***@host/p?sig=*** twice"
