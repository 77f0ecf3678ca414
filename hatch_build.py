"""Build hook: compiles what every pixel of a photo comes through, where there is a C compiler.

Where there is none, or COLORIZER_COMPILE=0 says so, the package is the same without it: NumPy and OpenCV do the work,
more slowly. The library needs no Python: one wheel serves every version of it.
"""

import contextlib
import ctypes
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import zlib
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from packaging.tags import sys_tags

SOURCE = "colorizer_cli/color/strip.c"
LIBRARY = "colorizer_cli/color/strip.so"
# The order of operations is kept (no contraction), so that all processors compute the same pixels; what IEEE 754 says
# of traps and signed zeros is not needed, and would keep loops from being vectorised.
FLAGS = ["-O3", "-std=gnu11", "-shared", "-fPIC"]
FLAGS += ["-ffp-contract=off", "-fno-math-errno", "-fno-trapping-math", "-fno-signed-zeros"]


class CompiledStrips(BuildHookInterface):
    """Runs for wheels, editable ones too."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if self.target_name != "wheel" or sys.platform == "win32":
            return
        if os.environ.get("COLORIZER_COMPILE") == "0":
            if version == "editable":  # what an earlier installation has left in the source tree is what it would use
                (Path(self.root) / LIBRARY).unlink(missing_ok=True)
            return
        self._folder = tempfile.mkdtemp(prefix="colorizer-")
        library = Path(self._folder) / "strip.so"
        problem = compiled(Path(self.root) / SOURCE, library)
        if problem is not None:
            self.app.display_warning(f"built without compiled code, which makes large photos slower: {problem}")
            return
        with contextlib.suppress(OSError):  # the source tree cannot be written to: only an editable install needs it
            _publish(library, Path(self.root) / LIBRARY)
        if version == "editable":
            return
        build_data["force_include"][str(library)] = LIBRARY
        build_data["pure_python"] = False
        build_data["tag"] = f"py3-none-{_platform()}"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        if hasattr(self, "_folder"):
            shutil.rmtree(self._folder, ignore_errors=True)


def compiled(source: Path, library: Path) -> str | None:
    """Compiles with two versions for kinds of processors or, where that is not possible, with one. → what is wrong."""
    compiler = shlex.split(os.environ.get("CC", "")) or [shutil.which("cc") or shutil.which("gcc") or "cc"]
    crc = zlib.crc32(source.read_bytes())
    problem = ""
    for versions in (["-DTWO_VERSIONS"], []):
        command = [*compiler, *FLAGS, *versions, f"-DSOURCE_CRC={crc}u", str(source), "-o", str(library)]
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode == 0:
                problem = _unfit(library, crc)
            else:
                problem = done.stderr.strip() or f"{shlex.join(compiler)} ended with {done.returncode}"
        except OSError as error:
            return f"{shlex.join(compiler)}: {error.strerror}"
        if not problem:
            return None
    return problem


def _unfit(library: Path, crc: int) -> str:
    """Why it cannot be used by this Python: a compiler may make code for other machines."""
    try:
        found = ctypes.CDLL(str(library)).source_crc
    except (OSError, AttributeError) as error:
        return str(error)
    found.restype = ctypes.c_uint32
    return "" if found() == crc else "the library tells another source"


def _publish(library: Path, place: Path) -> None:
    """Puts it into the source tree as a whole: it may be in use there."""
    part = place.with_name(f"{place.name}.{os.getpid()}.part")
    shutil.copyfile(library, part)
    os.replace(part, place)


def _platform() -> str:
    """Of this machine alone: whoever publishes wheels for many builds them in their images and renames them."""
    names = (tag.platform for tag in sys_tags())
    return next(name for name in names if not name.startswith(("manylinux", "musllinux")))
