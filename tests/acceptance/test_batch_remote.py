"""`colorize batch` from and to an S3 store on loopback, through faults and kills."""

import json
import os
import random
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import pyvips
from hub_server import HubServer
from object_store import ObjectStore

Run = Callable[..., "subprocess.CompletedProcess[bytes]"]
Scans = Callable[..., Path]
JOURNAL = "colorize-journal.jsonl"


def files(folder: Path) -> dict[str, bytes]:
    found = (path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("colorize-journal"))
    return {str(path.relative_to(folder)): path.read_bytes() for path in found}


def summary(done: "subprocess.CompletedProcess[bytes]") -> dict[str, object]:
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture
def whole(bucket: ObjectStore, colorize: Run, scans: Scans, tmp_path: Path) -> dict[str, bytes]:
    """Eight photos below scans/ in the bucket, one with a name that URLs would read otherwise; → their results."""
    folder = scans(8)
    (folder / "scan 000.jpg").rename(folder / "a#b%20c?d=ü.jpg")
    for name, content in files(folder).items():
        bucket.put(f"scans/{name}", content)
    bucket.put("scans/1920s/", b"")
    assert colorize("batch", "scans", "-o", "whole", "-q").returncode == 0
    return files(tmp_path / "whole")


def test_every_way_gives_the_bytes_of_a_local_run(
    bucket: ObjectStore, colorize: Run, tmp_path: Path, whole: dict[str, bytes]
):
    there, colour = bucket.url("scans"), bucket.url("colour")
    done = colorize("batch", there, "-o", colour, "--json", "--jobs", "2")
    assert (done.returncode, summary(done)["done"]) == (0, 8), done.stderr
    assert bucket.objects("colour") == whole
    assert [key for key in bucket.keys("colour") if "journal" in key] == [f"colour/{JOURNAL}"]
    requests = [line for line in bucket.proxy.requests if re.search(r"\.(jpg|png|tif)$", line)]
    assert len(requests) == 4 * 8  # GET and HEAD of each photo, PUT and HEAD of each result
    assert b'"sha256"' in bucket.get(f"colour/{JOURNAL}")

    assert summary(colorize("batch", there, "-o", colour, "--json"))["unchanged"] == 8
    name = next(iter(whole))
    bucket.client.delete_object(Bucket=bucket.bucket, Key=f"colour/{name}")
    again = colorize("batch", there, "-o", colour, "--json")
    assert [json.loads(line).get("input") for line in again.stdout.splitlines()] == [name, None]
    assert bucket.objects("colour") == whole

    assert colorize("batch", "scans", "-o", bucket.url("up"), "-q").returncode == 0
    assert bucket.objects("up") == whole
    assert colorize("batch", there, "-o", "down", "-q").returncode == 0
    assert files(tmp_path / "down") == whole
    inside = bucket.url("scans/colour")
    for count in (8, 0):
        assert summary(colorize("batch", there, "-o", inside, "--json"))["done"] == count


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["s3://no-such-bucket-here/scans", "-o", "out"], 1, "NoSuchBucket"),
        (["s3://key:secret@b/scans", "-o", "out"], 2, "no place for a password"),
    ],
)
def test_what_cannot_begin(bucket: ObjectStore, colorize: Run, arguments: list[str], code: int, words: str):
    done = colorize("batch", *arguments)
    message = done.stderr.decode()
    assert (done.returncode, words in message) == (code, True), message
    assert len(message.strip().splitlines()) <= 2, message
    assert "secret" not in message


def test_dry_run_writes_nothing(bucket: ObjectStore, colorize: Run):
    bucket.put("scans/a.jpg", b"1")
    done = colorize("batch", bucket.url("scans"), "-o", bucket.url("colour"), "--dry-run")
    assert (done.returncode, done.stdout) == (0, "a.jpg → a.jpg\n".encode())
    assert bucket.keys("colour") == []


def test_through_faults(bucket: ObjectStore, colorize: Run, whole: dict[str, bytes]):
    """503, connections that are cut in the middle of a body, slow answers: a fifth of all requests."""
    chance = random.Random(3)

    def fault(method: str, path: str) -> str | None:
        if chance.random() > 0.2:
            return None
        kinds = {"PUT": ("503", "cut upload", "cut"), "GET": ("503", "cut", "slow")}
        return chance.choice(kinds.get(method, ("503",)))

    bucket.proxy.fault = fault
    done = colorize("batch", bucket.url("scans"), "-o", bucket.url("colour"), "--json", "--jobs", "2")
    assert (done.returncode, summary(done)["failed"]) == (0, 0), done.stdout.decode()
    assert bucket.objects("colour") == whole
    assert bucket.uploads() == []


