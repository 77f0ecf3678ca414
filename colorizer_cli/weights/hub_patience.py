"""How long the Hub is waited for: as long as it gets on, and else four times HF_HUB_DOWNLOAD_TIMEOUT (40 s)."""

from __future__ import annotations

import time

from colorizer_cli.weights.hub_settings import timeout

SILENCES = 4  # of `timeout` seconds each, without anything gained: then it is given up
SLOWEST = 1000  # bytes per second; what is slower counts as nothing
LONGEST_PAUSE = 8.0  # seconds
QUICK_TRIES = 3  # to reach a server that nothing has come from yet


class Patience:
    """Runs out where nothing is gained for `limit` seconds."""

    def __init__(self) -> None:
        self.timeout = timeout()
        self.limit = SILENCES * self.timeout
        self._renew()

    def _renew(self) -> None:
        self._since = time.monotonic()
        self._bytes = 0
        self._tries = 0

    def gained(self, count: int) -> None:
        """That many bytes came."""
        self._bytes += count
        if self._bytes >= SLOWEST * self.limit:
            self._renew()

    @property
    def spent(self) -> bool:
        return time.monotonic() - self._since > self.limit

    def pause(self, asked: float | None = None, unreachable: bool = False) -> bool:
        """Before another try: waits 1, 2, 4 … seconds, or what the server asked for. → whether to try again."""
        self._tries += 1
        if unreachable and self._tries >= QUICK_TRIES:
            return False
        left = self.limit - (time.monotonic() - self._since)
        seconds = min(2.0 ** (self._tries - 1), LONGEST_PAUSE) if asked is None else asked
        if seconds >= left:
            return False
        time.sleep(seconds)
        return True
