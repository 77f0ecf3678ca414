"""The page on loopback: a socket of its own, and uvicorn on it until Ctrl-C."""

from __future__ import annotations

import contextlib
import signal
import socket
import threading
from collections.abc import Callable, Iterator

import uvicorn

from colorizer_cli.edit.access import LOOPBACK, Address
from colorizer_cli.edit.routes import create_app
from colorizer_cli.edit.session import Session
from colorizer_cli.errors import ServerError


def serve(
    session: Session,
    port: int,
    started: Callable[[str], object],
    saved: Callable[[Session], object],
    debug: bool = False,
) -> None:
    """Serves until Ctrl-C, which is raised as KeyboardInterrupt once what is being saved is whole.

    port     0: a free one
    started  is told the address as soon as it can be opened; `saved` is called after each saving
    debug    unexpected errors are printed with a traceback; the page is told of them anyway

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
            log_level="error" if debug else "critical",
            access_log=False,
            server_header=False,
            proxy_headers=False,
        )
        started(address.url)
        server = uvicorn.Server(config)
        with _ends_with_its_window(server):
            server.run(sockets=[listening])


@contextlib.contextmanager
def _ends_with_its_window(server: uvicorn.Server) -> Iterator[None]:
    """A terminal window that is closed (SIGHUP) ends the server as SIGTERM does, after what is being saved."""
    number = getattr(signal, "SIGHUP", None)
    ignored = number is None or signal.getsignal(number) is signal.SIG_IGN  # as `nohup` has it
    if number is None or ignored or threading.current_thread() is not threading.main_thread():
        yield
        return
    hung_up = []

    def hang_up(*_: object) -> None:
        hung_up.append(number)
        server.should_exit = True

    before = signal.signal(number, hang_up)
    try:
        yield
    finally:
        signal.signal(number, before)
    if hung_up:
        signal.raise_signal(number)
