"""`colorize weights pull|push|remove`: weights from the Hub, and to it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from colorizer_cli.cli import options
from colorizer_cli.cli.console import print_json, say
from colorizer_cli.cli.fetching import FetchingDisplay
from colorizer_cli.errors import UsageError, WeightsError
from colorizer_cli.weights.hub_reference import PREFIX, HubReference

HubName = Annotated[
    str, typer.Argument(metavar="hf:OWNER/REPO[@REV]|NAME", help="A branch, tag or commit; main if left away.")
]


def pull(
    name: HubName, as_json: options.Json = False, quiet: options.Quiet = False, debug: options.Debug = False
) -> None:
    """Fetch weights from the Hub, verified file by file; found without the network ever after."""
    from colorizer_cli.weights.hub_pull import BACKBONE, WEIGHTS
    from colorizer_cli.weights.hub_pull import pull as pull_reference
    from colorizer_cli.weights.registry import hub_references

    is_weights = name.startswith(PREFIX)
    references = [HubReference.parse(name)] if is_weights else hub_references(name)
    rows = []
    for reference in references:
        with FetchingDisplay(str(reference), quiet or as_json) as display:
            pulled = pull_reference(reference, WEIGHTS if is_weights else BACKBONE, display)
        rows.append({"reference": str(pulled.reference), "path": str(pulled.path), "bytes": pulled.size})
        if not quiet and not as_json:
            say(f"{reference} is {pulled.reference}: verified, in {pulled.path}")
    if as_json:
        print_json({"pulled": rows})


def remove(
    name: HubName, as_json: options.Json = False, quiet: options.Quiet = False, debug: options.Debug = False
) -> None:
    """Delete weights that were pulled: all of a repository's, or one revision."""
    from colorizer_cli.weights.hub_cache import remove as remove_reference
    from colorizer_cli.weights.registry import hub_references

    references = [HubReference.parse(name)] if name.startswith(PREFIX) else hub_references(name)
    removed = [each for one in references for each in remove_reference(one, "@" in name)]
    if not removed:
        raise WeightsError(f"{name}: nothing of it has been pulled; `colorize weights list` shows what has")
    freed = sum(each.size for each in removed)
    if as_json:
        print_json({"removed": [str(each.reference) for each in removed], "bytes": freed})
    elif not quiet:
        say(f"removed {', '.join(str(each.reference) for each in removed)}: {freed / 1e6:.1f} MB")


def push(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The weights folder.", show_default=False)],
    repo: Annotated[str, typer.Argument(metavar="OWNER/REPO", help="Where on the Hub.", show_default=False)],
    public: Annotated[
        bool, typer.Option("--public", help="For everyone to see; else the repository is private.")
    ] = False,
    licence: Annotated[
        str | None, typer.Option(metavar="ID", help="Of the weights, in the Hub's words.", show_default="the card's")
    ] = None,
    message: Annotated[
        str, typer.Option("-m", "--message", help="Of the commit.")
    ] = "Upload weights with colorizer-cli",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be published; make no request.")] = False,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
    debug: options.Debug = False,
) -> None:
    """Publish a weights folder on the Hub, with a model card; needs a token (HF_TOKEN or `hf auth login`)."""
    from colorizer_cli.weights.folder import WeightsFolder
    from colorizer_cli.weights.hub_card import front_matter
    from colorizer_cli.weights.hub_push import plan_push
    from colorizer_cli.weights.hub_push import push as publish

    if not message.strip():
        raise UsageError("--message: a commit needs one; leave it away for the usual words")
    plan = plan_push(WeightsFolder.open(folder), repo, public, licence)
    files = {name: {"bytes": file.size, "sha256": file.sha256} for name, file in plan.files.items()}
    facts = {"repo": plan.repo, "private": not plan.public, "files": files, "left_out": plan.left_out}
    if not quiet and not as_json:
        say(f"{'would publish' if dry_run else 'publishing'} {folder} to {repo}, {'public' if public else 'private'}:")
        for name, file in plan.files.items():
            say(f"  {name}  {file.size} bytes  sha256 {file.sha256}")
        if plan.left_out:
            say(f"  not published: {', '.join(plan.left_out)}")
    if dry_run:
        if as_json:
            print_json(facts | {"card": front_matter(plan.card)})
        elif not quiet:
            say(front_matter(plan.card).rstrip())
        return
    reference = publish(plan, message, show_progress=sys.stderr.isatty() and not quiet and not as_json)
    if as_json:
        print_json(facts | {"reference": str(reference)})
    elif not quiet:
        say(f"published as {reference}")
