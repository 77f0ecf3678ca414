"""`colorize edit`: no hint that a person has placed is lost, whatever happens to the page, the photo or the window."""

import json
import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import pyvips
from edit_pages import Serve, Visited
from playwright.sync_api import Browser, expect
from skimage import data

Run = Callable[..., "subprocess.CompletedProcess[bytes]"]


def hints_in(file: Path) -> list[dict[str, object]]:
    return json.loads(file.read_text())


def test_hints_are_saved_though_the_photo_cannot_be(browser: Browser, serve: Serve, gray_jpeg: Path, tmp_path: Path):
    visited = Visited(browser, serve("old.jpg", "-o", "new.jpg").url)
    page = visited.page
    page.locator("#save").click()
    expect(page.locator("#status")).to_contain_text("Saved")
    (tmp_path / "new.jpg").write_bytes(b"somebody else's")
    page.mouse.click(*visited.at(0.5, 0.5))
    page.locator("#save").click()
    expect(page.locator("#alert")).to_contain_text("The hints are saved in")
    assert len(hints_in(tmp_path / "old.jpg.hints.json")) == 1
    assert (tmp_path / "new.jpg").read_bytes() == b"somebody else's"
    visited.page.close()


def test_what_was_not_saved_is_kept_at_the_end(browser: Browser, serve: Serve, gray_jpeg: Path, tmp_path: Path):
    served = serve("old.jpg")
    visited = Visited(browser, served.url)
    visited.page.mouse.click(*visited.at(0.5, 0.5))
    expect(visited.page.locator("#save")).to_have_class("main changed")
    visited.page.wait_for_selector("#stage[aria-busy=false]")
    visited.page.close()
    assert served.end() == 130
    assert b"old.jpg.unsaved.hints.json" in served.complaints
    assert len(hints_in(tmp_path / "old.jpg.unsaved.hints.json")) == 1
    assert not (tmp_path / "old.jpg.hints.json").exists()


def test_all_saved_leaves_nothing_behind(browser: Browser, serve: Serve, gray_jpeg: Path, tmp_path: Path):
    served = serve("old.jpg")
    visited = Visited(browser, served.url)
    visited.page.mouse.click(*visited.at(0.5, 0.5))
    visited.page.locator("#save").click()
    expect(visited.page.locator("#status")).to_contain_text("Saved")
    expect(visited.page.locator("#save")).to_have_class("main")
    visited.page.close()
    assert served.end() == 130
    assert sorted(path.name for path in tmp_path.iterdir()) == ["old-color.jpg", "old.jpg", "old.jpg.hints.json"]


def test_a_reload_at_once_loses_nothing(browser: Browser, serve: Serve, gray_jpeg: Path):
    visited = Visited(browser, serve("old.jpg").url)
    page = visited.page
    page.route("**/render", lambda route: None)  # the change never reaches the network
    page.mouse.click(*visited.at(0.5, 0.5))
    page.unroute("**/render")
    page.reload()
    page.wait_for_selector("#stage[aria-busy=false]")
    assert len(visited.markers()) == 1
    expect(page.locator("#save")).to_have_class("main changed")
    page.close()


def test_two_windows_do_not_replace_each_others_work_unasked(
    browser: Browser, serve: Serve, gray_jpeg: Path, tmp_path: Path
):
    url = serve("old.jpg").url
    one, other = Visited(browser, url), Visited(browser, url)
    other.page.mouse.click(*other.at(0.5, 0.5))
    other.page.locator("#save").click()
    expect(other.page.locator("#status")).to_contain_text("Saved")
    one.page.locator("#save").click()
    expect(one.page.locator("#alert")).to_contain_text("another window has saved")
    assert len(hints_in(tmp_path / "old.jpg.hints.json")) == 1
    one.page.locator("#save").click()
    expect(one.page.locator("#status")).to_contain_text("Saved")
    assert hints_in(tmp_path / "old.jpg.hints.json") == []
    other.assert_quiet()
    one.page.close()


