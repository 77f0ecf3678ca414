"""What the page can ask for, as an ASGI app: requests → `Session`, and the files of the page itself."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from importlib import resources
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import ASGIApp

from colorizer_cli.edit.access import Access, Address
from colorizer_cli.edit.session import Session, StaleError
from colorizer_cli.edit.wishes import Wishes, count_of, place_of, saves_of
from colorizer_cli.engine.hints import DEFAULT_RADIUS
from colorizer_cli.errors import ColorizerError, UsageError

TYPES = {".html": "text/html; charset=utf-8", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
MOST_JSON, MOST_REFERENCE = 4_000_000, 300_000_000  # bytes
Endpoint = Callable[[Request], Awaitable[Response]]


def create_app(
    session: Session, address: Address, saved: Callable[[Session], object] = lambda session: None
) -> ASGIApp:
    """`saved` is called after each saving."""
    calls = _calls(session, saved)
    routes = [Route(f"/{name}", endpoint, methods=["POST"]) for name, endpoint in calls.items()]
    app = Starlette(
        routes=[Mount(f"/{address.token}", routes=[*_pages(session), *routes])],
        exception_handlers={ColorizerError: _refused, Exception: _failed},
    )
    return Access(app, address)


def _pages(session: Session) -> list[BaseRoute]:
    """The page's files, held in memory: no path of a request ever reaches the disk."""
    routes: list[BaseRoute] = []
    for file in resources.files(__package__).joinpath("static").iterdir():
        suffix = "." + file.name.rpartition(".")[2]
        if suffix in TYPES:
            routes.append(_fixed("" if file.name == "index.html" else file.name, file.read_bytes(), TYPES[suffix]))

    async def original(request: Request) -> Response:
        return Response(await run_in_threadpool(lambda: session.original), media_type="image/jpeg")

    async def state(request: Request) -> Response:
        return _object(_state(session))

    return [*routes, Route("/original.jpg", original), Route("/state", state)]


def _fixed(name: str, content: bytes, media_type: str) -> Route:
    async def serve(request: Request) -> Response:
        return Response(content, media_type=media_type)

    return Route(f"/{name}", serve)


def _calls(session: Session, saved: Callable[[Session], object]) -> dict[str, Endpoint]:
    """Endpoints by name; each takes what is wished for as JSON, `references` a photo's bytes."""

    async def render(request: Request) -> Response:
        wishes = Wishes.of(await _json(request))
        return Response(await run_in_threadpool(session.render, wishes), media_type="image/jpeg")

    async def proposals(request: Request) -> Response:
        body = await _json(request)
        found = await run_in_threadpool(session.proposals, Wishes.of(body), *place_of(body))
        return _object({"proposals": [asdict(proposal) for proposal in found]})

    async def questions(request: Request) -> Response:
        body = await _json(request)
        found = await run_in_threadpool(session.questions, Wishes.of(body), count_of(body))
        return _object({"questions": [asdict(hint) for hint in found]})

    async def references(request: Request) -> Response:
        name = request.query_params.get("name", "a reference photo")
        number = await run_in_threadpool(session.add_reference, await _bytes(request, MOST_REFERENCE), name)
        return _object({"number": number, "name": session.palettes[number].names[0]})

    async def wishes(request: Request) -> Response:
        session.remember(Wishes.of(await _json(request)))
        return _object({})

    async def save(request: Request) -> Response:
        body = await _json(request)
        try:
            await run_in_threadpool(session.save, Wishes.of(body), saves_of(body))
        except StaleError as error:
            return _object({"error": str(error), "saves": session.saves}, 409)
        with contextlib.suppress(OSError):  # nobody reads what is printed any more: it is saved all the same
            saved(session)
        names = {"result": str(session.result.path), "hints": str(session.hints_file.path)}
        return _object(names | {"saves": session.saves})

    return {
        "render": render,
        "proposals": proposals,
        "questions": questions,
        "references": references,
        "wishes": wishes,
        "save": save,
    }


def _state(session: Session) -> dict[str, Any]:
    """What the page starts from; after a reload, what was wished for last."""
    photo, wishes = session.photo, session.wishes
    width, height = session.screen_size
    return {
        "name": photo.path.name if photo.path else photo.name,
        "width": photo.width,
        "height": photo.height,
        "screen": {"width": width, "height": height},
        "radius": round(DEFAULT_RADIUS * max(photo.width, photo.height), 1),
        "hints": [asdict(hint) for hint in wishes.hints],
        "vividness": wishes.vividness,
        "references": list(wishes.references),
        "names": [palette.names[0] for palette in session.palettes],
        "result": session.result.path.name,
        "hints_file": session.hints_file.path.name,
        "remarks": list(session.remarks),
        "saves": session.saves,
        "saved": session.wishes == session.saved,
    }


def _object(value: dict[str, Any], status: int = 200) -> Response:
    """JSON in pure ASCII: names of files that are not UTF-8 travel as \\udcXX."""
    return Response(json.dumps(value).encode("ascii"), status, media_type="application/json")


async def _json(request: Request) -> Any:
    try:
        return json.loads(await _bytes(request, MOST_JSON))
    except (ValueError, RecursionError) as error:
        raise UsageError(f"the request is not JSON: {error}") from error


async def _bytes(request: Request, most: int) -> bytes:
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > most:
            raise UsageError(f"more than {most // 1_000_000} MB were sent; expected less")
    return bytes(body)


async def _refused(request: Request, error: Exception) -> Response:
    return _object({"error": str(error)}, 422)


async def _failed(request: Request, error: Exception) -> Response:
    return _object({"error": f"{type(error).__name__}: {error}"}, 500)
