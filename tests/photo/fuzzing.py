"""Run by test_fuzz as a process of its own: mutates small files, colours them, lets nothing but the tool's own
errors pass. What was being tried stands in the folder when a decoder takes the process down."""

import faulthandler
import json
import random
import sys
import time
import warnings
from pathlib import Path

from colorizer_cli import Colorizer, Settings, read_photo
from colorizer_cli.engine.pages import coloured_pages
from colorizer_cli.engine.triage import check_colourable
from colorizer_cli.errors import ColorizerError, PhotoError
from colorizer_cli.photo.writing import write_pages
from tests.photo.seeds import small_files

LONGEST = 20  # seconds for one input
MAX_PIXELS = 4_000_000
WORDS = [0, 1, 0x7F, 0x80, 0xFF, 0x100, 0x7FFF, 0xFFFF, 60_000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF]
SUFFIXES = ("png", "jpg", "tif", "webp")


def mutate(data: bytes, others: list[bytes], chance: random.Random) -> bytes:
    """One to three damages: flipped bits, odd numbers, cuts, repeats, splices."""
    changed = bytearray(data)
    for _ in range(chance.randint(1, 3)):
        # headers are short, and say more than pixels
        place = chance.randrange(min(len(changed), chance.choice([64, 600, 10**9]))) if changed else 0
        kind = chance.randrange(7)
        if kind == 0 and changed:
            changed[place] ^= 1 << chance.randrange(8)
        elif kind == 1 and changed:
            changed[place] = chance.randrange(256)
        elif kind == 2:
            size, order = chance.choice([1, 2, 4]), chance.choice(["big", "little"])
            word = (chance.choice(WORDS) & (256**size - 1)).to_bytes(size, order)
            changed[place : place + size] = word
        elif kind == 3:
            del changed[place : place + chance.choice([1, 4, 50, 10**9])]
        elif kind == 4:
            changed[place:place] = changed[place : place + chance.choice([1, 12, 100])] * chance.choice([1, 2, 30])
        elif kind == 5:
            other = chance.choice(others)
            start = chance.randrange(len(other))
            changed[place : place + 30] = other[start : start + 30]
        else:
            changed[place:place] = chance.randbytes(chance.choice([1, 8, 64]))
    return bytes(changed)


def colour(colorizer: Colorizer, data: bytes, target: Path | None) -> str:
    """→ what became of it; raises what the tool does not own up to."""
    try:
        photo = read_photo(data, max_pixels=MAX_PIXELS)
        check_colourable(photo)
        pages = coloured_pages(colorizer, photo, Settings(size=32))
        if target is None:
            pixels = next(pages).pixels()
            assert pixels.shape[:2] == (photo.height, photo.width)
        else:
            write_pages(pages, target, overwrite=True)
            assert read_photo(target).width == photo.width
    except PhotoError:
        return "refused"
    except ColorizerError as error:
        return type(error).__name__
    return "coloured"


def main(folder: Path, seed: int, count: int) -> None:
    warnings.simplefilter("ignore")  # decoders warn of what they repair
    chance = random.Random(seed)
    files = small_files()
    colorizer = Colorizer(backend="onnx")
    outcomes: dict[str, int] = {}
    for number in range(count):
        name = chance.choice(list(files))
        data = mutate(files[name], list(files.values()), chance)
        (folder / "input").write_bytes(data)
        (folder / "name").write_text(f"{name}, number {number} of seed {seed}")
        faulthandler.dump_traceback_later(LONGEST, exit=True)
        target = folder / f"out.{SUFFIXES[number % 4]}" if number % 10 == 0 else None
        started = time.monotonic()
        outcome = colour(colorizer, data, target)
        outcomes[outcome] = outcomes.get(outcome, 0) + 1
        outcomes["slowest"] = max(outcomes.get("slowest", 0), round(1000 * (time.monotonic() - started)))
        faulthandler.cancel_dump_traceback_later()
    left = [path.name for path in folder.iterdir() if path.name.startswith(".")]
    assert not left, left
    sys.stdout.write(json.dumps(outcomes))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
