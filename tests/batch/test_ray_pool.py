"""Workers on a Ray cluster, with work that can be told to go wrong."""

from __future__ import annotations

import json
import os
import signal
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from ray_nodes import RayNodes

from colorizer_cli.batch import ray_actor, ray_workers
from colorizer_cli.batch import run as batch_run
from colorizer_cli.batch.job import BatchJob, Identity, Outcome, Recipe, Task
from colorizer_cli.batch.journal import NAME
from colorizer_cli.batch.loop import AHEAD
from colorizer_cli.batch.plan import Findings
from colorizer_cli.batch.ray_actor import Colouring, Premises
from colorizer_cli.batch.ray_workers import RayWorkers
from colorizer_cli.batch.resources import WorkerResources
from colorizer_cli.batch.summary import Summary
from colorizer_cli.errors import ClusterError


class Notices:
    """An observer that remembers."""

    def __init__(self, folder: Path, at_first: Callable[[], object] = lambda: None) -> None:
        """`at_first` is called when there is a first outcome."""
        self._folder, self._at_first = folder, at_first
        self.begun_at_first = 0
        self.notices: list[str] = []
        self.in_hand: list[int] = []
        self.summary = Summary()

    def total(self, photos: int) -> None: ...

    def passed(self, findings: Findings) -> None: ...

    def notice(self, text: str) -> None:
        self.notices.append(text)

    def outcome(self, outcome: Outcome) -> None:
        if not self.begun_at_first:
            lines = (self._folder / "colour" / NAME).read_text().splitlines()
            self.begun_at_first = sum(len(json.loads(line).get("begun", ())) for line in lines)
            self._at_first()


def troublesome() -> Colouring:
    """Does as the photo says: `die`, `sleep`, `nap`, or not much; every try leaves a line beside the folder.

    Defined in a function, it travels to the workers as it is: they need not find this file.
    """

    def colouring(recipe: Recipe, backend: str, device: str, source: str, output: str) -> Callable[[Task], Outcome]:
        def colour(task: Task) -> Outcome:
            photo, result = os.path.join(source, task.photo), os.path.join(output, task.result)
            with open(os.path.join(os.path.dirname(source), "tries"), "a") as tries:
                tries.write(f"{task.photo} {os.environ.get('CUDA_VISIBLE_DEVICES', '')}- {os.getpid()}\n")
            with open(photo) as file:
                wish = file.read()
            if wish == "die":
                os._exit(1)
            if wish in ("nap", "sleep"):
                time.sleep(0.7 if wish == "nap" else 60)
            with open(result, "w") as file:
                file.write(wish)
            return Outcome(task, 0.0, Identity.of(os.stat(photo), "0"), Identity.of(os.stat(result)))

        return colour

    return colouring


@pytest.fixture
def scans(tmp_path: Path) -> Callable[..., None]:
    """scans(wish, count) writes files that pass for photos, and say what is to happen to them."""
    (tmp_path / "scans").mkdir()

    def write(wish: str, count: int) -> None:
        for number in range(count):
            (tmp_path / "scans" / f"{wish}{number:03}.jpg").write_text(wish)

    return write


