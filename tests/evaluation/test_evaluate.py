from pathlib import Path

import numpy as np
import pytest
import torch
import torchvision
from skimage import color, data
from skimage.metrics import peak_signal_noise_ratio

from colorizer_cli import Colorizer
from colorizer_cli.color.film import FILMS, developed
from colorizer_cli.errors import PhotoError, UsageError
from colorizer_cli.evaluation import perceptual
from colorizer_cli.evaluation.colour_photos import ColourPhotos
from colorizer_cli.evaluation.evaluate import evaluate, gray_levels
from colorizer_cli.evaluation.measures import MEASURES, Truth, measure
from colorizer_cli.evaluation.methods import Remembering, Uniform, baselines, weights_methods
from colorizer_cli.evaluation.report import as_html
from colorizer_cli.evaluation.summary import OF_MEANS, summarize
from colorizer_cli.evaluation.tables import as_csv, as_object

GRAY = Uniform("gray", 0.0, 0.0)


def test_colourfulness_by_hand():
    """Half red, half black: rg is 255 or 0, yb 127.5 or 0; M3 = √(127.5² + 63.75²) + 0.3·√(127.5² + 63.75²)."""
    pixels = np.zeros((20, 20, 3), np.uint8)
    pixels[:10, :, 0] = 255
    assert Truth(pixels).colourfulness == pytest.approx(1.3 * np.hypot(127.5, 63.75))


def test_measures_agree_with_independent_ones():
    truth = data.coffee()
    result = np.clip(truth.astype(np.float32) / 255 + 0.05, 0, 1)
    found = dict(zip(MEASURES, measure(Truth(truth), result), strict=True))
    lab, lab_truth = color.rgb2lab(result), color.rgb2lab(truth)
    assert found["ab_mse"] == pytest.approx(np.mean((lab - lab_truth)[..., 1:] ** 2), rel=0.01)
    assert found["psnr"] == pytest.approx(peak_signal_noise_ratio(truth / 255, result, data_range=1), abs=0.01)
    assert found["ciede2000"] == pytest.approx(color.deltaE_ciede2000(lab_truth, lab).mean(), rel=0.01)


def test_the_truth_is_perfect():
    truth = data.rocket()
    found = dict(zip(MEASURES, measure(Truth(truth), truth.astype(np.float32) / 255), strict=True))
    assert found == pytest.approx(
        {"ab_mse": 0, "psnr": 60, "ssim": 1, "ciede2000": 0, "colourfulness_error": 0}
        | {"colourfulness": Truth(truth).colourfulness},
        abs=1e-4,
    )


def test_luminance_keeps_lightness_and_orthochromatic_film_does_not_see_red():
    photo = data.astronaut()
    expected = color.rgb2lab(photo)[..., 0]
    found = color.rgb2lab(np.repeat(developed(photo, "luminance")[..., None], 3, axis=2))[..., 0]
    assert np.abs(found - expected).max() < 0.05
    red = np.zeros((2, 2, 3), np.uint8)
    red[..., 0] = 255
    assert developed(red, "orthochromatic").max() < 0.2 < developed(red, "luminance").min()
    for weights in FILMS.values():
        assert weights.sum() == pytest.approx(1, abs=1e-5)


def test_gray_photos_stay_gray_and_the_mean_colour_is_the_same_everywhere(colorizer: Colorizer):
    levels = gray_levels(data.chelsea(), "luminance")
    assert np.ptp(GRAY.paint(levels), axis=2).max() == 0
    mean = baselines([colorizer])[1]
    lab = color.rgb2lab(mean.paint(levels))
    middle = (lab[..., 0] > 30) & (lab[..., 0] < 80)
    assert np.abs(lab[middle][:, 1:] - [mean.a, mean.b]).max() < 0.2


def test_colours_are_those_of_the_engine(colorizer: Colorizer, colour_folder: Path):
    photos = ColourPhotos([colour_folder], 200)
    methods = weights_methods([colorizer], (0.0, 1.0), None)
    first = next(photos.decoded())
    levels = gray_levels(first.pixels, "luminance")
    muted, vivid = (color.rgb2lab(method.paint(levels)) for method in methods)
    assert np.hypot(*np.moveaxis(vivid[..., 1:], -1, 0)).mean() > np.hypot(*np.moveaxis(muted[..., 1:], -1, 0)).mean()
    lightness = color.rgb2lab(first.pixels)[..., 0]
    assert np.abs(muted[..., 0] - lightness).max() < 0.1


