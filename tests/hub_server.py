"""A Hub on loopback: the part of its HTTP API that weights go through, and faults on demand.

Small files are served by the Hub itself, large ones (LFS) through a redirect to a second host, as the real one does.
"""

from __future__ import annotations

import base64
import hashlib
import json
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

LFS_FROM = 20_000  # bytes
READ, WRITE = "hf_only_reads", "hf_may_write_0123456789"


@dataclass
class Faults:
    """What goes wrong, where not 0 or None. Counts go down as they are used; -1 stays."""

    corrupt: int = 0  # answers with one byte changed, the size the same
    cut: int = 0  # connections that break off after `cut_share`
    cut_share: float = 0.3
    unavailable: int = 0  # answers 503
    retry_after: int | None = None
    bytes_per_second: float | None = None
    silent: bool = False  # takes the request and says nothing
    ignore_range: bool = False
    short: bool = False  # ends early and says so
    page: bool = False  # a page of somebody else's for everything

    def use(self, name: str) -> bool:
        count: int = getattr(self, name)
        if count > 0:
            setattr(self, name, count - 1)
        return count != 0


@dataclass
class Repo:
    private: bool = False
    gated: bool = False
    commits: dict[str, dict[str, bytes]] = field(default_factory=dict)
    refs: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    headers: dict[str, str]
    cdn: bool


