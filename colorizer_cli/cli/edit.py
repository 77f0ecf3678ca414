"""`colorize edit PHOTO`: a local page to place colour hints by hand."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from colorizer_cli.cli import options
from colorizer_cli.cli.console import print_json, say
from colorizer_cli.cli.fetching import fetched
from colorizer_cli.errors import AlreadyInColourError
from colorizer_cli.photo.formats import MAX_PIXELS, QUALITY

if TYPE_CHECKING:
    from colorizer_cli.edit.session import Session

Source = Annotated[str, typer.Argument(metavar="PHOTO", help="The photo.", show_default=False)]
HintsFile = Annotated[
    str | None,
    typer.Option(
        "--hints", metavar="FILE.json", help="Hints to start from; saved there.", show_default="<photo>.hints.json"
    ),
]
Port = Annotated[int, typer.Option(metavar="N", min=0, max=65535, help="Port on loopback.", show_default="a free one")]
BrowserOption = Annotated[bool, typer.Option("--browser/--no-browser", help="Open the page.")]


def edit(
    source: Source,
    output: options.Output = None,
    weights: options.Weights = None,
    backend: options.Backend = "auto",
    device: options.Device = "auto",
    vividness: options.Vividness = None,
    size: options.Size = None,
    hints: HintsFile = None,
    like: options.Like = None,
    border: options.Border = "auto",
    tone: options.Tone = "keep",
    form: options.OutputFormat = None,
    quality: options.Quality = QUALITY,
    strip_metadata: options.StripMetadata = False,
    force: options.Force = False,
    max_pixels: options.MaxPixels = MAX_PIXELS,
    overwrite: options.Overwrite = False,
    port: Port = 0,
    browser: BrowserOption = True,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
    debug: options.Debug = False,
) -> None:
    """Place colour hints by hand on a page in the browser, which only this computer can open; Ctrl-C ends it."""
    from colorizer_cli.edit.requirements import require_server_packages

    require_server_packages()
    from colorizer_cli.edit.opening import open_session
    from colorizer_cli.edit.server import serve
    from colorizer_cli.engine.job import Job
    from colorizer_cli.engine.settings import Settings

    job = Job(
        source,
        output,
        form,
        quality,
        overwrite,
        max_pixels=max_pixels,
        strip_metadata=strip_metadata,
        force=force,
        hints=Path(hints) if hints is not None else None,
        like=tuple(like or ()),
    )

    def started(url: str) -> None:
        if as_json:
            print_json({"event": "serving", "url": url})
        else:
            say(f"{url}\nThe page is open until Ctrl-C; only this computer can reach it.")
        if browser:
            _open(url)

    def saved(session: Session) -> None:
        names = {"output": str(session.result.path), "hints": str(session.hints_file.path)}
        if as_json:
            print_json({"event": "saved"} | names)
        elif not quiet:
            say(f"{names['output']}  (hints: {names['hints']})")

    try:
        weights = fetched(weights, quiet or as_json)
        session = open_session(job, weights, backend, device, Settings(vividness, size, border, tone))
    except AlreadyInColourError as reason:
        say(str(reason))
        return
    for remark in session.remarks:
        say(remark)
    try:
        serve(session, port, started, saved, debug)
    finally:
        if session.unsaved_hints:
            say(f"The last changes were not saved. Their hints are in {session.rescue()}; --hints goes on with them")


def _open(url: str) -> None:
    """In a browser with windows: one that runs in the terminal would hold the page's server up."""
    import threading
    import webbrowser

    has_windows = sys.platform in ("win32", "darwin") or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    if has_windows:
        threading.Thread(target=webbrowser.open, args=(url,), daemon=True).start()
