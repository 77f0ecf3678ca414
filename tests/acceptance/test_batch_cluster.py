"""`colorize batch --cluster ray`: the same work on several nodes, which come and go."""

import json
import os
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
import pyvips
import yaml
from batch_runs import being_written, end, results, start, wait_for
from ray_nodes import RayNodes

from colorizer_cli.batch import ray_cluster
from colorizer_cli.errors import ClusterError

Run = Callable[..., "subprocess.CompletedProcess[bytes]"]
Scans = Callable[..., Path]
Hashes = Callable[[Path], dict[bytes, str]]
EXAMPLE = Path(__file__).parents[2] / "examples" / "cluster" / "ray.yaml"


@pytest.fixture
def started(command: str, tmp_path: Path) -> Iterator[Callable[..., "subprocess.Popen[bytes]"]]:
    """Starts `colorize batch scans …` in a process group of its own, as a shell would; ended with the test."""
    running: list[subprocess.Popen[bytes]] = []

    def start(*arguments: str) -> "subprocess.Popen[bytes]":
        running.append(
            subprocess.Popen(
                [command, "batch", "scans", "-o", "colour", "--json", *arguments],
                cwd=tmp_path,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
                start_new_session=True,
            )
        )
        return running[-1]

    yield start
    for process in running:
        process.kill()
        process.communicate()


def journal_lines(folder: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in (folder / "colorize-journal.jsonl").read_text().splitlines()]


def workers() -> list[psutil.Process]:
    return [process for process in psutil.process_iter(["name"]) if "Colourer" in process.info["name"]]


def newest_raylet() -> psutil.Process:
    """Of the node that came last."""
    raylets = [process for process in psutil.process_iter(["name"]) if process.info["name"] == "raylet"]
    return max(raylets, key=psutil.Process.create_time)


def wait_until_colouring(raylet: psutil.Process) -> None:
    """A worker's name says what it is doing."""
    deadline = time.monotonic() + 60
    while not any("Colourer.colour" in worker.name() for worker in raylet.children(recursive=True)):
        assert time.monotonic() < deadline, "the node has got no work"
        time.sleep(0.3)


@pytest.mark.slow
def test_a_node_is_lost_in_the_middle(
    cluster: RayNodes, started: Callable[..., "subprocess.Popen[bytes]"], scans: Scans, colorize: Run, hashes: Hashes
):
    folder = scans(40, (600, 450)).parent
    (folder / "scans" / "damaged.jpg").write_bytes(b"no photo")
    assert colorize("batch", "scans", "-o", "local", "-q").returncode == 3
    second = cluster.add(2)
    running = started("--cluster", "ray", "--jobs", "4")
    wait_until_colouring(newest_raylet())
    cluster.kill(second)
    stdout, stderr = running.communicate(timeout=240)
    assert running.returncode == 3, stderr
    events = [json.loads(line) for line in stdout.splitlines()]  # nothing else is on stdout
    assert (events[-1]["event"], events[-1]["done"], events[-1]["failed"]) == ("summary", 40, 1)
    said = stderr.decode().splitlines()
    lost = [line for line in said if not line.startswith("Waiting for a node")]  # as on a slow machine
    assert lost, "nobody was told"
    for line in lost:
        assert line.startswith("workers lost: ")
        assert line.endswith("their photos are done again")
        assert any(cause in line for cause in ("its node was lost", "it cannot be reached", "it crashed")), line

    assert hashes(folder / "colour") == hashes(folder / "local")
    there, local = journal_lines(folder / "colour"), journal_lines(folder / "local")
    for verb in ("done", "failed"):
        found = sorted(str(line[verb]) for line in there if verb in line)
        assert found == sorted(str(line[verb]) for line in local if verb in line)  # each exactly once
    assert not workers()
    again = colorize("batch", "scans", "-o", "colour", "--json")
    assert json.loads(again.stdout)["unchanged"] == 40


