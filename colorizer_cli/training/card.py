"""The model card of fine-tuned or newly trained weights, filled in from what is known of the run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from colorizer_cli.training.recipe import Recipe
from colorizer_cli.training.verdict import Verdict, tell
from colorizer_cli.version import __version__

CARD = """---
license: other
library_name: colorizer-cli
tags: [image-colorization]
---
# {name}

{origin} Made with colorizer-cli {version}.

## Verdict

Measured on {validation} photos of the archive that were held back from training, chosen by a hash of their contents.
The a/b squared error (Lab units², vividness 0) decides: the tuned weights are **{outcome}**.

| measure | before | after | 95 % interval of the change |
|---|---|---|---|
{rows}

"Before" is {before}. PSNR, CIEDE2000 and colourfulness (Hasler–Süsstrunk) are those of the results at the default
vividness, {vividness:g}. The interval is a paired bootstrap over photos. Photos that look alike can lie on both sides
of the split; then the figures flatter.

## Photos

{training} photos to train on and {validation} held back; {skipped}. Their terms are for their owner to state:
whoever passes these weights on should add them here.

## Recipe

| stage | photos seen | photos per step |
|---|---|---|
{stages}

{recipe}

## Terms

{terms}
"""


@dataclass(frozen=True)
class CardFacts:
    """What the card tells, apart from recipe and verdict."""

    name: str
    origin: str
    before: str
    training: int
    skipped: str
    terms: str
    vividness: float


def write_card(facts: CardFacts, recipe: Recipe, verdict: Verdict) -> str:
    """The card's text."""
    return CARD.format(
        name=facts.name,
        origin=facts.origin,
        version=__version__,
        validation=verdict.photos,
        outcome=verdict.outcome,
        rows=_table(tell(verdict)),
        before=facts.before,
        vividness=facts.vividness,
        training=facts.training,
        skipped=facts.skipped,
        stages=_table([(f"{s.size} px", str(s.steps * s.batch), str(s.batch)) for s in recipe.stages]),
        recipe=_recipe(recipe),
        terms=facts.terms,
    )


def metrics(verdict: Verdict) -> Mapping[str, float]:
    """For config.json."""
    figures: dict[str, float] = {}
    for change in verdict.changes:
        figures[f"archive_{change.measure}_before"] = round(change.before, 2)
        figures[f"archive_{change.measure}"] = round(change.after, 2)
    return figures


def _recipe(recipe: Recipe) -> str:
    parts = [
        f"Learning rate {recipe.learning_rate:g} (pretrained layers {recipe.encoder_learning_rate:g}), "
        f"{recipe.schedule}",
        f"BatchNorm statistics {'kept' if recipe.keep_statistics else 'learnt'}",
        f"augmentation: {recipe.augmentation}",
        f"average of the weights with decay {recipe.ema_decay:.3g}",
        f"seed {recipe.seed}",
    ]
    return "; ".join(parts) + "."


def _table(rows: Sequence[Sequence[str]]) -> str:
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)
