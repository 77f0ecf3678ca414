"""The commands that README.md shows are ones that this command line takes."""

import re
from pathlib import Path

import pytest
from shell_blocks import blocks, colorize_calls, parse

README = Path(__file__).parents[2] / "README.md"
CALLS = [
    call for block in blocks(README) if block.kind == "sh" and not block.mark for call in colorize_calls(block.text)
]


def test_the_calls_are_found():
    lines = re.findall(r"^colorize ", README.read_text(), re.MULTILINE)
    assert len(CALLS) > len(lines) > 10  # and one behind a pipe


@pytest.mark.parametrize("call", CALLS, ids=" ".join)
def test_it_can_be_parsed(call: list[str]):
    parse(call)


@pytest.mark.parametrize(
    "call", [["old.jpg", "--vivid", "1"], ["batch", "scans"], ["weights", "lost"], ["verify", "old.jpg"]]
)
def test_what_is_wrong_cannot(call: list[str]):
    with pytest.raises(Exception, match=r"No such|Missing"):
        parse(call)
