"""`portal verify`: whether the audit feed is what was written, as a person or a pipeline asks."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from reconciler.portal.store.store import open_store
from tests.cli.conftest import Program


@pytest.fixture
def path(tmp_path: Path, folder: Program) -> Path:
    """A portal's database with three entries in its feed."""
    path = tmp_path / "portal.sqlite"
    open_store(f"sqlite:///{path}").engine.dispose()
    for name in ("one", "two", "three"):
        folder("portal", "token", "--database", f"sqlite:///{path}", "--scope", "read", "--name", name)
    return path


def alter(path: Path, statement: str) -> None:
    connection = sqlite3.connect(path)
    with connection:
        connection.execute(statement)
    connection.close()


def hashes(path: Path) -> list[str]:
    connection = sqlite3.connect(path)
    found = [str(row[0]) for row in connection.execute("SELECT hash FROM changes ORDER BY revision, seq")]
    connection.close()
    return found


def test_a_feed_that_holds_is_exit_0_with_its_head_and_what_is_not_seen(folder: Program, path: Path) -> None:
    run = folder("portal", "verify", "--database", f"sqlite:///{path}")
    *_, head = noted = hashes(path)
    assert (run.code, run.err) == (0, "")
    assert run.out == (
        f"the audit feed is intact: 3 entries, head {head}\n"
        "  without --head, a recomputed chain and missing last entries are not detected\n"
        "  store the head outside of the database and pass it with --head next time\n"
    )
    run = folder("portal", "verify", "--database", f"sqlite:///{path}", "--head", noted[1])
    assert (run.code, run.out.splitlines()[1]) == (
        0, f"  the recorded head {noted[1]} was found: no entry up to it was changed",
    )  # fmt: skip


def test_an_edit_is_exit_4_and_names_the_entry(folder: Program, path: Path) -> None:
    alter(path, "UPDATE changes SET at = '2020-01-01T00:00:00Z' WHERE revision = 2")
    run = folder("portal", "verify", "--database", f"sqlite:///{path}")
    assert (run.code, run.out) == (4, "")
    assert run.err.startswith("error: the audit feed is damaged: the entry of revision 2, seq 0 is not what")


def test_a_lost_tail_is_exit_4_with_a_noted_head(folder: Program, path: Path) -> None:
    _, second, noted = hashes(path)
    alter(path, "DELETE FROM changes WHERE revision = 3")
    assert folder("portal", "verify", "--database", f"sqlite:///{path}").code == 4
    alter(path, f"UPDATE portal SET head = '{second}', revision = 2")
    assert folder("portal", "verify", "--database", f"sqlite:///{path}").code == 0
    run = folder("portal", "verify", "--database", f"sqlite:///{path}", "--head", noted)
    assert (run.code, run.out) == (4, "")
    assert f"no entry has the head {noted}" in run.err


def test_what_is_no_head_is_wrong_usage(folder: Program, path: Path) -> None:
    assert folder("portal", "verify", "--database", f"sqlite:///{path}", "--head", "abc").code == 64


def test_a_restore_says_what_became_of_tokens_and_links(folder: Program, path: Path, tmp_path: Path) -> None:
    archive = tmp_path / "portal.zip"
    database = f"sqlite:///{path}"
    folder(
        "portal", "invite", "--database", database, "--name", "Ada Quist", "--email", "ada@provider.example"
    )  # fmt: skip
    assert folder("portal", "backup", "--database", database, "--out", str(archive)).code == 0
    said = {}
    for flags in ((), ("--keep-tokens",)):
        other = f"sqlite:///{tmp_path / f'{len(flags)}.sqlite'}"
        run = folder("portal", "restore", "--database", other, "--from", str(archive), *flags)
        assert run.code == 0, run.err
        said[flags] = run.out.splitlines()
        assert "restored from a backup whose head was" in folder("portal", "verify", "--database", other).out
        ended = [line.split()[3] for line in folder("portal", "tokens", "--database", other).out.splitlines()[1:]]
        assert [each == "-" for each in ended] == [bool(flags)] * 3
    assert said[()][2] == ("  3 tokens of the backup were ended; create new ones with reconciler portal token")
    assert said[("--keep-tokens",)][2] == (
        "  3 tokens of the backup work again, even if they were revoked after the backup"
    )
    assert [line.split()[1:] for line in said[()][3:6]] == [["read", "one"], ["read", "two"], ["read", "three"]]
    assert said[()][6] == (
        "  1 link in mails and 0 unconfirmed sign-ups no longer work; 0 unsent mails with such a link will not be sent"
    )
    assert said[()][-1].endswith(f"records the restore and the backup's head, {hashes(path)[-1]}")
