"""After training: measure before and after, write the weights folder, put it where it was asked for, or aside."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from colorizer_cli.backends.onnx import OnnxPredictor
from colorizer_cli.color.bins import gamut_bins
from colorizer_cli.color.decoding import decode
from colorizer_cli.errors import TrainingError
from colorizer_cli.models.hybrid import HybridUNet
from colorizer_cli.photo.provenance import Provenance
from colorizer_cli.training.card import CardFacts, metrics, write_card
from colorizer_cli.training.contact_sheet import contact_sheet, write_sheet
from colorizer_cli.training.curves import plot_curves
from colorizer_cli.training.destination import CURVES, LOG, SHEET, aside, check_replaceable
from colorizer_cli.training.prior import ab_prior
from colorizer_cli.training.progress import Progress, ProgressReport
from colorizer_cli.training.publish import Description, half_precision, publish
from colorizer_cli.training.recipe import Recipe
from colorizer_cli.training.rendering import Painter, gray_of
from colorizer_cli.training.selection import Archive, tell_reasons
from colorizer_cli.training.verdict import Verdict, judge, measure
from colorizer_cli.weights.folder import WeightsFolder

PARITY = 0.5  # Lab units between torch and ONNX Runtime, at most
INPUT_SIZE, VIVIDNESS = {"hybrid-lite": 160, "hybrid-vgg16-resnet50v2": 256}, {"hybrid-lite": 0.8}


@dataclass(frozen=True)
class Promotion:
    """Where the weights are to go, and what they come from (`base` None: from scratch)."""

    output: Path
    force: bool
    overwrite: bool
    base: WeightsFolder | None
    preset: str


def promote(
    plan: Promotion,
    before: HybridUNet | None,
    tuned: HybridUNet,
    share: float,
    archive: Archive,
    recipe: Recipe,
    run_folder: Path,
    on_progress: ProgressReport,
) -> tuple[Path, bool, Verdict]:
    """→ (the weights folder, whether it is the asked-for one, the verdict).

    The folder is written under another name and renamed when it is whole. Raises TrainingError where model.onnx does
    not compute what the network does.
    """
    tuned = half_precision(tuned.eval())  # what is measured is what is stored
    old, new = _painters(plan, before, tuned, archive)
    photos = archive.validation

    def measuring(done: int, total: int) -> None:
        on_progress(Progress("measuring", done, total))

    verdict = judge(measure(old, photos, measuring), measure(new, photos, measuring), photos)
    promoted = verdict.outcome == "better" or plan.force
    destination = plan.output if promoted else aside(plan.output)
    draft = plan.output.with_name(f".{plan.output.name}.draft")
    shutil.rmtree(draft, ignore_errors=True)
    on_progress(Progress("writing weights", 0, 1))
    try:
        config = publish(tuned, new.prior, _describe(plan, new, share, archive, recipe, verdict), draft)
        made = WeightsFolder(draft, config)
        check_parity(tuned, made, np.asarray(photos[0]))
        write_sheet(contact_sheet(photos, old, new), draft / SHEET, Provenance(config.name, made.sha256, {}))
        plot_curves(run_folder / LOG, draft / CURVES)
        shutil.copyfile(run_folder / LOG, draft / LOG)
        check_replaceable(destination)  # again: hours may have gone by
        exchange(draft, destination)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return destination, promoted, verdict


def exchange(draft: Path, destination: Path) -> None:
    """Gives `draft` the name `destination`; what had it is removed last, and has it again if something fails."""
    before = destination.with_name(f".{destination.name}.old")
    shutil.rmtree(before, ignore_errors=True)
    if destination.exists():
        destination.rename(before)
    try:
        draft.rename(destination)
    except BaseException:
        if before.exists():
            before.rename(destination)
        raise
    shutil.rmtree(before, ignore_errors=True)


def check_parity(network: HybridUNet, weights: WeightsFolder, photo: NDArray[np.uint8]) -> None:
    """Raises TrainingError where model.onnx of `weights` colours the photo otherwise than `network` does."""
    gray = gray_of(photo)[None, None]
    with torch.inference_mode():
        expected = network(torch.from_numpy(gray))[0].numpy()
    found = OnnxPredictor(weights).predict(gray)[0]
    if weights.config.head == "distribution":
        bins, prior = weights.config.bin_array(), weights.config.prior_array()
        expected, found = decode(expected, bins, prior, 0.0), decode(found, bins, prior, 0.0)
    apart = float(np.abs(expected - found).max())
    if not apart <= PARITY:
        raise TrainingError(
            f"model.onnx and the trained network differ by {apart:.2f} Lab units; at most {PARITY} expected"
        )


def _painters(
    plan: Promotion, before: HybridUNet | None, tuned: HybridUNet, archive: Archive
) -> tuple[Painter, Painter]:
    """Before: the base at its own settings, or gray. After: the tuned network.

    The prior of the tuned weights is the mean of the base's and the archive's: a few hundred photos leave most bins
    empty.
    """
    if plan.base is not None:
        config = plan.base.config
        size, vividness, bins, prior = config.input_size, config.vividness, config.bin_array(), config.prior_array()
        old = Painter(before.eval() if before else None, bins, prior, size, vividness)
        mixed = (prior + ab_prior(archive.training, bins)) / 2 if len(bins) else prior
    else:
        bins = gamut_bins() if tuned.conditioned else np.empty((0, 2), np.float32)
        mixed = ab_prior(archive.training, bins) if len(bins) else np.empty(0, np.float32)
        size, vividness = INPUT_SIZE[plan.preset], VIVIDNESS.get(plan.preset, 0.0)
        old = Painter(None, bins, mixed, size, vividness)
    return old, Painter(tuned, bins, np.asarray(mixed, np.float32), size, vividness)


def _describe(
    plan: Promotion, new: Painter, share: float, archive: Archive, recipe: Recipe, verdict: Verdict
) -> Description:
    name = plan.output.name
    if plan.base is None:
        origin, before = f"`{plan.preset}`, trained from its backbones on.", "leaving the photos gray"
        licence, terms = (
            "other; see terms",
            "the terms of the photos that the network and its backbones were trained on",
        )
    else:
        config = plan.base.config
        origin = (
            f"`{config.name}` (sha256 {plan.base.sha256[:12]}…), fine-tuned on an archive of colour photos, then "
            f"blended: {share:.0%} of the tuned weights, {1 - share:.0%} of those before."
        )
        before, licence = f"`{config.name}`", config.licence
        terms = f"those of {config.name} ({config.terms}) and of the archive's photos"
    facts = CardFacts(name, origin, before, len(archive.training), tell_reasons(archive.skipped), terms, new.vividness)
    return Description(
        name,
        plan.preset,
        new.input_size,
        new.vividness,
        licence,
        terms,
        dict(metrics(verdict)),
        write_card(facts, recipe, verdict),
    )
