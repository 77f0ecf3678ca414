"""Whether what training needs is installed, found out without importing any of it."""

from __future__ import annotations

import importlib.util

from colorizer_cli.errors import TrainingError

PACKAGES = ("torch", "torchvision", "timm", "safetensors", "onnx", "accelerate", "matplotlib")
INSTALL = "pip install 'colorizer-cli[torch]'"


def require_training_packages() -> None:
    """Raises TrainingError, with the line that installs them, where a package is missing."""
    missing = [name for name in PACKAGES if importlib.util.find_spec(name) is None]
    if missing:
        raise TrainingError(f"training needs {', '.join(missing)}, not installed here. Install with:\n{INSTALL}")
