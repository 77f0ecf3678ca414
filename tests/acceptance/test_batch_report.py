"""The report in a real browser: the slider moves, the filter filters, nothing is loaded, nothing complains."""

import itertools
import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import pyvips
from playwright.sync_api import Browser, Page, expect

from colorizer_cli.batch.report import fill
from colorizer_cli.batch.thumbnails import thumbnail_pair

Run = Callable[..., "subprocess.CompletedProcess[bytes]"]


class Seen:
    """A page that was opened, all that it asked for, and all that it complained of."""

    def __init__(self, browser: Browser, file: Path, **window: object) -> None:
        self.page: Page = browser.new_page(**window)
        self.complaints: list[str] = []
        self.requests: list[str] = []
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.goto(file.as_uri())

    def names(self) -> list[str]:
        return self.page.locator("#photos .name").all_text_contents()

    def assert_quiet(self, file: Path) -> None:
        assert self.complaints == []
        assert [url for url in self.requests if not url.startswith("data:")] == [file.as_uri()]


@pytest.fixture
def report(colorize: Run, scans: Callable[..., Path], tmp_path: Path) -> Path:
    folder = scans(9)
    (folder / "1920s" / "broken <!--<script>.jpg").write_bytes(b"nonsense")
    shutil.copy(folder / "scan 000.jpg", folder / "new\nline & ünï.jpg")
    (tmp_path / "pages").mkdir()
    assert colorize("batch", "scans", "-o", "colour", "--report", "pages/report.html").returncode == 3
    return tmp_path / "pages" / "report.html"


def test_slider_filter_order_failures(browser: Browser, report: Path, tmp_path: Path):
    seen = Seen(browser, report)
    page = seen.page
    journal = [json.loads(line) for line in (tmp_path / "colour/colorize-journal.jsonl").read_text().splitlines()]
    sure = {os.path.basename(line["done"]): line["confidence"] for line in journal if "done" in line}
    names = seen.names()
    assert len(names) == 10
    assert [sure[name] for name in names] == sorted(sure.values())  # the least sure first

    range_ = page.locator(".pair input").first
    before = page.locator(".pair .before").first
    half = before.evaluate("e => getComputedStyle(e).clipPath")
    box = range_.bounding_box()
    page.mouse.click(box["x"] + 0.8 * box["width"], box["y"] + box["height"] / 2)
    dragged = int(range_.input_value())
    assert dragged == pytest.approx(80, abs=6)
    moved = before.evaluate("e => getComputedStyle(e).clipPath")
    assert moved != half
    for _ in range(3):
        page.keyboard.press("ArrowLeft")
    assert int(range_.input_value()) == dragged - 3
    assert before.evaluate("e => getComputedStyle(e).clipPath") != moved

    page.select_option("#folder", "/1920s/summer")
    assert len(seen.names()) == 3
    assert page.locator("#photos .name + .soft").first.text_content() == "1920s/summer"
    page.select_option("#folder", "/")
    assert len(seen.names()) == 4
    page.select_option("#folder", "*")
    page.select_option("#order", "name")
    assert seen.names()[0] == "new\nline & ünï.jpg"
    page.fill("#search", "SCAN 00")
    assert len(seen.names()) == 9
    assert page.locator("#failed").is_hidden()
    page.fill("#search", "")
    failure = page.locator("#failures li").inner_text()
    assert "broken <!--<script>.jpg" in failure
    assert "expected a whole" in failure
    seen.assert_quiet(report)


def test_pictures_and_links_are_the_real_ones(browser: Browser, report: Path, tmp_path: Path):
    page = Seen(browser, report).page
    page.select_option("#order", "name")
    widths = page.evaluate("Promise.all([...document.images].map(i => i.decode().then(() => i.naturalWidth)))")
    assert len(widths) == 20
    assert min(widths) > 50
    card = page.locator("#photos li").first
    for name, folder in (("original", "scans"), ("result", "colour")):
        target = card.get_by_text(name, exact=True).evaluate("link => link.href")
        assert page.evaluate("url => decodeURIComponent(new URL(url).pathname)", target) == str(
            tmp_path / folder / "new\nline & ünï.jpg"
        )


