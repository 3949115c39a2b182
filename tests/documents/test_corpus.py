"""Every case of the corpus, and that every rule has one."""

from __future__ import annotations

import re

import pytest

from reconciler.documents.field_types import Document
from reconciler.documents.pipeline import read_documents
from reconciler.documents.tree_rules import own_rules
from reconciler.model.files import Tree
from reconciler.model.problems import Counts, Severity
from reconciler.model.rules import FILE_RULES, WARNINGS
from tests.documents import cases
from tests.documents.cases import ACCEPTED, CORPUS, OWN, rule_of

_IDS = {rule.id for rule in FILE_RULES}


@pytest.mark.parametrize("case", cases.cases())
def test_a_case_is_judged_as_its_expected_text_says(case: str) -> None:
    reading = cases.read(case)
    assert cases.rendered(reading) == (CORPUS / case / "expected.txt").read_text("utf-8")


@pytest.mark.parametrize("case", cases.cases())
def test_a_case_speaks_of_the_rule_whose_folder_it_is_in(case: str) -> None:
    rule = rule_of(case)
    found = {problem.rule for problem in cases.read(case).problems}
    if rule == OWN:
        assert any(name.startswith("own/") for name in found)
    else:
        assert found == set() if rule == ACCEPTED else rule in found


@pytest.mark.parametrize("case", cases.cases())
def test_there_is_a_desired_state_exactly_when_no_problem_is_an_error(case: str) -> None:
    reading = cases.read(case)
    errors = [problem for problem in reading.problems if problem.severity is Severity.ERROR]
    assert (reading.desired is None) == bool(errors)


@pytest.mark.parametrize("case", cases.cases())
def test_every_problem_points_into_its_file(case: str) -> None:
    tree = cases.tree(case)
    files = {file.path: file.content for file in (*tree.files, *tree.own_rules)}
    for problem in cases.read(case).problems:
        if problem.source is not None:
            content = (files[problem.path] or b"").decode().removeprefix("\ufeff").replace("\r\n", "\n")
            assert content.split("\n")[problem.line - 1] == problem.source
            assert problem.column <= len(problem.source) + 1


@pytest.mark.parametrize("case", cases.cases())
def test_every_warning_can_be_acknowledged(case: str) -> None:
    warned = {problem.rule for problem in cases.read(case).problems if problem.severity is Severity.WARNING}
    assert {rule for rule in warned if not rule.startswith("own/")} <= WARNINGS


def test_every_rule_has_a_case() -> None:
    assert {rule_of(case) for case in cases.cases()} == _IDS | {ACCEPTED, OWN}


def test_every_rule_that_a_case_meets_is_in_the_catalogue() -> None:
    own = {rule.id for case in cases.cases() for rule in own_rules(cases.tree(case))}
    met = {problem.rule for case in cases.cases() for problem in cases.read(case).problems} - own
    assert met <= _IDS


def test_every_field_of_every_document_has_a_rule_of_its_name() -> None:
    kinds: list[type[Document]] = list(Document.__subclasses__())
    fields = {name.replace("_", "-") for kind in kinds for name in kind.model_fields}
    assert fields <= _IDS


@pytest.mark.parametrize("case", cases.cases())
def test_no_message_and_no_hint_scolds(case: str) -> None:
    for problem in cases.read(case).problems:
        said = re.sub("'[^']*'", "", f"{problem.message} {problem.hint or ''}").lower()
        assert not [word for word in ("invalid", "failed to", "please", "!") if word in said]
        assert problem.message == problem.message.strip(" .")


def test_the_base_of_the_corpus_is_in_order() -> None:
    reading = read_documents(Tree(cases.base()))
    assert reading.problems == ()
    assert reading.counts == Counts(files=4, customers=1, contacts=2)