def test_a_fault_that_stays_is_one_photos_and_the_next_run_tries_it_again(
    bucket: ObjectStore, colorize: Run, whole: dict[str, bytes]
):
    bucket.proxy.fault = lambda method, path: "503" if method == "GET" and "/scans/scan%20003.png" in path else None
    done = colorize("batch", bucket.url("scans"), "-o", bucket.url("colour"), "--jobs", "2")
    message = done.stderr.decode()
    assert done.returncode == 3, message
    assert "7 coloured, 1 failed" in message
    assert re.search(r"fetching s3://.*scan 003\.png failed 6 times.*SlowDown", message), message
    bucket.proxy.fault = lambda method, path: None
    again = colorize("batch", bucket.url("scans"), "-o", bucket.url("colour"), "--json")
    assert (again.returncode, summary(again)["done"], summary(again)["unchanged"]) == (0, 1, 7)
    assert bucket.objects("colour") == whole


def test_names_that_a_store_cannot_have_fail_alone(bucket: ObjectStore, colorize: Run, scans: Scans):
    folder = scans(2)
    photo = next(folder.glob("*.jpg")).read_bytes()
    for name in (b"\xc9tude.jpg", b"Stra\xdfe/1.jpg"):
        path = folder / os.fsdecode(name)
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(photo)
    done = colorize("batch", "scans", "-o", bucket.url("colour"), "--json")
    assert done.returncode == 3, done.stderr
    assert (summary(done)["done"], summary(done)["failed"]) == (2, 2)
    assert done.stdout.count(b"not UTF-8") == 2


def test_a_live_lock_on_a_store_that_replaces_what_it_is_to_create(bucket: ObjectStore, colorize: Run, scans: Scans):
    scans(1)
    holder = {"run": "1234", "host": "elsewhere", "pid": 1, "machine": "another", "beat": time.time()}
    bucket.put("colour/colorize-journal.d/lock.json", json.dumps(holder).encode())
    bucket.proxy.fault = lambda method, path: "unconditional"
    done = colorize("batch", "scans", "-o", bucket.url("colour"))
    assert done.returncode == 1
    assert b"process 1 on elsewhere" in done.stderr
    assert json.loads(bucket.get("colour/colorize-journal.d/lock.json"))["run"] == "1234"


def test_a_result_whose_answers_were_lost_is_still_ours(bucket: ObjectStore, colorize: Run, whole: dict[str, bytes]):
    lost = "/colour/scan%20003.png"
    bucket.proxy.fault = lambda method, path: "lost" if lost in path and method in ("PUT", "HEAD") else None
    done = colorize("batch", bucket.url("scans"), "-o", bucket.url("colour"), "--jobs", "2")
    assert done.returncode == 3, done.stderr
    assert b"7 coloured, 1 failed" in done.stderr
    assert "scan 003.png" in bucket.objects("colour")
    bucket.proxy.fault = lambda method, path: None
    again = colorize("batch", bucket.url("scans"), "-o", bucket.url("colour"), "--json")
    assert (again.returncode, summary(again)["existing"], summary(again)["unchanged"]) == (0, 0, 7), again.stderr
    assert bucket.objects("colour") == whole


def test_an_output_that_may_not_be_written_stops_the_run(bucket: ObjectStore, colorize: Run, whole: dict[str, bytes]):
    bucket.proxy.fault = lambda method, path: "403" if method == "PUT" and "journal" not in path else None
    done = colorize("batch", bucket.url("scans"), "-o", bucket.url("colour"), "--jobs", "2", "-q")
    message = done.stderr.decode()
    assert done.returncode == 1, message
    assert "AccessDenied" in message
    assert "start it again" in message
    assert len(message.strip().splitlines()) == 2
    assert bucket.objects("colour") == {}
    assert [key for key in bucket.keys("colour") if "lock" in key] == []


