"""The inside of a worker on a Ray cluster: one network, one photo at a time."""

from __future__ import annotations

import hashlib
import os
import signal
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice

from colorizer_cli.batch.job import Outcome, Recipe, Task
from colorizer_cli.batch.worker import limit_memory, memory_returner
from colorizer_cli.errors import ClusterError, ColorizerError
from colorizer_cli.storage.address import is_url
from colorizer_cli.version import __version__
from colorizer_cli.weights.registry import find_weights

Colouring = Callable[[Recipe, str, str, str, str], Callable[[Task], Outcome]]
WITNESSES = 8  # entries of the folder of photos, one of which a node must see
TAIL = 4096  # bytes at the journal's end that a node must see
VISIBLE_SECONDS = 15.0  # network file systems show others' writes with a delay


@dataclass(frozen=True)
class Premises:
    """What a worker must find on its node as the run's own process has found it.

    version, weights   of colorizer-cli, and the sha256 of the weights
    source, witnesses  the folder of photos, and names of which one must be in it; none where it is a URL
    journal            path, length in bytes and sha256 of its end, of the journal in the folder of results; None where
                       that is a URL
    """

    version: str
    weights: str
    source: str
    witnesses: tuple[str, ...]
    journal: tuple[str, int, str] | None

    @classmethod
    def here(cls, recipe: Recipe, source: str, output: str, journal: str) -> Premises:
        """As this process finds them."""
        witnesses: tuple[str, ...] = ()
        if not is_url(source):
            with os.scandir(source) as entries:
                witnesses = tuple(entry.name for entry in islice(entries, WITNESSES))
        seen = None
        if not is_url(output):
            journal, size = os.path.abspath(journal), os.path.getsize(journal)
            seen = (journal, size, _sha256_of_end(journal, size))
        return cls(__version__, find_weights(recipe.weights).sha256, source, witnesses, seen)

    def broken(self, recipe: Recipe) -> str | None:
        """What is otherwise on this machine; None: nothing."""
        if __version__ != self.version:
            return f"it has colorizer-cli {__version__}, the run's own machine {self.version}; install the same"
        if find_weights(recipe.weights).sha256 != self.weights:
            return f"its weights {recipe.weights or ''} are others than those of the run's own machine"
        if self.witnesses and not any(os.path.lexists(os.path.join(self.source, name)) for name in self.witnesses):
            return f"the photos in {self.source} are not to be seen there; share the folder under the same path"
        if self.journal is not None and not _is_visible(*self.journal):
            return f"{self.journal[0]} is not to be seen there as it is; share the folder under the same path"
        return None


class Colourer:
    """What `ray.remote` makes an actor of."""

    def begin(
        self, premises: Premises, recipe: Recipe, places: tuple[str, str, str, str], workers: int, colouring: Colouring
    ) -> str | ColorizerError:
        """Loads the network. → the name of the node, or the error that keeps it from working.

        places   backend, device, folder of photos, folder of results
        workers  how many may be on this node, and share its memory
        """
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the run's own process to act on
        os.environ["VIPS_CONCURRENCY"] = "1"  # read when libvips is loaded
        self._give_back = memory_returner()
        node = socket.gethostname()
        try:
            broken = premises.broken(recipe)
            if broken is not None:
                return ClusterError(f"node {node}: {broken}")
            self._colour = colouring(recipe, *places)
        except ColorizerError as error:
            return ClusterError(f"node {node}: {error}")
        limit_memory(max(1, workers))
        return node

    def is_awake(self) -> bool:
        return True

    def colour(self, task: Task) -> Outcome:
        """Does a task, and raises nothing."""
        outcome = self._colour(task)
        self._give_back()
        return outcome


def _is_visible(path: str, size: int, sha256: str) -> bool:
    deadline = time.monotonic() + VISIBLE_SECONDS
    while True:
        try:
            if _sha256_of_end(path, size) == sha256:
                return True
        except OSError:
            pass
        if time.monotonic() > deadline:
            return False
        time.sleep(0.5)


def _sha256_of_end(path: str, size: int) -> str:
    """Of the last bytes of the first `size` ones."""
    with open(path, "rb") as file:
        file.seek(max(0, size - TAIL))
        return hashlib.sha256(file.read(min(size, TAIL))).hexdigest()
