"""What one worker takes of a cluster's processors."""

from __future__ import annotations

from dataclasses import dataclass

from colorizer_cli.errors import UsageError

CLUSTERS = ("ray",)


@dataclass(frozen=True)
class WorkerResources:
    """CPUs and GPUs of one worker; a fraction shares one with other workers."""

    cpus: float = 1.0
    gpus: float = 0.0

    def __str__(self) -> str:
        return f"{self.cpus:g} CPU" + (f" and {self.gpus:g} GPU" if self.gpus else "")

    def fit_into(self, cpus: float, gpus: float) -> int:
        """How many workers a node of this size has room for."""
        by_cpus = int(cpus / self.cpus + 1e-9)
        return min(by_cpus, int(gpus / self.gpus + 1e-9)) if self.gpus else by_cpus


def worker_resources(
    cluster: str | None, cpus: float | None, gpus: float | None, device: str
) -> WorkerResources | None:
    """--cluster, --worker-cpus, --worker-gpus and --device → what a worker takes, None without --cluster.

    A worker on CUDA gets a whole GPU unless told otherwise. Raises UsageError.
    """
    if cluster is None:
        if cpus is not None or gpus is not None:
            raise UsageError("--worker-cpus and --worker-gpus are for the workers of --cluster ray; add it")
        return None
    if cluster not in CLUSTERS:
        raise UsageError(f"--cluster {cluster}: expected {' or '.join(CLUSTERS)}")
    if device.startswith("cuda:"):
        raise UsageError(f"--device {device}: on a cluster Ray chooses the GPU; give --device cuda")
    chosen = WorkerResources(1.0 if cpus is None else cpus, float(device == "cuda") if gpus is None else gpus)
    if chosen.cpus < 0.01:
        raise UsageError(f"--worker-cpus {chosen.cpus:g}: expected 0.01 or more")
    if chosen.gpus < 0 or (chosen.gpus > 1 and chosen.gpus % 1):
        raise UsageError(f"--worker-gpus {chosen.gpus:g}: expected a fraction of a GPU, or a whole number of them")
    if device == "cuda" and not chosen.gpus:
        raise UsageError("--device cuda with --worker-gpus 0: the workers would see no GPU; give them a share of one")
    return chosen
