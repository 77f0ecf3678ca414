"""Build hook: compiles what every pixel of a photo comes through, where there is a C compiler.

Where there is none, or COLORIZER_COMPILE=0 says so, the package is the same without it: NumPy and OpenCV do the work,
more slowly. The library needs no Python: one wheel serves every version of it.
"""

import contextlib
import os
import shlex
import shutil
import subprocess
import sys
import zlib
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from packaging.tags import sys_tags

SOURCE = Path("colorizer_cli/color/strip.c")
LIBRARY = SOURCE.with_name("strip.so")
# The order of operations is kept (no contraction), so that all processors compute the same pixels; what IEEE 754 says
# of traps and signed zeros is not needed, and would keep loops from being vectorised.
FLAGS = ["-O3", "-std=gnu11", "-shared", "-fPIC"]
FLAGS += ["-ffp-contract=off", "-fno-math-errno", "-fno-trapping-math", "-fno-signed-zeros"]


class CompiledStrips(BuildHookInterface):
    """Runs for wheels, editable ones too."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if self.target_name != "wheel":
            return
        library = Path(self.root) / LIBRARY
        with contextlib.suppress(OSError):  # of a folder that cannot be written to
            library.unlink(missing_ok=True)
        if os.environ.get("COLORIZER_COMPILE") == "0" or sys.platform == "win32":
            return
        if compiled(Path(self.root) / SOURCE, library):
            build_data["artifacts"].append(str(LIBRARY))
            build_data["pure_python"] = False
            build_data["tag"] = f"py3-none-{_platform()}"


def compiled(source: Path, library: Path) -> bool:
    """Whether a compiler is there and could: first with two versions for kinds of processors, then with one."""
    compiler = shlex.split(os.environ.get("CC", "")) or [shutil.which("cc") or shutil.which("gcc") or ""]
    crc = f"-DSOURCE_CRC={zlib.crc32(source.read_bytes())}u"
    for versions in (["-DTWO_VERSIONS"], []):
        command = [*compiler, *FLAGS, *versions, crc, str(source), "-o", str(library)]
        try:
            if subprocess.run(command, capture_output=True, check=False).returncode == 0:
                return True
        except OSError:
            break
    return False


def _platform() -> str:
    """Of this machine alone: whoever publishes wheels for many builds them in their images and renames them."""
    names = (tag.platform for tag in sys_tags())
    return next(name for name in names if not name.startswith(("manylinux", "musllinux")))
