import shutil
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import pyvips
from skimage import data

from colorizer_cli import Colorizer, read_photo
from colorizer_cli.backends.soundness import check_weights
from colorizer_cli.errors import OutputError, PhotoError, UsageError, WeightsError
from colorizer_cli.exporting.export import Export, export
from colorizer_cli.exporting.parity import parity
from colorizer_cli.exporting.probes import generated, of_photos
from colorizer_cli.weights.registry import find_weights

EMBEDDED = find_weights()


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """24 crops of four photos."""
    folder = tmp_path_factory.mktemp("photos")
    rng = np.random.default_rng(0)
    for number in range(24):
        photo = getattr(data, ("astronaut", "chelsea", "coffee", "rocket")[number % 4])()
        top, left = rng.integers(0, 60, 2)
        crop = np.ascontiguousarray(photo[top : top + 240, left : left + 200 + 7 * number])
        pyvips.Image.new_from_array(crop).pngsave(str(folder / f"{number}.png"))
    return folder


def test_an_exported_file_runs_alone_and_gives_the_same_colours(tmp_path: Path):
    done = export(Export(None, tmp_path / "net.onnx", opset=17))
    assert done.parity.photos == 20
    assert done.parity.largest <= 0.5
    assert done.parity.mean <= 0.05
    model = onnx.load(tmp_path / "net.onnx")
    assert model.opset_import[0].version == 17
    assert done.size == (tmp_path / "net.onnx").stat().st_size
    session = onnxruntime.InferenceSession(str(tmp_path / "net.onnx"))
    shapes = {node.name: node.shape for node in session.get_inputs()}
    assert list(shapes) == ["gray", "hints", "palette"]
    assert [path.name for path in tmp_path.iterdir()] == ["net.onnx"]
    with pytest.raises(OutputError, match="exists already"):
        export(Export(None, tmp_path / "net.onnx"))


def test_int8_is_a_weights_folder_that_colours_alike(tmp_path: Path, photos: Path, gray_jpeg: Path):
    done = export(Export(None, tmp_path / "small", int8=True, photos=photos))
    assert 0 < done.parity.mean <= 1.5
    kinds = {node.op_type for node in onnx.load(tmp_path / "small" / "model.onnx").graph.node}
    assert "DequantizeLinear" in kinds
    assert done.size < EMBEDDED.file("model.onnx").stat().st_size
    photo = read_photo(gray_jpeg)
    exact, small = (Colorizer(w, "onnx").colorize(photo).pixels().astype(int) for w in (None, tmp_path / "small"))
    assert 0 < np.abs(exact - small).mean() < 3
    assert check_weights(find_weights(tmp_path / "small")).problems == []
    config = find_weights(tmp_path / "small").config
    assert "computes in int8" in (tmp_path / "small" / "README.md").read_text()
    assert (config.name, config.metrics) == ("hybrid-lite-int8", {})  # the figures are the float network's


def test_weights_without_a_card(tmp_path: Path):
    bare = tmp_path / "bare"
    shutil.copytree(EMBEDDED.path, bare)
    (bare / "README.md").unlink()
    export(Export(str(bare), tmp_path / "net.onnx"))
    export(Export(None, tmp_path / "again"))
    export(Export(str(bare), tmp_path / "again", overwrite=True))  # the card that is there is not this network's
    assert sorted(path.name for path in (tmp_path / "again").iterdir()) == [
        "config.json",
        "model.onnx",
        "model.safetensors",
    ]


def test_what_differs_too_much_is_not_written(tmp_path: Path, photos: Path):
    with pytest.raises(WeightsError, match=r"nothing was written: over \d+ photos a and b differ by"):
        export(Export(None, tmp_path / "small", int8=True, photos=photos, mean=0.001))
    assert not list(tmp_path.iterdir())


def test_parity_sees_a_difference(colorizer: Colorizer):
    class Other:
        backend, device = "onnx", "cpu"

        def predict(self, gray: np.ndarray, hints: object = None, palette: object = None) -> np.ndarray:
            return colorizer.predictor.predict(1 - gray)

    probes = generated(3, 96)
    same = parity(colorizer.predictor, colorizer.predictor, EMBEDDED.config, probes)
    assert (same.largest, same.mean, same.photos) == (0, 0, 3)
    assert parity(colorizer.predictor, Other(), EMBEDDED.config, probes).mean > 1


def test_probes(tmp_path: Path, photos: Path):
    made = generated(20, 176)
    assert len({gray.shape for gray in made}) > 15
    for gray in made:
        assert gray.shape[2] * gray.shape[3] == pytest.approx(176**2, rel=0.03)
        assert 0 <= gray.min() < 0.2
        assert 0.8 < gray.max() <= 1
    assert np.array_equal(made[0], generated(20, 176)[0])
    assert len(of_photos(photos, 10, 96)) == 10
    with pytest.raises(PhotoError, match="0 photos that can be read"):
        of_photos(tmp_path, 10, 96)


def test_what_makes_no_sense_is_said_before_the_work(tmp_path: Path):
    with pytest.raises(UsageError, match="--int8 needs --photos"):
        export(Export(None, tmp_path / "x.onnx", int8=True))
    with pytest.raises(UsageError, match="--opset 3: expected 13…20"):
        export(Export(None, tmp_path / "x.onnx", opset=3))
    with pytest.raises(UsageError, match="is where the weights come from"):
        export(Export(None, EMBEDDED.path, overwrite=True))
    with pytest.raises(WeightsError, match="neither a folder"):
        export(Export("nonesuch", tmp_path / "x.onnx"))
    with pytest.raises(UsageError, match="exists already"):
        export(Export(None, tmp_path))
    (tmp_path / "README.md").write_text("a project's own")
    with pytest.raises(UsageError, match="holds other things than weights"):
        export(Export(None, tmp_path, overwrite=True))
    with pytest.raises(UsageError, match="is no folder"):
        export(Export(None, tmp_path / "README.md", overwrite=True))
    with pytest.raises(UsageError, match="is part of a weights folder"):
        export(Export(None, EMBEDDED.file("model.onnx"), overwrite=True))
