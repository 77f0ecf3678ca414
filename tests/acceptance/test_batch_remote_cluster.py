"""Object storage and a cluster together: `colorize batch s3://… -o s3://… --cluster ray`."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from object_store import ObjectStore

Run = Callable[..., "subprocess.CompletedProcess[bytes]"]


def files(folder: Path) -> dict[str, bytes]:
    found = (path for path in folder.rglob("*.*") if path.is_file() and "journal" not in path.name)
    return {str(path.relative_to(folder)): path.read_bytes() for path in found}


@pytest.mark.slow
def test_workers_on_a_cluster_fetch_and_deliver_themselves(
    bucket: ObjectStore, colorize: Run, scans: Callable[..., Path], tmp_path: Path
):
    folder = scans(6)
    for name, content in files(folder).items():
        bucket.put(f"scans/{name}", content)
    bucket.put("scans/broken.jpg", b"no photo")
    assert colorize("batch", "scans", "-o", "whole", "-q").returncode == 0
    places = (bucket.url("scans"), "-o", bucket.url("colour"))
    done = colorize("batch", *places, "--cluster", "ray", "--jobs", "2", "--json")
    summary = json.loads(done.stdout.splitlines()[-1])
    assert (done.returncode, summary["done"], summary["failed"]) == (3, 6, 1), done.stderr
    assert bucket.objects("colour") == files(tmp_path / "whole")
    again = json.loads(colorize("batch", *places, "--json").stdout.splitlines()[-1])
    assert (again["done"], again["unchanged"]) == (0, 6)
