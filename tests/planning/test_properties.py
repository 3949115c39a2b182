"""What holds for every plan: random files beside random portals, and plans carried out on a simulated one."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reconciler.model.changes import Change
from reconciler.model.desired import DesiredState
from reconciler.model.live import LiveState
from reconciler.model.plan import Facts, Group, Plan, RunScope, Scope
from reconciler.model.roles import may_hold_work
from reconciler.planning import exact_permissions, make_plan, narrow_plan
from tests.builders import OWNER, applied, portal_of
from tests.examples import examples
from tests.planning.simulated import carry_out
from tests.planning.strategies import desired_states, live_states

FACTS = Facts("c0ffee", frozenset({"c0ffee"}))
SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
thorough = settings(max_examples=examples(300), deadline=None, suppress_health_check=SLOW)


def plan_for(tree: DesiredState, portal: LiveState) -> Plan:
    """The plan with its exact numbers allowed, so that limits do not hide the rest."""
    first = make_plan(tree, portal, FACTS)
    return make_plan(tree, portal, replace(FACTS, permissions=exact_permissions(first)))


def done(portal: LiveState, groups: tuple[Group, ...]) -> LiveState:
    for group in groups:
        portal, _ = carry_out(portal, group, "c0ffee")
    return portal


def settled(tree: DesiredState, portal: LiveState) -> LiveState:
    """The portal after as many runs as it takes, at most three."""
    for _ in range(3):
        ready = plan_for(tree, portal).ready
        if not ready:
            return portal
        portal = done(portal, ready)
    assert plan_for(tree, portal).ready == ()
    return portal


def meaning(portal: LiveState) -> object:
    """A portal without what depends on the number of runs: versions, ids of what was created, who touched."""
    people = {
        (portal.customers[row.customer_id].name, row.external_key, row.email, row.status, row.life,
         repr(sorted(row.fields.items())), row.owner, row.applied is not None and row.applied.present)
        for row in portal.contacts.values()
    }  # fmt: skip
    customers = {
        (row.external_key, row.owner, row.archived, repr(sorted(row.fields.items())))
        for row in portal.customers.values()
    }  # fmt: skip
    work = {(one.id, portal.contacts[one.owner_id].email) for one in portal.requests.values()}
    services = {(row.external_key, repr(sorted(row.fields.items()))) for row in portal.services.values()}
    return people, customers, work, services, set(portal.registrations)


def later(plan: Plan) -> set[tuple[str | None, str | None]]:
    """Customers and contacts whose changes a further run may carry out: those that are held back, and
    customers whose edits this plan begins to undo, for a looser rule counts from the next run."""
    found = {(r.customer, r.contact) for r in plan.refusals if r.scope is Scope.CONTACT}
    for group in plan.groups:
        if group.held_back:
            found |= {(customer, None) for customer in group.customers or (None,)}
        found |= {
            (change.customer, None) for change in group.changes for f in change.fields if f.name == "portal_edits"
        }
    return found


def expected(change: Change, before: set[tuple[str | None, str | None]]) -> bool:
    return (change.customer, None) in before or (change.customer, change.contact) in before


@thorough
@given(desired_states(), live_states())
def test_every_change_of_a_plan_has_its_own_id(tree: DesiredState, portal: LiveState) -> None:
    ids = [change.id for change in plan_for(tree, portal).changes]
    assert len(ids) == len(set(ids))


@thorough
@given(desired_states(), live_states())
def test_what_was_carried_out_leaves_only_what_was_held_back(tree: DesiredState, portal: LiveState) -> None:
    plan = plan_for(tree, portal)
    again = plan_for(tree, done(portal, plan.ready))
    assert [change for change in again.changes if not expected(change, later(plan))] == []


@thorough
@given(desired_states(), live_states(), st.data())
def test_a_run_that_was_cut_short_ends_where_a_whole_one_does(
    tree: DesiredState, portal: LiveState, data: st.DataObject
) -> None:
    ready = plan_for(tree, portal).ready
    cut = data.draw(st.integers(0, len(ready)))
    assert meaning(settled(tree, done(portal, ready[:cut]))) == meaning(settled(tree, portal))


@thorough
@given(desired_states(), live_states())
def test_open_work_always_has_a_living_owner_who_may_hold_it(tree: DesiredState, portal: LiveState) -> None:
    for group in plan_for(tree, portal).ready:
        portal, _ = carry_out(portal, group)
        for request in portal.requests.values():
            owner = portal.contacts[request.owner_id]
            assert owner.living
            assert may_hold_work(owner.role)
            assert owner.customer_id == request.customer_id


@thorough
@given(desired_states(), live_states())
def test_what_is_not_ours_is_not_touched(tree: DesiredState, portal: LiveState) -> None:
    plan = plan_for(tree, portal)
    after = done(portal, plan.ready)
    written = {change.target.id for change in plan.changes}
    archived = {
        row.id for row in after.customers.values() if row.archived is not portal.customers.get(row.id, row).archived
    }
    for id, row in portal.contacts.items():
        if row.owner != OWNER and id not in written and row.customer_id not in archived:
            assert after.contacts[id] == row
    for id, home in portal.customers.items():
        if home.owner != OWNER and id not in written:
            assert replace(after.customers[id], last_commit=None) == replace(home, last_commit=None)
    assert all(portal.services[id] == row for id, row in after.services.items() if row.owner is None)


@thorough
@given(desired_states(), live_states())
def test_a_plan_promises_exactly_the_mails_that_the_portal_sends(tree: DesiredState, portal: LiveState) -> None:
    for group in plan_for(tree, portal).ready:
        promised = sorted((m.kind, m.to, m.language) for change in group.changes for m in change.effects.mails)
        portal, sent = carry_out(portal, group)
        assert sorted((m.kind, m.to, m.language) for m in sent) == promised


@thorough
@given(desired_states())
def test_a_tree_that_was_just_applied_leaves_nothing_to_do(tree: DesiredState) -> None:
    folders = [
        replace(
            folder, contacts={k: c for k, c in folder.contacts.items() if not c.leaves or c.leaves.on > "2026-11-23"}
        )
        for folder in tree.customers.values()
        if not folder.release
    ]
    bare = portal_of(*folders)
    fields = tree.settings.fields
    rows = {
        f"svc_{key}": replace(bare.settings, id=f"svc_{key}", external_key=key, fields={"code": key, **one.fields},
                              applied=applied(one.fields))
        for key, one in (tree.services or {}).items()
    }  # fmt: skip
    portal = replace(bare, services=rows, settings=replace(bare.settings, fields=fields, applied=applied(fields)))
    plan = make_plan(tree, portal, Facts())
    assert (plan.changes, plan.portal_edits, plan.unmanaged) == ((), (), ())


@given(desired_states(), live_states(), st.integers(2, 4))
@thorough
def test_every_sentence_of_a_plan_stands_in_one_shard(tree: DesiredState, portal: LiveState, shards: int) -> None:
    whole = make_plan(tree, portal, FACTS)
    scopes = [RunScope(shard=(part, shards)) for part in range(1, shards + 1)]
    parts = [narrow_plan(make_plan(tree, portal, replace(FACTS, run=one)), one) for one in scopes]
    assert sorted(g.name for part in parts for g in part.groups) == sorted(g.name for g in whole.groups)
    for about in ("refusals", "portal_edits", "warnings", "unmanaged", "upcoming_departures"):
        sentences = [one for part in parts for one in getattr(part, about) if getattr(one, "scope", "") != Scope.PLAN]
        expected = [one for one in getattr(whole, about) if getattr(one, "scope", "") != Scope.PLAN]
        assert not Counter(expected) - Counter(sentences), "left out of every shard"
        assert len(sentences) == len(set(sentences)), "in two shards"


@given(desired_states(), live_states(), st.data())
@thorough
def test_a_run_for_every_customer_shows_what_the_whole_plan_shows_of_customers(
    tree: DesiredState, portal: LiveState, data: st.DataObject
) -> None:
    whole = make_plan(tree, portal, FACTS)
    keys = sorted({r.customer for r in whole.refusals if r.customer} | tree.customers.keys())
    chosen = frozenset(data.draw(st.sets(st.sampled_from(keys)))) if keys else frozenset()
    if not chosen:
        return
    scope = RunScope(chosen)
    part = narrow_plan(make_plan(tree, portal, replace(FACTS, run=scope)), scope)
    united = {customer for group in whole.groups if chosen & set(group.customers) for customer in group.customers}
    assert {r for r in whole.refusals if r.customer in chosen | united} <= set(part.refusals)
    assert all(r.scope is Scope.PLAN or r.customer in chosen | united for r in part.refusals)
