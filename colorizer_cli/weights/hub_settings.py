"""What the environment says about the Hub. Read at each use, and without huggingface_hub, which takes a third of a
second to import: finding weights that have been pulled needs neither it nor the network."""

from __future__ import annotations

import os
import re
from pathlib import Path

from colorizer_cli.errors import HubError

LIBRARY = "colorizer-cli"
TRUE = {"1", "ON", "YES", "TRUE"}  # huggingface_hub's
TIMEOUT = 10.0  # seconds, huggingface_hub's default


def endpoint() -> str:
    """HF_ENDPOINT, or the public Hub. Raises HubError for what is no address."""
    address = (os.environ.get("HF_ENDPOINT") or "https://huggingface.co").rstrip("/")
    if not address.startswith(("https://", "http://")):
        raise HubError(f"HF_ENDPOINT is {address!r}; expected an address that begins with https://")
    return address


def shown_endpoint() -> str:
    """For messages: without a name and a password that may stand in it."""
    return re.sub(r"//[^/@]*@", "//***@", endpoint())


def offline() -> bool:
    """HF_HUB_OFFLINE: whether no request may be made."""
    return (os.environ.get("HF_HUB_OFFLINE") or "").upper() in TRUE


def timeout() -> float:
    """HF_HUB_DOWNLOAD_TIMEOUT: seconds that a connection may stay silent."""
    text = os.environ.get("HF_HUB_DOWNLOAD_TIMEOUT") or ""
    return float(text) if text.isdigit() and int(text) > 0 else TIMEOUT


def weights_home() -> Path:
    """Where pulled weights lie: the place that huggingface_hub gives to other tools, below HF_HOME."""
    cache = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    home = os.environ.get("HF_HOME") or os.path.join(cache, "huggingface")
    assets = os.environ.get("HF_ASSETS_CACHE") or os.path.join(home, "assets")
    return Path(os.path.expandvars(os.path.expanduser(assets)), LIBRARY, "weights")
