"""Our published schemas, compiled: the verdicts of jsonschema, and findings with a place."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from reconciler.documents.pipeline import read_documents
from reconciler.documents.published_schemas import validator_for
from reconciler.model.files import SourceFile, Tree
from reconciler.model.outcome import GroupOutcome, GroupStatus, Outcome
from reconciler.portal.rules.problems import Problem
from reconciler.portal.web.responses import problem_answer
from reconciler.reports.as_json import drift_json, plan_json
from reconciler.reports.outcome_json import outcome_json
from reconciler.reports.problems import problems_json
from reconciler.shipped import schemas_folder
from tests.examples import examples
from tests.reports.hostile import hostile_plan

PLAN = hostile_plan("x")
OUTCOME = Outcome(
    "run_1",
    tuple(GroupOutcome(group, status) for group, status in zip(PLAN.groups, GroupStatus, strict=False)),
    PLAN,
    head="0" * 64,
)
HELD = Problem("lease-held", "held", holder="Ada", run="run_1", expires_in_s=9.5)
RULE = {"title": "a portal has services", "x-id": "own/services", "x-applies-to": "portal", "required": ["services"]}
_BROKEN = read_documents(
    Tree(
        (SourceFile("portal.yaml", b"schema_version: 1\nowner: acme\nrules: [policy/a.json]\n"),),
        own_rules=(SourceFile("policy/a.json", json.dumps(RULE).encode()), SourceFile("policy/b.json", b"{}")),
    )
)
DOCUMENTS: dict[str, Any] = {
    "plan": json.loads(plan_json(PLAN)),
    "drift": json.loads(drift_json(PLAN)),
    "outcome": json.loads(outcome_json(OUTCOME)),
    "problems": json.loads(problems_json(_BROKEN.problems, _BROKEN.counts)),
    "problem": json.loads(bytes(problem_answer(HELD, "trace").body)),
}
OTHERS: list[Any] = [
    None, True, False, 0, 1, -1, 1.0, 1.5, 499, 600, "", "x", "0" * 64, "2027-01-01", [], {}, [1], {"a": 1}, ["x"],
]  # fmt: skip


def oracle(name: str) -> Draft202012Validator:
    return Draft202012Validator(json.loads((schemas_folder() / f"{name}.schema.json").read_text("utf-8")))


def test_the_finding_of_a_rule_of_the_provider_is_in_the_json_of_validate() -> None:
    rules = [problem["rule"] for problem in DOCUMENTS["problems"]["problems"]]
    assert rules == ["rule-member", "rule-member", "rule-member", "own/services"]


@pytest.mark.parametrize("name", DOCUMENTS)
def test_what_we_write_conforms(name: str) -> None:
    assert validator_for(name)(DOCUMENTS[name]) is None
    oracle(name).validate(DOCUMENTS[name])


def test_the_plan_in_an_outcome_is_a_plan() -> None:
    assert DOCUMENTS["outcome"]["remaining"] == DOCUMENTS["plan"]
    rows = {change["id"]: change for change in DOCUMENTS["plan"]["changes"]}
    groups = DOCUMENTS["outcome"]["groups"]
    assert groups
    assert all(rows[change["id"]] == change for group in groups for change in group["changes"])


def test_every_schema_that_is_generated_by_nobody_can_be_compiled() -> None:
    generated = {"contact", "customer", "portal", "removed"}
    names = {path.name.partition(".")[0] for path in (schemas_folder()).glob("*.schema.json")}
    for name in names - generated:
        assert validator_for(name)(None) is not None


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (lambda plan: plan.pop("digest"), "the document must have the member 'digest'"),
        (lambda plan: plan["changes"][0].update(id="x"), "/changes/0/id must match ^[0-9a-f]{16}$"),
        (lambda plan: plan["changes"][0].update(more=1), "/changes/0/more must not be there"),
        (lambda plan: plan.update(schema_version=True), "/schema_version must be 1"),
        (lambda plan: plan["permissions"].update(allow_mails=-1), "/permissions/allow_mails must be at least 0"),
        (lambda plan: plan.update({"changes": {}}), "/changes must be of type array"),
    ],
)
def test_the_first_finding_is_a_sentence_with_a_pointer(edit: Any, said: str) -> None:
    plan = copy.deepcopy(DOCUMENTS["plan"])
    edit(plan)
    assert validator_for("plan")(plan) == said


@settings(max_examples=examples(400), deadline=None)
@given(st.sampled_from(sorted(DOCUMENTS)), st.randoms(use_true_random=False), st.sampled_from(OTHERS))
def test_every_verdict_is_the_one_of_jsonschema(name: str, random: Any, other: Any) -> None:
    document = copy.deepcopy(DOCUMENTS[name])
    node: Any = document
    while True:
        at = random.choice(list(node) if isinstance(node, dict) else range(len(node)))
        if isinstance(node[at], dict | list) and node[at] and random.random() < 0.8:
            node = node[at]
            continue
        if isinstance(node, dict) and random.random() < 0.2:
            del node[at]
        else:
            node[at if random.random() < 0.9 or isinstance(node, list) else "more"] = other
        break
    assert (validator_for(name)(document) is None) == oracle(name).is_valid(document)


@pytest.mark.parametrize("name", DOCUMENTS)
@pytest.mark.parametrize("document", [None, True, 1, "x", [], {}, [[[]]], {"type": None}])
def test_any_json_ends_in_a_verdict(name: str, document: Any) -> None:
    assert (validator_for(name)(document) is None) == oracle(name).is_valid(document)