@pytest.fixture
def ray_pool(cluster: RayNodes, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The module, imported with Ray's settings in place."""
    from colorizer_cli.batch import ray_pool

    monkeypatch.setattr(ray_pool, "GRACE_SECONDS", 0.2)  # no node is lost here
    return ray_pool


@pytest.fixture
def do(ray_pool: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Notices]:
    """A whole run over the folder, with `troublesome` for the work; what it tells."""
    in_hand: list[int] = []

    class Workers(RayWorkers):
        def __init__(self, *arguments: Any) -> None:
            super().__init__(*arguments, troublesome())

        def give(self, task: Task) -> None:
            super().give(task)
            in_hand.append(len(self.busy))

    monkeypatch.setattr(batch_run, "RayWorkers", Workers)

    def run(at_first: Callable[[], object] = lambda: None, **options: Any) -> Notices:
        observer = Notices(tmp_path, at_first)
        defaults = {"jobs": 2, "cluster": WorkerResources()}
        job = BatchJob(str(tmp_path / "scans"), str(tmp_path / "colour"), **(defaults | options))
        observer.summary = batch_run.run(job, observer)
        observer.in_hand = in_hand
        return observer

    return run


def tries(folder: Path) -> Counter[str]:
    return Counter(line.split()[0] for line in (folder / "tries").read_text().splitlines())


def processes(folder: Path) -> set[str]:
    return {line.split()[-1] for line in (folder / "tries").read_text().splitlines()}


def journalled(folder: Path, verb: str) -> list[str]:
    lines = map(json.loads, (folder / "colour" / NAME).read_text().splitlines())
    return sorted(line[verb] for line in lines if verb in line)


def test_a_photo_that_kills_three_workers_has_failed(
    do: Callable[..., Notices], scans, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    scans("fine", 8)
    scans("die", 1)
    told = do()
    assert tries(tmp_path)["die000.jpg"] == 3
    assert "as were two before it" in told.summary.failures["die000.jpg"]
    assert journalled(tmp_path, "failed") == ["die000.jpg"]
    assert journalled(tmp_path, "done") == [f"fine{number:03}.jpg" for number in range(8)]
    assert any("workers lost: 1" in notice for notice in told.notices)
    monkeypatch.setattr(ray_workers, "connected", None)  # with nothing to do, no cluster is asked for
    assert do().summary.findings.failed_before.keys() == {"die000.jpg"}


def test_no_more_is_in_hand_or_announced_than_workers_can_do(
    do: Callable[..., Notices], scans, tmp_path: Path, ray_pool, monkeypatch: pytest.MonkeyPatch
):
    scans("fine", 3 * AHEAD)
    monkeypatch.setattr(ray_pool, "LIFETIME_PHOTOS", 60)
    monkeypatch.setattr(ray_pool, "LIFETIME_SECONDS", 0.0)
    told = do()
    assert told.summary.done == 3 * AHEAD
    assert max(told.in_hand) <= 2
    assert told.begun_at_first <= AHEAD + 2
    assert journalled(tmp_path, "done") == sorted(tries(tmp_path)) == sorted(os.listdir(tmp_path / "scans"))
    assert set(tries(tmp_path).values()) == {1}
    assert len(processes(tmp_path)) >= 4  # the first two were exchanged in time


def test_a_node_that_joins_gets_workers_that_share_its_gpu(
    do: Callable[..., Notices], cluster: RayNodes, scans, tmp_path: Path
):
    scans("nap", 24)
    nodes = [cluster.add(2, gpus=1)]
    try:
        told = do(lambda: nodes.append(cluster.add(2, gpus=1)), jobs=0, cluster=WorkerResources(cpus=0.5, gpus=0.5))
    finally:
        for node in nodes:
            cluster.kill(node)
    assert told.summary.done == 24
    assert len(processes(tmp_path)) == 4
    assert {line.split()[1] for line in (tmp_path / "tries").read_text().splitlines()} == {"0-"}
    assert max(told.in_hand) > 2


def test_a_photo_that_takes_too_long(do: Callable[..., Notices], scans, tmp_path: Path):
    scans("fine", 2)
    scans("sleep", 1)
    told = do(time_limit=1.0)
    assert "took longer than 1 seconds" in told.summary.failures["sleep000.jpg"]
    assert told.summary.done == 2
    assert tries(tmp_path)["sleep000.jpg"] == 1


def test_a_worker_that_died_idle_is_no_photo_s_fault(
    ray_pool: ModuleType, scans, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(ray_pool, "DEATHS", 1)
    scans("fine", 1)
    job = BatchJob(str(tmp_path / "scans"), str(tmp_path), jobs=1, cluster=WorkerResources())
    (tmp_path / NAME).write_text("{}\n")
    pool = RayWorkers(job, WorkerResources(), str(tmp_path / NAME), Notices(tmp_path), troublesome())
    try:
        for number in range(2):
            while not pool.idle:
                assert not list(pool.outcomes(0.2))
            if number:
                time.sleep(1.1)
                os.kill(int((tmp_path / "tries").read_text().split()[-1]), signal.SIGKILL)
            pool.give(Task("fine000.jpg", "fine000.jpg"))
            outcomes = []
            while not outcomes:
                outcomes = list(pool.outcomes(0.2))
            assert [outcome.error for outcome in outcomes] == [None]
            assert not pool.busy
    finally:
        pool.kill()


def test_no_node_has_room(do: Callable[..., Notices], scans):
    scans("fine", 1)
    with pytest.raises(ClusterError, match="no node of the cluster has the 1 CPU and 1 GPU"):
        do(jobs=0, cluster=WorkerResources(gpus=1))


def test_another_version_on_a_node(do: Callable[..., Notices], scans, monkeypatch: pytest.MonkeyPatch):
    scans("fine", 1)
    monkeypatch.setattr(ray_actor, "__version__", "0.0.1")  # in this process; the workers have the real one
    with pytest.raises(ClusterError, match=r"node .*: it has colorizer-cli .*, the run's own machine 0\.0\.1"):
        do()


def test_premises(tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    source, journal = tmp_path / "scans", tmp_path / NAME
    source.mkdir()
    (source / "a.jpg").write_bytes(b"")
    journal.write_text("begun\n" * 2000)
    recipe = Recipe(weights=str(tiny))
    premises = Premises.here(recipe, str(source), str(tmp_path), str(journal))
    monkeypatch.setattr(ray_actor, "VISIBLE_SECONDS", 0.0)
    assert premises.broken(recipe) is None
    with journal.open("a") as file:
        file.write("more, meanwhile\n")
    assert premises.broken(recipe) is None
    journal.write_text("other\n" * 2000)
    assert "is not to be seen there as it is" in (premises.broken(recipe) or "")
    (source / "a.jpg").unlink()  # as where the share is not mounted
    assert "are not to be seen there" in (premises.broken(recipe) or "")
    assert "are others than those" in (premises.broken(Recipe()) or "")
    assert Premises.here(recipe, "s3://a/b", "s3://a/c", str(journal)).broken(recipe) is None


def test_causes_of_death(ray_pool: ModuleType):
    from ray.exceptions import ActorUnavailableError, RayActorError, RayTaskError

    told = {
        "The actor is dead because its worker process has died. (1) killed by the OOM killer": "it crashed",
        "The actor died: the actor's node was terminated unexpectedly: health check": "its node was lost",
        "Task was killed due to the node running low on memory.": "its node ran out of memory",
        "The actor with name Colourer failed to import on the worker": "colorizer-cli cannot be imported there",
    }
    for text, cause in told.items():
        assert ray_pool.cause_of_death(RayActorError("0", text)) == cause
    assert (
        ray_pool.cause_of_death(ActorUnavailableError("RPC error: Socket closed", b"0" * 16)) == "it cannot be reached"
    )
    raised = RayTaskError("colour", "Traceback …\nTypeError: no such argument", ValueError())
    assert ray_pool.cause_of_death(raised) == "TypeError: no such argument"
