"""A photo is taken when it is complete. Real files, real times."""

import os
import sys
import time
from pathlib import Path

import pytest

from colorizer_cli.batch.watch import Settling


def test_an_old_photo_is_complete_at_once(tmp_path: Path):
    photo = tmp_path / "old.jpg"
    photo.write_bytes(b"photo")
    os.utime(photo, (1e9, 1e9))
    with Settling() as settling:
        assert settling.is_complete(str(photo))


def test_a_new_photo_has_to_stay_as_it_is_for_a_while(tmp_path: Path):
    photo = tmp_path / "new.jpg"
    photo.write_bytes(b"pho")
    with Settling(0.2) as settling:
        assert not settling.is_complete(str(photo))
        time.sleep(0.25)
        photo.write_bytes(b"photo")
        assert not settling.is_complete(str(photo))
        time.sleep(0.25)
        assert settling.is_complete(str(photo))


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="leases are Linux's")
def test_a_photo_that_someone_holds_open_for_writing_is_not_complete(tmp_path: Path):
    photo = tmp_path / "stalled.jpg"
    with Settling(0.05) as settling:
        with open(photo, "wb") as scanner:
            scanner.write(b"pho")
            scanner.flush()
            settling.is_complete(str(photo))
            time.sleep(0.1)
            assert not settling.is_complete(str(photo))
            os.utime(photo, (1e9, 1e9))
            assert not Settling.is_complete(settling, str(photo))
        time.sleep(0.1)
        settling.is_complete(str(photo))
        time.sleep(0.1)
        assert settling.is_complete(str(photo))


def test_a_photo_that_has_gone_is_not_complete(tmp_path: Path):
    with Settling() as settling:
        assert not settling.is_complete(str(tmp_path / "gone.jpg"))
