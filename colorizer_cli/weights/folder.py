"""A weights folder: config.json, model.safetensors, model.onnx, README.md."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from colorizer_cli.errors import WeightsError
from colorizer_cli.weights.config import WeightsConfig
from colorizer_cli.weights.names import CARD, CONFIG, HASHED, ONNX, SAFETENSORS, file_sha256
from colorizer_cli.weights.untrusted import check_file, no_weights_folder

__all__ = ["CARD", "CONFIG", "HASHED", "ONNX", "SAFETENSORS", "WeightsFolder", "file_sha256"]


@dataclass(frozen=True)
class WeightsFolder:
    """A weights folder whose config has been read and found valid; the big files are opened by a backend."""

    path: Path
    config: WeightsConfig

    @classmethod
    def open(cls, path: Path) -> WeightsFolder:
        """Raises WeightsError where the folder is missing or its config is not valid."""
        if not path.is_dir():
            raise WeightsError(f"{path}: no such weights folder")
        if not (path / CONFIG).is_file():
            raise no_weights_folder(path)
        return cls(path, WeightsConfig.read(check_file(path / CONFIG)))

    @cached_property
    def sha256(self) -> str:
        """Of config.json, which names the hashes of the other files: one value that identifies the weights."""
        return file_sha256(self.path / CONFIG)

    def file(self, name: str) -> Path:
        """Raises WeightsError where the folder lacks the file, or the file is too large or lies elsewhere."""
        if name not in (CONFIG, SAFETENSORS, ONNX, CARD):
            raise WeightsError(f"{name!r} is no file of a weights folder")
        file = self.path / name
        if not file.is_file():
            raise WeightsError(f"{self.path} is incomplete: {name} is missing")
        return check_file(file)

    def verified_file(self, name: str) -> Path:
        """`file`, after its sha256 has been compared with the recorded one: what provenance vouches for is what runs.

        Raises WeightsError where the file is missing or another one, or asks for more than a network needs.
        """
        file = self.file(name)
        if file_sha256(file) != self.config.sha256.get(name):
            raise WeightsError(f"{file} is damaged or another file: its sha256 is not the one in {CONFIG}")
        if name == ONNX:
            from colorizer_cli.weights.onnx_contents import refuse_unsafe

            refuse_unsafe(file)
        return file

    def verify(self) -> list[str]:
        """Recomputes the hashes of the two network files. → what is wrong, a line each; empty when all is well."""
        problems = []
        for name in HASHED:
            try:
                found, expected = file_sha256(self.file(name)), self.config.sha256.get(name)
            except WeightsError as error:
                problems.append(str(error))
                continue
            if found != expected:
                problems.append(f"{name}: sha256 is {found}, config.json says {expected}")
        return problems
