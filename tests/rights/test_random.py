"""The laws of rights in portals of random size, with several edits at once, on both sides."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reconciler.model.changes import Kind
from reconciler.model.desired import DesiredState
from reconciler.model.live import LiveState
from reconciler.model.plan import Permissions, review_of
from tests.examples import examples
from tests.planning.strategies import desired_states, live_states
from tests.rights.cases import Case
from tests.rights.courses import Course, course, plan_exactly, plan_within_limits
from tests.rights.laws import broken_laws, differences
from tests.rights.oracle import Oracle
from tests.rights.strategies import cases

ORACLE = Oracle()
thorough = settings(max_examples=examples(250), deadline=None, suppress_health_check=list(HealthCheck))


def keeps_the_laws(found: Course) -> None:
    sentences = broken_laws(found, ORACLE.rights(found.states))
    assert sentences == [], f"\n{found.case.text()}"


@thorough
@given(cases())
def test_any_run_shows_and_counts_what_it_takes(case: Case) -> None:
    keeps_the_laws(course(case, plan_exactly(case.after, case.live, case.scope)))


@thorough
@given(cases())
def test_a_run_without_permission_keeps_the_laws(case: Case) -> None:
    keeps_the_laws(course(case, plan_within_limits(case.after, case.live, case.scope)))


@thorough
@given(cases())
def test_customers_may_be_carried_out_in_any_order(case: Case) -> None:
    plan = plan_exactly(case.after, case.live, case.scope)
    customers = iter([group for group in plan.ready if group.customers][::-1])
    order = [next(customers) if group.customers else group for group in plan.ready]
    keeps_the_laws(course(case, plan, order))


@thorough
@given(cases())
def test_a_killed_run_that_starts_again_keeps_the_laws(case: Case) -> None:
    plan = plan_exactly(case.after, case.live, case.scope)
    for state in course(case, plan).states[1:-1]:
        again = replace(case, live=state)
        keeps_the_laws(course(again, plan_exactly(case.after, state, case.scope)))


@thorough
@given(cases())
def test_after_a_run_the_next_one_takes_nothing_more_from_anybody(case: Case) -> None:
    plan = plan_exactly(case.after, case.live)
    found = course(case, plan)
    if found.refused is None and not any(group.held_back for group in plan.groups):
        again = course(replace(case, live=found.states[-1]), plan_exactly(case.after, found.states[-1]))
        before, *_, after = ORACLE.rights([again.states[0], again.states[-1]])
        assert not any(one.lost for one in differences(before, after).values()), case.text()


@thorough
@given(cases(), st.data())
def test_a_run_of_reviewed_plans_takes_only_what_they_show(case: Case, data: st.DataObject) -> None:
    seen = review_of(plan_exactly(case.after, case.live))
    ids = data.draw(st.sets(st.sampled_from(sorted(seen.ids)))) if seen.ids else set()
    losses = data.draw(st.sets(st.sampled_from(sorted(seen.losses)))) if seen.losses else set()
    review = replace(seen, ids=frozenset(ids), losses=frozenset(losses), permissions=Permissions(10_000, 10_000))
    reviewed = replace(case, scope={**case.scope, "reviewed": (review,)})
    plan = plan_exactly(reviewed.after, reviewed.live, reviewed.scope)
    keeps_the_laws(course(reviewed, plan))
    carried = [change for group in plan.ready for change in group.changes if change.kind is not Kind.RECORD]
    assert {change.id for change in carried} <= ids
    taken = {loss for group in plan.ready for outcome in group.outcomes for loss in outcome.losses}
    assert taken <= losses, case.text()


@thorough
@given(desired_states(), live_states())
def test_any_files_beside_any_portal_keep_the_laws(tree: DesiredState, portal: LiveState) -> None:
    case = Case(tree, tree, portal, ("a portal of its own",))
    keeps_the_laws(course(case, plan_exactly(tree, portal)))
