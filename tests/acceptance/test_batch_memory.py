"""`colorize batch` in a program's own memory: the document's example, failures, and the run that goes on."""

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

Run = Callable[..., "subprocess.CompletedProcess[bytes]"]
Scans = Callable[..., Path]
GUIDE = Path(__file__).parents[2] / "docs" / "object-storage.md"
MORE = """
memory.get("/colour/", "fetched/", recursive=True)
for arguments in (["--json"], ["--json", "--retry-failed"]):
    content = memory.cat("/scans/scan 000.jpg") if "--retry-failed" in arguments else b"nonsense"
    memory.pipe("/scans/damaged.jpg", content)
    sys.argv[6:] = arguments
    try:
        main()
    except SystemExit as ended:
        print(ended.code)
"""


def run(program: str, folder: Path) -> "subprocess.CompletedProcess[bytes]":
    return subprocess.run([sys.executable, "-c", program], cwd=folder, capture_output=True, check=False, timeout=120)


def example() -> str:
    (program,) = re.findall(r"```python\n(.*?)```", GUIDE.read_text(), re.DOTALL)
    return str(program)


def test_the_example_gives_the_bytes_of_a_local_run(colorize: Run, scans: Scans, tmp_path: Path):
    scans(5)
    assert colorize("batch", "scans", "-o", "local", "-q").returncode == 0
    done = run(example() + MORE, tmp_path)
    assert done.returncode == 0, done.stderr
    said, journal = done.stdout.decode().splitlines(), "colorize-journal.jsonl"
    assert said[0].startswith("0 ['/colour/1920s', '/colour/")
    local, fetched = (
        {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
        for folder in (tmp_path / "local", tmp_path / "fetched")
    )
    assert local.pop(journal) != fetched.pop(journal)  # hosts, times
    assert fetched == local
    assert b"the results end with it" in done.stderr

    failed, retried = (line for line in said if '"summary"' in line)
    assert '"done": 0, ' in failed
    assert '"unchanged": 5, ' in failed
    assert '"failed": 1' in failed
    assert '"done": 1, ' in retried
    assert [line for line in said if line.isdigit()] == ["3", "0"]


def test_what_cannot_begin(colorize: Run, scans: Scans, tmp_path: Path):
    scans(1)
    done = run(example().replace('"-o"', '"--weights", "nowhere", "-o"'), tmp_path)
    assert b"error: " in done.stderr
    assert b"nowhere" in done.stderr
    empty = colorize("batch", "memory://scans", "-o", "colour")  # from a shell
    assert (empty.returncode, b"a program fills it first" in empty.stderr) == (1, True)
