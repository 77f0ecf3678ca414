"""What the commands that train the judges of colour are given."""

from __future__ import annotations

import argparse
from pathlib import Path


def photos_parser(description: str | None) -> argparse.ArgumentParser:
    """photos, --output, --cache, --validation."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos", nargs="+", type=Path)
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--cache", type=Path, required=True, help="folder for decoded photos")
    parser.add_argument(
        "--validation", type=Path, action="append", default=[], help="held-back photos; may be repeated"
    )
    return parser
