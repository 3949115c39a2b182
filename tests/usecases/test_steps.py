"""The step machine without a world: what it asks for, in which order, and when it stops."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

import pytest

from reconciler.cli.exit_codes import of_outcome
from reconciler.model.desired import DesiredService, Place
from reconciler.model.errors import NotAllowed, ReconcilerError, Stale, Unreachable
from reconciler.model.live import LiveObject
from reconciler.model.outcome import GroupStatus
from reconciler.model.plan import Facts, Group, Permissions, Plan, RunScope, Stage
from reconciler.model.values import Fields
from reconciler.planning import make_plan
from reconciler.usecases import run_requests, steps
from tests.builders import OWNER, applied, contact, customer, desired, live

GONE = Unreachable("gone")
SERVICE: Fields = {"name": "Certified", "workflows": ("pm_quote_manual",), "available_to_all": False}


def plan_of(customers: int, *, needing: frozenset[int] = frozenset()) -> Plan:
    """New customers; a new service that some of them need, and an old one that goes."""
    gone = LiveObject("svc_1", 1, {**SERVICE, "code": "old"}, "old", OWNER, applied(SERVICE))
    folders = [
        customer(
            f"c{number:04}",
            [contact("mia-maier", f"c{number:04}", "manager")],
            **cast("dict[str, Any]", {"services": ("certified",)} if number in needing else {}),
        )
        for number in range(customers)
    ]
    files = replace(
        desired(*folders), services={"certified": DesiredService("certified", SERVICE, Place("portal.yaml", 9))}
    )
    return make_plan(files, live(services={"svc_1": gone}), Facts(permissions=Permissions(allow_mails=customers)))


def drive(
    plan: Plan,
    parallelism: int = 4,
    fate: Callable[[Group], GroupStatus] = lambda _: GroupStatus.APPLIED,
    stop_after: int = -1,
) -> tuple[steps.State, list[str], int]:
    """The last state, what was asked for in its order, and how many groups were under way at most."""
    state, requests = steps.begin(plan, RunScope(), parallelism)
    asked: list[str] = []
    most, waiting = 0, deque(requests)
    while waiting:
        most = max(most, sum(isinstance(request, run_requests.ApplyGroup) for request in waiting))
        if len(asked) == stop_after:
            state = steps.after_signal(state, 15)
        request = waiting.popleft()
        asked.append(_called(request, state))
        state, requests = steps.after_answer(state, request, _answer(request, state, plan, fate))
        waiting.extend(requests)
    return state, asked, most


def _called(request: run_requests.Request, state: steps.State) -> str:
    if isinstance(request, run_requests.ApplyGroup):
        group = state.groups[request.group]
        return ",".join(group.customers) or group.changes[0].kind
    return type(request).__name__


def _answer(
    request: run_requests.Request, state: steps.State, plan: Plan, fate: Callable[[Group], GroupStatus]
) -> run_requests.Answer:
    match request:
        case run_requests.ApplyGroup(index):
            return run_requests.Finished(fate(state.groups[index]))
        case run_requests.PlanAgain() | run_requests.PlanFinally():
            return run_requests.Planned(plan)
        case _:
            return run_requests.Done()


def test_services_come_before_the_customers_and_go_after_them() -> None:
    _, asked, most = drive(plan_of(9), parallelism=3)
    customers = [f"c{number:04}" for number in range(9)]
    assert asked == [
        "TakeLease", "PlanAgain", "create_service", *customers, "remove_service", "GiveBack", "PlanFinally",
    ]  # fmt: skip
    assert most == 3


def test_who_needs_a_service_that_could_not_be_created_is_held_back_and_the_others_go_on() -> None:
    plan = plan_of(3, needing=frozenset({1}))
    state, asked, _ = drive(plan, fate=lambda group: GroupStatus.APPLIED if group.customers else GroupStatus.FAILED)
    fates = {",".join(each.group.customers) or "portal": each.status for each in state.outcome("run").groups[:4]}
    assert fates == {
        "portal": GroupStatus.FAILED,
        "c0000": GroupStatus.APPLIED,
        "c0001": GroupStatus.HELD_BACK,
        "c0002": GroupStatus.APPLIED,
    }
    assert "c0001" not in asked


def test_after_a_signal_nothing_new_is_begun_and_the_lease_is_given_back() -> None:
    whole = drive(plan_of(4), parallelism=2)[1]
    for point in range(len(whole)):
        state, asked, _ = drive(plan_of(4), parallelism=2, stop_after=point)
        assert asked.count("GiveBack") == 1
        assert state.phase is steps.Phase.OVER
        assert len([name for name in asked[point:] if name.startswith("c0")]) <= 2, (point, asked)


@pytest.mark.parametrize("status", [GroupStatus.UNKNOWN, GroupStatus.FAILED, GroupStatus.APPLIED])
def test_what_was_tried_before_a_wait_stays_in_the_outcome_when_the_next_lease_is_refused(status: GroupStatus) -> None:
    state, lease = after_a_wait(status)
    state, requests = steps.after_answer(state, lease, run_requests.Failed(GONE))
    outcome = state.outcome("run")
    assert (requests, outcome.final_plan_error) == ((), GONE)
    assert [(group.group.name, group.status) for group in outcome.groups] == [
        ("customers:acme", status), ("customers:beta", GroupStatus.NOT_TRIED),
    ]  # fmt: skip
    assert of_outcome(outcome) == 7


def test_a_failure_before_a_wait_that_the_next_attempt_made_good_is_no_failure() -> None:
    state, lease = after_a_wait(GroupStatus.FAILED)
    requests: tuple[run_requests.Request, ...] = (lease,)
    while requests:
        request, *_ = requests
        answer = _answer(request, state, SHARED, lambda _: GroupStatus.APPLIED)
        if isinstance(request, run_requests.PlanFinally):
            answer = run_requests.Planned(replace(SHARED, groups=()))
        state, requests = steps.after_answer(state, request, answer)
    outcome = state.outcome("run")
    assert [group.status for group in outcome.groups] == [GroupStatus.APPLIED]
    assert of_outcome(outcome) == 0


@pytest.mark.parametrize(
    ("error", "code"), [(GONE, 6), (NotAllowed("the token has ended"), 8), (Stale("the portal was restored"), 5)]
)
def test_a_look_that_fails_during_a_wait_leaves_no_final_plan(error: ReconcilerError, code: int) -> None:
    """The plan of the look before it says nothing about now, and its exit code would hide the failure."""
    waiting = Group(("beta",), (), held_back=("waits-for-service",), waits_for=("service x",))
    other = Group((), (), service="x", stage=Stage.OPENING, outside=True)
    other_plan = replace(SHARED, groups=(other, replace(waiting, waits_for=(other.name,))))
    state, requests = steps.begin(other_plan, RunScope(shard=(1, 2)))
    assert requests == (run_requests.Wait(),)
    for answer in (run_requests.Done(), run_requests.Failed(error)):
        state, requests = steps.after_answer(state, requests[0], answer)
    outcome = state.outcome("run")
    assert (requests, outcome.final_plan, outcome.final_plan_error) == ((), None, error)
    assert of_outcome(outcome) == code


SHARED = replace(make_plan(desired(), live(), Facts()), groups=(Group(("acme",), ()),))


def after_a_wait(status: GroupStatus) -> tuple[steps.State, run_requests.Request]:
    """A run of which a group ended so, and another one waited for a shard; with the second lease."""
    waiting = Group(("beta",), (), held_back=("waits-for-service",), waits_for=("service x",))
    first = replace(SHARED, groups=(*SHARED.groups, waiting))
    left = () if status is GroupStatus.APPLIED else SHARED.groups
    state, requests = steps.begin(first, RunScope(shard=(1, 2)))
    for answer in (
        run_requests.Done(), run_requests.Planned(first), run_requests.Finished(status), run_requests.Done(),
        run_requests.Planned(replace(first, groups=(*left, replace(waiting, held_back=())))),
    ):  # fmt: skip
        state, requests = steps.after_answer(state, requests[0], answer)
    return state, requests[0]


def test_a_group_costs_the_same_in_a_large_plan_as_in_a_small_one() -> None:
    few, many = (_calls(plan_of(customers)) for customers in (100, 400))
    assert many < 4.5 * few


def _calls(plan: Plan) -> int:
    """How many functions are called to drive the whole plan."""
    calls = 0

    def count(_frame: object, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event == "call"

    sys.setprofile(count)
    try:
        drive(plan)
    finally:
        sys.setprofile(None)
    return calls
