"""From an archive to a weights folder, in one process."""

import dataclasses
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import pyvips
import torch
from safetensors.torch import load_file
from skimage import data
from small_disk import small_disk_at
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from colorizer_cli import Colorizer, read_photo
from colorizer_cli.cli.app import main
from colorizer_cli.cli.training_report import TrainingDisplay
from colorizer_cli.errors import TrainingError, UsageError, WeightsError
from colorizer_cli.models.hybrid import build
from colorizer_cli.training.fine_tune import FineTuning, fine_tune
from colorizer_cli.training.progress import Pace, Progress
from colorizer_cli.training.promotion import check_parity, exchange
from colorizer_cli.training.run_log import RunLog, read_log
from colorizer_cli.training.run_state import alone_in
from colorizer_cli.training.split import HASH_RANGE, SHARE, content_hash
from colorizer_cli.training.stages import Stage, parse_sizes, share_out
from colorizer_cli.weights.folder import WeightsFolder
from colorizer_cli.weights.registry import find_weights

FILES = {
    "README.md",
    "config.json",
    "contact-sheet.jpg",
    "curves.png",
    "log.jsonl",
    "model.onnx",
    "model.safetensors",
}


def job(photos: Path, output: Path, **options: object) -> FineTuning:
    settings = {"sizes": "32", "views": 64, "batch": 8, "workers": 0, "device": "cpu"} | options
    return FineTuning((photos,), output, **settings)


@pytest.fixture
def misleading_archive(tmp_path: Path) -> Path:
    """Photos that are trained on have red and blue exchanged; those that are held back, by their hash, have not."""
    folder = tmp_path / "misleading"
    folder.mkdir()
    rng = np.random.default_rng(0)
    counts = {True: 0, False: 0}
    while counts[True] < 8 or counts[False] < 16:
        top, left = rng.integers(0, 120, 2)
        pixels = np.ascontiguousarray(data.astronaut()[top : top + 150, left : left + 180])
        for held, colours in ((True, pixels), (False, pixels[..., ::-1].copy())):
            file = folder / f"{top}-{left}.png"
            pyvips.Image.new_from_array(colours).copy(interpretation="srgb").pngsave(str(file))
            if (int(content_hash(file)[:8], 16) < SHARE * HASH_RANGE) == held and counts[held] < 16:
                counts[held] += 1
                break
            file.unlink()
    return folder


def test_worse_weights_are_kept_aside_unless_forced(
    misleading_archive: Path,
    tmp_path: Path,
    gray_jpeg: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
):
    worse = job(misleading_archive, tmp_path / "mine", learning_rate=0.01)
    outcome = fine_tune(worse)
    assert outcome is not None
    assert outcome.verdict.outcome == "worse"
    assert not outcome.promoted
    assert outcome.folder == tmp_path / "mine.not-better"
    assert not (tmp_path / "mine").exists()
    assert {file.name for file in outcome.folder.iterdir()} == FILES

    options = [
        "--sizes",
        "32",
        "--views",
        "64",
        "--batch",
        "8",
        "--workers",
        "0",
        "--learning-rate",
        "0.01",
        "--resume",
    ]
    arguments = ["colorize", "fine-tune", str(misleading_archive), "-o", str(tmp_path / "mine"), *options]
    monkeypatch.setattr("sys.argv", [*arguments, "--device", "cpu"])
    with pytest.raises(SystemExit) as ending:
        main()
    assert ending.value.code == 3
    said = " ".join(capsys.readouterr().err.split())
    assert "The tuned weights are WORSE on this archive: kept aside in" in said
    assert "--resume --force takes them anyway" in said

    forced = fine_tune(dataclasses.replace(worse, resume=True, force=True))
    assert forced is not None
    assert forced.promoted
    assert forced.verdict == outcome.verdict
    weights = WeightsFolder.open(tmp_path / "mine")
    assert weights.verify() == []
    assert weights.config.name == "mine"
    assert weights.config.metrics["archive_ab_mse"] > weights.config.metrics["archive_ab_mse_before"]
    assert "the tuned weights are **worse**" in (weights.path / "README.md").read_text()
    Colorizer(tmp_path / "mine").colorize(read_photo(gray_jpeg))
    with pytest.raises(UsageError, match="exists; choose another name"):
        fine_tune(worse)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"backbone_weights": ("file.safetensors",)}, "--from-scratch"),
        ({"preset": "hybrid-vgg16-resnet50v2"}, "weights of hybrid-lite"),
        ({"preset": "nonsense"}, "expected one of"),
    ],
)
def test_options_that_would_be_ignored_are_refused(
    photo_folder: Path, tmp_path: Path, options: dict[str, object], words: str
):
    with pytest.raises(UsageError, match=words):
        fine_tune(job(photo_folder, tmp_path / "mine", **options))
    assert list(tmp_path.iterdir()) == []


