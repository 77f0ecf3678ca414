"""Times the usual alternative that people script by hand: python benchmarks/by_hand.py [RUNS]

The loop that tutorials show: read with OpenCV, to Lab, resize L to 224 × 224 whatever its proportions, a VGG-style
encoder–decoder of about 32 million parameters in torch, resize a and b to the photo, join, clip, write with OpenCV.
**Its weights are random**: this times it and says nothing of its colours. It drops metadata, depth and profiles.
Whole processes from a cold start, for one photo and for ten.
"""

import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from generated import jpeg
from stages import wall_and_memory

BY_HAND = """
import sys
import cv2, numpy as np, torch
from torch import nn

def block(i, o, n, stride=1, dilation=1):
    layers = []
    for k in range(n):
        layers += [nn.Conv2d(i if k == 0 else o, o, 3, stride if k == n - 1 else 1, dilation, dilation), nn.ReLU()]
    return layers + [nn.BatchNorm2d(o)]

network = nn.Sequential(
    *block(1, 64, 2, 2), *block(64, 128, 2, 2), *block(128, 256, 3, 2), *block(256, 512, 3), *block(512, 512, 3, 1, 2),
    *block(512, 512, 3, 1, 2), *block(512, 512, 3),
    nn.ConvTranspose2d(512, 256, 4, 2, 1), nn.ReLU(), *block(256, 256, 2),
    nn.Conv2d(256, 313, 1), nn.Softmax(1), nn.Conv2d(313, 2, 1), nn.Upsample(scale_factor=4, mode="bilinear"),
).eval()
if sys.argv[1] == "count":
    print(sum(p.numel() for p in network.parameters())); raise SystemExit
for name in sys.argv[1:]:
    image = cv2.imread(name).astype("float32") / 255
    lab = cv2.cvtColor(image, cv2.COLOR_BGR2LAB)
    L = lab[:, :, 0]
    small = torch.from_numpy(cv2.resize(L, (224, 224)) - 50)[None, None]
    with torch.no_grad():
        ab = network(small)[0].numpy().transpose(1, 2, 0)
    ab = cv2.resize(ab, (image.shape[1], image.shape[0]))
    out = cv2.cvtColor(np.concatenate((L[:, :, None], ab), 2), cv2.COLOR_LAB2BGR)
    cv2.imwrite("hand-" + name, (255 * np.clip(out, 0, 1)).astype("uint8"))
"""


def main(runs: int) -> None:
    """Prints the table."""
    command = shutil.which("colorize", path=str(Path(sys.executable).parent)) or "colorize"
    hand = [sys.executable, "-c", BY_HAND]
    count = int(subprocess.run([*hand, "count"], check=True, capture_output=True, text=True).stdout)
    print(f"By hand: random weights, {count / 1e6:.0f} million parameters.\n")
    print("| what | `colorize`, s (spread), peak MB | by hand, s (spread), peak MB | ratio |")
    print("|---|---|---|---|")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for megapixels in (1, 12, 50):
            file = jpeg(megapixels, "gray", folder).name
            _row(f"{megapixels} MP", [command, file, "-o", "out.jpg", "--overwrite"], [*hand, file], runs, folder)
        (folder / "ten").mkdir()
        files = []
        for number in range(10):
            files.append(f"{number}.jpg")
            shutil.copy(folder / "1mp-gray.jpg", folder / files[-1])
            shutil.copy(folder / "1mp-gray.jpg", folder / "ten" / files[-1])
        batch = [command, "batch", "ten", "-o", "ten-colour", "--restart", "-q"]
        _row("ten of 1 MP", batch, [*hand, *files], runs, folder)


def _row(what: str, ours: list[str], theirs: list[str], runs: int, folder: Path) -> None:
    found: list[list[tuple[float, float]]] = [[], []]
    for _ in range(runs):  # in turn: other work on the machine touches both alike
        for figures, arguments in zip(found, (ours, theirs), strict=True):
            figures.append(wall_and_memory(arguments, folder))
    cells, medians = [], []
    for figures in found:
        seconds, memory = zip(*figures, strict=True)
        medians.append(statistics.median(seconds))
        cells.append(f"{medians[-1]:.2f} ({max(seconds) - min(seconds):.2f}), {max(memory):.0f}")
    print(f"| {what} | {' | '.join(cells)} | {medians[1] / medians[0]:.1f} |", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 3)
