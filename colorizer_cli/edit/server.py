"""The page on loopback: a socket of its own, and uvicorn on it until Ctrl-C."""

from __future__ import annotations

import socket
from collections.abc import Callable

import uvicorn

from colorizer_cli.edit.access import LOOPBACK, Address
from colorizer_cli.edit.routes import create_app
from colorizer_cli.edit.session import Session
from colorizer_cli.errors import ServerError


def serve(session: Session, port: int, started: Callable[[str], object], saved: Callable[[Session], object]) -> None:
    """Serves until Ctrl-C, which is raised as KeyboardInterrupt once what is being saved is whole.

    port     0: a free one
    started  is told the address as soon as it can be opened; `saved` is called after each saving

    Raises ServerError where the port is taken.
    """
    try:
        listening = socket.create_server((LOOPBACK, port))
    except OSError as error:
        raise ServerError(f"--port {port}: {error.strerror}; leave it away for a free one") from error
    with listening:
        address = Address(listening.getsockname()[1])
        config = uvicorn.Config(
            create_app(session, address, saved),
            http="h11",
            ws="none",
            lifespan="off",
            log_config=None,
            log_level="critical",  # the page is told of what fails
            access_log=False,
            server_header=False,
            proxy_headers=False,
        )
        started(address.url)
        uvicorn.Server(config).run(sockets=[listening])
