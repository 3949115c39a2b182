"""`reconciler apply --format json` and `--redact`: the outcome for scripts and for logs that stay."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest

from reconciler.shipped import schemas_folder
from tests.cli.conftest import Portal, Program
from tests.cli.test_asking import QUESTION, Terminal
from tests.cli.test_runs import _newest, settle

SECRETS = ("john.roe@", "Ines Brandt", "Niamh O", "Ada Quist", "amelie@")


def outcome_of(text: str) -> Any:
    outcome = json.loads(text)
    for name, document in (("outcome", outcome), ("plan", outcome["remaining"])):
        schema = json.loads((schemas_folder() / f"{name}.schema.json").read_text(encoding="utf-8"))
        jsonschema.validate(document, schema)
    return outcome


def test_an_outcome_as_json_says_what_became_of_each_group(connected: Program, portal: Portal) -> None:
    plan = json.loads(connected("plan", "--format", "json").out)
    run = connected("apply", "--yes", "--format", "json")
    outcome = outcome_of(run.out)
    assert (run.code, outcome["changed"], outcome["head"]) == (4, True, _newest(portal)[1])
    assert outcome["message"].startswith("Changed: ")
    groups = {group["name"]: group for group in outcome["groups"]}
    assert groups.keys() == {group["name"] for group in plan["groups"]}
    assert {group["status"] for group in groups.values()} == {"applied", "held_back"}
    assert [change["id"] for group in outcome["groups"] for change in group["changes"]] == [
        change["id"] for change in plan["changes"]
    ]
    assert {refusal["rule"] for refusal in outcome["remaining"]["refusals"]} == {"no-heir", "conflict"}


def test_without_anything_to_do_the_outcome_is_json_as_well(connected: Program) -> None:
    settle(connected)
    assert connected("apply", "--yes").code == 0
    run = connected("apply", "--yes", "--format", "json")
    outcome = outcome_of(run.out)
    assert (run.code, outcome["changed"], outcome["groups"]) == (0, False, [])
    assert outcome["message"] == "Nothing was changed."


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_redacted_outcome_names_nobody(connected: Program, form: str) -> None:
    assert any(secret in connected("plan").out for secret in SECRETS)
    run = connected("apply", "--yes", "--redact", "--format", form)
    assert run.code == 4
    assert [secret for secret in SECRETS if secret in run.out + run.err] == []


def test_the_question_before_json_shows_the_plan_outside_of_stdout(connected: Program) -> None:
    asked = Terminal(connected, "apply", "--format", "json")
    asked.read_until(QUESTION)
    asked.answer(b"n\n")
    assert asked.ended_with() == 4
    before, _, after = asked.said.partition(QUESTION)
    assert "Plan for portal" in before
    outcome = outcome_of(after.partition("\n")[2])
    assert (outcome["declined"], outcome["changed"]) == (True, False)
