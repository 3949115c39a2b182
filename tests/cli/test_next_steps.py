"""After a plan, the next command to type: it is named, and it does what the plan shows."""

from __future__ import annotations

import shlex

from tests.cli.conftest import Program, Run
from tests.cli.test_runs import settle

JANE = "customers/acme-medical/contacts/jane-doe.yaml"


def step_after(run: Run) -> str | None:
    """The line after `next:`, if there is one."""
    (*_, step) = [None, *(line for line in run.err.splitlines() if line.startswith("next: "))]
    return step and step.removeprefix("next: ")


def rename(program: Program) -> None:
    path = program.root / JANE
    path.write_text(path.read_text(encoding="utf-8").replace("Jane", "Jana"), encoding="utf-8")


def test_the_next_command_after_a_plan_applies_what_the_plan_shows(connected: Program) -> None:
    settle(connected)
    out = str(connected.root.parent / "a plan.json")
    step = step_after(connected("plan", "--out", out, "--root", str(connected.root)))
    assert step == f"reconciler apply --root {connected.root} --reviewed '{out}'"
    assert connected(*shlex.split(step)[1:], "--yes").code == 0
    assert step_after(connected("plan")) is None
    rename(connected)
    connected.commit("a new name")
    step = step_after(connected("plan", "--customer", "acme-medical"))
    assert step == "reconciler apply --customer acme-medical"
    assert connected(*shlex.split(step)[1:], "--yes").code == 0
    again = connected("plan", "--customer", "acme-medical", "--detailed-exitcode")
    assert (again.code, step_after(again)) == (0, None)


def test_the_next_command_is_one_that_is_not_refused(connected: Program) -> None:
    settle(connected)
    rename(connected)
    assert step_after(connected("plan")) == "commit the files, then reconciler apply"
    connected.commit("a new name")
    assert step_after(connected("plan")) == "reconciler apply"
    assert (
        step_after(connected("plan", "--since", "HEAD~1"))
        == "merge the pull request, then run reconciler apply on the merged branch"
    )
    assert step_after(connected("plan", "--quiet")) is None
    assert step_after(connected("plan", "--format", "json")) is None


def test_after_a_plan_that_is_refused_as_a_whole_the_next_command_is_a_plan(connected: Program) -> None:
    step = step_after(connected("plan", "--allow-removals", "1"))
    assert step == "follow the hints, then reconciler plan"
