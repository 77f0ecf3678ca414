"""Who is let in: the browser that was given the address, and no other page in it.

Everything lies under a secret first part of the path. A page of another origin can send requests to loopback, too, or
bring its own name to point there: hence the checks of Host, Origin and Sec-Fetch-Site.
Source: Fetch Metadata Request Headers (W3C), Content Security Policy Level 3 (W3C).
"""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass, field

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOOPBACK = "127.0.0.1"
SECURITY = {
    "Content-Security-Policy": "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "object-src 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


@dataclass(frozen=True)
class Address:
    """Where the page is: http://127.0.0.1:<port>/<token>/."""

    port: int
    token: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)

    @property
    def hosts(self) -> tuple[str, ...]:
        return f"{LOOPBACK}:{self.port}", f"localhost:{self.port}"

    @property
    def url(self) -> str:
        return f"http://{self.hosts[0]}/{self.token}/"


class Access:
    """ASGI middleware around `app`, which serves `address`. What is refused gets 403 or 421 and learns nothing."""

    def __init__(self, app: ASGIApp, address: Address) -> None:
        self._app = app
        self._address = address

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return

        async def secured(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(SECURITY)
            await send(message)

        refusal = self._refusal(Headers(scope=scope), scope["path"])
        await (self._app if refusal is None else refusal)(scope, receive, secured)

    def _refusal(self, headers: Headers, path: str) -> PlainTextResponse | None:
        if headers.get("host") not in self._address.hosts:
            return PlainTextResponse("this server answers to its own address alone\n", 421)
        origins = {f"http://{host}" for host in self._address.hosts}
        if headers.get("origin", next(iter(origins))) not in origins:
            return PlainTextResponse("other origins are not let in\n", 403)
        site, mode = headers.get("sec-fetch-site", "none"), headers.get("sec-fetch-mode")
        if site not in ("same-origin", "none") and mode != "navigate":
            return PlainTextResponse("other origins are not let in\n", 403)
        first = path.removeprefix("/").partition("/")[0]
        if not hmac.compare_digest(first.encode("utf-8", "surrogateescape"), self._address.token.encode()):
            return PlainTextResponse("open the address that colorize edit printed, whole\n", 403)
        return None
