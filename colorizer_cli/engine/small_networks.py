"""The networks beside the one that colours: files of a few hundred kilobytes to a few megabytes in this folder."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray


def answer(file: str, inputs: dict[str, NDArray[np.float32]]) -> NDArray[np.float32]:
    """The first output of the network in `file`, on one thread."""
    return np.asarray(_session(file).run(None, inputs)[0], np.float32)


def release() -> None:
    """Gives their memory back."""
    _session.cache_clear()


@cache
def _session(file: str) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.enable_cpu_mem_arena = False  # what an answer took is free again at once
    network = (Path(__file__).parent / file).read_bytes()
    return onnxruntime.InferenceSession(network, options, providers=["CPUExecutionProvider"])
