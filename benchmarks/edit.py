"""Times changes on the page of `colorize edit`, from request to image: python benchmarks/edit.py [CHANGES]

Prints a Markdown table of medians (and the slowest), for a generated photo of 12 megapixels.
"""

import http.client
import json
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import urlsplit

from generated import jpeg

HINT = {"y": 900, "color": "#3a6b2e", "radius": 40}


def seconds(url: str, name: str, body: dict[str, object]) -> float:
    """Of one request."""
    parts = urlsplit(url)
    started = time.perf_counter()
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port)
    connection.request("POST", parts.path + name, json.dumps(body))
    response = connection.getresponse()
    response.read()
    if response.status != 200:
        raise RuntimeError(f"{name}: {response.status}")
    return time.perf_counter() - started


def main(changes: int) -> None:
    """Times each kind of change that many times."""
    with tempfile.TemporaryDirectory() as folder:
        file = jpeg(12, "gray", Path(folder))
        line = [sys.executable, "-m", "colorizer_cli", "edit", str(file), "--json", "--no-browser"]
        with subprocess.Popen(line, stdout=subprocess.PIPE) as page:
            url = json.loads(page.stdout.readline() if page.stdout else b"{}")["url"]
            every = range(1, changes + 1)
            found = {
                "a new hint": [
                    seconds(url, "render", {"hints": [HINT | {"x": 3000 * turn / changes}], "vividness": 0.5})
                    for turn in every
                ],
                "another vividness": [seconds(url, "render", {"hints": [], "vividness": t / changes}) for t in every],
                "colours at a place": [
                    seconds(url, "proposals", {"hints": [], "vividness": 0.5, "x": 3000 * t / changes, "y": 9})
                    for t in every
                ],
                "places to ask about": [
                    seconds(url, "questions", {"hints": [], "vividness": 0.5, "count": 5}) for _ in every
                ],
            }
            page.send_signal(signal.SIGINT)
    print("| change | median | slowest |\n|---|---|---|")
    for what, times in found.items():
        print(f"| {what} | {statistics.median(times):.2f} s | {max(times):.2f} s |")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 15)
