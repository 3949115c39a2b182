"""The folder of the files is found from a folder below it, and not beyond safe bounds."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.cli.root import find_root


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "home"
    (folder / "book" / "customers" / "acme").mkdir(parents=True)
    monkeypatch.setenv("HOME", str(folder))
    return folder


def below(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(folder)
    return find_root(Path())


def test_the_nearest_folder_upwards_is_used(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "book" / "portal.yaml").touch()
    assert below(home / "book" / "customers" / "acme", monkeypatch) == Path("../..")
    assert below(home / "book", monkeypatch) == Path()


def test_the_search_ends_at_the_top_of_a_repository(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "portal.yaml").touch()
    assert below(home / "book" / "customers", monkeypatch) == Path("../..")
    (home / "book" / ".git").mkdir()
    assert below(home / "book" / "customers", monkeypatch) == Path()


def test_the_search_ends_at_the_home_folder(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home.parent / "portal.yaml").touch()
    assert below(home / "book", monkeypatch) == Path()
