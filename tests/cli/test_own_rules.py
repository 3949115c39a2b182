"""A provider's own rules, from a file in the repository to a plan that refuses."""

from __future__ import annotations

import json

from tests.cli.conftest import Program
from tests.cli.test_runs import settle

RULE = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "nobody writes protect: false",
    "x-id": "own/no-protect-false",
    "x-applies-to": "contact",
    "x-hint": "delete the line",
    "properties": {"protect": {"const": True}},
}
CONTACT = "customers/havbris-sjomat/contacts/nina-new.yaml"


def with_rule(program: Program) -> None:
    settle(program)
    (program.root / "policy").mkdir()
    (program.root / "policy" / "protect.json").write_text(json.dumps(RULE))
    portal = program.root / "portal.yaml"
    portal.write_text(portal.read_text() + "rules: [policy/*.json]\n")
    program.commit("a rule of our own")
    assert program("apply", "--yes").code == 0


def write_contact(program: Program) -> None:
    (program.root / CONTACT).write_text(
        "name: Nina New\nemail: nina@havbris.example\nrole: requester\nprotect: false\n"
    )


def test_validate_shows_the_place_of_a_finding_of_an_own_rule(connected: Program) -> None:
    with_rule(connected)
    write_contact(connected)
    run = connected("validate")
    assert run.code == 3
    assert f"{CONTACT}:4:10: error[own/no-protect-false]: nobody writes protect: false" in run.out + run.err
    assert connected("explain", "own/no-protect-false").code == 0
    typed = {"COMP_WORDS": "reconciler explain own/n", "COMP_CWORD": "2", "_RECONCILER_COMPLETE": "bash_complete"}
    assert connected(**typed).out.split() == ["plain,own/no-protect-false"]


def test_a_commit_does_not_free_itself_from_the_rule_that_was_applied(connected: Program) -> None:
    with_rule(connected)
    portal = connected.root / "portal.yaml"
    portal.write_text(portal.read_text().replace("rules: [policy/*.json]\n", ""))
    write_contact(connected)
    connected.commit("no rule, and what it forbade")
    for command in (("plan",), ("apply", "--yes")):
        run = connected(*command)
        assert run.code == 4, run.out + run.err
        assert f"{CONTACT}:4: nobody writes protect: false (own/no-protect-false as last applied)" in run.out
    (connected.root / CONTACT).unlink()
    connected.commit("only the rule goes")
    assert connected("apply", "--yes").code == 0
    write_contact(connected)
    connected.commit("now the contact")
    assert connected("plan").code == 0