@pytest.mark.slow
def test_a_cluster_of_its_own_is_on_loopback_and_ends_with_the_run(
    started: Callable[..., "subprocess.Popen[bytes]"], scans: Scans, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("TMPDIR", str(tmp_path))  # too long for sockets
    monkeypatch.setenv("HOME", str(tmp_path))
    before = set(os.listdir("/tmp"))
    scans(60, (1500, 1100))
    running = started("--cluster", "ray", "--jobs", "2")
    assert running.stdout is not None
    lines = [running.stdout.readline()]
    family = psutil.Process(running.pid).children(recursive=True)
    names = {process.name() for process in family}
    assert {"gcs_server", "raylet"} <= names
    listening = {
        end.laddr.ip.removeprefix("::ffff:")
        for process in [psutil.Process(running.pid), *family]
        for end in process.net_connections("inet")
        if end.status == psutil.CONN_LISTEN or end.type == socket.SOCK_DGRAM
    }
    assert listening == {"127.0.0.1"}
    environment = next(process for process in family if process.name() == "gcs_server").environ()
    assert (environment["RAY_AUTH_MODE"], environment["RAY_USAGE_STATS_ENABLED"]) == ("token", "0")
    assert len(environment["RAY_AUTH_TOKEN"]) == 64

    os.killpg(running.pid, signal.SIGINT)
    rest, stderr = running.communicate(timeout=60)
    assert running.returncode == 130, stderr
    assert stderr.decode().splitlines() == ["Finishing the photos in hand; Ctrl-C again stops at once"]
    events = [json.loads(line) for line in [*lines, *rest.splitlines()]]
    assert events[-1]["interrupted"]
    done = [event["output"] for event in events if event["event"] == "done"]
    results = [path for path in (tmp_path / "colour").rglob("*.*") if path.name != "colorize-journal.jsonl"]
    assert sorted(done) == sorted(str(path.relative_to(tmp_path / "colour")) for path in results)
    assert 1 <= len(done) < 60
    assert not psutil.wait_procs(family, timeout=10)[1]
    assert not {name for name in set(os.listdir("/tmp")) - before if name.startswith("ray-")}
    assert not (tmp_path / ".ray").exists()


@pytest.mark.slow
def test_first_ctrl_c_finishes_the_photo_in_hand(command: str, tmp_path: Path, slow_photo: Path):
    for number in range(9):
        os.link(slow_photo, slow_photo.parent / f"z{number}.png")
    running = start(command, tmp_path, "--cluster", "ray", "--jobs", "1")
    wait_for(lambda: being_written(tmp_path / "colour"), 120)
    os.killpg(running.pid, signal.SIGINT)
    code, message = end(running, 120)
    assert code == 130, message
    assert "Finishing" in message
    assert "1 coloured" in message
    assert [path.name for path in results(tmp_path / "colour")] == ["slow.png"]
    pyvips.Image.new_from_file(str(tmp_path / "colour" / "slow.png"), fail_on="warning").avg()
    lines = journal_lines(tmp_path / "colour")
    assert [line["done"] for line in lines if "done" in line] == ["slow.png"]
    assert not being_written(tmp_path / "colour")


@pytest.mark.slow
def test_the_second_ctrl_c_stops_workers_on_other_nodes(
    cluster: RayNodes, command: str, tmp_path: Path, slow_photo: Path
):
    os.link(slow_photo, slow_photo.parent / "slow 2.png")
    running = start(command, tmp_path, "--cluster", "ray", "--jobs", "2")
    wait_for(lambda: being_written(tmp_path / "colour"), 120)
    started = time.monotonic()
    for _ in range(2):
        os.killpg(running.pid, signal.SIGINT)  # the workers are the cluster's, and hear nothing of it
        time.sleep(0.2)
    assert end(running, 30)[0] == 130
    assert time.monotonic() - started < 15
    wait_for(lambda: not workers(), 10)
    time.sleep(1)
    assert os.listdir(tmp_path / "colour") == ["colorize-journal.jsonl"]
    assert not [line for line in journal_lines(tmp_path / "colour") if "done" in line or "failed" in line]


@pytest.mark.slow
def test_the_example_of_a_ray_job(cluster: RayNodes, command: str, scans: Scans, tmp_path: Path):
    scans(4)
    job = yaml.safe_load(EXAMPLE.read_text())
    assert (job["kind"], job["spec"]["rayClusterSpec"]["authOptions"]) == ("RayJob", {"mode": "token"})
    groups = [job["spec"]["rayClusterSpec"]["headGroupSpec"], *job["spec"]["rayClusterSpec"]["workerGroupSpecs"]]
    for group in groups:
        (container,) = group["template"]["spec"]["containers"]
        assert [mount["mountPath"] for mount in container["volumeMounts"]] == ["/archive"]
        assert group["template"]["spec"]["volumes"][0]["name"] == "archive"
    arguments = shlex.split(job["spec"]["entrypoint"].replace("/archive", str(tmp_path)))
    assert arguments.pop(0) == "colorize"
    done = subprocess.run([command, *arguments], check=True, capture_output=True, timeout=120)
    assert json.loads(done.stdout.splitlines()[-1])["done"] == 4


def test_wrong_addresses(cluster: RayNodes, monkeypatch: pytest.MonkeyPatch):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        monkeypatch.setattr(ray_cluster, "PATIENCE", 3.0)
        for address, words in {
            f"127.0.0.1:{port}": "no cluster answers there within 3 seconds",
            "ray://127.0.0.1:10001": "is the address of another service",
            "http://127.0.0.1:8265": "ray job submit",
            "127.0.0.1": "expected HOST:PORT",
        }.items():
            monkeypatch.setenv("RAY_ADDRESS", address)
            with pytest.raises(ClusterError, match=words):
                ray_cluster.check_cluster()


def test_nothing_at_the_address(colorize: Run, scans: Scans, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    scans(1)
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"127.0.0.1:{server.getsockname()[1]}"
    monkeypatch.setenv("RAY_ADDRESS", address)
    started = time.monotonic()
    done = colorize("batch", "scans", "-o", "colour", "--cluster", "ray")
    assert time.monotonic() - started < 20
    assert done.returncode == 1
    assert f"RAY_ADDRESS={address}: no cluster answers there".encode() in done.stderr
    assert not (tmp_path / "colour").exists()


@pytest.mark.slow
def test_a_cluster_that_asks_for_another_token(cluster: RayNodes, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("RAY_AUTH_TOKEN", "0" * 64)
    monkeypatch.setattr(ray_cluster, "PATIENCE", 8.0)
    with pytest.raises(ClusterError, match="asks for another token"):
        ray_cluster.check_cluster()


def test_without_ray(scans: Scans, tmp_path: Path):
    scans(1)
    program = "import sys; sys.modules['ray'] = None; from colorizer_cli.cli.app import main; main()"
    arguments = [sys.executable, "-c", program, "batch", "scans", "-o", "colour", "--cluster", "ray"]
    done = subprocess.run(arguments, cwd=tmp_path, capture_output=True, check=False)
    assert done.returncode == 1
    assert done.stderr.decode().strip() == (
        'error: --cluster ray: Ray is not installed; pip install "colorizer-cli[cluster]"'
    )
    assert not (tmp_path / "colour").exists()


def test_ray_is_imported_on_a_cluster_only(scans: Scans, tmp_path: Path):
    scans(1)
    program = (
        "import atexit, sys; from colorizer_cli.cli.app import main;"
        "atexit.register(lambda: print('ray' in sys.modules, file=sys.stderr)); main()"
    )
    arguments = [sys.executable, "-c", program, "batch", "scans", "-o", "colour", "-q"]
    done = subprocess.run(arguments, cwd=tmp_path, capture_output=True, check=True)
    assert done.stderr.split() == [b"False"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--cluster", "dask"], b"expected ray"),
        (["--worker-cpus", "2"], b"add it"),
        (["--cluster", "ray", "--worker-gpus", "1.5"], b"a whole number"),
        (["--cluster", "ray", "--device", "cuda:1"], b"Ray chooses the GPU"),
        (["--cluster", "ray", "--device", "cuda", "--worker-gpus", "0"], b"a share"),
    ],
)
def test_wrong_usage(colorize: Run, scans: Scans, arguments: list[str], words: bytes):
    scans(1)
    done = colorize("batch", "scans", "-o", "colour", *arguments)
    assert done.returncode == 2
    assert words in done.stderr
