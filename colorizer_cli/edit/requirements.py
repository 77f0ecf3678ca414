"""Whether what the page is served with is installed, found out without importing any of it."""

from __future__ import annotations

import importlib.util

from colorizer_cli.errors import ServerError

PACKAGES = ("starlette", "uvicorn")
INSTALL = "pip install 'colorizer-cli[edit]'"


def require_server_packages() -> None:
    """Raises ServerError, with the line that installs them, where a package is missing."""
    missing = [name for name in PACKAGES if importlib.util.find_spec(name) is None]
    if missing:
        raise ServerError(f"colorize edit needs {', '.join(missing)}, not installed here. Install with:\n{INSTALL}")
