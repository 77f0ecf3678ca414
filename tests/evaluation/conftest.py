from pathlib import Path

import numpy as np
import pytest
import pyvips
from skimage import data


@pytest.fixture(scope="session")
def colour_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six colour photos of different sizes in a tree, and one of each kind that is of no use."""
    folder = tmp_path_factory.mktemp("colour")
    (folder / "more").mkdir()
    for number, name in enumerate(["astronaut", "chelsea", "coffee", "rocket", "astronaut", "coffee"]):
        pixels = getattr(data, name)()[20 * number :, 10 * number :]
        home = folder / "more" if number % 2 else folder
        pyvips.Image.new_from_array(np.ascontiguousarray(pixels)).pngsave(str(home / f"{number}-{name}.png"))
    pyvips.Image.new_from_array(data.camera()).pngsave(str(folder / "gray.png"))
    pyvips.Image.new_from_array(data.coffee()[:40]).pngsave(str(folder / "tiny.png"))
    (folder / "broken.jpg").write_bytes(b"no photo")
    return folder
