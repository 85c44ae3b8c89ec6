"""Where this user's own files are follows from the environment, and from nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from holotype.trust.folders import cache_folder, is_own, own_folder


def test_the_cache_is_where_it_is_said_to_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.delenv("HOLOTYPE_CACHE", raising=False)
    assert cache_folder() == tmp_path / ".cache" / "holotype"
    monkeypatch.setenv("XDG_CACHE_HOME", "relative/is/ignored")
    assert cache_folder() == tmp_path / ".cache" / "holotype"
    monkeypatch.setenv("XDG_CACHE_HOME", "/elsewhere")
    assert cache_folder() == Path("/elsewhere/holotype")
    monkeypatch.setenv("HOLOTYPE_CACHE", str(tmp_path / "mine"))
    assert cache_folder() == tmp_path / "mine"
    for off in ("0", "off", "No", "FALSE"):
        monkeypatch.setenv("HOLOTYPE_CACHE", off)
        assert cache_folder() is None


def test_other_folders_are_those_of_xdg(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    usual = ("XDG_DATA_HOME", ".local", "share")
    assert own_folder(*usual) == tmp_path / ".local" / "share" / "holotype"
    monkeypatch.setenv("XDG_DATA_HOME", "/data")
    assert own_folder(*usual) == Path("/data/holotype")


def test_what_others_may_write_to_is_not_the_users_own(tmp_path: Path) -> None:
    for mode, own in ((0o700, True), (0o755, True), (0o775, False), (0o757, False)):
        tmp_path.chmod(mode)
        assert is_own(tmp_path.stat()) == own
    tmp_path.chmod(0o700)
