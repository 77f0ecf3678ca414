"""Fenced blocks of a Markdown page, and whether a `colorize` line in one of them can be parsed."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

import typer

from colorizer_cli.cli.app import app

BLOCK = re.compile(r"^```(?P<kind>\w+)(?: (?P<mark>\w+))?\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
PROMISE = re.compile(r"# → (?P<files>.*)$", re.MULTILINE)
ENDS = {"|", "||", "&&", ";", "<", ">"}


@dataclass(frozen=True)
class Block:
    """A fenced block: what follows the three ticks (language, and a mark or ""), and its text."""

    kind: str
    mark: str
    text: str

    @property
    def promised(self) -> list[str]:
        """The files that comments promise: `colorize old.jpg   # → old-color.jpg`; … stands for more of the kind."""
        return [file for match in PROMISE.finditer(self.text) for file in match["files"].split() if file != "…"]

    @property
    def outputs(self) -> list[str]:
        """What stands behind -o; with --candidates several files begin like it."""
        calls = colorize_calls(self.text)
        return [call[at + 1] for call in calls for at, word in enumerate(call) if word == "-o" and call[at + 1] != "-"]


def blocks(page: Path) -> list[Block]:
    return [Block(found["kind"], found["mark"] or "", found["text"]) for found in BLOCK.finditer(page.read_text())]


def colorize_calls(text: str, command: str = "colorize") -> list[list[str]]:
    """The arguments of every call of `command` in lines of shell."""
    calls = []
    for line in text.replace("\\\n", " ").splitlines():
        lexer = shlex.shlex(line, posix=True, punctuation_chars="|&;<>()")
        lexer.commenters = "#"
        lexer.wordchars += ":@"
        words = list(lexer)
        for start, word in enumerate(words):
            if word == command:
                rest = words[start + 1 :]
                end = next((i for i, following in enumerate(rest) if following in ENDS), len(rest))
                calls.append(rest[:end])
    return calls


def parse(arguments: list[str]) -> None:
    """Parses a command line without running it. Raises what the command line raises for wrong usage."""
    context = typer.main.get_command(app).make_context("colorize", list(arguments))
    while hasattr(context.command, "resolve_command"):
        name, command, rest = context.command.resolve_command(context, [*context._protected_args, *context.args])
        context = command.make_context(name, rest, parent=context)
