"""What a command shows while it works: how much is done, and how long it still takes."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from reconciler.adapters.address import Address
from reconciler.adapters.budget import Budget, SilentListener
from reconciler.adapters.reader import PortalReader
from reconciler.cli.commands.progress import Progress, Stage, remaining_time
from reconciler.cli.settings import Settings
from reconciler.portal import commands
from tests.portal.servers import until


@pytest.mark.parametrize(
    ("stage", "line"),
    [
        (Stage("applying", 200, 50, 0.0), "applying: 50 of 200, about 30 s left"),
        (Stage("applying", 1500, 0, 0.0), "applying: 0 of 1,500"),
        (Stage("reading", None, 8000, 0.0), "reading: 8,000 so far"),
        (Stage("waiting", None, 0, 0.0), "waiting (10 s)"),
        (Stage("waiting", None, 0, 5.0), "waiting"),
    ],
)
def test_a_line_says_how_much_and_how_long(stage: Stage, line: str) -> None:
    assert stage.line(10.0) == line


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.2, "1 s"), (59.4, "59 s"), (61, "1 min"), (1790, "30 min"), (9000, "2.5 h")]
)
def test_an_estimate_is_not_more_exact_than_it_is(seconds: float, text: str) -> None:
    assert remaining_time(seconds) == text


def test_what_takes_a_second_is_told_in_a_line_and_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    lines: list[str] = []

    def said(text: str) -> bool:
        lines.extend(capsys.readouterr().err.splitlines())
        return any(text in line for line in lines)

    with Progress(Settings()) as progress:
        with progress.stage("short work"):
            pass
        with progress.stage("checking the files") as track:
            items = iter(track(range(40)))
            assert [next(items) for _ in range(11)] == list(range(11))
            until(lambda: said("checking the files: 10 of 40, about "))
            with progress.wait("waiting for portal.example"):
                until(lambda: said("waiting for portal.example"))
                progress.retry("portal.example answered 503; trying again")
                until(lambda: said("portal.example answered 503; trying again"))
    assert not said("short work")
    assert len(lines) == 3


def test_a_portal_announces_how_many_rows_come(tmp_path: Path) -> None:
    counted: list[tuple[int, int | None]] = []

    class Counting(SilentListener):
        def count(self, number: int, total: int | None) -> None:
            counted.append((number, total))

    database = f"sqlite:///{tmp_path / 'portal.sqlite'}"
    commands.seed_many(database, 250, 10)
    token = commands.create_token(database, "read", "tests")
    with (
        commands.running(database) as url,
        closing(PortalReader(Address(url, token), Budget(listener=Counting()))) as reader,
    ):
        live = reader.live_state()
    rows = 1 + sum(map(len, (live.services, live.customers, live.contacts, live.registrations, live.requests)))
    assert counted == [(1000, rows), (2000, rows)]
