"""Photos with the detail of scans: smooth areas, edges and grain."""

from pathlib import Path

import pyvips


def size_of(megapixels: float) -> tuple[int, int]:
    """(width, height) of a 4:3 photo."""
    return round((megapixels * 4 / 3) ** 0.5 * 1000), round((megapixels * 3 / 4) ** 0.5 * 1000)


def gray(megapixels: float) -> pyvips.Image:
    """One band, 8 bits."""
    width, height = size_of(megapixels)
    waves = pyvips.Image.zone(width, height).linear(50, 128)
    grain = pyvips.Image.gaussnoise(width, height, sigma=4, mean=0, seed=1)
    return (waves + grain).cast("uchar").copy(interpretation="b-w")


def jpeg(megapixels: float, bands: int, folder: Path) -> Path:
    """A JPEG of quality 92 in `folder`, gray or RGB."""
    file = folder / f"{megapixels:g}mp-{bands}.jpg"
    image = gray(megapixels)
    if bands == 3:
        image = image.bandjoin([image, image]).copy(interpretation="srgb")
    image.jpegsave(str(file), Q=92)
    return file
