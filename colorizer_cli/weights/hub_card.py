"""The model card as the Hub wants it: a folder's README.md, its front matter completed from config.json."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, cast

from colorizer_cli.errors import UsageError, WeightsError
from colorizer_cli.weights.folder import WeightsFolder
from colorizer_cli.weights.hub_client import prepare_client
from colorizer_cli.weights.hub_settings import LIBRARY
from colorizer_cli.weights.names import CARD
from colorizer_cli.weights.registry import backbones_of
from colorizer_cli.weights.untrusted import check_file

if TYPE_CHECKING:
    from huggingface_hub import EvalResult, ModelCardData

TAG, TASK = "image-colorization", "image-to-image"  # the Hub has no task of colouring; this is the nearest
OTHER = "other"
LICENCE = re.compile(r"[a-z0-9][a-z0-9.-]{0,60}")  # an identifier of the Hub's
WORDS = {"mit": "mit", "apache-2.0": "apache-2.0", "cc0-1.0": "cc0-1.0", "cc-by-4.0": "cc-by-4.0"}
BASELINES = ("_before", "gray_")  # figures of something else, told for comparison


def complete_card(weights: WeightsFolder, licence: str | None = None) -> str:
    """README.md with license, library_name, tags, pipeline_tag, base_model and a model-index of config.json's metrics.

    What its author wrote stays, but for the metrics; `licence`, an identifier of the Hub's, overrides. Raises
    UsageError where that is none, WeightsError where the front matter cannot be read.
    """
    prepare_client()
    from huggingface_hub import ModelCard

    if licence is not None and not LICENCE.fullmatch(licence):
        raise UsageError(f"--licence {licence:.60}: expected an identifier of the Hub's, such as mit or cc-by-4.0")
    file = weights.path / CARD
    try:
        text = check_file(file).read_text(encoding="utf-8") if file.is_file() else f"# {weights.config.name}\n"
        card = ModelCard(text, ignore_metadata_errors=False)
        _complete(cast("ModelCardData", card.data), weights, licence)
        return str(card)
    except (ValueError, TypeError, AttributeError) as error:  # UnicodeDecodeError among them
        raise WeightsError(f"{file}: its front matter cannot be read: {str(error)[:200]}") from error
    except Exception as error:
        if type(error).__module__.startswith("yaml"):
            raise WeightsError(f"{file}: its front matter is no YAML") from error
        raise


def _complete(data: ModelCardData, weights: WeightsFolder, licence: str | None) -> None:
    config = weights.config
    data.license = licence or data.license or WORDS.get(config.licence.lower(), OTHER)
    if data.license == OTHER:  # the Hub wants a name and a place for these
        data.license_name = data.license_name or "see-model-card"
        data.license_link = data.license_link or f"./{CARD}"
    data.library_name = LIBRARY
    data.tags = sorted({*(data.tags or ()), TAG})
    data.pipeline_tag = data.pipeline_tag or TASK
    backbones = [entry.repo for entry in backbones_of(config.preset) if entry.repo is not None]
    data.base_model = data.base_model or backbones or None
    data.model_name = config.name
    data.eval_results = _results(weights) or None


def _results(weights: WeightsFolder) -> list[EvalResult]:
    """places_ab_mse → metric ab_mse on the photos `places`."""
    from huggingface_hub import EvalResult

    results = []
    for key, value in weights.config.metrics.items():
        photos, _, metric = key.partition("_")
        if metric and not any(mark in key for mark in BASELINES):
            results.append(EvalResult(TASK, photos, f"{photos} (held back)", metric, value, task_name="Colorization"))
    return results


def front_matter(card: str) -> str:
    """The YAML between the first two lines of dashes."""
    return card.split("---\n", 2)[1] if card.startswith("---\n") else ""
