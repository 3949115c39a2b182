"""A portal that answers without end ends a command with 6, whichever it is, and says what would be right."""

from __future__ import annotations

import pytest

from reconciler.adapters.answer_limits import AnswerLimits
from tests.adapters.endless import endless
from tests.cli.conftest import Program


@pytest.mark.parametrize("command", [["plan"], ["apply", "--yes"], ["drift"], ["doctor"]])
def test_every_command_that_reads_a_portal_cuts_off_an_answer_without_end(book: Program, command: list[str]) -> None:
    with endless("rows that were compressed") as server:
        environment = {"RECONCILER_PORTAL_URL": server.url, "RECONCILER_PORTAL_TOKEN": "token"}
        run = book(*command, "--max-answer-bytes", "1000000", **environment)
    assert run.code == 6, run.err
    host = server.url.removeprefix("http://")
    assert f"{host} sent more than" in run.out + run.err or "is not JSON" in run.out + run.err
    assert "Traceback" not in run.err


def test_a_portal_with_more_rows_than_are_read_is_named_with_the_flag(connected: Program) -> None:
    run = connected("plan", "--max-rows", "10")
    assert (run.code, run.out) == (6, "")
    assert "sent more than 10 rows" in run.err
    assert "if the portal really is this large, raise --max-rows" in run.err
    assert connected("plan", "--max-rows", "1000").code == connected("plan").code


@pytest.mark.parametrize("flag", ["--max-rows", "--max-answer-bytes"])
def test_no_number_turns_the_limit_off(book: Program, flag: str) -> None:
    assert book("plan", flag, "0").code == 64


def test_the_help_names_the_limits_of_an_answer(book: Program) -> None:
    text = " ".join(book("plan", "--help").out.split())
    limits = AnswerLimits()
    assert [number for number in (limits.bytes, limits.rows) if f"[default: {number}]" not in text] == []
