"""Every error that the tool raises on purpose.

    ColorizerError            exit 1
    ├── UsageError            exit 2: the options contradict each other
    ├── PhotoError            the input cannot be read, or is not a photo
    │   └── AlreadyInColourError   exit 0: there is nothing to do
    ├── OutputError           the result cannot be written where it should go
    ├── StorageError          an object store cannot be reached, or refuses
    ├── WeightsError          a weights folder is missing, incomplete, damaged or not to be trusted
    │   └── HubError          weights cannot be fetched from the Hub, or published there
    ├── BackendError          the asked-for backend or device is not to be had
    ├── ClusterError          a cluster cannot be reached, or its nodes cannot do the work
    ├── TrainingError         a training run cannot start or go on
    └── ServerError           the edit page cannot be served

A message says what was found, what was expected and what to do, in one or two lines.
"""

from __future__ import annotations


class ColorizerError(Exception):
    """Base of all errors that are told to the user without a traceback."""

    exit_code = 1


class UsageError(ColorizerError):
    """The command line or the settings make no sense together."""

    exit_code = 2


class PhotoError(ColorizerError):
    """The input cannot be read, or is not a photo."""


class MissingExtraError(PhotoError):
    """The photo's format is read by an extra that is not installed; `remedy` is the command that installs it."""

    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(f"{message}: {remedy}")
        self.remedy = remedy
        self._given = (message, remedy)

    def __reduce__(self) -> tuple[type, tuple[str, str]]:  # it travels between processes
        return type(self), self._given


class AlreadyInColourError(PhotoError):
    """The photo has colours of its own, and was left alone."""

    exit_code = 0


class OutputError(ColorizerError):
    """The result cannot be written where it should go."""


class StorageError(ColorizerError):
    """An object store cannot be reached, or refuses.

    refused   for want of rights or of the bucket: every other request would fare the same
    passing   a fault that may pass was met too often; later it may go well
    writing   something was to be written
    """

    def __init__(self, message: str, *, refused: bool = False, passing: bool = False, writing: bool = False) -> None:
        super().__init__(message)
        self.refused, self.passing, self.writing = refused, passing, writing


class WeightsError(ColorizerError):
    """A weights folder is missing, incomplete, damaged or not to be trusted."""


class HubError(WeightsError):
    """Weights cannot be fetched from the Hub, or published there."""


class BackendError(ColorizerError):
    """The asked-for backend or device is not to be had on this machine."""


class ClusterError(ColorizerError):
    """A cluster cannot be reached, or its nodes cannot do the work."""


class TrainingError(ColorizerError):
    """A training run cannot start or go on."""


class ServerError(ColorizerError):
    """The edit page cannot be served."""
