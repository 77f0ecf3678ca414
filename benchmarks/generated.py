"""Photos as large as one likes, with the grain of scans: the example photo, enlarged.

A test pattern would not do: what the network makes of it has little in common with a photo, and colours that sRGB
cannot show, of which photos have a few in a hundred, take longer than the others.
"""

from pathlib import Path

import pyvips

EXAMPLE = Path(__file__).parents[1] / "examples" / "photographer.jpg"


def size_of(megapixels: float) -> tuple[int, int]:
    """(width, height) of a 4:3 photo."""
    return round((megapixels * 4 / 3) ** 0.5 * 1000), round((megapixels * 3 / 4) ** 0.5 * 1000)


def gray(megapixels: float) -> pyvips.Image:
    """One band, 8 bits."""
    width, height = size_of(megapixels)
    photo = pyvips.Image.thumbnail(str(EXAMPLE), width, height=height, crop="centre")
    grain = pyvips.Image.gaussnoise(width, height, sigma=4, mean=0, seed=1)
    return (photo + grain).cast("uchar").copy(interpretation="b-w")


SEPIA = ([1, 0.93, 0.78], [0, 6, 14])  # times, plus


def jpeg(megapixels: float, kind: str, folder: Path) -> Path:
    """A JPEG of quality 92 in `folder`: "gray", "RGB" (three channels alike) or "sepia" (three channels, one tone)."""
    file = folder / f"{megapixels:g}mp-{kind}.jpg"
    image = gray(megapixels)
    if kind != "gray":
        image = image.bandjoin([image, image]).copy(interpretation="srgb")
    if kind == "sepia":
        image = (image * SEPIA[0] + SEPIA[1]).cast("uchar").copy(interpretation="srgb")
    image.jpegsave(str(file), Q=92)
    return file