def wait_for(condition: Callable[[], object], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "nothing happened"
        time.sleep(0.05)


def test_kill_two_at_once_and_resume(
    bucket: ObjectStore, command: str, colorize: Run, tmp_path: Path, whole: dict[str, bytes]
):
    (tmp_path / "tmp").mkdir()
    os.environ["TMPDIR"] = str(tmp_path / "tmp")  # restored with the rest by the bucket's fixture

    def slow(method: str, path: str) -> None:
        if method == "GET" and "/scans/" in path:
            time.sleep(1.5)

    bucket.proxy.fault = slow
    arguments = [command, "batch", bucket.url("scans"), "-o", bucket.url("colour"), "--jobs", "1", "-q"]
    for number in (2, 5):
        with subprocess.Popen(arguments, cwd=tmp_path, start_new_session=True) as running:
            wait_for(lambda: len(bucket.objects("colour")) >= number)  # noqa: B023
            if number == 2:
                second = colorize("batch", bucket.url("scans"), "-o", bucket.url("colour"))
                assert second.returncode == 1
                assert b"another run" in second.stderr
                assert len(second.stderr.splitlines()) == 1
            os.killpg(running.pid, signal.SIGKILL) if number == 2 else running.kill()
        there = bucket.objects("colour")
        assert there.items() <= whole.items(), "half an object under a final name"
        assert len(there) < len(whole)
    bucket.proxy.fault = lambda method, path: None
    done = colorize("batch", bucket.url("scans"), "-o", bucket.url("colour"), "--json")
    assert done.returncode == 0, done.stderr
    assert b"Taking over" in done.stderr
    assert summary(done)["done"] < len(whole)
    assert bucket.objects("colour") == whole
    assert bucket.uploads() == []
    assert [key for key in bucket.keys("colour") if "journal" in key] == [f"colour/{JOURNAL}"]
    assert list((tmp_path / "tmp").glob("colorize-staging-*")) == []


def test_kill_in_the_middle_of_a_large_result(bucket: ObjectStore, command: str, colorize: Run, tmp_path: Path):
    """36 MB in parts of 16: between the first and the last of them."""
    (tmp_path / "scans").mkdir()
    noise = pyvips.Image.gaussnoise(4000, 3000, mean=128, sigma=30).cast("uchar").copy(interpretation="b-w")
    noise.write_to_file(str(tmp_path / "scans" / "large.tif"))
    assert colorize("batch", "scans", "-o", "whole", "-q").returncode == 0
    bucket.put("scans/large.tif", (tmp_path / "scans" / "large.tif").read_bytes())
    under_way = threading.Event()

    def fault(method: str, path: str) -> None:
        if "partNumber=3" in path and not under_way.is_set():
            under_way.set()
            time.sleep(5)

    bucket.proxy.fault = fault
    arguments = [command, "batch", bucket.url("scans"), "-o", bucket.url("colour"), "--jobs", "1", "-q"]
    with subprocess.Popen(arguments, cwd=tmp_path, start_new_session=True) as running:
        assert under_way.wait(60)
        os.killpg(running.pid, signal.SIGKILL)
    assert bucket.uploads() == ["colour/large.tif"]
    assert bucket.objects("colour") == {}, "half an object under a final name"
    done = colorize("batch", bucket.url("scans"), "-o", bucket.url("colour"), "--json")
    assert (done.returncode, summary(done)["done"]) == (0, 1), done.stderr
    assert bucket.uploads() == []
    assert bucket.objects("colour") == files(tmp_path / "whole")


def test_parts_at_the_same_time_and_the_run_that_joins_them(
    bucket: ObjectStore, command: str, colorize: Run, tmp_path: Path, whole: dict[str, bytes]
):
    arguments = [command, "batch", bucket.url("scans"), "-o", bucket.url("colour"), "--jobs", "1", "-q"]
    parts = [subprocess.Popen([*arguments, "--shard", f"{number}/2"], cwd=tmp_path) for number in (1, 2)]
    assert [part.wait(timeout=120) for part in parts] == [0, 0]
    assert bucket.objects("colour") == whole
    assert len([key for key in bucket.keys("colour") if "colorize-journal.d/" in key]) == 2
    joined = colorize("batch", bucket.url("scans"), "-o", bucket.url("colour"), "--json")
    assert (joined.returncode, summary(joined)["unchanged"], summary(joined)["done"]) == (0, 8, 0)
    assert [key for key in bucket.keys("colour") if "journal" in key] == [f"colour/{JOURNAL}"]
    lines = [json.loads(line) for line in bucket.get(f"colour/{JOURNAL}").splitlines()]
    assert sorted(line["done"] for line in lines if "done" in line) == sorted(files(tmp_path / "scans"))


def test_photos_on_the_hub(hub: HubServer, colorize: Run, scans: Scans, tmp_path: Path):
    """The Hub's file system has calls of its own for listing and for reading."""
    hub.add("museum/archive", {f"scans/{name}": content for name, content in files(scans(5)).items()})
    assert colorize("batch", "scans", "-o", "whole", "-q").returncode == 0
    there = "hf://museum/archive/scans"
    done = colorize("batch", there, "-o", "colour", "--json", "--jobs", "2")
    assert (done.returncode, summary(done)["done"]) == (0, 5), done.stderr
    assert files(tmp_path / "colour") == files(tmp_path / "whole")
    assert summary(colorize("batch", there, "-o", "colour", "--json"))["unchanged"] == 5
    nowhere = colorize("batch", "hf://museum/nothing/scans", "-o", "colour")
    assert (nowhere.returncode, len(nowhere.stderr.splitlines()) <= 2) == (1, True), nowhere.stderr


def test_folders_need_no_driver(tmp_path: Path, scans: Scans):
    """Neither fsspec nor an SDK is imported, here or by workers, unless a URL is given."""
    scans(2)
    code = "import sys\nfor name in ('fsspec', 's3fs', 'boto3', 'botocore', 'aiohttp'): sys.modules[name] = None\n"
    code += "sys.argv = ['colorize', 'batch', 'scans', '-o', 'colour']\nfrom colorizer_cli.cli.app import main\nmain()"
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    sys_path = "from colorizer_cli.batch import coloring, run, transfer; import sys; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", sys_path], capture_output=True, text=True, check=True).stdout.split()
    assert not {"fsspec", "s3fs", "botocore", "aiohttp", "asyncio"} & set(loaded)
