"""A Hub that fails: verified weights, or a clear error in bounded time, and nothing half that a later run trusts."""

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hub_server import READ, WRITE, HubServer
from small_disk import small_disk_at
from tiny_weights import contents

from colorizer_cli.errors import HubError
from colorizer_cli.weights import hub_cache, hub_patience
from colorizer_cli.weights.folder import ONNX
from colorizer_cli.weights.hub_pull import WEIGHTS, pull
from colorizer_cli.weights.hub_reference import HubReference
from colorizer_cli.weights.hub_settings import weights_home

MAIN = HubReference("museum/tiny")


@pytest.fixture
def published(hub: HubServer, tiny: Path) -> str:
    return hub.add(MAIN.repo, contents(tiny))


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Four seconds of patience instead of forty."""
    monkeypatch.setenv("HF_HUB_DOWNLOAD_TIMEOUT", "1")


def nothing_to_trust() -> bool:
    """No pull would find anything, and no file has the name of a whole one unless it is whole."""
    return hub_cache.find(MAIN, WEIGHTS.needed) is None and not list(weights_home().glob("*/*.json"))


def fetched_bytes(hub: HubServer, name: str) -> list[str]:
    """Range headers of the requests for a large file."""
    return [request.headers.get("range", "whole") for request in hub.requests if request.cdn]


def test_corruption_of_the_same_size_is_fetched_again(hub: HubServer, published: str, tiny: Path):
    hub.faults.corrupt = 1
    assert contents(pull(MAIN).path) == contents(tiny)


def test_corruption_that_stays_is_an_error(hub: HubServer, published: str, tiny: Path):
    hub.faults.corrupt = -1
    with pytest.raises(HubError, match=r"came damaged, twice: its sha256 is [0-9a-f]{64}, expected"):
        pull(MAIN)
    assert nothing_to_trust()
    assert not list(weights_home().rglob("model.*"))
    hub.faults.corrupt = 0
    assert contents(pull(MAIN).path) == contents(tiny)


def test_a_connection_cut_at_30_percent_is_gone_on_from(hub: HubServer, published: str, tiny: Path):
    hub.faults.cut = 3
    assert contents(pull(MAIN).path) == contents(tiny)
    ranges = fetched_bytes(hub, ONNX)
    assert ranges.count("whole") == 2  # each of the two large files
    assert len([each for each in ranges if each.startswith("bytes=")]) == 3


def test_a_server_without_ranges_starts_again(hub: HubServer, published: str, tiny: Path):
    hub.faults.cut, hub.faults.ignore_range = 1, True
    assert contents(pull(MAIN).path) == contents(tiny)


def test_503_three_times_then_fine(hub: HubServer, published: str, tiny: Path):
    hub.faults.unavailable = 3
    began = time.monotonic()
    assert contents(pull(MAIN).path) == contents(tiny)
    assert 7 <= time.monotonic() - began < 20  # pauses of 1, 2 and 4 seconds


@pytest.mark.parametrize(("retry_after", "at_most"), [(None, 6), (1, 6), (3600, 1)])
def test_503_for_ever(hub: HubServer, published: str, impatient: None, retry_after: int | None, at_most: float):
    hub.faults.unavailable, hub.faults.retry_after = -1, retry_after
    began = time.monotonic()
    with pytest.raises(HubError, match=r"failed \(HTTP 503\); try again later"):
        pull(MAIN)
    assert time.monotonic() - began < at_most
    assert nothing_to_trust()


def test_a_slow_server_is_waited_for(hub: HubServer, published: str, tiny: Path, impatient: None):
    hub.faults.bytes_per_second = 60_000  # the network file alone takes longer than one silence may
    assert contents(pull(MAIN).path) == contents(tiny)


def test_a_server_that_drips_is_given_up_and_gone_on_from(hub: HubServer, published: str, tiny: Path, impatient: None):
    hub.faults.bytes_per_second = 300
    began = time.monotonic()
    with pytest.raises(HubError, match=r"too slowly: \d+ of \d+ bytes.*(\n).*kept"):
        pull(MAIN)
    assert time.monotonic() - began < 8
    assert nothing_to_trust()
    (part,) = weights_home().rglob("model.*.part")
    came = part.stat().st_size
    assert came > 0
    hub.faults.bytes_per_second = None
    hub.requests.clear()
    assert contents(pull(MAIN).path) == contents(tiny)
    assert f"bytes={came}-" in fetched_bytes(hub, ONNX)


def test_the_patience_of_a_user_who_set_nothing_ends_within_a_minute(hub: HubServer):
    patience = hub_patience.Patience()
    assert patience.limit + patience.timeout < 60


def test_a_silent_server(hub: HubServer, published: str, impatient: None):
    hub.faults.silent = True
    began = time.monotonic()
    with pytest.raises(HubError, match=r"stopped answering \(ReadTimeout\)"):
        pull(MAIN)
    assert time.monotonic() - began < 8


def test_an_answer_that_ends_early(hub: HubServer, published: str, impatient: None):
    hub.faults.short, hub.faults.ignore_range = True, True
    with pytest.raises(HubError, match=r"ends after \d+ of \d+ bytes"):
        pull(MAIN)
    assert nothing_to_trust()


def test_no_server(hub: HubServer, monkeypatch: pytest.MonkeyPatch):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{port}")
    began = time.monotonic()
    with pytest.raises(HubError, match=rf"127.0.0.1:{port} cannot be reached"):
        pull(MAIN)
    assert time.monotonic() - began < 10


def test_a_proxy_is_gone_through(hub: HubServer, published: str, tiny: Path, monkeypatch: pytest.MonkeyPatch):
    from huggingface_hub.utils import close_session

    monkeypatch.setenv("HTTP_PROXY", hub.endpoint)
    monkeypatch.setenv("HF_ENDPOINT", "http://hub.invalid")
    close_session()
    try:
        assert contents(pull(MAIN).path) == contents(tiny)
    finally:
        close_session()
    assert "hub.invalid" in {request.headers["host"] for request in hub.requests}


@pytest.mark.parametrize(
    ("options", "token", "revision", "message"),
    [
        ({}, "hf_wrong", "main", r"refuses the token \(401\)"),
        ({"private": True}, None, "main", "no such repository"),
        ({"gated": True}, None, "main", r"is gated: its owner decides(.|\n)*/museum/tiny, and set HF_TOKEN"),
        ({}, None, "v9", "has no revision v9"),
        ({}, "hf_é", "main", "characters that no token has"),
    ],
)
def test_what_the_hub_refuses(
    hub: HubServer,
    tiny: Path,
    monkeypatch: pytest.MonkeyPatch,
    options: dict[str, bool],
    token: str | None,
    revision: str,
    message: str,
):
    hub.add(MAIN.repo, contents(tiny), **options)
    if token is not None:
        monkeypatch.setenv("HF_TOKEN", token)
    began = time.monotonic()
    with pytest.raises(HubError, match=message) as refusal:
        pull(HubReference(MAIN.repo, revision))
    assert time.monotonic() - began < 2
    assert "hf_" not in str(refusal.value).replace("HF_", "")
    assert nothing_to_trust()


def test_a_repository_that_is_none(hub: HubServer, monkeypatch: pytest.MonkeyPatch):
    for token in (None, READ, WRITE):
        if token:
            monkeypatch.setenv("HF_TOKEN", token)
        with pytest.raises(HubError, match="no such repository"):
            pull(MAIN)


def test_a_web_page_instead_of_a_hub(hub: HubServer, published: str):
    hub.faults.page = True
    with pytest.raises(HubError, match="answers otherwise than a Hub would"):
        pull(MAIN)


@pytest.fixture
def small_disk(tmp_path: Path, hub: HubServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """HF_HOME on a file system of 200 kB."""
    with small_disk_at(tmp_path / "disk", "200k") as disk:
        monkeypatch.setenv("HF_HOME", str(disk))
        yield disk


def test_a_full_disk(hub: HubServer, published: str, tiny: Path, small_disk: Path, monkeypatch: pytest.MonkeyPatch):
    with pytest.raises(HubError, match=r"no space left: 0.3 MB are to come, 0.2 MB are free"):
        pull(MAIN)
    usage = shutil.disk_usage(small_disk)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=10**9))  # filled by others meanwhile
    with pytest.raises(HubError, match=r"no space left for .* MB in .*\n.*kept"):
        pull(MAIN)
    assert nothing_to_trust()
    subprocess.run(["mount", "-o", "remount,size=5m", small_disk], check=True)
    assert contents(pull(MAIN).path) == contents(tiny)
    assert any(each.startswith("bytes=") for each in fetched_bytes(hub, ONNX))


def test_a_cache_that_cannot_be_written(hub: HubServer, published: str, tmp_path: Path):
    weights_home().parent.mkdir(parents=True)
    weights_home().write_text("a file where the folder should be")
    with pytest.raises(HubError, match="cannot be written"):
        pull(MAIN)
