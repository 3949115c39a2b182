"""Findings as text and as JSON: the place, the caret, the hint, and nothing that a terminal obeys."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from reconciler.documents.pipeline import read_documents
from reconciler.model.files import SourceFile, Tree
from reconciler.model.problems import Counts, Problem, Severity
from reconciler.reports.formatting import width
from reconciler.reports.problems import WIDEST, problem_line, problems_json, problems_text
from reconciler.reports.style import COLOR, PLAIN
from reconciler.shipped import schemas_folder
from tests.examples import examples

COUNTS = Counts(files=3, customers=1, contacts=1)
PATH = "customers/acme/contacts/jane-doe.yaml"
SCHEMA = json.loads((schemas_folder() / "problems.schema.json").read_text("utf-8"))

HOSTILE = [
    "\x1b[2J", "\x1b]0;title\x07", "\x1b]8;;https://evil.example\x1b\\x", "\x1b]52;c;aGk=\x07", "\x9b2J", "a\rb",
    "a\x08b", "\x1b[1A\x1b[2K", "\x1bPq", "\x07", "\u202eevil", "W" * 10_000, "\x00", "\U000e0041\U000e0042",
    "##vso[task.setvariable]x", "\udcff",
]  # fmt: skip


def problem(**more: Any) -> Problem:
    """A dull finding; a test says only what it is about."""
    values: dict[str, Any] = {
        "rule": "role", "severity": Severity.ERROR, "path": PATH, "line": 4, "column": 7, "length": 7,
        "message": "'mangaer' is not a role", "source": "role: mangaer", "pointer": "/role",
        "hint": "did you mean 'manager'? roles are requester, observer, manager",
    }  # fmt: skip
    return Problem(**(values | more))


def text(*problems: Problem) -> str:
    return problems_text(problems, COUNTS, PLAIN)


def test_a_finding_shows_its_line_a_caret_and_what_would_be_right() -> None:
    assert text(problem()) == (
        "customers/acme/contacts/jane-doe.yaml:4:7: error[role]: 'mangaer' is not a role\n"
        "  |\n"
        "4 | role: mangaer\n"
        "  |       ^^^^^^^\n"
        "  = did you mean 'manager'? roles are requester, observer, manager\n"
        "\n"
        "1 error in 3 files: 1 customer, 1 contact\n"
    )


def test_the_margin_is_as_wide_as_the_line_number() -> None:
    shown = text(problem(line=1204, hint="write it anew")).splitlines()
    assert shown[1:5] == ["     |", "1204 | role: mangaer", "     |       ^^^^^^^", "     = write it anew"]


def test_a_finding_about_a_whole_file_has_no_line_to_show() -> None:
    shown = text(problem(source=None, line=1, column=1, message="this is a link", hint="remove it")).splitlines()
    assert shown[:3] == [f"{PATH}:1:1: error[role]: this is a link", "  = remove it", ""]


def test_a_finding_without_a_hint_ends_with_its_caret() -> None:
    assert text(problem(hint=None)).splitlines()[3:5] == ["  |       ^^^^^^^", ""]


@pytest.mark.parametrize(
    ("source", "column", "length", "before"),
    [
        ("name: 山田太郎 x", 12, 1, 15),
        ("name: e\u0301e\u0301 x", 12, 1, 9),
        ("name: \u200bx", 8, 1, 14),
        ("a", 2, 1, 1),
    ],
    ids=["wide letters", "marks", "a hidden character spelled out", "behind the end of the line"],
)
def test_the_caret_stands_below_its_character(source: str, column: int, length: int, before: int) -> None:
    shown = text(problem(source=source, column=column, length=length)).splitlines()
    assert shown[3] == "  | " + " " * before + "^" * length


def test_wide_letters_are_underlined_in_their_width() -> None:
    shown = text(problem(source="name: 山田", column=7, length=2)).splitlines()
    assert shown[3] == "  | " + " " * 6 + "^^^^"


@pytest.mark.parametrize("column", [1, 61, 5_000, 9_993])
def test_of_a_long_line_only_what_stands_around_the_place_is_shown(column: int) -> None:
    source = "x" * (column - 1) + "mangaer" + "x" * (9_993 - column)
    shown = text(problem(source=source, column=column)).splitlines()
    line, caret = shown[2].removeprefix("4 | "), shown[3].removeprefix("  | ")
    assert width(line) <= WIDEST + 2
    assert line[caret.index("^") : len(caret)] == "mangaer"


def test_several_findings_stand_apart_and_in_the_order_they_came() -> None:
    shown = text(problem(line=9), problem(line=2, severity=Severity.WARNING))
    assert [line for line in shown.splitlines() if line.startswith(PATH)] == [
        f"{PATH}:9:7: error[role]: 'mangaer' is not a role",
        f"{PATH}:2:7: warning[role]: 'mangaer' is not a role",
    ]
    assert shown.count("\n\n") == 2


@pytest.mark.parametrize(
    ("problems", "counts", "line"),
    [
        ([], COUNTS, "3 files are valid: 1 customer, 1 contact"),
        ([], Counts(files=1), "1 file is valid: 0 customers, 0 contacts"),
        ([problem()] * 2, COUNTS, "2 errors in 3 files: 1 customer, 1 contact"),
        ([problem(severity=Severity.WARNING)], COUNTS, "1 warning in 3 files: 1 customer, 1 contact"),
        ([problem(), problem(severity=Severity.WARNING)], Counts(), "1 error, 1 warning"),
    ],
)
def test_the_last_line_says_how_much_was_found_and_read(problems: list[Problem], counts: Counts, line: str) -> None:
    assert problems_text(problems, counts, PLAIN).splitlines()[-1] == line


def test_colours_add_nothing_but_colours() -> None:
    problems = [problem(), problem(severity=Severity.WARNING, source=None)]
    painted = problems_text(problems, COUNTS, COLOR)
    assert painted != problems_text(problems, COUNTS, PLAIN)
    assert re.sub(r"\x1b\[[0-9;]*m", "", painted) == problems_text(problems, COUNTS, PLAIN)


@pytest.mark.parametrize("hostile", HOSTILE)
@pytest.mark.parametrize("field", ["path", "message", "hint", "source", "rule"])
def test_nothing_from_a_file_reaches_a_terminal_unescaped(field: str, hostile: str) -> None:
    found = problem(**{field: f"a {hostile} b"})
    for shown in (text(found), problem_line(found) + "\n", problems_json([found], COUNTS)):
        assert re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\U000e0000-\U000e007f\ud800-\udfff]", shown) is None
    assert "##" not in text(found)
    assert all(width(line) < 1_000 for line in text(found).splitlines())


@settings(max_examples=examples(300), deadline=None)
@given(st.text(max_size=300), st.integers(1, 320), st.integers(1, 320))
def test_any_line_and_any_place_in_it_can_be_shown(source: str, column: int, length: int) -> None:
    source = source.replace("\n", " ")
    shown = text(problem(source=source, column=column, length=length)).split("\n")
    assert len(shown) == 8
    assert set(shown[3].removeprefix("  | ").strip()) == {"^"}


def test_the_json_follows_its_schema_and_says_what_the_contract_names() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    warning = problem(severity=Severity.WARNING, hint=None, pointer="", source=None)
    said = json.loads(problems_json([problem(), warning], COUNTS))
    Draft202012Validator(SCHEMA).validate(said)
    assert said["problems"][0] == {
        "rule": "role", "severity": "error", "path": PATH, "line": 4, "column": 7, "pointer": "/role",
        "message": "'mangaer' is not a role", "hint": "did you mean 'manager'? roles are requester, observer, manager",
    }  # fmt: skip
    assert said["summary"] == {"files": 3, "customers": 1, "contacts": 1, "errors": 1, "warnings": 1}
    assert (list(said), said["schema_version"]) == (["schema_version", "problems", "summary"], 1)


@pytest.mark.parametrize(
    "broken",
    [
        {"schema_version": 2}, {"problems": [{}]}, {"summary": {}}, {"summary": None},
        {"problems": [{**json.loads(problems_json([problem()], COUNTS))["problems"][0], "severity": "fatal"}]},
        {"problems": [{**json.loads(problems_json([problem()], COUNTS))["problems"][0], "line": 0}]},
    ],
)  # fmt: skip
def test_the_schema_refuses_what_is_no_such_output(broken: dict[str, Any]) -> None:
    said = json.loads(problems_json([problem()], COUNTS)) | broken
    assert not Draft202012Validator(SCHEMA).is_valid(said)


@settings(max_examples=examples(200), deadline=None)
@given(
    st.binary(max_size=120), st.sampled_from(["portal.yaml", "customers/acme/customer.yaml", PATH, "customers/\x1b"])
)
def test_whatever_files_hold_the_json_follows_its_schema(content: bytes, path: str) -> None:
    reading = read_documents(Tree((SourceFile(path, content),)))
    said = problems_json(reading.problems, reading.counts)
    Draft202012Validator(SCHEMA).validate(json.loads(said))
    assert said.isascii()
    assert problems_text(reading.problems, reading.counts, PLAIN).endswith("\n")
