from pathlib import Path

import pytest

from colorizer_cli.engine.machine import caches, cpu_quota


def group(root: Path, name: str, limit: str) -> None:
    (root / name).mkdir(parents=True, exist_ok=True)
    (root / name / "cpu.max").write_text(limit)


@pytest.mark.parametrize(
    ("own", "parent", "quota"),
    [("150000 100000", "max 100000", 1.5), ("max 100000", "50000 100000", 0.5), ("max 100000", "max 100000", None)],
)
def test_the_narrowest_quota_of_version_2_counts(tmp_path: Path, own: str, parent: str, quota: float | None):
    group(tmp_path, "jobs", parent)
    group(tmp_path, "jobs/7", own)
    (tmp_path / "membership").write_text("0::/jobs/7\n")
    assert cpu_quota(tmp_path, tmp_path / "membership") == quota


@pytest.mark.parametrize(("limit", "quota"), [("200000", 2.0), ("-1", None)])
def test_a_quota_of_version_1(tmp_path: Path, limit: str, quota: float | None):
    (tmp_path / "cpu").mkdir()
    (tmp_path / "cpu" / "cpu.cfs_quota_us").write_text(f"{limit}\n")
    (tmp_path / "cpu" / "cpu.cfs_period_us").write_text("100000\n")
    (tmp_path / "membership").write_text("4:cpu:/\n")
    assert cpu_quota(tmp_path, tmp_path / "membership") == quota


def test_no_control_groups(tmp_path: Path):
    assert cpu_quota(tmp_path, tmp_path / "missing") is None


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
