"""huggingface_hub as this tool wants it: no word of its own, and no request but those that were asked for."""

from __future__ import annotations

import logging
import os


def prepare_client() -> None:
    """To be called before huggingface_hub is imported, which reads its settings then.

    Its telemetry (a request of its own, and the versions of installed packages in each header) stays off unless the
    user turns it on with HF_HUB_DISABLE_TELEMETRY=0; its warnings on each try would go between the command's words.
    """
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    from huggingface_hub.utils.logging import set_verbosity

    set_verbosity(logging.ERROR)
