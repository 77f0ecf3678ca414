import json
from pathlib import Path

import pytest

from colorizer_cli.batch.journal import NAME, Journal
from colorizer_cli.batch.journal_files import all_lines, check_division, part_file, take_over
from colorizer_cli.batch.lock import open_locked
from colorizer_cli.batch.shard import Shard
from colorizer_cli.errors import OutputError, UsageError

PHOTOS = [
    f"{year}s/album {page}/photo-{number:04}.jpg" for year in (1920, 1930) for page in range(5) for number in range(300)
]


@pytest.mark.parametrize("count", [1, 2, 3, 7, 64])
def test_every_photo_is_in_one_part_and_parts_are_alike(count: int):
    parts = [Shard(number, count) for number in range(1, count + 1)]
    sizes = [sum(part.holds(photo) for photo in PHOTOS) for part in parts]
    assert sum(sizes) == len(PHOTOS)
    expected = len(PHOTOS) / count
    assert all(abs(size - expected) < 5 * expected**0.5 for size in sizes)


def test_a_part_does_not_change_with_the_version_or_the_machine():
    assert [next(n for n in range(1, 9) if Shard(n, 8).holds(photo)) for photo in PHOTOS[:6]] == [5, 5, 4, 5, 4, 6]
    assert Shard(1, 3).holds("a/b.jpg") == Shard(1, 3).holds("a/b.png")


@pytest.mark.parametrize("text", ["", "1", "0/3", "4/3", "1/0", "-1/3", "a/b", "1/3/5", "1 / 3", "1/1000000"])
def test_what_is_no_part(text: str):
    with pytest.raises(UsageError, match=r"--shard .*: expected I/N"):
        Shard.parse(text)


def test_parse():
    assert Shard.parse("2/8") == Shard(2, 8)
    assert str(Shard(2, 8)) == "2/8"


def line(photo: str, result: str, at: int) -> dict[str, object]:
    return {"done": photo, "result": result, "weights": "w", "options": "o", "at": at}


def write(file: Path, *lines: dict[str, object], torn: bytes = b"") -> None:
    file.write_bytes(b"".join(json.dumps(content).encode() + b"\n" for content in lines) + torn)


RUN = {"run": 1, "source": "/scans", "fresh": False}


def results(folder: Path) -> dict[str, str]:
    journal = Journal.read(str(folder / NAME), all_lines(str(folder)))
    return {photo: entry.result for photo, entry in journal.entries.items()}


def test_the_newest_line_holds_whichever_file_it_is_in(tmp_path: Path):
    write(tmp_path / NAME, RUN | {"time": 10}, line("a.jpg", "1", 11), line("b.jpg", "1", 12))
    parts = [Path(part_file(str(tmp_path), shard)) for shard in (Shard(1, 2), Shard(2, 2), Shard(1, 3))]
    write(parts[0], RUN | {"time": 30}, line("a.jpg", "new", 31), torn=b'{"done"')
    write(parts[1], RUN | {"time": 20}, line("b.jpg", "old", 21), line("c.jpg", "2", 22))
    write(parts[2], RUN | {"time": 25}, line("b.jpg", "new", 26), line("a.jpg", "old", 27))
    expected = {"a.jpg": "new", "b.jpg": "new", "c.jpg": "2"}
    assert results(tmp_path) == expected
    open_locked(str(tmp_path / NAME)).close()
    take_over(str(tmp_path))
    assert [path.name for path in tmp_path.iterdir()] == [NAME]
    assert results(tmp_path) == expected
    take_over(str(tmp_path))
    assert results(tmp_path) == expected


def test_a_fresh_start_of_a_part_makes_only_its_photos_stale(tmp_path: Path):
    photos = PHOTOS[:20]
    write(tmp_path / NAME, RUN | {"time": 10}, *(line(photo, photo, 11) for photo in photos))
    part = Shard(2, 3)
    write(Path(part_file(str(tmp_path), part)), RUN | {"time": 20, "fresh": True, "shard": "2/3"})
    journal = Journal.read(str(tmp_path / NAME), all_lines(str(tmp_path)))
    assert journal.stale == {photo for photo in photos if part.holds(photo)}
    assert 0 < len(journal.stale) < 20


def test_a_part_in_work_is_not_taken_over(tmp_path: Path):
    file = part_file(str(tmp_path), Shard(1, 2))
    with open_locked(file), pytest.raises(OutputError, match="in use"):
        take_over(str(tmp_path))
    assert Path(file).exists()


def test_two_divisions_at_once_are_refused(tmp_path: Path):
    with open_locked(part_file(str(tmp_path), Shard(1, 2))):
        check_division(str(tmp_path), Shard(2, 2))
        with pytest.raises(OutputError, match="in use"):
            check_division(str(tmp_path), Shard(1, 3))
    check_division(str(tmp_path), Shard(1, 3))
