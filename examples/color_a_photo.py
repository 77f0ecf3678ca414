"""Colour one photo from Python: python examples/color_a_photo.py OLD NEW"""

import sys

from colorizer_cli import Colorizer, ColorizerError, Settings, read_photo, write_photo


def main(old: str, new: str) -> None:
    """Reads OLD, colours it more cautiously than the default, writes NEW (which must not exist yet)."""
    photo = read_photo(old)
    coloured = Colorizer().colorize(photo, Settings(vividness=0.4))
    write_photo(coloured, new)
    print(f"{new}: {coloured.width} × {coloured.height}, {coloured.bits} bits, confidence {coloured.confidence:.2f}")


if __name__ == "__main__":
    try:
        main(*sys.argv[1:3])
    except (ColorizerError, TypeError) as error:
        sys.exit(f"{error}\nusage: color_a_photo.py OLD NEW")
