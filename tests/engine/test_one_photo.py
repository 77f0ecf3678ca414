"""What does not wait for the network: a photo that is turned away, and whoever presses Ctrl-C."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import pyvips
from skimage import data

from colorizer_cli.backends import choice
from colorizer_cli.engine import one_photo
from colorizer_cli.engine.job import Job

SLOW = 20.0  # seconds


@pytest.fixture
def slow_network(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Set: it has been asked. It answers when the test is over."""
    asked, over = threading.Event(), threading.Event()
    create = choice.create_predictor

    def slow(*arguments: object, **named: object) -> object:
        predictor = create(*arguments, **named)
        answer = predictor.predict

        def predict(*given: object) -> np.ndarray:
            asked.set()
            over.wait(SLOW)
            return answer(*given)

        predictor.predict = predict
        return predictor

    monkeypatch.setattr(choice, "create_predictor", slow)
    yield asked
    over.set()


def job(tmp_path: Path, pixels: np.ndarray) -> Job:
    path = tmp_path / "old.png"
    interpretation = "b-w" if pixels.ndim == 2 else "srgb"
    pyvips.Image.new_from_array(pixels, interpretation=interpretation).write_to_file(str(path))
    return Job(source=str(path), output=str(tmp_path / "new.png"))


def test_a_photo_in_colour_is_left_alone_at_once(tmp_path: Path, slow_network: threading.Event):
    began = time.monotonic()
    found = one_photo.run(job(tmp_path, data.astronaut()))
    assert time.monotonic() - began < SLOW / 2
    assert "in colour already" in found["left_alone"]


def test_ctrl_c_ends_it_at_once(
    tmp_path: Path, slow_network: threading.Event, monkeypatch: pytest.MonkeyPatch, gray_pixels: np.ndarray
):
    def interrupted(*_: object) -> list[str]:
        assert slow_network.wait(SLOW)
        raise KeyboardInterrupt

    monkeypatch.setattr(one_photo, "triage", interrupted)
    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        one_photo.run(job(tmp_path, gray_pixels))
    assert time.monotonic() - began < SLOW / 2
    assert not (tmp_path / "new.png").exists()
