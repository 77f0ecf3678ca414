"""Photos and weights that tests share: free ones from scikit-image, generated ones, and a tiny random network."""

from __future__ import annotations

import colorizer_cli  # noqa: F401 — before pyvips, see photo/libvips.py

# isort: split

import secrets
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest
import pyvips
from hub_server import HubServer
from object_store import ObjectStore, environment, moto
from PIL import Image
from ray_nodes import RayNodes
from skimage import data
from skimage.color import rgb2gray
from tiny_weights import write_tiny

from colorizer_cli import Colorizer


@pytest.fixture(scope="session")
def gray_pixels() -> np.ndarray:
    """(400, 600) uint8: scikit-image's coffee, as a black-and-white photo."""
    return np.round(rgb2gray(data.coffee()) * 255).astype(np.uint8)


@pytest.fixture
def gray_jpeg(tmp_path: Path, gray_pixels: np.ndarray) -> Path:
    path = tmp_path / "old.jpg"
    pyvips.Image.new_from_array(gray_pixels).copy(interpretation="b-w").jpegsave(str(path), Q=95)
    return path


@pytest.fixture(scope="session")
def colorizer() -> Colorizer:
    return Colorizer(backend="onnx")


@pytest.fixture
def open_image() -> Iterator[Callable[[Path], Image.Image]]:
    """Pillow's open; the files are closed after the test."""
    with ExitStack() as stack:
        yield lambda path: stack.enter_context(Image.open(path))


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[HubServer]:
    """A Hub on loopback, which this process and the commands that it starts take for the real one; no token."""
    for name in ("HF_TOKEN", "HF_HUB_OFFLINE", "HF_ASSETS_CACHE", "HF_HUB_DOWNLOAD_TIMEOUT"):
        monkeypatch.delenv(name, raising=False)
    server = HubServer()
    monkeypatch.setenv("HF_ENDPOINT", server.endpoint)
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    monkeypatch.setenv("HF_TOKEN_PATH", str(tmp_path / "hf" / "token"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    yield server
    server.close()


@pytest.fixture(scope="session")
def moto_port() -> Iterator[int]:
    with moto() as port:
        yield port


@pytest.fixture
def bucket(moto_port: int) -> Iterator[ObjectStore]:
    """An empty bucket of an S3 store on loopback, which this process and the commands that it starts take for the
    real one."""
    store = ObjectStore(moto_port, f"bucket-{secrets.token_hex(4)}")
    with environment(store.proxy.endpoint):
        yield store
    store.close()


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    """A weights folder of 300 kB."""
    return write_tiny(tmp_path / "tiny")


@pytest.fixture(scope="session")
def ray_nodes() -> Iterator[RayNodes]:
    nodes = RayNodes()
    yield nodes
    nodes.close()


@pytest.fixture
def cluster(ray_nodes: RayNodes, monkeypatch: pytest.MonkeyPatch) -> RayNodes:
    """A Ray cluster, which this process and the commands that it starts use."""
    monkeypatch.setenv("RAY_ADDRESS", ray_nodes.address)
    return ray_nodes
