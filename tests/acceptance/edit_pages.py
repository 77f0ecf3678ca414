"""`colorize edit`, running, and its page in a real browser."""

import base64
import http.client
import json
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pyvips
from playwright.sync_api import Browser, Page

DONE = "#stage[aria-busy=false]"


class Served:
    """`colorize edit …`, running, and the address that it printed."""

    def __init__(self, command: str, folder: Path, *arguments: str) -> None:
        line = [command, "edit", *arguments, "--json", "--no-browser"]
        self.process = subprocess.Popen(
            line, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
        )
        assert self.process.stdout is not None
        first = self.process.stdout.readline()
        assert first, self.process.stderr.read().decode()
        self.url: str = json.loads(first)["url"]

    def ask(self, method: str, path: str = "", body: object = None, **headers: str) -> http.client.HTTPResponse:
        """`path` below the secret part."""
        parts = urlsplit(self.url)
        connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=60)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        content = body if isinstance(body, bytes | None) else json.dumps(body)
        connection.request(method, path if path.startswith("/") else parts.path + path, content, named)
        response = connection.getresponse()
        response.content = response.read()  # type: ignore[attr-defined]
        connection.close()
        return response

    def end(self) -> int:
        self.process.send_signal(signal.SIGINT)
        _, self.complaints = self.process.communicate(timeout=60)
        return self.process.returncode


Serve = Callable[..., Served]


class Visited:
    """The page in a window, all that it asked for, and all that it complained of."""

    def __init__(self, browser: Browser, url: str, **window: object) -> None:
        self.page: Page = browser.new_page(**window)
        self.url = url
        self.complaints: list[str] = []
        self.requests: list[str] = []
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("dialog", lambda dialog: dialog.accept())  # "leave the page?"
        self.page.goto(url)
        self.page.wait_for_selector(DONE)

    def colours(self) -> np.ndarray:
        """(h, w, 3) 0…255: the photo as it is shown, once it is."""
        self.page.wait_for_selector(DONE)
        encoded = self.page.locator("#colour").evaluate("canvas => canvas.toDataURL('image/png').split(',')[1]")
        return pyvips.Image.new_from_buffer(base64.b64decode(encoded), "").numpy()[..., :3].astype(int)

    def at(self, x: float, y: float) -> tuple[float, float]:
        """A place of the photo (0…1) in the window."""
        box = self.page.locator("#stage").bounding_box()
        return box["x"] + x * box["width"], box["y"] + y * box["height"]

    def markers(self) -> list[str]:
        return [found.get_attribute("aria-label") for found in self.page.locator("#markers .marker").all()]

    def assert_quiet(self) -> None:
        assert self.complaints == []
        assert all(url.startswith((self.url, "data:", "blob:")) for url in self.requests), self.requests
        self.page.close()
