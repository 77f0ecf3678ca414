import os
import shutil
import subprocess
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from colorizer_cli.batch.naming import Naming, is_blind
from colorizer_cli.photo.formats import FORMATS, READ_SUFFIXES

NAMES = st.lists(
    st.sampled_from(["a.jpg", "A.JPG", "a.png", "A.png", "a.tif", "a-2.jpg", "a.png.jpg", "é.jpg", "e\u0301.jpg"]),
    unique=True,
)


def results(naming: Naming, photos: list[str], earlier: dict[str, str] | None = None) -> dict[str, str]:
    return naming.assign(sorted(photos), [], earlier or {})[0]


def test_own_names_where_nothing_speaks_against_it():
    names = ["a.jpg", "a.png", "A.JPG"]
    assert results(Naming(), names) == {name: name for name in names}


def test_formats_that_are_read_and_not_written():
    assert results(Naming(), ["a.gif", "a.png"]) == {"a.gif": "a.gif.png", "a.png": "a.png"}
    assert results(Naming(), ["a.JP2", "b.jfif"]) == {"a.JP2": "a.tif", "b.jfif": "b.jpg"}


def test_every_suffix_that_is_read_has_a_result():
    for suffix in READ_SUFFIXES:
        assert os.path.splitext(Naming().natural("a" + suffix))[1] in FORMATS


def test_another_format_for_all():
    found = results(Naming(form="jpeg"), ["a.jpg", "a.png", "b.jpeg", "c.tif"])
    assert found == {"a.jpg": "a.jpg", "a.png": "a.png.jpg", "b.jpeg": "b.jpeg", "c.tif": "c.jpg"}


def test_a_photo_that_keeps_its_name_goes_before_one_that_changes_it():
    assert results(Naming(form="tiff"), ["a.png", "a.tif"])["a.tif"] == "a.tif"


def test_case_blind_disks():
    found = results(Naming(blind=True), ["A.JPG", "a.jpg", "a-2.jpg"])
    assert found == {"A.JPG": "A.JPG", "a-2.jpg": "a-2.jpg", "a.jpg": "a.jpg.jpg"}


def test_unicode_forms_of_one_name():
    composed, decomposed = "é.jpg", unicodedata.normalize("NFD", "é.jpg")
    assert len(set(results(Naming(), [composed, decomposed]).values())) == 2
    found = results(Naming(blind=True), [composed, decomposed])
    assert len({unicodedata.normalize("NFC", name) for name in found.values()}) == 2


@settings(deadline=None)
@given(NAMES, st.sampled_from([None, "jpeg", "tiff"]), st.booleans())
def test_always_distinct_and_independent_of_the_order_given(names: list[str], form: str | None, blind: bool):
    naming = Naming(form, blind)
    found = results(naming, names)
    assert set(found) == set(names)
    assert len({naming.key(name) for name in found.values()}) == len(names)


@settings(deadline=None)  # of a busy machine
@given(NAMES, NAMES, st.booleans())
def test_names_stay_when_photos_are_added(names: list[str], more: list[str], blind: bool):
    naming = Naming("jpeg", blind)
    before = results(naming, names)
    after = results(naming, list({*names, *more}), before)
    assert before.items() <= after.items()


def test_names_of_others_and_of_folders_are_taken():
    photos, folders = Naming(form="jpeg").assign(["a.png"], ["a.jpg", "sub"], {}, ["sub"])
    assert folders == {"a.jpg": "a.jpg", "sub": "sub-2"}
    assert photos == {"a.png": "a.png.jpg"}


def test_an_earlier_name_of_another_format_is_not_kept():
    assert results(Naming(form="png"), ["a.jpg"], {"a.jpg": "a.jpg"}) == {"a.jpg": "a.png"}


def test_this_disk_is_judged_as_it_is(tmp_path: Path):
    (tmp_path / "a").write_bytes(b"")
    assert is_blind(str(tmp_path)) == (tmp_path / "A").exists()
    assert os.listdir(tmp_path) == ["a"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root mounts file systems")
def test_a_case_blind_file_system(tmp_path: Path):
    image, mount = tmp_path / "disk.img", tmp_path / "disk"
    image.write_bytes(bytes(2**22))
    mount.mkdir()
    if shutil.which("mkfs.vfat") is None:
        pytest.skip("mkfs.vfat is missing")
    subprocess.run(["mkfs.vfat", image], capture_output=True, check=True)
    if subprocess.run(["mount", "-o", "loop", image, mount], capture_output=True, check=False).returncode != 0:
        pytest.skip("file systems cannot be mounted here")
    try:
        assert is_blind(str(mount))
    finally:
        subprocess.run(["umount", mount], check=True)