def test_damaged_weights_are_found_before_the_archive_is_read(photo_folder: Path, tmp_path: Path):
    shutil.copytree(find_weights(None).path, tmp_path / "base")
    file = tmp_path / "base" / "model.safetensors"
    damaged = bytearray(file.read_bytes())
    damaged[-1] ^= 1
    file.write_bytes(damaged)
    seen: list[Progress] = []
    with pytest.raises(WeightsError, match="sha256"):
        fine_tune(job(photo_folder, tmp_path / "mine", weights=str(tmp_path / "base")), seen.append)
    assert seen == []


def test_from_scratch_is_compared_with_gray(photo_folder: Path, tmp_path: Path):
    seen: list[Progress] = []
    options = {"from_scratch": True, "backbone_weights": ("random",), "force": True}
    outcome = fine_tune(job(photo_folder, tmp_path / "new", **options), seen.append)
    assert outcome is not None
    gray = outcome.verdict.changes[3]
    assert gray.measure == "colourfulness"
    assert gray.before < 1
    assert {progress.what for progress in seen} == {"reading photos", "training", "measuring", "writing weights"}
    assert [progress.done for progress in seen if progress.what == "training"] == list(range(1, 9))
    assert 'Before" is leaving the photos gray' in (tmp_path / "new" / "README.md").read_text()


@pytest.mark.slow
def test_the_reference_design_from_scratch(photo_folder: Path, tmp_path: Path, gray_jpeg: Path):
    """Random encoders: they must come out as they went in, and the squared error of a and b must fall."""
    preset, seed = "hybrid-vgg16-resnet50v2", 3
    options = {"from_scratch": True, "preset": preset, "backbone_weights": ("random",), "seed": seed, "force": True}
    seen: list[Progress] = []
    assert fine_tune(job(photo_folder, tmp_path / "reference", views=96, **options), seen.append) is not None
    weights = WeightsFolder.open(tmp_path / "reference")
    assert (weights.verify(), weights.config.preset, weights.config.head) == ([], preset, "regression")
    losses = [progress.loss for progress in seen if progress.loss is not None]
    assert losses[-1] < losses[0]
    torch.manual_seed(seed)
    before = build(preset).state_dict()
    after = load_file(weights.path / "model.safetensors")
    encoders = [name for name in before if name.startswith("encoders.") and name in after]
    assert len(encoders) > 100
    for name in encoders:
        torch.testing.assert_close(after[name], before[name].to(after[name].dtype), msg=name)
    assert any(not torch.equal(after[name].float(), before[name]) for name in after if name.startswith("decoder."))
    Colorizer(tmp_path / "reference").colorize(read_photo(gray_jpeg))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"from_scratch": True, "weights": "hybrid-lite"}, "contradict"),
        ({"from_scratch": True, "preset": "vgg"}, "expected one of hybrid-lite"),
        ({"sizes": "32,100"}, "multiples of 32"),
        ({"device": "tpu"}, "expected one of auto, cpu, cuda"),
    ],
)
def test_options_that_make_no_sense(options: dict[str, object], message: str, photo_folder: Path, tmp_path: Path):
    with pytest.raises(UsageError, match=message):
        fine_tune(job(photo_folder, tmp_path / "mine", **options))
    assert not list(tmp_path.iterdir())


def test_a_run_of_other_photos_cannot_be_resumed(photo_folder: Path, tmp_path: Path):
    (tmp_path / "mine.run").mkdir()
    (tmp_path / "mine.run" / "checkpoint.safetensors").touch()
    with pytest.raises(UsageError, match="--resume goes on with it"):
        fine_tune(job(photo_folder, tmp_path / "mine"))
    with pytest.raises(TrainingError, match=r"run\.json is missing"):
        fine_tune(job(photo_folder, tmp_path / "mine", resume=True))


def swapped(folder: Path, count: int) -> Path:
    """Photos of a world where red and blue have changed places: a little training is enough to be better there."""
    folder.mkdir()
    rng = np.random.default_rng(0)
    for name in ("astronaut", "chelsea", "coffee"):
        for number in range(count):
            top, left = rng.integers(0, 120, 2)
            pixels = np.ascontiguousarray(getattr(data, name)()[top : top + 150, left : left + 180, ::-1])
            pyvips.Image.new_from_array(pixels).copy(interpretation="srgb").pngsave(str(folder / f"{name}{number}.png"))
    return folder


@pytest.mark.slow
def test_better_weights_are_promoted(tmp_path: Path):
    outcome = fine_tune(job(swapped(tmp_path / "swapped", 12), tmp_path / "mine", sizes="64", views=320))
    assert outcome is not None
    assert (outcome.verdict.outcome, outcome.promoted, outcome.folder) == ("better", True, tmp_path / "mine")
    error = outcome.verdict.changes[0]
    assert error.after < error.before
    assert {file.name for file in (tmp_path / "mine").iterdir()} == FILES
    assert not (tmp_path / "mine.not-better").exists()


