"""A Ray cluster of several nodes in this machine, on loopback: started when the first test asks for it."""

from __future__ import annotations

import os
import secrets
import tempfile
from pathlib import Path
from typing import Any

STORE_BYTES = 80 * 2**20
SETTINGS = {
    "RAY_AUTH_MODE": "token",
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",  # listen on loopback
    "RAY_DEDUP_LOGS_SKIP_REGEX": "^",
}


class RayNodes:
    """A head without CPUs of its own, a node with two, and more nodes as a test adds them.

    What tests start finds the cluster by its address and its token in the environment.
    """

    def __init__(self) -> None:
        os.environ |= SETTINGS | {"RAY_AUTH_TOKEN": secrets.token_hex(32)}
        from ray.cluster_utils import Cluster  # reads the settings

        self._folder = tempfile.TemporaryDirectory(prefix="ray-", dir="/tmp", ignore_cleanup_errors=True)
        Path("/tmp/ray").mkdir(exist_ok=True)  # Cluster writes its address there, also where Ray has never been started
        head = {"num_cpus": 0, "include_dashboard": False, "temp_dir": self._folder.name}
        self._cluster = Cluster(initialize_head=True, head_node_args=head | {"object_store_memory": STORE_BYTES})
        self.add(2)

    @property
    def address(self) -> str:
        """HOST:PORT of the head."""
        return str(self._cluster.address)

    def add(self, cpus: int, gpus: int = 0) -> Any:
        """→ the new node. Its GPUs are a number that it names, and no more."""
        return self._cluster.add_node(num_cpus=cpus, num_gpus=gpus, object_store_memory=STORE_BYTES)

    def kill(self, node: Any) -> None:
        """Without a warning, as a power cut would."""
        self._cluster.remove_node(node, allow_graceful=False)

    def close(self) -> None:
        self._cluster.shutdown()
        self._folder.cleanup()
        for name in (*SETTINGS, "RAY_AUTH_TOKEN"):
            del os.environ[name]
