"""Pretrained backbones for new networks: from the Hub, pulled once and verified, or from files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from colorizer_cli.errors import HubError, UsageError, WeightsError
from colorizer_cli.models.encoders import TimmEncoder
from colorizer_cli.models.hybrid import HybridUNet, build
from colorizer_cli.training.progress import Progress, ProgressReport
from colorizer_cli.weights.hub_pull import BACKBONE, obtain
from colorizer_cli.weights.names import SAFETENSORS
from colorizer_cli.weights.registry import Entry, backbones_of
from colorizer_cli.weights.untrusted import check_format, refuse_pickle

HUB, RANDOM = "hub", "random"


def network_with_backbones(
    preset: str, sources: Sequence[str], on_progress: ProgressReport = lambda progress: None
) -> HybridUNet:
    """A new network of `preset`, its backbones from `sources`.

    sources   ["hub"] (pulled on first use, then found without a request), ["random"], or safetensors files: [FILE]
              where the preset has one backbone, else ["ENCODER=FILE", …] for each

    Raises UsageError where the sources do not name the preset's backbones, WeightsError where a file does not fit,
    HubError where the Hub does not give one.
    """
    pulled = pull_backbones(preset, sources, on_progress)
    network = build(preset)
    if list(sources) == [RANDOM]:
        return network
    backbones = {name: encoder for name, encoder in network.encoders.items() if isinstance(encoder, TimmEncoder)}
    files = pulled or _given(sources, list(backbones))
    if set(files) != set(backbones):
        expected = " and ".join(f"--backbone-weights {name}=FILE" for name in backbones)
        raise UsageError(f"{preset} needs {expected}; found {', '.join(sources)}")
    for name, encoder in backbones.items():
        load_backbone(encoder, files[name])
    return network


def pull_backbones(preset: str, sources: Sequence[str], on_progress: ProgressReport) -> dict[str, Path]:
    """The files of the preset's backbones by encoder, where `sources` is the Hub; none for other sources."""
    if list(sources) != [HUB]:
        return {}
    return {entry.encoder or "": pull_backbone(entry, on_progress) for entry in backbones_of(preset)}


def pull_backbone(entry: Entry, on_progress: ProgressReport) -> Path:
    """The file of a registered backbone, pulled from the Hub where it is not here yet. Progress is told in kB."""

    def on_bytes(name: str, done: int, total: int) -> None:
        on_progress(Progress(f"pulling {entry.name} (kB)", done // 1000, total // 1000))

    if entry.reference is None:
        raise WeightsError(f"{entry.name} is not on the Hub")
    try:
        return obtain(entry.reference, BACKBONE, on_bytes).path / SAFETENSORS
    except HubError as error:
        raise HubError(
            f"{error}\nOr fetch {entry.repo} elsewhere and give it as --backbone-weights {entry.encoder}=FILE"
        ) from error


def _given(sources: Sequence[str], backbones: Sequence[str]) -> dict[str, Path]:
    """[ENCODER=]FILE, …; the encoder may be left away where there is one."""
    files = {}
    for source in sources:
        name, _, file = source.rpartition("=")
        files[name or (backbones[0] if len(backbones) == 1 else "")] = Path(file)
    return files


def load_backbone(encoder: TimmEncoder, file: Path) -> None:
    """Loads an ImageNet checkpoint (.safetensors, with timm's names) of the encoder's architecture.

    Every shape is checked; the layers of the classifier are left over.
    Raises WeightsError where a tensor is missing or of another shape.
    """
    by_name = {_plain(name): tensor for name, tensor in _read(file).items()}
    wanted = encoder.network.state_dict()
    found = {}
    for name, tensor in wanted.items():
        given = by_name.get(_plain(name))
        if given is None and name.endswith("num_batches_tracked"):  # plays no part in inference
            given = tensor
        if given is None:
            raise WeightsError(f"{file} has no {name}: a .safetensors file must use timm's names")
        if given.shape != tensor.shape:
            raise WeightsError(f"{file} does not fit: {name} is {tuple(given.shape)}, expected {tuple(tensor.shape)}")
        found[name] = given
    encoder.network.load_state_dict(found)


def _read(file: Path) -> dict[str, Tensor]:
    if not file.is_file():
        raise WeightsError(f"no backbone weights at {file}")
    refuse_pickle(file)
    check_format(file)
    try:
        return load_file(file)
    except (SafetensorError, OSError) as error:
        raise WeightsError(f"{file} holds no tensors that can be read: {str(error).splitlines()[0]:.200}") from error


def _plain(name: str) -> str:
    """timm's feature extractors write the first dots of a name as underscores."""
    return name.replace(".", "_")
