"""The decoded photos on disk, which runs may share."""

import os
import pickle
import time
from pathlib import Path

import numpy as np

from colorizer_cli.training.cache import PhotoCache, find_photos


def test_another_runs_unfinished_cache_is_left_alone(photo_folder: Path, tmp_path: Path):
    young, old = (tmp_path / f"photos-96px-0123456789abcdef.{part}.rgb" for part in ("0a1b2c3d", "4e5f6071"))
    for file in (young, old):
        file.write_bytes(bytes(10**6))
    os.utime(old, times=(time.time() - 2 * 86_400,) * 2)
    PhotoCache.build(find_photos([photo_folder]), tmp_path, 96, limit=10**6)
    assert young.exists()
    assert not old.exists()


def test_a_process_that_is_not_forked_maps_the_file_for_itself(photo_folder: Path, tmp_path: Path):
    cache = PhotoCache.build(find_photos([photo_folder]), tmp_path, 96)
    sent = pickle.dumps(cache)
    assert len(sent) < 20_000 < cache.file.stat().st_size
    copy = pickle.loads(sent)
    assert len(copy) == len(cache) > 0
    for i in range(len(cache)):
        np.testing.assert_array_equal(copy[i], cache[i])


def test_hidden_folders_and_folders_named_like_photos(photo_folder: Path, tmp_path: Path):
    shown = sorted(photo_folder.glob("*.png"))[0]
    for name in ("a.png", ".thumbnails/a.png", "box/.trash/b/a.png"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(shown.read_bytes())
    (tmp_path / "folder.jpg").mkdir()
    assert find_photos([tmp_path]) == [tmp_path / "a.png"]
