import pytest
import torch

from colorizer_cli.backends import choice
from colorizer_cli.errors import BackendError, UsageError
from colorizer_cli.weights.registry import find_weights


@pytest.mark.parametrize(("backend", "device"), [("tensorflow", "auto"), ("auto", "gpu"), ("auto", "cuda:x")])
def test_unknown_names_are_usage_errors(backend: str, device: str):
    with pytest.raises(UsageError, match="expected"):
        choice.create_predictor(find_weights(), backend, device)


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has CUDA")
@pytest.mark.parametrize("backend", ["auto", "onnx", "torch"])
def test_cuda_where_there_is_none_is_an_error_that_says_what_to_install(backend: str):
    with pytest.raises(BackendError, match=r"no CUDA .*\n.*pip install"):
        choice.create_predictor(find_weights(), backend, "cuda")


def test_torch_missing_is_told_with_the_pip_line(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(choice.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(BackendError, match=r"pip install 'colorizer-cli\[torch\]'"):
        choice.create_predictor(find_weights(), "torch")


def test_predictors_say_what_they_are():
    assert [
        (p.backend, p.device) for p in (choice.create_predictor(find_weights(), b, "cpu") for b in ("auto", "torch"))
    ] == [
        ("onnx", "cpu"),
        ("torch", "cpu"),
    ]
