"""The folder of the files is found from a folder below it, and not beyond safe bounds."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from reconciler.adapters.root import find_root


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "home"
    (folder / "book" / "customers" / "acme").mkdir(parents=True)
    return folder


def root_of(folder: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(folder)
    return find_root(Path(), home)


def test_the_nearest_folder_upwards_is_used(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "book" / "portal.yaml").touch()
    assert root_of(home / "book" / "customers" / "acme", home, monkeypatch) == Path("../..")
    assert root_of(home / "book", home, monkeypatch) == Path()


def test_the_search_ends_at_the_top_of_a_repository(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "portal.yaml").touch()
    assert root_of(home / "book" / "customers", home, monkeypatch) == Path("../..")
    (home / "book" / ".git").mkdir()
    assert root_of(home / "book" / "customers", home, monkeypatch) == Path()


def test_the_search_ends_at_the_home_folder(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home.parent / "portal.yaml").touch()
    assert root_of(home / "book", home, monkeypatch) == Path()


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a folder to somebody else")
def test_the_search_ends_below_a_folder_of_another_owner(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "book" / "portal.yaml").touch()
    os.chown(home / "book", 4711, 4711)
    assert root_of(home / "book" / "customers" / "acme", home, monkeypatch) == Path()