def test_names_of_any_bytes(browser: Browser, serve: Serve, gray_jpeg: Path, tmp_path: Path):
    name = os.fsdecode(b"caf\xe9.jpg")
    gray_jpeg.rename(tmp_path / name)
    visited = Visited(browser, serve(name, "-o", "new.jpg").url)
    visited.page.mouse.click(*visited.at(0.5, 0.5))
    visited.page.locator("#save").click()
    expect(visited.page.locator("#status")).to_contain_text("Saved")
    assert (tmp_path / "new.jpg").exists()
    visited.assert_quiet()


def test_a_failure_stays_on_the_screen(browser: Browser, serve: Serve, gray_jpeg: Path, tmp_path: Path):
    pyvips.Image.new_from_array(data.chelsea()).jpegsave(str(tmp_path / "cat.jpg"))
    visited = Visited(browser, serve("old.jpg").url)
    page = visited.page
    page.locator("#file").set_input_files([str(gray_jpeg), str(tmp_path / "cat.jpg")])
    expect(page.locator("#references span")).to_have_text(["cat.jpg"])
    visited.colours()
    expect(page.locator("#alert")).to_contain_text("old.jpg has no colours")
    page.close()


def test_a_key_that_is_held_down_acts_once(browser: Browser, serve: Serve, gray_jpeg: Path):
    visited = Visited(browser, serve("old.jpg").url)
    page = visited.page
    for x in (0.2, 0.5, 0.8):
        page.mouse.click(*visited.at(x, 0.5))
        page.keyboard.press("Escape")
    page.locator("#markers .marker").nth(1).focus()
    for _ in range(3):
        page.keyboard.down("Delete")
    page.keyboard.up("Delete")
    assert len(visited.markers()) == 2
    assert page.evaluate("document.activeElement.ariaLabel") == visited.markers()[1]  # the neighbour
    for _ in range(3):
        page.keyboard.down("n")
    assert len(visited.markers()) == 3
    visited.assert_quiet()


def test_a_pinch_and_a_drag_of_the_photo(browser: Browser, serve: Serve, gray_jpeg: Path):
    visited = Visited(browser, serve("old.jpg").url, viewport={"width": 900, "height": 640})
    page = visited.page
    page.mouse.move(*visited.at(0.5, 0.5))
    page.keyboard.down("Control")
    for _ in range(5):  # 40 px in all
        page.mouse.wheel(0, -8)
    page.keyboard.up("Control")
    expect(page.locator("#zoom")).to_have_text("1.5×")
    page.locator("#zoom-in").click()
    space = page.locator("#space")
    box = space.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    before = space.evaluate("space => [space.scrollLeft, space.scrollTop]")
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x - 30, y - 20, steps=4)
    page.mouse.up()
    after = space.evaluate("space => [space.scrollLeft, space.scrollTop]")
    assert after == [pytest.approx(before[0] + 30, abs=4), pytest.approx(before[1] + 20, abs=4)]
    assert visited.markers() == []
    page.mouse.click(x, y)
    assert len(visited.markers()) == 1
    visited.assert_quiet()


def test_a_window_that_is_closed(browser: Browser, serve: Serve, gray_jpeg: Path):
    served = serve("old.jpg")
    os.kill(served.process.pid, signal.SIGHUP)
    assert served.process.wait(timeout=60) == 129


def test_a_hints_file_of_another_photo_is_named(colorize: Run, gray_jpeg: Path, tmp_path: Path):
    (tmp_path / "old.jpg.hints.json").write_text('[{"x": 9000, "y": 50, "color": "#2e6b3a"}]')
    done = colorize("edit", "old.jpg", "--no-browser")
    assert done.returncode == 2
    for words in (b"old.jpg.hints.json", b"outside the photo", b"--hints"):
        assert words in done.stderr
