"""libvips as this package loads it: its warnings go nowhere, and never through Python."""

import os

import pyvips


def keep_warnings_out_of_python() -> None:
    """Takes pyvips's own log handler away again, which would hand each warning of libvips to Python's `logging`.

    While Python runs for that handler it may collect garbage, and a damaged photo among it warns as it is closed: GLib
    takes a warning inside a warning for an endless loop and aborts the whole process. With VIPS_WARNING set before
    libvips was loaded (this package's `__init__` does, where it comes first), libvips drops its warnings itself.
    What is wrong with a photo is told by the tool's own errors, not by these warnings.
    """
    remove = getattr(pyvips, "_remove_log_handler", None)
    if remove is not None and "VIPS_WARNING" in os.environ:
        remove()


keep_warnings_out_of_python()
