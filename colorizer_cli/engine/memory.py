"""Memory that was freed, given back to the system before a large photo flows."""

from __future__ import annotations

import ctypes


def trim() -> None:
    """glibc keeps what threads that have ended had freed: some 100 MB after a network was loaded. Where the C library
    is another one, nothing is done."""
    try:
        ctypes.CDLL(None).malloc_trim(0)
    except (AttributeError, OSError, TypeError):  # TypeError: Windows, which knows no library without a name
        return
