import os
from pathlib import Path

import pytest

from colorizer_cli import cores
from colorizer_cli.cores import cpu_quota, usable_cores


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


@pytest.mark.parametrize(("quota", "usable"), [(None, 8), (1.5, 2), (0.5, 1), (64.0, 8)])
def test_a_limited_container_has_fewer_cores(monkeypatch: pytest.MonkeyPatch, quota: float | None, usable: int):
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: set(range(8)), raising=False)
    monkeypatch.setattr(cores, "cpu_quota", lambda: quota)
    assert usable_cores() == usable