def test_protocol(colour_folder: Path):
    photos = ColourPhotos([colour_folder], 200)
    found = list(photos.decoded())
    assert [min(photo.pixels.shape[:2]) for photo in found] == [200] * 6
    assert dict(photos.skipped) == {"gray": 1, "tiny": 1, "broken": 1}
    square = next(ColourPhotos([colour_folder], 200, centre_crop=True).decoded())
    height, width = found[0].pixels.shape[:2]
    top, left = (height - 200) // 2, (width - 200) // 2
    assert np.array_equal(square.pixels, found[0].pixels[top : top + 200, left : left + 200])
    large = next(ColourPhotos([colour_folder], 5000).decoded())
    assert large.pixels.shape == data.astronaut().shape  # never enlarged


def test_a_sample_is_chosen_by_the_seed(colour_folder: Path):
    def names(seed: int) -> list[str]:
        return [photo.file.name for photo in ColourPhotos([colour_folder], 64, sample=3, seed=seed).decoded()]

    assert len(names(0)) == 3
    assert names(0) == names(0)
    assert len({tuple(names(seed)) for seed in range(6)}) > 1


def test_the_same_figures_on_every_run_and_the_better_method_is_found(colorizer: Colorizer, colour_folder: Path):
    methods = [*weights_methods([colorizer], (), None), *baselines([colorizer])]
    assert [method.name for method in methods][:3] == [
        f"hybrid-lite, vividness {colorizer.weights.config.vividness:g}",
        "hybrid-lite, vividness 0",
        "gray",
    ]
    photos = ColourPhotos([colour_folder], 128)
    measured, again = (evaluate(ColourPhotos([colour_folder], 128), methods) for _ in range(2))
    assert np.array_equal(measured.figures, again.figures)
    summaries, true = summarize(measured)
    assert summarize(again) == (summaries, true)
    for summary in summaries:
        for figure in summary.figures.values():
            assert figure.low <= figure.mean <= figure.high
    gray = summaries[2]
    assert gray.figures["colourfulness"].mean == pytest.approx(0, abs=1e-6)
    assert gray.figures["colourfulness_error"].mean == pytest.approx(true.mean)
    for summary in summaries:  # a mean of distances is never less than the distance of the means
        assert summary.figures[OF_MEANS].mean <= summary.figures["colourfulness_error"].mean + 1e-9
    assert not summaries[0].against
    own, gray_error = (summaries[i].figures["ab_mse"].mean for i in (0, 2))
    assert gray.against["ab_mse"].mean == pytest.approx(gray_error - own)

    found = as_object(measured, summaries, true, {"film": "luminance"})
    assert found["photos"] == 6
    assert len(as_csv(measured).splitlines()) == 1 + 6 * len(methods)
    page = as_html(measured, summaries, true, {"film": "luminance"}, photos, methods).decode()
    assert page.count("<figure>") == 6 * 4  # gray, two vividnesses, truth
    assert "http" not in page.replace("http-equiv", "")
    for title in ("Best", "Median", "Worst"):
        assert title in page


def test_a_network_is_asked_once_for_all_vividnesses(colorizer: Colorizer):
    asked = []

    class Counting:
        backend, device = "onnx", "cpu"

        def predict(self, *inputs: np.ndarray) -> np.ndarray:
            asked.append(inputs)
            return colorizer.predictor.predict(*inputs)

    remembering = Remembering(Counting())
    gray = np.random.default_rng(0).random((1, 1, 64, 64), np.float32)
    assert np.array_equal(remembering.predict(gray), remembering.predict(gray.copy()))
    assert len(asked) == 1
    remembering.predict(gray + 0.1)
    assert len(asked) == 2


def test_lpips_where_its_backbone_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    reason = perceptual.missing()
    assert reason is not None
    assert str(tmp_path) in reason
    (tmp_path / "checkpoints").mkdir()
    torch.manual_seed(0)
    torch.save(torchvision.models.alexnet(weights=None).state_dict(), tmp_path / "checkpoints" / perceptual.BACKBONE)
    assert perceptual.missing() is None
    distance = perceptual.load()
    photo = data.astronaut()[:128, :128].astype(np.float32) / 255
    gray = np.repeat(photo.mean(axis=2, keepdims=True), 3, axis=2)
    assert distance(photo, photo) == 0
    assert distance(photo, gray) > 0


def test_too_few_photos_and_unknown_films(tmp_path: Path, colour_folder: Path):
    with pytest.raises(PhotoError, match="is no folder"):
        ColourPhotos([tmp_path / "none"], 64)
    with pytest.raises(PhotoError, match="0 photos below"):
        ColourPhotos([tmp_path], 64)
    for name in ("a.jpg", "b.jpg"):
        (tmp_path / name).write_bytes(b"no photo")
    with pytest.raises(PhotoError, match="0 usable colour photos, at least 2 needed; skipped: 2 broken"):
        evaluate(ColourPhotos([tmp_path], 64), [GRAY])
    with pytest.raises(UsageError, match="--film sepia: expected one of luminance, orthochromatic, panchromatic"):
        evaluate(ColourPhotos([colour_folder], 64), [GRAY], "sepia")