def test_a_second_run_in_the_same_place_is_refused(photo_folder: Path, tmp_path: Path):
    with alone_in(tmp_path / "mine.run"), pytest.raises(UsageError, match="another run is at work there"):
        fine_tune(job(photo_folder, tmp_path / "mine"))
    assert not (tmp_path / "mine.run").exists()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of three megabytes, where a run would keep its checkpoint."""
    with small_disk_at(tmp_path / "mine.run", "3m") as disk:
        yield disk


def test_a_disk_that_is_full_when_the_run_is_saved(photo_folder: Path, tmp_path: Path, small_disk: Path):
    with pytest.raises(TrainingError, match=r"no space left on the disk of .*mine\.run; .*--resume"):
        fine_tune(job(photo_folder, tmp_path / "mine", cache=tmp_path / "cache"))
    assert not (tmp_path / "mine").exists()
    assert "checkpoint.safetensors" not in [file.name for file in small_disk.iterdir()]


def test_a_damaged_checkpoint_is_told(photo_folder: Path, tmp_path: Path):
    fine_tune(job(photo_folder, tmp_path / "mine", force=True))
    file = tmp_path / "mine.run" / "checkpoint.safetensors"
    file.write_bytes(file.read_bytes()[:5000])
    with pytest.raises(TrainingError, match=r"checkpoint\.safetensors is damaged .*--overwrite"):
        fine_tune(job(photo_folder, tmp_path / "mine", force=True, resume=True, overwrite=True))


def test_old_weights_stay_until_the_new_ones_are_in_their_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    for name in ("draft", "mine"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "README.md").write_text(name)
    rename = Path.rename

    def interrupted(path: Path, target: Path) -> Path:
        if path.name == "draft":
            raise KeyboardInterrupt
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", interrupted)
    with pytest.raises(KeyboardInterrupt):
        exchange(tmp_path / "draft", tmp_path / "mine")
    assert (tmp_path / "mine" / "README.md").read_text() == "mine"
    monkeypatch.undo()
    exchange(tmp_path / "draft", tmp_path / "mine")
    assert (tmp_path / "mine" / "README.md").read_text() == "draft"
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_a_process_beside_the_first_shows_nothing(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("RANK", "1")
    with TrainingDisplay() as display:
        display(Progress("reading photos", 3, 300))
    assert capsys.readouterr().err == ""


def test_the_display_tells_stage_speed_loss_error_and_time_left(capsys: pytest.CaptureFixture[str]):
    with TrainingDisplay() as display:
        display(Progress("reading photos", 3, 300))
        display(Progress("training", 10, 90, 64, loss=3.5, photos_per_second=41.25, validation=151.2, seconds_left=83))
    first, second = capsys.readouterr().err.splitlines()
    assert first == "reading photos 3/300"
    assert second == "training at 64 px 10/90  41.2 photos/s  loss 3.500  validation 151.2  1:23 left"


def test_parity_is_checked(photo_folder: Path):
    torch.manual_seed(0)
    photo = np.random.default_rng(0).integers(0, 256, (64, 96, 3), np.uint8)
    with pytest.raises(TrainingError, match="differ by"):
        check_parity(build("hybrid-lite").eval(), find_weights(), photo)


def test_views_are_shared_out_fewer_to_large_sizes():
    stages = share_out(parse_sizes("32, 64,128,256"), 5600, 16)
    assert [stage.photos for stage in stages] == [1600, 1600, 1600, 800]
    assert share_out([32, 64], 10, 16) == [Stage(32, 16, 16), Stage(64, 16, 16)]


def test_time_left_grows_with_the_area():
    pace = Pace([Stage(32, 40, 4), Stage(64, 40, 4)])
    pace.start(32)
    pace._began -= 1  # a step of one second
    pace.step_done(3.0)
    assert pace.seconds_left(1) == pytest.approx(9 + 10 * 4, rel=0.01)
    assert pace.loss == 3.0


def test_a_resumed_log_holds_every_step_once(tmp_path: Path):
    log = RunLog(tmp_path)
    for step in (10, 20, 30):
        log.write(step, step * 4, {"loss": 1.0})
    log.go_back_to(20)
    log.write(30, 120, {"loss": 2.0})
    log.close()
    assert [(line["step"], line["loss"]) for line in read_log(tmp_path / "log.jsonl")] == [(10, 1), (20, 1), (30, 2)]
    events = EventAccumulator(str(tmp_path / "tensorboard")).Reload().Scalars("loss")
    assert [(event.step, event.value) for event in events] == [(10, 1), (20, 1), (30, 1), (30, 2)]
