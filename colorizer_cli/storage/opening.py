"""A URL → the store behind it, by fsspec's driver; credentials and endpoints are the driver's own matter."""

from __future__ import annotations

from functools import cache
from typing import Any

from colorizer_cli.errors import StorageError
from colorizer_cli.storage.address import masked, scheme_of
from colorizer_cli.storage.faults import attempt, reason
from colorizer_cli.storage.store import Store

EXTRAS = {
    **dict.fromkeys(("s3", "s3a"), "s3"),
    **dict.fromkeys(("gs", "gcs"), "gcs"),
    **dict.fromkeys(("az", "abfs", "abfss", "adl"), "azure"),
}
CONNECT_SECONDS, READ_SECONDS = 10, 30


@cache
def open_store(url: str) -> Store:
    """The same one for the same URL, within a process: a store must not be shared among processes.

    Raises UsageError for what is no store's URL, StorageError where its driver is missing or it cannot be reached.
    """
    scheme = scheme_of(url)
    options = _s3_options() if EXTRAS.get(scheme) == "s3" else {}
    import fsspec

    return attempt(lambda: _opened(url, fsspec.core.url_to_fs, options), f"opening {masked(url)}")


def _opened(url: str, url_to_fs: Any, options: dict[str, Any]) -> Store:
    try:
        system, root = url_to_fs(url, use_listings_cache=False, skip_instance_cache=True, **options)
    except ImportError as error:
        raise StorageError(_missing(scheme_of(url), url)) from error
    except ValueError as error:  # a protocol that fsspec does not know; a URL that its driver cannot read
        raise StorageError(f"{masked(url)} cannot be opened: {reason(error)}") from error
    protocols = (system.protocol,) if isinstance(system.protocol, str) else system.protocol
    if "s3" in protocols:
        from colorizer_cli.storage.s3 import S3Store

        return S3Store(system, root, url)
    return Store(system, root, url)


def _s3_options() -> dict[str, Any]:
    """One try a request in the SDK: `attempt` does the trying again, and fifteen seconds would become minutes."""
    import fsspec

    config: dict[str, Any] = {"retries": {"total_max_attempts": 1, "mode": "standard"}}
    config |= {"connect_timeout": CONNECT_SECONDS, "read_timeout": READ_SECONDS}
    return {"config_kwargs": config | fsspec.config.conf.get("s3", {}).get("config_kwargs", {})}


def _missing(scheme: str, url: str) -> str:
    extra = EXTRAS.get(scheme)
    how = f'pip install "colorizer-cli[{extra}]"' if extra else f"install fsspec's driver for {scheme}://"
    return f"{masked(url)} needs a driver that is not installed: {how}"
