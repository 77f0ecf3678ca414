"""Which photos of an archive are used, and how they are split."""

import pickle
import shutil
import sys
from pathlib import Path

import numpy as np
import pillow_heif
import pytest
import pyvips
from PIL import Image
from skimage import data

from colorizer_cli import Colorizer, read_photo, write_photo
from colorizer_cli.color.colourless import colourless
from colorizer_cli.errors import MissingExtraError, TrainingError
from colorizer_cli.photo.usable import UnusableError, decode_usable
from colorizer_cli.training.cache import PhotoCache
from colorizer_cli.training.selection import read_archive, tell_reasons
from colorizer_cli.training.split import FEWEST, HASH_RANGE, SHARE, held_back

LIMIT = 10**8


def write(pixels: np.ndarray, file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    pyvips.Image.new_from_array(pixels).copy(interpretation="srgb").write_to_file(str(file))


def toned(gray: np.ndarray, gammas: tuple[float, float, float]) -> np.ndarray:
    return np.round(255 * (gray[..., None] / 255.0) ** np.array(gammas)).astype(np.uint8)


@pytest.fixture
def archive_folder(photo_folder: Path, tmp_path: Path) -> Path:
    """24 colour photos and one that is broken, in a tree with gray, toned, tiny and repeated ones."""
    folder = tmp_path / "archive"
    shutil.copytree(photo_folder, folder / "colour")
    camera = data.camera()[:200, :300]
    write(np.repeat(camera[..., None], 3, 2), folder / "old" / "gray.jpg")
    write(toned(camera, (0.8, 1, 1.3)), folder / "old" / "sepia.jpg")
    write(toned(camera, (1.3, 1, 0.8)), folder / "old" / "blueprint.jpg")
    write(data.astronaut()[:63, :200], folder / "tiny.png")
    shutil.copy(folder / "colour" / "coffee-0.png", folder / "again.png")
    return folder


def test_unusable_photos_are_counted_by_reason(archive_folder: Path, tmp_path: Path):
    archive = read_archive([archive_folder], tmp_path / "cache", 96, LIMIT)
    assert archive.skipped == {"broken": 1, "duplicate": 1, "gray": 1, "tiny": 1, "toned": 2}
    assert tell_reasons(archive.skipped) == "6 skipped: 1 broken, 1 duplicate, 1 gray, 1 tiny, 2 toned"
    assert len(archive.training) + len(archive.validation) == 24
    assert archive.short_side == 96


def test_what_this_tool_has_coloured_is_not_taken_for_colour(archive_folder: Path, tmp_path: Path, gray_jpeg: Path):
    """Nor are the pictures in a weights folder; photos beside them are."""
    write_photo(Colorizer().colorize(read_photo(gray_jpeg)), archive_folder / "old-color.jpg")
    weights = archive_folder / "mine.not-better"
    weights.mkdir()
    for name in ("config.json", "model.safetensors"):
        (weights / name).touch()
    shutil.copy(archive_folder / "colour" / "coffee-1.png", weights / "contact-sheet.png")
    archive = read_archive([archive_folder], tmp_path / "cache", 96, LIMIT)
    assert archive.skipped["coloured by this tool"] == 1
    assert archive.skipped["duplicate"] == 1
    assert len(archive.training) + len(archive.validation) + len(archive.choice) == 24


def test_heic_without_its_extra_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    pillow_heif.from_pillow(Image.fromarray(data.coffee())).save(tmp_path / "phone.heic")
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    with pytest.raises(UnusableError, match=r"pip install 'colorizer-cli\[heif\]'"):
        decode_usable(tmp_path / "phone.heic", 96)
    cached = PhotoCache.build([tmp_path / "phone.heic"], tmp_path / "cache", 96, decode_usable)
    assert len(cached) == 0
    monkeypatch.undo()
    assert len(PhotoCache.build([tmp_path / "phone.heic"], tmp_path / "cache", 96, decode_usable)) == 1
    error = pickle.loads(pickle.dumps(MissingExtraError("a.heic is HEIC", "pip install x")))
    assert (str(error), error.remedy) == ("a.heic is HEIC: pip install x", "pip install x")


def test_a_small_cache_leaves_both_sides_their_share(archive_folder: Path, tmp_path: Path):
    """What it has no room for is not chosen by what decides the split."""
    whole = read_archive([archive_folder], tmp_path / "whole", 96, LIMIT, choosing=False)
    for photos in (20, 22):
        limit = photos * max(height * width * 3 for height, width in whole.cache.shapes)
        part = read_archive([archive_folder], tmp_path / str(photos), 96, limit, choosing=False)
        held = sum(int(digest[:8], 16) < SHARE * HASH_RANGE for digest in part.hashes)
        assert part.skipped.get("cache full", 0) in (24 - photos, 24 - photos - 1)
        assert len(part.validation) == max(held, FEWEST)
        left_out = set(whole.hashes) - set(part.hashes)
        assert left_out == set(sorted(whole.hashes, key=lambda digest: digest[::-1])[-len(left_out) :])


def test_the_split_goes_by_content_not_by_name(archive_folder: Path, tmp_path: Path):
    before = read_archive([archive_folder], tmp_path / "cache", 96, LIMIT)
    for number, file in enumerate(sorted((archive_folder / "colour").glob("*.png"))):
        file.rename(archive_folder / f"renamed-{99 - number}.png")
    after = read_archive([archive_folder], tmp_path / "cache", 96, LIMIT)
    assert after.hashes == before.hashes
    assert len(after.validation) == len(before.validation)
    np.testing.assert_array_equal(after.validation[0], before.validation[0])


def test_nothing_that_was_trained_on_is_ever_held_back():
    rng = np.random.default_rng(0)
    hashes = [rng.bytes(32).hex() for _ in range(3000)]
    trained: set[str] = set()
    for count in (20, 21, 40, 100, 1000, 3000):
        held = {hashes[i] for i in held_back(hashes[:count])}
        assert FEWEST <= len(held) <= 200
        assert not held & trained
        trained |= set(hashes[:count]) - held
    assert 0.15 < len(held_back(hashes[:500])) / 500 < 0.25


def test_too_few_usable_photos(photo_folder: Path, tmp_path: Path):
    (tmp_path / "few").mkdir()
    for file in sorted(photo_folder.glob("c*.png")):
        shutil.copy(file, tmp_path / "few")
    write(np.full((100, 100, 3), 90, np.uint8), tmp_path / "few" / "plain.png")
    with pytest.raises(TrainingError, match="16 usable colour photos found, at least 20 needed; 1 skipped: 1 gray"):
        read_archive([tmp_path / "few"], tmp_path / "cache", 96, LIMIT)


def test_a_folder_that_is_not_there(tmp_path: Path):
    with pytest.raises(TrainingError, match="is no folder"):
        read_archive([tmp_path / "none"], tmp_path / "cache", 96, LIMIT)


def test_the_cache_stays_within_its_bound(photo_folder: Path, tmp_path: Path):
    bytes_each = 96 * 115 * 3
    limit = round(21.5 * bytes_each)
    archive = read_archive([photo_folder], tmp_path / "cache", 96, limit)
    assert archive.skipped == {"broken": 1, "cache full": 3}
    (tmp_path / "other").mkdir()
    for file in sorted(photo_folder.glob("*.png"))[:21]:
        shutil.copy(file, tmp_path / "other")
    read_archive([tmp_path / "other"], tmp_path / "cache", 96, limit)
    assert sum(file.stat().st_size for file in (tmp_path / "cache").glob("*.rgb")) <= limit


def test_a_full_disk_is_told_and_leaves_nothing(photo_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    archive = read_archive([photo_folder], tmp_path / "cache", 96, LIMIT)
    file = archive.cache.file
    file.with_suffix(".json").unlink()
    file.unlink()
    monkeypatch.setattr("secrets.token_hex", lambda length: "0")  # the name under which it is written
    file.with_name(f"{file.stem}.0.rgb").symlink_to("/dev/full")
    with pytest.raises(TrainingError, match=r"no space left on the disk of .*cache"):
        read_archive([photo_folder], tmp_path / "cache", 96, LIMIT)
    assert not list((tmp_path / "cache").iterdir())


@pytest.mark.parametrize("name", ["astronaut", "chelsea", "coffee"])
def test_colour_photos_are_not_taken_for_toned_ones(name: str):
    assert colourless(getattr(data, name)()) is None


@pytest.mark.parametrize("quality", [50, 95])
def test_toned_photos_are_seen_through_jpeg(tmp_path: Path, quality: int):
    image = pyvips.Image.new_from_array(toned(data.camera(), (0.75, 1, 1.35))).copy(interpretation="srgb")
    image.jpegsave(str(tmp_path / "sepia.jpg"), Q=quality)
    pixels = pyvips.Image.thumbnail(str(tmp_path / "sepia.jpg"), 256).numpy()
    assert colourless(pixels) == "toned"
