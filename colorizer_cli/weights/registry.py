"""Names of weights → folders. The embedded weights travel with the package; others lie on the Hub."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from colorizer_cli.errors import WeightsError
from colorizer_cli.weights.folder import WeightsFolder
from colorizer_cli.weights.hub_reference import HubReference, is_hub_reference
from colorizer_cli.weights.names import SAFETENSORS
from colorizer_cli.weights.untrusted import refuse_pickle

DEFAULT = "hybrid-lite"


@dataclass(frozen=True)
class KnownFile:
    """A file of a known repository; None: not recorded here, so the Hub's own word is taken at the first pull."""

    name: str
    size: int | None = None
    sha256: str | None = None


@dataclass(frozen=True)
class Entry:
    """A name that the tool knows.

    kind      "embedded": in the package, and config.json beside the code has its hashes, licence and metrics
              "preset": an architecture of which no trained weights are published; its `backbones` are entries
              "backbone": a pretrained encoder of `preset`, called `encoder` there
    repo      on the Hub, at `commit`; None: in the package, or the branch as it is at the first pull
    licence   an identifier of the Hub's (https://huggingface.co/docs/hub/repositories-licenses)
    """

    name: str
    kind: Literal["embedded", "preset", "backbone"]
    preset: str
    repo: str | None = None
    commit: str | None = None
    files: tuple[KnownFile, ...] = ()
    licence: str | None = None
    encoder: str | None = None
    backbones: tuple[str, ...] = ()
    metrics: Mapping[str, float] = field(default_factory=dict)

    @property
    def reference(self) -> HubReference | None:
        """Where it is pulled from."""
        if self.repo is None:
            return None
        return HubReference(self.repo) if self.commit is None else HubReference(self.repo, self.commit)


def _backbone(name: str, preset: str, encoder: str, licence: str) -> Entry:
    return Entry(name, "backbone", preset, f"timm/{name}", None, (KnownFile(SAFETENSORS),), licence, encoder)


REFERENCE = "hybrid-vgg16-resnet50v2"
REGISTRY = (
    Entry(DEFAULT, "embedded", DEFAULT, backbones=("tf_efficientnet_lite0.in1k",)),
    Entry(REFERENCE, "preset", REFERENCE, backbones=("vgg16.tv_in1k", "resnetv2_50.a1h_in1k")),
    _backbone("vgg16.tv_in1k", REFERENCE, "vgg16", "bsd-3-clause"),
    _backbone("resnetv2_50.a1h_in1k", REFERENCE, "resnet50v2", "apache-2.0"),
    _backbone("tf_efficientnet_lite0.in1k", DEFAULT, "semantic", "apache-2.0"),
)
BY_NAME: Mapping[str, Entry] = {entry.name: entry for entry in REGISTRY}
EMBEDDED = tuple(entry.name for entry in REGISTRY if entry.kind == "embedded")


def embedded_root() -> Path:
    """Where the embedded weights lie: in the installed package, or beside it in a checkout."""
    package = Path(__file__).resolve().parent.parent
    packed = package / "_weights"
    return packed if packed.is_dir() else package.parent / "weights"


def backbones_of(preset: str) -> list[Entry]:
    """The pretrained encoders that a new network of `preset` starts from."""
    return [entry for entry in REGISTRY if entry.kind == "backbone" and entry.preset == preset]


def hub_references(name: str) -> list[HubReference]:
    """Where the backbones that the registry calls `name` are on the Hub; those of a preset. Raises WeightsError."""
    entry = BY_NAME.get(name)
    entries = [] if entry is None else [entry] if entry.repo else [BY_NAME[each] for each in entry.backbones]
    if not entries:
        known = ", ".join(BY_NAME)
        raise WeightsError(f"{name}: neither hf:OWNER/REPO nor a known name ({known})")
    return [each.reference for each in entries if each.reference is not None]


def known_hashes(reference: HubReference) -> dict[str, str]:
    """sha256 by file name, where the registry has them for this commit."""
    entries = [entry for entry in REGISTRY if entry.repo == reference.repo and entry.commit == reference.revision]
    return {file.name: file.sha256 for entry in entries for file in entry.files if file.sha256 is not None}


def find_weights(name: str | Path | None = None) -> WeightsFolder:
    """The weights of a registered name, of a folder, or of hf:OWNER/REPO[@REV]; the embedded default for None.

    What has been pulled from the Hub is found without a request; what has not is pulled. Raises UsageError where an
    hf: reference is none, HubError where it cannot be pulled, WeightsError with the names there are for anything else.
    """
    if name is None:
        name = DEFAULT
    if str(name) in EMBEDDED:
        return WeightsFolder.open(embedded_root() / str(name))
    if is_hub_reference(name):
        from colorizer_cli.weights.hub_pull import obtain

        return WeightsFolder.open(obtain(HubReference.parse(str(name))).path)
    if Path(name).is_dir():
        return WeightsFolder.open(Path(name))
    refuse_pickle(name)
    if (entry := BY_NAME.get(str(name))) is not None:
        raise WeightsError(
            f"--weights {name}: that is a {entry.kind}, not trained weights.\n"
            f"Train some with: colorize fine-tune ARCHIVE -o DIR --preset {entry.preset}"
        )
    known = ", ".join(EMBEDDED)
    raise WeightsError(f"--weights {name}: neither a folder, nor hf:OWNER/REPO, nor a known name ({known})")
