"""A run's figures over time: log.jsonl, and TensorBoard's event files where it is installed."""

from __future__ import annotations

import importlib.util
import json
import time
from pathlib import Path
from typing import Any


class RunLog:
    """Lines of {"time", "step", "photos", figures…} in `folder`/log.jsonl; figures also in `folder`/tensorboard."""

    def __init__(self, folder: Path, tensorboard: bool = True) -> None:
        self.file = folder / "log.jsonl"
        self._writer: Any = None
        self._folder = folder / "tensorboard"
        self._wanted = tensorboard and importlib.util.find_spec("tensorboard") is not None

    def write(self, step: int, photos: int, figures: dict[str, float]) -> str:
        """Appends a line and returns it."""
        line = json.dumps({"time": round(time.time()), "step": step, "photos": photos} | figures)
        with open(self.file, "a", encoding="utf-8") as log:
            log.write(line + "\n")
        if self._wanted:
            self._writer = self._writer or _writer(self._folder)
            self._wanted = self._writer is not None
        if self._wanted:
            for name, value in figures.items():
                self._writer.add_scalar(name, value, step)
        return line

    def go_back_to(self, step: int) -> None:
        """Takes out the lines after `step`: a resumed run writes them again."""
        if self.file.is_file():
            kept = [line for line in self.file.read_text(encoding="utf-8").splitlines() if _step(line) <= step]
            whole = self.file.with_name(f".{self.file.name}.tmp")
            whole.write_text("".join(line + "\n" for line in kept), encoding="utf-8")
            whole.replace(self.file)

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()
            self._writer = None


def _writer(folder: Path) -> Any:
    """None where what is installed as tensorboard does not work, or is some other thing of that name."""
    try:
        from torch.utils.tensorboard import SummaryWriter
    except (ImportError, AttributeError):
        return None
    return SummaryWriter(str(folder))


def read_log(file: Path) -> list[dict[str, float]]:
    """The log's lines, oldest first; a line that a kill cut off is left out."""
    lines = []
    for line in file.read_text(encoding="utf-8").splitlines():
        try:
            lines.append(json.loads(line))
        except json.JSONDecodeError:
            continue
    return lines


def _step(line: str) -> float:
    try:
        return float(json.loads(line)["step"])
    except (json.JSONDecodeError, KeyError):
        return float("inf")
