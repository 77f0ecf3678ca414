"""Why a worker on a Ray cluster was lost, in a few words: Ray's own fill paragraphs."""

from __future__ import annotations

from ray.exceptions import ActorUnavailableError, RayError, RayTaskError

CAUSES = {  # what Ray 2.60 says somewhere in its text
    "running low on memory": "its node ran out of memory",
    "node was preempted": "its node was taken away",
    "node was terminated": "its node was lost",
    "No module named": "colorizer-cli is not installed there",
    "failed to import": "colorizer-cli cannot be imported there",
}


def cause_of_death(error: RayError) -> str:
    """As the end of a sentence about the worker."""
    text = str(error)
    for sign, cause in CAUSES.items():
        if sign in text:
            return cause
    if isinstance(error, RayTaskError):  # an exception of Python's
        return text.strip().splitlines()[-1]
    if isinstance(error, ActorUnavailableError):
        return "it cannot be reached"
    return "it crashed"
