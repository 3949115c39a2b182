"""Rule ids are members of one enum, and every explanation says what to do."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from enum import StrEnum
from typing import Any

import pytest
from pydantic import ValidationError

from reconciler.documents.field_types import Document
from reconciler.documents.strict_yaml import compose
from reconciler.model.choices import PortalEdits, Reason, SignUp, Unreviewed, Workflow
from reconciler.model.roles import Capability, Role, capabilities
from reconciler.model.rules import FILE_RULES, PLAN_RULES, RULES, WARNINGS, Rule, RuleId
from reconciler.model.rules.files import FILES
from reconciler.model.rules.people import PEOPLE
from reconciler.model.rules.plans import PLANS
from reconciler.model.rules.settings import SETTINGS
from tests.house.test_layers import modules

HOME = "model/rules/"
EXEMPT = (
    "portal/",  # the portal has problem types of its own, some with the same words
    "contract/",  # the contract suite expects these
)
MAKERS = {
    "Objection",
    "Problem",
    "Refusal",
    "SourceFile",
    "_problem",
    "hold",
    "problem",
    "refuse",
    "refuse_plan",
    "refuse_portal",
    "warn",
}
ROWS = (*FILES, *PEOPLE, *SETTINGS, *PLANS)


def bare_ids(tree: ast.Module) -> Iterator[ast.Constant]:
    """Texts equal to a rule id; one without a hyphen is a field's name, unless it makes a problem."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and node.value in set(RuleId) and "-" in node.value:
            yield node
        if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in MAKERS:
            rules = [*node.args[:1], *(word.value for word in node.keywords if word.arg == "rule")]
            yield from (rule for rule in rules if isinstance(rule, ast.Constant) and rule.value in set(RuleId))


def test_a_rule_id_is_written_as_a_member() -> None:
    for name, tree in modules():
        if not name.startswith((HOME, *EXEMPT)):
            bare = [f"{name}:{node.lineno}: {node.value!r}" for node in bare_ids(tree)]
            assert bare == [], "write RuleId.… instead"


def test_every_rule_has_exactly_one_row() -> None:
    assert Counter(rule.id for rule in ROWS) == dict.fromkeys(RuleId, 1)
    assert [rule.id for rule in RULES] == sorted(RuleId)


def test_every_rule_is_found_by_a_command() -> None:
    assert {*FILE_RULES, *PLAN_RULES} == set(RULES)
    both = {rule.id for rule in FILE_RULES} & {rule.id for rule in PLAN_RULES}
    # Plans judge these where the files leave it to the portal.
    assert both == {RuleId.ACKNOWLEDGE, RuleId.CANNOT_ORDER, RuleId.UNKNOWN_KEY}


def test_every_warning_of_a_plan_can_be_acknowledged() -> None:
    warned = {
        ast.unparse(node.args[0]).rpartition(".")[2]
        for name, tree in modules()
        if name.startswith("planning/")
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) in {"warn", "Warning"}
        if node.args and ast.unparse(node.args[0]).startswith("RuleId.")
    }
    notes = {RuleId.ACKNOWLEDGE, RuleId.FINISHED_FILE}
    assert {RuleId[name] for name in warned} - notes <= WARNINGS


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_an_explanation_is_a_sentence_a_reason_and_something_to_do(rule: Rule) -> None:
    assert not rule.sentence.endswith(".")
    assert rule.reason[0].isupper()
    assert rule.reason.endswith(".")
    assert rule.remedy[0].isupper()
    assert rule.remedy.endswith(".")


def lines_to_write(rule: Rule) -> list[dict[str, Any]]:
    spans = re.findall(r"`(\w+: [^`]+)`", rule.remedy)
    return [compose(span).value for span in spans if "…" not in span]


@pytest.mark.parametrize("rule", [*PEOPLE, *SETTINGS], ids=lambda rule: rule.id)
def test_the_rule_of_a_field_shows_a_line_with_that_field(rule: Rule) -> None:
    key = rule.id.replace("-", "_")
    assert re.search(rf"[`{{ ]{key}: ", rule.remedy), rule.remedy


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_every_line_that_a_remedy_shows_is_valid(rule: Rule) -> None:
    for line in lines_to_write(rule):
        assert any(accepts(kind, line) for kind in Document.__subclasses__()), line


def accepts(kind: type[Document], line: dict[str, Any]) -> bool:
    """Whether the line is right, whatever other keys the document still needs."""
    try:
        kind.model_validate(line)
    except ValidationError as error:
        return not any(detail["loc"][0] in line for detail in error.errors())
    return True


def test_the_rule_of_roles_says_what_each_role_may_do() -> None:
    rule = next(rule for rule in RULES if rule.id is RuleId.ROLE)
    for role in Role:
        allowed = rule.reason.partition(f"{role}: ")[2].partition(";")[0]
        assert [word for word in Capability if word in allowed] == [
            word for word in Capability if word in capabilities(role)
        ]


@pytest.mark.parametrize("choice", [Role, Reason, SignUp, Workflow, PortalEdits, Unreviewed])
def test_the_words_of_a_choice_are_listed_once(choice: type[StrEnum]) -> None:
    words = {word.value for word in choice}
    for name, tree in modules():
        if not name.startswith(("portal/", "planning/")):
            for node in ast.walk(tree):
                if isinstance(node, ast.Tuple | ast.List | ast.Set):
                    written = {item.value for item in node.elts if isinstance(item, ast.Constant)}
                    assert written != words, f"{name}:{node.lineno} repeats {choice.__name__}"
