"""Fits the rule that tells colour photos from toned ones:

    python -m colorizer_cli.training.colour_rule PHOTOS… --cache FOLDER -o colorizer_cli/engine/colour_rule.json

Half of the photos are kept in colour, some of them as JPEG; of the others the colours are left away and a toning, and
what decades and a scanner do to it, is put in their place (see `toned_examples`). The threshold lets five in a thousand
of the merely toned pass for colour: those without stains, ink, mounts and uneven fading.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional as F

from colorizer_cli.engine.colours import ColourRule, Colours, logarithms
from colorizer_cli.training.cache import PhotoCache, Photos, find_photos
from colorizer_cli.training.command_line import photos_parser
from colorizer_cli.training.toned_examples import KINDS, compressed, toned

Array = NDArray[np.float32]

HIDDEN, STEPS, RATE = 8, 1500, 1e-2
TONED_WEIGHT = 3.0  # a toned photo that is left alone costs more than a muted one that is coloured
PASSING = 0.005  # of merely toned photos


def measures(photos: Photos, kind: str, numbers: NDArray[np.intp], seed: int) -> Array:
    """(N, 10) measures of the photos of these numbers, as "colour" (two in five as JPEG), "damaged" or "toned"."""
    found = []
    for number in numbers:
        rng = np.random.default_rng((seed, int(number)))
        photo = photos[int(number)]
        if kind != "colour":
            photo = toned(photo, rng, damaged=kind == "damaged")
        elif rng.random() < 0.4:
            photo = compressed(photo, int(rng.integers(30, 96)))
        found.append(Colours.of(photo).measures)
    return np.array(found, np.float32)


def fit(colour: Array, gray: Array, merely_toned: Array, seed: int = 0) -> ColourRule:
    """(N, 10) measures of each kind → the rule. `merely_toned` sets the threshold, and is fitted to, too."""
    torch.manual_seed(seed)
    x = logarithms(np.concatenate([colour, gray, merely_toned]))
    mean, deviation = x.mean(axis=0), x.std(axis=0) + 1e-6
    inputs = torch.from_numpy((x - mean) / deviation)
    targets = (torch.arange(len(x)) < len(colour)).float()
    weights = torch.where(targets > 0, 1.0, TONED_WEIGHT)
    hidden, output = nn.Linear(x.shape[1], HIDDEN), nn.Linear(HIDDEN, 1, bias=False)
    bias = nn.Parameter(torch.zeros(1))
    optimizer: Any = torch.optim.AdamW([*hidden.parameters(), *output.parameters(), bias], RATE, weight_decay=1e-2)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=STEPS + 1)
    for _ in range(STEPS):
        logits = output(torch.tanh(hidden(inputs)))[:, 0] + bias
        loss: Any = F.binary_cross_entropy_with_logits(logits, targets, weight=weights)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    matrix = hidden.weight.detach().numpy().T / deviation[:, None]
    shift = hidden.bias.detach().numpy() - mean @ matrix
    rule = ColourRule(matrix.round(4), shift.round(4), output.weight.detach().numpy()[0].round(4), 0.0)
    threshold = float(np.quantile([rule.score(one) for one in merely_toned], 1 - PASSING))
    return ColourRule(rule.hidden, rule.bias, rule.output, round(threshold, 4))


def share_in_colour(rule: ColourRule, found: Array) -> float:
    """The share of (N, 10) measures that the rule takes for colour."""
    return float(np.mean([rule.score(one) > 0 for one in found]))


def write(rule: ColourRule, path: Path) -> None:
    """As JSON, readable by people and by `engine.colours`."""
    stored = {name: [round(float(one), 4) for one in getattr(rule, name)] for name in ("bias", "output")}
    hidden = [[round(float(one), 4) for one in row] for row in rule.hidden]
    path.write_text(json.dumps({"hidden": hidden, **stored, "threshold": rule.threshold}) + "\n")


def main() -> None:
    """The command."""
    parser = photos_parser(__doc__)
    parser.add_argument("--each", type=int, default=1800, help="photos of each kind: colour, damaged, toned")
    given = parser.parse_args()
    torch.set_num_threads(1)
    decoded = PhotoCache.build(find_photos(given.photos), given.cache, 176)
    chosen = np.random.default_rng(0).permutation(len(decoded))
    every = max(len(KINDS), len(chosen) // given.each)
    parts = {kind: chosen[n::every][: given.each] for n, kind in enumerate(KINDS)}
    colour, damaged, merely_toned = (measures(decoded, kind, numbers, 1) for kind, numbers in parts.items())
    fitted = fit(colour, damaged, merely_toned)
    write(fitted, given.output)
    if given.validation:
        held = PhotoCache.build(find_photos(given.validation), given.cache, 256)
        for kind in KINDS:
            share = share_in_colour(fitted, measures(held, kind, np.arange(len(held)), 2))
            print(f"{kind}: {share:.4f} of {len(held)} taken for colour")


if __name__ == "__main__":
    main()
