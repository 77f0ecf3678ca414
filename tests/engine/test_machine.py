from pathlib import Path

import pytest

from colorizer_cli.engine.machine import caches, disks


def test_caches_lie_where_the_environment_says(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    for name in ("HF_HOME", "HF_HUB_CACHE", "HF_ASSETS_CACHE", "TORCH_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    (tmp_path / "torch" / "hub").mkdir(parents=True)
    (tmp_path / "torch" / "hub" / "a").write_bytes(b"12345")
    (tmp_path / "torch" / "hub" / "b").symlink_to("a")
    found = caches()
    assert found["torch_hub"].path == str(tmp_path / "torch" / "hub")
    assert found["torch_hub"].size_bytes == 5 + 1  # a link takes the length of its target's name
    assert not found["hugging_face_hub"].exists
    monkeypatch.setenv("HF_HOME", "~/hf")
    assert caches()["hugging_face_hub"].path == str(Path("~/hf/hub").expanduser())


def test_a_folder_that_has_been_deleted_is_no_reason_to_fail(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    assert disks()["here"].free_bytes is None
