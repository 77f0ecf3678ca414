"""An S3 store on loopback (moto's server), and a proxy before it that can be told to fail."""

from __future__ import annotations

import contextlib
import http.client
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import boto3

CREDENTIALS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_DEFAULT_REGION": "us-east-1"}
# (method, path with query) → None, "503", "403", "cut", "cut upload", "slow", "lost" (done, and no answer), or
# "unconditional" (If-None-Match is not heeded)
Fault = Callable[[str, str], str | None]


class Proxy(ThreadingHTTPServer):
    """Passes requests on to `port`, but for what `fault` says. `requests` has "METHOD path" of all of them."""

    daemon_threads = True

    def __init__(self, port: int) -> None:
        super().__init__(("127.0.0.1", 0), _Passing)
        self.target = port
        self.fault: Fault = lambda method, path: None
        self.requests: list[str] = []
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A killed client's connection ends as it likes."""


class _Passing(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Proxy

    def _pass(self) -> None:
        self.server.requests.append(f"{self.command} {self.path}")
        fault = self.server.fault(self.command, self.path)
        length = int(self.headers.get("Content-Length", 0))
        if fault == "cut upload":
            self.rfile.read(length // 2)
            self._cut()
            return
        body = self.rfile.read(length)
        if fault in ("503", "403"):
            code = {"503": "SlowDown", "403": "AccessDenied"}[fault]
            content = f"<Error><Code>{code}</Code><Message>{code} as asked for</Message></Error>".encode()
            self._answer(int(fault), {"Content-Type": "application/xml"}, content, len(content))
            return
        connection = http.client.HTTPConnection("127.0.0.1", self.server.target, timeout=60)
        with contextlib.closing(connection):
            headers = dict(self.headers)
            if fault == "unconditional":
                headers.pop("If-None-Match", None)
            connection.request(self.command, self.path, body, headers)
            answer = connection.getresponse()
            content = answer.read()
        headers = {name: value for name, value in answer.getheaders() if name.lower() not in HOP_BY_HOP}
        size = int(answer.getheader("Content-Length", len(content)))
        if fault == "lost":
            self._cut()
        elif fault == "cut":
            self._answer(answer.status, headers, content[: len(content) // 2], size)
            self._cut()
        elif fault == "slow":
            self._answer(answer.status, headers, b"", size)
            for start in range(0, len(content), 4096):
                time.sleep(0.05)
                self.wfile.write(content[start : start + 4096])
        else:
            self._answer(answer.status, headers, content, size)

    do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = _pass  # noqa: N815

    def _answer(self, status: int, headers: dict[str, str], content: bytes, size: int) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(size))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)
        self.wfile.flush()

    def _cut(self) -> None:
        self.close_connection = True
        with contextlib.suppress(OSError):
            self.connection.shutdown(2)

    def log_message(self, *_: object) -> None: ...


HOP_BY_HOP = {"content-length", "connection", "transfer-encoding", "keep-alive", "server", "date"}


class ObjectStore:
    """A bucket of its own, behind a proxy. What tests look at goes past the proxy."""

    def __init__(self, port: int, bucket: str) -> None:
        self.proxy = Proxy(port)
        self.bucket = bucket
        self.client = boto3.client(
            "s3",
            endpoint_url=f"http://127.0.0.1:{port}",
            aws_access_key_id="test",
            aws_secret_access_key="secret",
            region_name="us-east-1",
        )
        self.client.create_bucket(Bucket=bucket)

    def url(self, prefix: str) -> str:
        return f"s3://{self.bucket}/{prefix}"

    def put(self, key: str, content: bytes) -> None:
        self.client.put_object(Bucket=self.bucket, Key=key, Body=content)

    def get(self, key: str) -> bytes:
        content: bytes = self.client.get_object(Bucket=self.bucket, Key=key)["Body"].read()
        return content

    def objects(self, prefix: str) -> dict[str, bytes]:
        """Name below the prefix → content, but for what belongs to the journal."""
        return {
            key.removeprefix(prefix + "/"): self.get(key)
            for key in self.keys(prefix)
            if "/colorize-journal." not in key
        }

    def keys(self, prefix: str) -> list[str]:
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=prefix + "/")
        return [entry["Key"] for page in pages for entry in page.get("Contents", ())]

    def uploads(self) -> list[str]:
        """Keys of unfinished uploads."""
        found = self.client.list_multipart_uploads(Bucket=self.bucket)
        return [upload["Key"] for upload in found.get("Uploads", ())]

    def close(self) -> None:
        self.client.close()
        self.proxy.shutdown()
        self.proxy.server_close()


@contextlib.contextmanager
def moto() -> Iterator[int]:
    """The port of a server that lists five keys a page."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    server = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        env=os.environ | {"MOTO_S3_DEFAULT_MAX_KEYS": "5"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                break
            except OSError:
                assert time.monotonic() < deadline, "the server does not start"
                assert server.poll() is None, "the server has ended"
                time.sleep(0.1)
        yield port
    finally:
        server.kill()
        server.wait()


@contextlib.contextmanager
def environment(endpoint: str) -> Iterator[None]:
    """Where this process, and those that it starts, look for S3."""
    before = dict(os.environ)
    os.environ.update(CREDENTIALS | {"AWS_ENDPOINT_URL": endpoint, "NO_PROXY": "127.0.0.1"})
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
