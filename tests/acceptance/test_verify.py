"""`colorize verify`: holds for the tool's own results, and for nothing that differs in anything but colour."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

Run = Callable[..., "subprocess.CompletedProcess[bytes]"]


def verdict(colorize: Run, result: str, original: str = "old.jpg") -> tuple[int, str]:
    done = colorize("verify", original, result, "--json")
    return done.returncode, " ".join(json.loads(done.stdout)["problems"])


@pytest.fixture
def annotated(tmp_path: Path, gray_pixels: np.ndarray) -> Path:
    exif = Image.Exif()
    exif[0x010F] = "Zeiss"
    exif.get_ifd(0x8825)[1] = "N"
    Image.fromarray(gray_pixels).save(tmp_path / "old.jpg", quality=95, exif=exif, dpi=(600, 600), comment="box 7")
    return tmp_path / "old.jpg"


@pytest.mark.parametrize("result", ["new.jpg", "new.png", "new.tif", "new.webp", "new.avif"])
def test_own_results_hold(colorize: Run, annotated: Path, result: str):
    assert colorize("old.jpg", "-o", result).returncode == 0
    code, problems = verdict(colorize, result)
    if result.endswith(("webp", "avif")):  # no place for comments or, in them, for the resolution
        assert "comment" in problems
    else:
        assert (code, problems) == (0, "")
    facts = json.loads(colorize("verify", "old.jpg", result, "--json").stdout)["pages"][0]
    assert facts["provenance"]["weights"] == "hybrid-lite"
    assert facts["lightness"]["p99.9"] <= facts["lightness"]["allowed_p99.9"]


def test_what_does_not_hold(colorize: Run, annotated: Path, tmp_path: Path):
    colorize("old.jpg", "-o", "new.png")
    with Image.open(tmp_path / "new.png") as image:
        image.load()
        kept = {"exif": image.info["exif"], "dpi": image.info["dpi"]}
        packet = image.info.get("xmp") or image.info["XML:com.adobe.xmp"]
    brighter = Image.fromarray(np.minimum(np.asarray(image).astype(int) + 4, 255).astype(np.uint8))
    brighter.save(tmp_path / "brighter.tif", **kept)
    image.crop((0, 0, 599, 400)).save(tmp_path / "smaller.png", **kept)
    image.convert("L").convert("RGB").save(tmp_path / "gray.png", xmp=packet)
    assert "99.9th" in verdict(colorize, "brighter.tif")[1]
    assert "599" in verdict(colorize, "smaller.png")[1]
    code, problems = verdict(colorize, "gray.png")
    assert code == 1
    for word in ("no colour", "EXIF tag 271 is missing", "GPS tag 1 is missing", "comment", "dpi"):
        assert word in problems
    assert "invented" in verdict(colorize, "smaller.png")[1]
    assert verdict(colorize, "old.jpg")[0] == 1


def test_depth_and_tone(colorize: Run, tmp_path: Path, gray_pixels: np.ndarray):
    """A faded scan of 16 bits: its curve is recorded, and the result is what the curve makes of it."""
    faded = (gray_pixels.astype(np.uint16) * 120) + 12_000
    tifffile.imwrite(tmp_path / "old.tif", faded, metadata=None, photometric="minisblack")
    assert colorize("old.tif", "-o", "new.tif", "--tone", "neutral").returncode == 0
    assert verdict(colorize, "new.tif", "old.tif") == (0, "")
    assert tifffile.imread(tmp_path / "new.tif").mean(axis=-1).std() > 1.2 * faded.std()
    assert colorize("old.tif", "-o", "new.jpg").returncode == 0
    assert "16 bits" in verdict(colorize, "new.jpg", "old.tif")[1]


def test_pages(colorize: Run, tmp_path: Path, gray_pixels: np.ndarray):
    with tifffile.TiffWriter(tmp_path / "old.tif") as writer:
        for page in (gray_pixels, gray_pixels[:200]):
            writer.write(page, photometric="minisblack", metadata=None)
    assert colorize("old.tif", "-o", "new.tif").returncode == 0
    assert verdict(colorize, "new.tif", "old.tif") == (0, "")
    with Image.open(tmp_path / "new.tif") as image:
        image.save(tmp_path / "one.tif")
    assert "2 pages have become 1" in verdict(colorize, "one.tif", "old.tif")[1]


def test_stripped(colorize: Run, annotated: Path):
    assert colorize("old.jpg", "-o", "new.jpg", "--strip-metadata").returncode == 0
    code, problems = verdict(colorize, "new.jpg")
    assert code == 1
    assert "GPS" in problems
    assert "invented" not in problems


def test_quiet_says_what_does_not_hold(colorize: Run, annotated: Path):
    assert colorize("old.jpg", "-o", "stripped.jpg", "--strip-metadata").returncode == 0
    done = colorize("verify", "-q", "old.jpg", "stripped.jpg")
    assert done.returncode == 1
    assert b"stripped.jpg does not hold: metadata: EXIF tag 271 is missing" in done.stderr
    assert colorize("old.jpg", "-o", "new.png").returncode == 0
    done = colorize("verify", "-q", "old.jpg", "new.png")
    assert (done.returncode, done.stderr) == (0, b"")
