from pathlib import Path

import numpy as np
import pytest
import torch

from colorizer_cli.color.bins import gamut_bins
from colorizer_cli.color.lab import linear_to_srgb
from colorizer_cli.errors import TrainingError
from colorizer_cli.training import augmentation
from colorizer_cli.training.cache import PhotoCache, find_photos
from colorizer_cli.training.dataset import TrainingSamples
from colorizer_cli.training.recipe import Recipe


def samples(cache: PhotoCache, first: int = 0, count: int = 200) -> TrainingSamples:
    return TrainingSamples(cache, gamut_bins(), 64, first, count, 4, Recipe([], seed=7))


def test_photos_are_decoded_once_and_broken_ones_listed(cache: PhotoCache, photo_folder: Path):
    assert len(cache) == 24
    assert min(cache[0].shape[:2]) == 96
    assert [Path(name).name for name in cache.skipped] == ["broken.jpg"]


def test_a_cache_of_the_same_photos_is_found_again(photo_folder: Path, tmp_path: Path):
    photos = find_photos([photo_folder])
    PhotoCache.build(photos, tmp_path, 96)
    (file,) = tmp_path.glob("*.rgb")
    before = file.stat().st_mtime_ns
    PhotoCache.build(photos, tmp_path, 96)
    assert file.stat().st_mtime_ns == before


def test_no_photos_is_an_error(tmp_path: Path):
    with pytest.raises(TrainingError, match="no photos"):
        find_photos([tmp_path])


def test_a_sample_depends_on_its_number_and_seed_only(cache: PhotoCache):
    whole, later = samples(cache), samples(cache, first=50)
    for name, value in whole[61].items():
        assert torch.equal(value, later[11][name])
    assert not torch.equal(whole[61]["gray"], whole[62]["gray"])


def test_shapes_ranges_and_shares(cache: PhotoCache):
    drawn = [samples(cache)[i] for i in range(200)]
    for sample in drawn:
        assert sample["gray"].shape == (1, 64, 64)
        assert 0 <= sample["gray"].min() <= sample["gray"].max() <= 1
        assert sample["ab"].shape == (2, 16, 16)
        assert sample["hints"].shape == (3, 64, 64)
        assert sample["palette"].shape == (260,)
    assert 0.25 < np.mean([bool(sample["hints"][2].any()) for sample in drawn]) < 0.55
    assert 0.07 < np.mean([bool(sample["palette"][-1]) for sample in drawn]) < 0.25


def test_shares_of_hints_and_palettes_can_be_set(cache: PhotoCache):
    def drawn(**shares: float) -> list[tuple[bool, bool]]:
        found = TrainingSamples(cache, gamut_bins(), 32, 0, 20, 4, Recipe([], **shares))
        return [
            (bool(sample["hints"][2].any()), bool(sample["palette"][-1]))
            for sample in map(found.__getitem__, range(20))
        ]

    assert drawn(hinted=1.0, palettes=0.0) == [(True, False)] * 20
    assert drawn(hinted=0.0, palettes=1.0) == [(False, True)] * 20


def test_every_photo_comes_once_an_epoch(cache: PhotoCache):
    drawn = samples(cache)
    assert sorted(drawn._photo(i) for i in range(len(cache))) == list(range(len(cache)))
    assert [drawn._photo(i) for i in range(24, 48)] != [drawn._photo(i) for i in range(24)]


def test_hints_hold_the_true_colour():
    ab = np.random.default_rng(0).uniform(-50, 50, (64, 64, 2)).astype(np.float32)
    hints = np.zeros((3, 64, 64), np.float32)
    augmentation.place_hint(hints, ab, 5, np.random.default_rng(1))
    inside = hints[2] > 0
    assert inside.sum() == 25
    np.testing.assert_allclose(hints[:2, inside].mean(axis=1), ab[inside].mean(axis=0), rtol=1e-4)
    assert not hints[:, ~inside].any()


def test_film_without_response_is_luminance_and_orthochromatic_film_darkens_red():
    red = np.broadcast_to(np.array([1, 0, 0], np.float32), (8, 8, 3))
    plain = augmentation.film_response(red, np.random.default_rng(0), probability=0)
    np.testing.assert_allclose(plain, linear_to_srgb(np.float32(0.212639)), atol=1e-3)
    tones = [augmentation.film_response(red, np.random.default_rng(seed), 1.0)[0, 0] for seed in range(40)]
    assert min(tones) == pytest.approx(float(linear_to_srgb(np.float32(0.02))), abs=1e-3)
    assert max(tones) > 0.6


def test_a_film_border_is_neutral():
    gray, ab = np.full((64, 64), 0.5, np.float32), np.full((64, 64, 2), 30, np.float32)
    augmentation.film_border(gray, ab, np.random.default_rng(3), probability=1)
    assert (ab == 0).all(axis=-1).any()
    assert (gray[(ab != 0).all(axis=-1)] == 0.5).all()


def test_stretched_crops_are_rectangles_made_square():
    """A picture of one-pixel columns: how often the pattern repeats in a crop tells how wide the crop was."""
    photo = np.zeros((100, 100, 3), np.uint8)
    photo[..., 0] = np.arange(100)
    photo[..., 1] = np.arange(100)[:, None]
    rng = np.random.default_rng(0)
    ratios = []
    for _ in range(200):
        crop = augmentation.random_crop(photo, 50, rng, 0.5, 1.5).astype(int)
        assert crop.shape == (50, 50, 3)
        across, down = np.ptp(crop[25, :, 0]), np.ptp(crop[:, 25, 1])
        ratios.append(across / down)
    assert 0.6 < min(ratios) < 0.75
    assert 1.35 < max(ratios) < 1.65
    square = augmentation.random_crop(photo, 50, rng, 0.5).astype(int)
    assert abs(np.ptp(square[25, :, 0]) - np.ptp(square[:, 25, 1])) <= 1
