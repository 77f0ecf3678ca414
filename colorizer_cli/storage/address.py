"""Places that the user names: folders, and URLs of object stores. Imports nothing heavy."""

from __future__ import annotations

import posixpath
import re

from colorizer_cli.errors import UsageError

SCHEME = re.compile(r"([a-zA-Z][a-zA-Z0-9+.-]+)://")  # two letters at least: C: is a drive
USER = re.compile(r"(?<=://)[^/@]*@")
CONTAINER = re.compile(r"(abfss?|adl|wasbs?)://[^/@:]*@", re.IGNORECASE)  # Azure's: what stands before the @ is no user
PASSWORD = re.compile(r"://[^/@]*:[^/@]*@")
QUERY = re.compile(r"(?<=[?&])([^=&]*(?:key|secret|token|sig|password|credential)[^=&]*)=[^&\s]*", re.IGNORECASE)


def is_url(place: str) -> bool:
    """Whether this is a place in a store, and no folder of the file system."""
    return SCHEME.match(place) is not None


def is_in_memory(place: str) -> bool:
    """Whether only this process can see it, and only while it lives."""
    return is_url(place) and scheme_of(place) == "memory"


def scheme_of(url: str) -> str:
    """`s3` of `S3://bucket/prefix`. Raises UsageError for what looks like a URL and is no single store's."""
    found = SCHEME.match(url)
    if found is None or "::" in url:
        raise UsageError(f"{masked(url)}: expected one store's URL, such as s3://bucket/prefix")
    if PASSWORD.search(url):
        raise UsageError(f"{masked(url)}: a URL is no place for a password: give it to the store's driver")
    scheme = found[1].lower()
    if scheme in ("file", "local"):
        raise UsageError(f"{url}: give a folder by its path alone, without {scheme}://")
    return scheme


def masked(url: str) -> str:
    """As it may be shown and written down: without passwords, keys and signatures."""
    return QUERY.sub(r"\1=***", url if CONTAINER.match(url) else USER.sub("***@", url))


def is_unicode(name: str) -> bool:
    """Whether a store can have an object by this name; names of files may be any bytes."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def shown(place: str, name: str = "") -> str:
    """A name below a folder or a URL, for messages."""
    place = masked(place) if is_url(place) else place
    return posixpath.join(place, name) if name else place
