"""Runs as a user starts them: one process, two processes, interrupted and resumed. Tiny, on the CPU."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import psutil
import pytest
from safetensors.numpy import load_file

ENVIRONMENT = os.environ | {"OMP_NUM_THREADS": "1", "NO_COLOR": "1"}
ONE = [sys.executable, "-m", "colorizer_cli", "fine-tune"]
TWO = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2", "--standalone", "-m", *ONE[2:]]
ACCELERATE = [sys.executable, "-m", "accelerate.commands.launch", "--multi_gpu", "--num_processes", "2"]
ACCELERATE += ["--num_machines", "1", "--mixed_precision", "no", "--dynamo_backend", "no", "-m", *ONE[2:]]
OPTIONS = ["--sizes", "32,64", "--views", "96", "--workers", "0", "--device", "cpu", "--force"]


def start(command: list[str], photos: Path, output: Path, *options: str) -> "subprocess.Popen[bytes]":
    arguments = [*command, str(photos), "-o", str(output), *OPTIONS, *options]
    return subprocess.Popen(arguments, env=ENVIRONMENT, stderr=subprocess.PIPE)


def finish(running: "subprocess.Popen[bytes]", code: int = 0) -> str:
    _, errors = running.communicate(timeout=200)
    assert running.returncode == code, errors.decode()
    return errors.decode()


def state(output: Path) -> dict[str, np.ndarray]:
    return load_file(output.with_name(f"{output.name}.run") / "checkpoint.safetensors")


def losses(output: Path) -> list[tuple[int, float]]:
    text = (output / "log.jsonl").read_text()
    return [(line["step"], line["loss"]) for line in map(json.loads, text.splitlines()) if "loss" in line]


def wait_for_checkpoint(output: Path, running: "subprocess.Popen[bytes]") -> None:
    file = output.with_name(f"{output.name}.run") / "checkpoint.safetensors"
    deadline = time.monotonic() + 150
    while not file.is_file():
        assert running.poll() is None, running.communicate()[1].decode()
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.fixture(scope="module")
def whole(photo_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Weights of an unbroken run of one process, four photos a step."""
    output = tmp_path_factory.mktemp("whole") / "mine"
    finish(start(ONE, photo_folder, output, "--batch", "4"))
    return output


@pytest.mark.slow
def test_interrupted_and_resumed_is_the_same_run(whole: Path, photo_folder: Path, tmp_path: Path):
    output = tmp_path / "mine"
    options = ("--batch", "4", "--checkpoint-minutes", "0")
    running = start(ONE, photo_folder, output, *options)
    wait_for_checkpoint(output, running)
    running.send_signal(signal.SIGINT)
    finish(running, 130)
    assert not output.exists()
    assert "holds an earlier run: --resume" in finish(start(ONE, photo_folder, output, *options), 2)
    assert "its recipe differ" in finish(start(ONE, photo_folder, output, "--seed", "5", "--resume"), 1)
    finish(start(ONE, photo_folder, output, *options, "--resume"))
    expected, found = state(whole), state(output)
    for name, tensor in expected.items():
        np.testing.assert_array_equal(found[name], tensor, err_msg=name)
    assert losses(output) == losses(whole)


@pytest.mark.slow
@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_signal_to_the_whole_group_saves_the_run(
    number: signal.Signals, code: int, photo_folder: Path, tmp_path: Path
):
    """As `timeout` sends it, or a terminal that is closed; with a process that prepares photos."""
    output = tmp_path / "mine"
    arguments = [*ONE, str(photo_folder), "-o", str(output), *OPTIONS, "--workers", "1", "--views", "100000"]
    running = subprocess.Popen(arguments, env=ENVIRONMENT, stderr=subprocess.PIPE, start_new_session=True)
    log = tmp_path / "mine.run" / "log.jsonl"
    deadline = time.monotonic() + 150
    while not log.is_file():
        assert running.poll() is None, running.communicate()[1].decode()
        assert time.monotonic() < deadline
        time.sleep(0.05)
    os.killpg(running.pid, number)
    assert "--resume goes on" in finish(running, code)
    assert (tmp_path / "mine.run" / "checkpoint.safetensors").is_file()


def kill_one(running: "subprocess.Popen[bytes]") -> None:
    """Without a warning, as a lack of memory would."""
    psutil.Process(running.pid).children()[0].kill()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("launcher", "stop"), [(TWO, subprocess.Popen.terminate), (ACCELERATE, kill_one)], ids=["torchrun", "accelerate"]
)
def test_two_processes_are_one_with_the_doubled_batch(
    launcher: list[str],
    stop: Callable[["subprocess.Popen[bytes]"], None],
    whole: Path,
    photo_folder: Path,
    tmp_path: Path,
):
    """BatchNorm statistics are kept in fine-tuning, so that only the order of additions differs."""
    output = tmp_path / "mine"
    options = ("--batch", "2", "--checkpoint-minutes", "0")
    running = start(launcher, photo_folder, output, *options)
    wait_for_checkpoint(output, running)
    stop(running)
    running.communicate(timeout=100)
    assert running.returncode != 0
    assert not output.exists()
    finish(start(launcher, photo_folder, output, *options, "--resume"))
    expected, found = losses(whole), losses(output)
    assert [step for step, _ in found] == [step for step, _ in expected]
    np.testing.assert_allclose([loss for _, loss in found], [loss for _, loss in expected], rtol=2e-3)
