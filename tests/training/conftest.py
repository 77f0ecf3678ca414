from pathlib import Path

import numpy as np
import pytest
import pyvips
from skimage import data

from colorizer_cli.training.cache import PhotoCache, Photos, find_photos


@pytest.fixture(scope="session")
def photo_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """24 crops of three colour photos, and one file that is none."""
    folder = tmp_path_factory.mktemp("photos")
    rng = np.random.default_rng(0)
    for name in ("astronaut", "chelsea", "coffee"):
        pixels = getattr(data, name)()
        for i in range(8):
            top, left = rng.integers(0, 120, 2)
            crop = np.ascontiguousarray(pixels[top : top + 150, left : left + 180])
            pyvips.Image.new_from_array(crop).copy(interpretation="srgb").pngsave(str(folder / f"{name}-{i}.png"))
    (folder / "broken.jpg").write_bytes(b"\xff\xd8\xff broken")
    return folder


@pytest.fixture(scope="session")
def cache(photo_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> PhotoCache:
    return PhotoCache.build(find_photos([photo_folder]), tmp_path_factory.mktemp("cache"), 96)


class _Tiles:
    """Pieces of scikit-image's colour photos."""

    def __init__(self) -> None:
        photos = [data.astronaut(), data.coffee(), data.chelsea(), data.rocket()]
        self.photos = [
            np.ascontiguousarray(photo[top : top + 176, left : left + 176])
            for photo in photos
            for top in range(0, photo.shape[0] - 176, 60)
            for left in range(0, photo.shape[1] - 176, 120)
        ]
        self.shapes = [photo.shape[:2] for photo in self.photos]

    def __len__(self) -> int:
        return len(self.photos)

    def __getitem__(self, i: int) -> np.ndarray:
        return self.photos[i]


@pytest.fixture
def colour_tiles() -> Photos:
    return _Tiles()