class HubServer:
    """`endpoint` is what HF_ENDPOINT should be; `requests` all that came."""

    def __init__(self) -> None:
        self.repos: dict[str, Repo] = {}
        self.faults = Faults()
        self.requests: list[Request] = []
        self.blobs: dict[str, bytes] = {}
        self.metadata = True  # False: a mirror that lists names alone
        self.hub = _listen(self, cdn=False)
        self.cdn = _listen(self, cdn=True)

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.hub.server_address[1]}"

    @property
    def cdn_endpoint(self) -> str:
        return f"http://127.0.0.1:{self.cdn.server_address[1]}"

    def close(self) -> None:
        for server in (self.hub, self.cdn):
            server.shutdown()
            server.server_close()

    def add(self, name: str, files: dict[str, bytes], revision: str = "main", **options: bool) -> str:
        """A commit of all files. → its name"""
        repo = self.repos.setdefault(name, Repo(**options))
        text = json.dumps([len(repo.commits), sorted((file, sha256(data)) for file, data in files.items())])
        commit = hashlib.sha1(f"{name}{text}".encode()).hexdigest()
        repo.commits[commit] = dict(files)
        repo.refs[revision] = commit
        return commit

    def paths(self, method: str = "GET") -> list[str]:
        return [request.path for request in self.requests if request.method == method]


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def git_sha1(data: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


def is_lfs(name: str, data: bytes) -> bool:
    return len(data) >= LFS_FROM or name.endswith((".safetensors", ".onnx"))


def _listen(hub: HubServer, cdn: bool) -> ThreadingHTTPServer:
    handler = type("Handler", (_Handler,), {"hub": hub, "cdn": cdn})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    return server


def _entry(path: str, data: bytes) -> dict[str, Any]:
    entry: dict[str, Any] = {"type": "file", "path": path, "size": len(data), "oid": git_sha1(data)}
    if is_lfs(path, data):
        entry["lfs"] = {"oid": sha256(data), "size": len(data), "pointerSize": 134}
    return entry


def _folder(path: str) -> dict[str, Any]:
    return {"type": "directory", "path": path, "size": 0, "oid": git_sha1(path.encode())}


class _RefusedError(Exception):
    def __init__(self, status: int, code: str = "", message: str = "") -> None:
        super().__init__(code)
        self.status, self.code, self.message = status, code, message


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    hub: HubServer
    cdn: bool

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def do_GET(self) -> None:
        self._answer()

    def do_HEAD(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def do_PUT(self) -> None:
        self._answer()

    def _answer(self) -> None:
        url = urlsplit(self.path)
        self.query, self.parts = parse_qs(url.query), unquote(url.path).strip("/").split("/")
        self.body = self._read()
        self.hub.requests.append(
            Request(
                self.command, unquote(url.path), {name.lower(): value for name, value in self.headers.items()}, self.cdn
            )
        )
        faults = self.hub.faults
        with suppress(BrokenPipeError, ConnectionResetError):
            if faults.silent:
                time.sleep(30)
                return
            if faults.use("unavailable"):
                waits = {} if faults.retry_after is None else {"Retry-After": str(faults.retry_after)}
                return self._send(503, b"down", waits)
            if faults.page:
                return self._send(200, b"<html>Sign in to the wireless network</html>", {"Content-Type": "text/html"})
            try:
                self._serve_blob(self.parts[1]) if self.cdn else self._route()
            except _RefusedError as refusal:
                headers = {"X-Error-Code": refusal.code, "X-Error-Message": refusal.message}
                self._send(refusal.status, b"", {name: value for name, value in headers.items() if value})

    def _read(self) -> bytes:
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = b""
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def _route(self) -> None:  # noqa: PLR0911 - a line for each address
        parts, command = self.parts, self.command
        if parts[:2] == ["api", "models"]:
            name, rest = "/".join(parts[2:4]), parts[4:]
            if command == "POST" and rest[0] == "paths-info":
                return self._paths_info(name, rest[1])
            if command == "POST":
                return self._preupload(name) if rest[0] == "preupload" else self._commit(name)
            return (
                self._tree(name, rest[1], "/".join(rest[2:]))
                if rest[:1] == ["tree"]
                else self._info(name, "/".join(rest[1:]) or "main")
            )
        if parts == ["api", "repos", "create"]:
            return self._create()
        if parts == ["api", "validate-yaml"]:
            return self._validate()
        if parts[2:3] == ["resolve"]:
            return self._resolve("/".join(parts[:2]), parts[3], "/".join(parts[4:]))
        if parts[-3:] == ["lfs", "objects", "batch"]:
            return self._batch()
        if parts[0] == "lfs" and command == "PUT":
            return self._take(parts[1])
        if parts == ["lfs", "verify"]:
            return self._json({}, 200 if json.loads(self.body)["oid"] in self.hub.blobs else 404)
        raise _RefusedError(404)

    def _token(self) -> str | None:
        return (self.headers.get("Authorization") or "").removeprefix("Bearer ") or None

    def _repo(self, name: str, write: bool = False) -> Repo:
        token, repo = self._token(), self.hub.repos.get(name)
        if token is not None and token not in (READ, WRITE):
            raise _RefusedError(401, "", "Invalid credentials in Authorization header")
        if repo is None or (repo.private and token is None):
            raise _RefusedError(404 if token else 401, "RepoNotFound", "Repository not found")
        if write and token != WRITE:
            raise _RefusedError(403, "", "Forbidden: this token only reads")
        return repo

    def _files(self, name: str, revision: str, read: bool = False) -> tuple[str, dict[str, bytes]]:
        repo = self._repo(name)
        if read and repo.gated and self._token() is None:
            raise _RefusedError(401, "GatedRepo", "Access to this model is restricted")
        commit = repo.refs.get(revision, revision)
        if commit not in repo.commits:
            raise _RefusedError(404, "RevisionNotFound", f"Invalid rev id: {revision}")
        return commit, repo.commits[commit]

    def _info(self, name: str, revision: str) -> None:
        commit, files = self._files(name, revision)
        siblings: list[dict[str, Any]] = [{"rfilename": file} for file in files]
        if "blobs" in self.query and self.hub.metadata:
            for sibling, (file, data) in zip(siblings, files.items(), strict=True):
                sibling |= {"size": len(data), "blobId": git_sha1(data)}
                if is_lfs(file, data):
                    sibling["lfs"] = {"sha256": sha256(data), "size": len(data), "pointerSize": 134}
        private = self.hub.repos[name].private
        self._json({"id": name, "modelId": name, "sha": commit, "private": private, "siblings": siblings})

    def _tree(self, name: str, revision: str, folder: str) -> None:
        """What lies in the folder, or with `recursive` all that lies below it."""
        deep = self.query.get("recursive", ["false"])[0].lower() == "true"
        top = f"{folder}/" if folder else ""
        entries = {}
        for file, data in self._files(name, revision)[1].items():
            if file.startswith(top):
                first, _, below = file[len(top) :].partition("/")
                whole = deep or not below
                entries[file if whole else top + first] = _entry(file, data) if whole else _folder(top + first)
        if not entries and folder:
            raise _RefusedError(404, "EntryNotFound", "Entry not found")
        self._json(list(entries.values()))

    def _paths_info(self, name: str, revision: str) -> None:
        body = self.body.decode()
        wanted = json.loads(body)["paths"] if body.startswith("{") else parse_qs(body)["paths"]
        files = self._files(name, revision)[1]
        found = [_entry(path, files[path]) for path in wanted if path in files]
        found += [_folder(path) for path in wanted if any(file.startswith(f"{path}/") for file in files)]
        self._json(found)

    def _resolve(self, name: str, revision: str, file: str) -> None:
        commit, files = self._files(name, revision, read=True)
        if file not in files:
            raise _RefusedError(404, "EntryNotFound", "Entry not found")
        data = files[file]
        headers = {"X-Repo-Commit": commit, "ETag": f'"{git_sha1(data)}"'}
        if not is_lfs(file, data):
            return self._send_file(data, headers)
        self.hub.blobs[sha256(data)] = data
        headers |= {"X-Linked-ETag": f'"{sha256(data)}"', "X-Linked-Size": str(len(data))}
        headers["Location"] = f"{self.hub.cdn_endpoint}/blob/{sha256(data)}?Signature=secret"
        self._send(302, b"", headers)

    def _serve_blob(self, oid: str) -> None:
        self._send_file(self.hub.blobs[oid], {"ETag": f'"{oid}"'})

    def _send_file(self, data: bytes, headers: dict[str, str]) -> None:
        """With Range, and with the faults."""
        faults, start, status = self.hub.faults, 0, 200
        wanted = self.headers.get("Range")
        if wanted and not faults.ignore_range:
            start, status = int(wanted.removeprefix("bytes=").split("-")[0]), 206
            if start >= len(data):
                return self._send(416, b"", {"Content-Range": f"bytes */{len(data)}"})
            headers["Content-Range"] = f"bytes {start}-{len(data) - 1}/{len(data)}"
        if len(data) >= LFS_FROM and self.command == "GET" and faults.use("corrupt"):
            data = data[:-100] + bytes([data[-100] ^ 1]) + data[-99:]
        data = data[start:]
        if len(data) >= LFS_FROM and self.command == "GET" and faults.use("cut"):
            self._head(status, headers | {"Content-Length": str(len(data))})
            self.wfile.write(data[: round(len(data) * faults.cut_share)])
            self.wfile.flush()
            self.close_connection = True
            return None
        if faults.short:
            data = data[: len(data) // 2]
        return self._send(status, data, headers)

    def _create(self) -> None:
        wanted = json.loads(self.body)
        name = f"{wanted['organization']}/{wanted['name']}"
        if self._token() not in (READ, WRITE):
            raise _RefusedError(401, "", "Invalid credentials in Authorization header")
        if self._token() != WRITE:
            raise _RefusedError(403, "", "Forbidden: this token only reads")
        exists = name in self.hub.repos
        self.hub.repos.setdefault(name, Repo(private=wanted.get("visibility") == "private"))
        self.hub.repos[name].refs.setdefault("main", "0" * 40)
        self.hub.repos[name].commits.setdefault("0" * 40, {})
        answer = {"url": f"{self.hub.endpoint}/{name}", "name": name}
        self._json(answer, 409 if exists else 200)

    def _validate(self) -> None:
        bad = "license: nonsense" in json.loads(self.body)["content"]
        errors = [{"message": '"license" must be one of …'}] if bad else []
        self._json({"errors": errors, "warnings": []}, 400 if bad else 200)

    def _preupload(self, name: str) -> None:
        self._repo(name, write=True)
        files = json.loads(self.body)["files"]
        modes = [
            {"path": f["path"], "shouldIgnore": False, "uploadMode": "lfs" if is_lfs(f["path"], b"") else "regular"}
            for f in files
        ]
        self._json({"files": modes})

    def _batch(self) -> None:
        wanted = json.loads(self.body)
        assert wanted["operation"] == "upload"
        objects = [
            item
            | {
                "actions": {
                    "upload": {"href": f"{self.hub.endpoint}/lfs/{item['oid']}"},
                    "verify": {"href": f"{self.hub.endpoint}/lfs/verify"},
                }
            }
            for item in wanted["objects"]
        ]
        self._json({"objects": objects, "transfer": "basic"})

    def _take(self, oid: str) -> None:
        if sha256(self.body) != oid:
            raise _RefusedError(400, "", "sha256 does not match")
        self.hub.blobs[oid] = self.body
        self._send(200, b"", {})

    def _commit(self, name: str) -> None:
        repo = self._repo(name, write=True)
        files = dict(repo.commits.get(repo.refs["main"], {}))
        for line in self.body.splitlines():
            entry = json.loads(line)
            value = entry["value"]
            if entry["key"] == "file":
                files[value["path"]] = base64.b64decode(value["content"])
            elif entry["key"] == "lfsFile":
                files[value["path"]] = self.hub.blobs[value["oid"]]
        commit = self.hub.add(name, files)
        url = f"{self.hub.endpoint}/{name}/commit/{commit}"
        self._json({"success": True, "commitOid": commit, "commitUrl": url, "hookOutput": ""})

    def _json(self, value: Any, status: int = 200) -> None:
        self._send(status, json.dumps(value).encode(), {"Content-Type": "application/json"})

    def _send(self, status: int, data: bytes, headers: dict[str, str]) -> None:
        self._head(status, {"Content-Length": str(len(data))} | headers)
        if self.command == "HEAD":
            return
        speed = self.hub.faults.bytes_per_second
        if speed is None or len(data) < LFS_FROM:
            self.wfile.write(data)
            return
        for at in range(0, len(data), max(1, round(speed / 20))):
            self.wfile.write(data[at : at + max(1, round(speed / 20))])
            self.wfile.flush()
            time.sleep(0.05)

    def _head(self, status: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
