"""huggingface_hub as this tool wants it: no word of its own, and no request but those that were asked for."""

from __future__ import annotations

import logging
import os


def prepare_client() -> None:
    """To be called before the client is used.

    Its telemetry (a request of its own, and the versions of installed packages in each header) stays off unless the
    user turns it on with HF_HUB_DISABLE_TELEMETRY=0; its warnings on each try would go between the command's words.
    Uploads go by plain HTTP (LFS) rather than by Xet, which waits without end for a server that does not speak it.
    """
    from huggingface_hub import constants
    from huggingface_hub.utils.logging import set_verbosity

    if "HF_HUB_DISABLE_TELEMETRY" not in os.environ:
        constants.HF_HUB_DISABLE_TELEMETRY = True  # read when it was imported, which others may have done long before
    constants.HF_HUB_DISABLE_XET = True
    set_verbosity(logging.ERROR)
