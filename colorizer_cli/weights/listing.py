"""One line on all weights that the tool knows or has."""

from __future__ import annotations

from collections.abc import Iterator

from colorizer_cli.errors import WeightsError
from colorizer_cli.weights.folder import WeightsFolder
from colorizer_cli.weights.hub_cache import Pulled, all_pulled
from colorizer_cli.weights.names import CONFIG
from colorizer_cli.weights.registry import REGISTRY, Entry, find_weights

Line = dict[str, str]
MAIN, GRAY = "ab_mse", "gray_ab_mse"  # the error that counts, and that of leaving photos gray


def describe_all() -> list[Line]:
    """name, where, size, preset, metrics, licence, path: first what the registry names, then what else was pulled."""
    pulled = list(all_pulled())
    named = {entry.repo for entry in REGISTRY}
    lines = [line for entry in REGISTRY for line in _of_entry(entry, pulled)]
    return lines + [_of_pulled(each, refs) for each, refs in pulled if each.record.repo not in named]


def _of_entry(entry: Entry, pulled: list[tuple[Pulled, list[str]]]) -> Iterator[Line]:
    about = {"name": entry.name, "preset": entry.preset, "licence": entry.licence or ""}
    if entry.kind == "embedded":
        yield _embedded(entry.name)
    elif entry.kind == "preset":
        yield _line("", "to be trained: colorize fine-tune") | about
    else:
        there = [_of_pulled(each, refs) | about for each, refs in pulled if each.record.repo == entry.repo]
        yield from there or [_line("", f"not pulled: {entry.reference}") | about]


def _embedded(name: str) -> Line:
    try:
        weights = find_weights(name)
    except WeightsError as error:
        return _line(name, str(error))
    size = sum(file.stat().st_size for file in weights.path.iterdir() if file.is_file())
    return _of_folder(name, "embedded", size, weights)


def _of_pulled(pulled: Pulled, refs: list[str]) -> Line:
    """A pulled folder, at its commit; the branches and tags that were this commit when last asked for."""
    name, where = str(pulled.reference), f"pulled{''.join(f', {ref}' for ref in refs)}"
    if CONFIG not in pulled.record.files:
        return _line(name, where, pulled.size) | {"path": str(pulled.path)}
    try:
        return _of_folder(name, where, pulled.size, WeightsFolder.open(pulled.path))
    except WeightsError as error:
        return _line(name, f"{where}: {error}", pulled.size)


def _of_folder(name: str, where: str, size: int, weights: WeightsFolder) -> Line:
    config = weights.config
    line = _line(name, where, size) | {"preset": config.preset, "licence": config.licence, "path": str(weights.path)}
    main = {key: value for key, value in config.metrics.items() if key.endswith(MAIN) and not key.endswith(GRAY)}
    return line | {"metrics": ", ".join(f"{key} {value:g}" for key, value in (main or config.metrics).items())}


def _line(name: str, where: str, size: int = 0) -> Line:
    known = {"name": name, "where": where, "size": f"{size / 1e6:.1f} MB" if size else ""}
    return known | dict.fromkeys(("preset", "metrics", "licence", "path"), "")
