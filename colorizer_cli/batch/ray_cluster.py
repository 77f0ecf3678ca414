"""A Ray cluster for one run: the one that RAY_ADDRESS names, or one started here that ends with the run.

What is started here listens on loopback only, asks for a token that nobody else knows, and reports to nobody.
"""

from __future__ import annotations

import contextlib
import functools
import importlib.util
import logging
import math
import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack

from colorizer_cli.batch.job import BatchJob
from colorizer_cli.batch.resources import WorkerResources
from colorizer_cli.cores import usable_cores
from colorizer_cli.errors import ClusterError

ADDRESS = "RAY_ADDRESS"
PATIENCE = 18.0  # seconds for a cluster to answer
STORE_BYTES = 80 * 2**20  # Ray's least; tasks carry paths, so next to nothing is stored
LONGEST_FOLDER = 40  # characters: sockets lie below it, and their paths are limited (unix(7))
QUIET = {
    "RAY_DEDUP_LOGS": "1",  # Ray prints what happens to workers, on stdout, unless its deduplication takes it away
    "RAY_DEDUP_LOGS_SKIP_REGEX": "^",
    "RAY_ENABLE_UV_RUN_RUNTIME_ENV": "0",  # `uv run` is no reason to send the working folder to all nodes
}
LOOPBACK = ("127.0.0.1", "::1")
EXPECTED = "expected HOST:PORT of a cluster's head, reachable from here; unset it to start a cluster on this machine"
# `ray.init` may wait for minutes, and Ray's C++ part may end its process: so a process of its own tries first
PROBE = "import ray, sys; ray.init(sys.argv[1], log_to_driver=False, logging_level='CRITICAL')"


def check_cluster() -> None:
    """Raises ClusterError where Ray is not installed, or no cluster answers at RAY_ADDRESS."""
    if importlib.util.find_spec("ray") is None:
        raise ClusterError('--cluster ray: Ray is not installed; pip install "colorizer-cli[cluster]"')
    address = given_address()
    if address is None:
        return
    if "://" in address:
        raise ClusterError(
            f"{ADDRESS}={address} is the address of another service: {EXPECTED}.\n"
            "From outside the cluster, use `ray job submit`, which runs the command on a node of it"
        )
    host, _, port = address.rpartition(":")
    if address != "auto":
        if not host or not port.isdecimal():
            raise ClusterError(f"{ADDRESS}={address}: {EXPECTED}")
        try:
            socket.create_connection((host.strip("[]"), int(port)), timeout=5).close()
        except (OSError, OverflowError) as error:
            raise ClusterError(f"{ADDRESS}={address}: no cluster answers there ({error}); {EXPECTED}") from error
    _try_out(address)


def given_address() -> str | None:
    """Of the cluster that is to be used; None: one is to be started."""
    address = os.environ.get(ADDRESS, "")
    return None if address in ("", "local") else address


@contextlib.contextmanager
def connected(job: BatchJob, resources: WorkerResources) -> Iterator[None]:
    """Ray is connected while the block runs; a process that is connected already stays so. Raises ClusterError."""
    address = given_address()
    with ExitStack() as held:
        held.enter_context(_environment(QUIET if address is not None else QUIET | _of_own_cluster()))
        import ray

        if ray.is_initialized():
            yield
            return
        if address is None and ray.util.get_node_ip_address() not in LOOPBACK:
            raise ClusterError("Ray was imported with other settings, and would listen on the network; start anew")
        terminate = signal.getsignal(signal.SIGTERM)
        held.callback(ray.shutdown)
        try:
            if address is not None:
                ray.init(address, log_to_driver=False, logging_level=logging.CRITICAL)
            else:
                ray.init(
                    "local",
                    num_cpus=max(usable_cores(), math.ceil(job.jobs * resources.cpus)),
                    include_dashboard=False,
                    object_store_memory=STORE_BYTES,
                    log_to_driver=False,
                    logging_level=logging.CRITICAL,
                    _temp_dir=held.enter_context(_folder()),
                )
        except (OSError, RuntimeError, ValueError, ray.exceptions.RayError) as error:
            where = "Ray cannot be started here" if address is None else f"{ADDRESS}={address}"
            raise ClusterError(f"{where}: {_last_line(str(error))}") from error
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, terminate)  # Ray has put its own in place
        held.callback(ray.shutdown)  # before the folder goes
        yield


@functools.cache
def _of_own_cluster() -> dict[str, str]:
    """Settings that Ray and the processes that it starts read; the token is one for this process's lifetime, as Ray
    keeps the first that it sees."""
    return {
        "RAY_AUTH_MODE": "token",
        "RAY_AUTH_TOKEN": secrets.token_hex(32),
        "RAY_USAGE_STATS_ENABLED": "0",
        # "Whether to enable Ray clusters (in addition to local Ray)": without them, all listen on loopback
        "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",
    }


@contextlib.contextmanager
def _environment(settings: dict[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in settings}
    os.environ.update(settings)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _folder() -> tempfile.TemporaryDirectory[str]:
    """For sockets and logs of a cluster; of this user alone, and removed with the cluster."""
    root = tempfile.gettempdir()
    short = root if len(root) <= LONGEST_FOLDER or not os.path.isdir("/tmp") else "/tmp"
    return tempfile.TemporaryDirectory(prefix="ray-", dir=short, ignore_cleanup_errors=True)


def _try_out(address: str) -> None:
    """Raises ClusterError where Ray cannot connect from this machine."""
    try:
        arguments = [sys.executable, "-c", PROBE, address]
        done = subprocess.run(arguments, capture_output=True, timeout=PATIENCE, check=False, stdin=subprocess.DEVNULL)
        said = "" if done.returncode == 0 else done.stderr.decode(errors="replace") or f"ended with {done.returncode}"
    except subprocess.TimeoutExpired as late:
        said = (late.stderr or b"").decode(errors="replace") + f"\nno cluster answers there within {PATIENCE:g} seconds"
    if "InvalidAuthToken" in said or "AuthenticationError" in said:
        raise ClusterError(
            f"{ADDRESS}={address}: the cluster asks for another token.\n"
            "Set RAY_AUTH_MODE=token, and RAY_AUTH_TOKEN_PATH or RAY_AUTH_TOKEN, as on its head"
        )
    if said:
        raise ClusterError(f"{ADDRESS}={address}: {_last_line(said)}; {EXPECTED}")


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "no details"
