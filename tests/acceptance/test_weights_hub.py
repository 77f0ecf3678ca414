"""Weights from a Hub on loopback, by the installed command."""

import json
import os
import shlex
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hub_server import WRITE, HubServer
from tiny_weights import contents, record

from colorizer_cli.weights.folder import ONNX, SAFETENSORS
from colorizer_cli.weights.registry import find_weights

Run = Callable[..., "subprocess.CompletedProcess[bytes]"]
REPO = "museum/tiny"
NAME = f"hf:{REPO}"


def asked(hub: HubServer) -> int:
    """Requests since the last time."""
    count = len(hub.requests)
    hub.requests.clear()
    return count


def test_pulled_once_then_found_for_ever(
    colorize: Run, hub: HubServer, gray_jpeg: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """With the embedded weights under another address: the same photo comes out, byte for byte but for the time."""
    commit = hub.add("museum/lite", contents(find_weights().path))
    done = colorize("weights", "pull", "hf:museum/lite")
    assert done.returncode == 0, done.stderr
    assert f"hf:museum/lite is hf:museum/lite@{commit}: verified, in {tmp_path}/hf/assets".encode() in done.stderr
    assert asked(hub) == 7  # the revision, four files, two of them with another address

    pinned = f"hf:museum/lite@{commit}"
    assert colorize("weights", "pull", pinned).returncode == 0
    folder = colorize("weights", "path", pinned).stdout.decode().strip()
    assert (Path(folder) / ONNX).is_file()
    assert colorize("old.jpg", "-o", "pinned.png", "--weights", pinned).returncode == 0
    done = colorize("old.jpg", "-o", "branch.png", "--weights", "hf:museum/lite")
    assert f"hf:museum/lite is {pinned}".encode() in done.stderr
    (tmp_path / "scans").mkdir()
    (tmp_path / "scans" / "a.jpg").write_bytes(gray_jpeg.read_bytes())
    assert colorize("batch", "scans", "-o", "colour", "--weights", "hf:museum/lite").returncode == 0
    assert asked(hub) == 0

    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    done = colorize("weights", "pull", "hf:museum/lite", "--json")
    assert json.loads(done.stdout)["pulled"][0]["reference"] == pinned
    done = colorize("weights", "pull", "hf:museum/other")
    assert (done.returncode, done.stdout) == (1, b"")
    assert b"error: hf:museum/other is not here, and HF_HUB_OFFLINE forbids to ask for it" in done.stderr
    assert asked(hub) == 0
    rows = {row["name"]: row for row in json.loads(colorize("weights", "list", "--json").stdout)["weights"]}
    assert rows[pinned]["where"] == "pulled, main"
    assert rows["hybrid-lite"]["where"] == "embedded"
    assert rows["vgg16.tv_in1k"]["where"] == "not pulled: hf:timm/vgg16.tv_in1k"
    assert b"removed hf:museum/lite@" in colorize("weights", "remove", "hf:museum/lite").stderr
    assert colorize("weights", "remove", "hf:museum/lite").returncode == 1


def test_a_photo_pulls_what_it_needs(colorize: Run, hub: HubServer, tiny: Path, gray_jpeg: Path, tmp_path: Path):
    hub.add(REPO, contents(tiny))
    done = colorize("old.jpg", "-o", "new.png", "--weights", NAME)
    assert done.returncode == 0, done.stderr
    assert b"pulling hf:museum/tiny, 0.3 MB" in done.stderr
    assert b"colours by tiny" in done.stderr
    hub.faults.unavailable = -1
    assert colorize("old.jpg", "-o", "again.png", "--weights", NAME).returncode == 0


def test_colouring_with_pulled_weights_never_imports_the_hubs_client(
    hub: HubServer, tiny: Path, gray_jpeg: Path, tmp_path: Path, colorize: Run
):
    hub.add(REPO, contents(tiny))
    assert colorize("weights", "pull", NAME).returncode == 0
    program = (
        f"import sys; sys.argv = ['colorize', 'old.jpg', '-o', 'new.png', '--weights', {NAME!r}]\n"
        "from colorizer_cli.cli.app import main\n"
        "try: main()\nexcept SystemExit as end: assert not end.code\n"
        "assert not {'huggingface_hub', 'httpx2', 'filelock', 'torch'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], cwd=tmp_path, check=True)


def test_killed_in_the_middle_and_again(command: str, colorize: Run, hub: HubServer, tiny: Path, tmp_path: Path):
    commit = hub.add(REPO, contents(tiny))
    folder = tmp_path / "hf" / "assets" / "colorizer-cli" / "weights" / "museum--tiny"
    part = folder / f"{commit}.part" / f"{ONNX}.part"
    hub.faults.bytes_per_second = 60_000
    came = 0
    for _ in range(2):
        running = subprocess.Popen([command, "weights", "pull", NAME], stderr=subprocess.DEVNULL)
        began = time.monotonic()
        while not part.is_file() or part.stat().st_size <= came + 5_000:
            assert time.monotonic() - began < 30
            time.sleep(0.02)
        running.kill()
        running.wait()
        assert part.stat().st_size > came
        came = part.stat().st_size
        assert not list(folder.glob("*.json"))
        assert not (folder / commit).exists()
    hub.faults.bytes_per_second = None
    hub.requests.clear()
    done = colorize("weights", "pull", NAME)
    assert done.returncode == 0, done.stderr
    assert [request.headers.get("range") for request in hub.requests if request.cdn] == [f"bytes={came}-"]
    assert contents(folder / commit) == contents(tiny)


def test_two_at_once_fetch_it_once(command: str, hub: HubServer, tiny: Path):
    hub.add(REPO, contents(tiny))
    hub.faults.bytes_per_second = 200_000
    running = [subprocess.Popen([command, "weights", "pull", NAME], stderr=subprocess.PIPE) for _ in range(2)]
    outputs = [process.communicate(timeout=60)[1] for process in running]
    assert [process.returncode for process in running] == [0, 0], outputs
    assert len([request for request in hub.requests if request.cdn]) == 2


def test_a_write_limit(command: str, hub: HubServer, tiny: Path, tmp_path: Path, colorize: Run):
    """As a full disk does, where no file system can be mounted: no file may grow beyond 64 blocks."""
    hub.add(REPO, contents(tiny))
    script = f"ulimit -f 128; exec {shlex.quote(command)} weights pull {NAME}"
    done = subprocess.run(["bash", "-c", script], capture_output=True, check=False, timeout=60)
    assert done.returncode == 1, done.stderr
    assert b"error: no space left for" in done.stderr
    assert b"Traceback" not in done.stderr
    assert colorize("weights", "pull", NAME).returncode == 0


def test_interrupted(command: str, hub: HubServer, tiny: Path, tmp_path: Path):
    hub.add(REPO, contents(tiny))
    hub.faults.bytes_per_second = 30_000
    running = subprocess.Popen([command, "weights", "pull", NAME], stderr=subprocess.PIPE)
    while not list(tmp_path.rglob("model.*.part")):
        time.sleep(0.05)
    running.send_signal(2)
    assert b"Traceback" not in running.communicate(timeout=20)[1]
    assert running.returncode == 130


def test_verify_tells_what_is_wrong(colorize: Run, hub: HubServer, tiny: Path, tmp_path: Path):
    hub.add(REPO, contents(tiny))
    assert colorize("weights", "pull", NAME).returncode == 0
    (network,) = tmp_path.glob(f"hf/**/{ONNX}")
    network.write_bytes(network.read_bytes()[:-1] + b"x")
    done = colorize("weights", "verify", NAME)
    assert done.returncode == 1
    assert b"is not sound: model.onnx: sha256 is" in done.stderr
    done = colorize("old.jpg", "--weights", NAME)
    assert done.returncode == 1
    assert colorize("weights", "pull", NAME).returncode == 0
    assert network.read_bytes() == (tiny / ONNX).read_bytes()
    (tiny / SAFETENSORS).write_bytes(b"\x80\x02" + b"." * 100)
    record(tiny)
    report = json.loads(colorize("weights", "verify", str(tiny), "--json").stdout)
    assert not report["sound"]
    assert "pickle under another name" in report["problems"][0]


def test_publishing(colorize: Run, hub: HubServer, tiny: Path, monkeypatch: pytest.MonkeyPatch):
    done = colorize("weights", "push", str(tiny), "museum/mine", "--dry-run")
    assert done.returncode == 0, done.stderr
    assert b"would publish" in done.stderr
    assert b"image-colorization" in done.stderr
    assert hub.requests == []
    done = colorize("weights", "push", str(tiny), "museum/mine")
    assert done.returncode == 1
    assert b"needs a token" in done.stderr
    monkeypatch.setenv("HF_TOKEN", WRITE)
    monkeypatch.setenv("HF_DEBUG", "0")
    done = colorize("weights", "push", str(tiny), "museum/mine", "--json")
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["private"]
    assert said["reference"].startswith("hf:museum/mine@")
    assert WRITE.encode() not in done.stdout + done.stderr
    done = colorize("weights", "push", str(tiny), "museum/mine", "--licence", "nonsense", "--debug")
    assert b"Traceback" in done.stderr
    assert WRITE.encode() not in done.stdout + done.stderr
    done = colorize("weights", "pull", "hf:museum/mine")
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["weights", "pull", "museum"], 1, b"neither hf:OWNER/REPO nor a known name"),
        (["weights", "pull", "hf:museum"], 2, b"expected hf:OWNER/REPO"),
        (["weights", "remove", "hybrid-lite"], 1, b"nothing of it has been pulled"),
        (["old.jpg", "--weights", "hf:a/b@../c"], 2, b"expected hf:OWNER/REPO"),
        (["old.jpg", "--weights", "model.pth"], 1, b"is refused: such files can run code"),
        (["old.jpg", "--weights", "vgg16.tv_in1k"], 1, b"that is a backbone, not trained weights"),
        (["old.jpg", "--weights", "hf:museum/none"], 1, b"no such repository"),
    ],
)
def test_errors(colorize: Run, hub: HubServer, gray_jpeg: Path, arguments: list[str], code: int, message: bytes):
    done = colorize(*arguments)
    assert done.returncode == code
    assert message in done.stderr
    assert len(done.stderr.splitlines()) <= 3
    assert os.environ["HF_ENDPOINT"] == hub.endpoint


def test_the_backbones_of_the_reference_by_name(colorize: Run, hub: HubServer, tiny: Path):
    network = {SAFETENSORS: (tiny / SAFETENSORS).read_bytes()}
    hub.add("timm/vgg16.tv_in1k", network)
    hub.add("timm/resnetv2_50.a1h_in1k", network)
    done = colorize("weights", "pull", "hybrid-vgg16-resnet50v2")
    assert done.returncode == 0, done.stderr
    assert done.stderr.count(b": verified, in") == 2