def test_keyboard_alone_and_a_phone(browser: Browser, report: Path):
    seen = Seen(browser, report, viewport={"width": 360, "height": 740}, color_scheme="dark")
    page = seen.page
    focused = []
    for _ in range(6):
        page.keyboard.press("Tab")
        focused.append(page.evaluate("document.activeElement.id || document.activeElement.type"))
    assert focused[:3] == ["folder", "order", "search"]
    assert "range" in focused or page.evaluate("document.activeElement.tagName") in ("A", "SUMMARY")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(22, 21, 19)"
    seen.assert_quiet(report)


def test_5000_photos(browser: Browser, tmp_path: Path, gray_jpeg: Path, gray_pixels: object):
    """Pictures of a real size; cards are made as the page is scrolled, and all can be reached."""
    pair = thumbnail_pair((str(gray_jpeg), str(gray_jpeg)), 200)
    pictures = {"before": pair.before, "after": pair.after, "width": pair.width, "height": pair.height}
    photos = (
        {"name": f"{number:04}.jpg", "folder": f"box {number % 50:02}", "sure": number * 7919 % 5000 / 5000}
        | {"original": "a", "result": "b"}
        | pictures
        for number in range(5000)
    )
    file = tmp_path / "report.html"
    with open(file, "w", encoding="utf-8") as page:
        fill(page, ["5000 coloured"], itertools.chain(photos))
    assert file.stat().st_size < 70e6
    started = time.monotonic()
    seen = Seen(browser, file)
    seen.page.locator("#photos li").first.wait_for()
    assert time.monotonic() - started < 15
    assert seen.names()[0] == "0000.jpg"
    assert len(seen.names()) < 300
    seen.page.select_option("#folder", "/box 07")
    seen.page.mouse.wheel(0, 20_000)
    expect(seen.page.locator("#photos li")).to_have_count(100)
    assert seen.page.locator("#count").inner_text() == "100 of 5000 photos"
    seen.assert_quiet(file)


def test_a_report_is_no_photo(colorize: Run, scans: Callable[..., Path], tmp_path: Path):
    photo = next(scans(1).glob("*"))
    before = photo.read_bytes() if photo.is_file() else b""
    for name in ("scans/report.jpg", str(photo)):
        done = colorize("batch", "scans", "-o", "colour", "--report", name, "--overwrite")
        assert done.returncode == 2
        assert b".html" in done.stderr
    assert not photo.is_file() or photo.read_bytes() == before


def test_a_report_replaces_a_report_and_nothing_else(colorize: Run, scans: Callable[..., Path], tmp_path: Path):
    scans(1)
    arguments = ["batch", "scans", "-o", "colour", "--report", "report.html"]
    for _ in range(2):
        assert colorize(*arguments).returncode == 0
    (tmp_path / "report.html").write_text("my own page")
    done = colorize(*arguments)
    assert done.returncode == 1
    assert b"--overwrite" in done.stderr
    assert (tmp_path / "report.html").read_text() == "my own page"
    assert colorize(*arguments[:-1], "nowhere/report.html").returncode == 1


def test_a_photo_that_has_gone_keeps_its_line(colorize: Run, scans: Callable[..., Path], tmp_path: Path):
    folder = scans(2)
    colorize("batch", "scans", "-o", "colour")
    pyvips.Image.black(30, 90).write_to_file(str(folder / "scan 000.jpg"))
    (folder / "1920s" / "scan 001.jpg").unlink()
    assert colorize("batch", "scans", "-o", "colour", "--report", "report.html").returncode == 0
    page = (tmp_path / "report.html").read_text()
    assert page.count('"original": "') == 1
