"""What a reviewed plan allows, and what counts as reviewed without one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reconciler.adapters.writer import PortalWriter
from reconciler.cli.exit_codes import of_outcome
from reconciler.model.desired import DesiredContact, DesiredService, DesiredState, Leaving, Place, Policy
from reconciler.model.errors import BatchRefused
from reconciler.model.outcome import GroupStatus, Outcome
from reconciler.model.plan import Permissions, review_of
from reconciler.model.portal import RunMark
from reconciler.model.values import Fields
from reconciler.portal.actions import contacts
from reconciler.portal.rules.audit import AuditAction
from reconciler.portal.store import tables as t
from reconciler.reports.capabilities import capability_lines
from tests.builders import OWNER, contact, customer, desired, farewell, policy_fields
from tests.runs.world import World, contact_row

HOLD = Policy(unreviewed="hold")
SERVICE: Fields = {"name": "Certified", "workflows": ("pm_quote_manual",)}


def held(*folders: object, policy: Policy = HOLD) -> DesiredState:
    """A tree whose changes need a review."""
    return desired(*folders, policy=policy, settings=policy_fields(policy))  # type: ignore[arg-type]


def people(*names: str, home: str = "acme") -> list[DesiredContact]:
    boss = contact("mara-meyer", home, "manager", email=f"mara@{home}.example")
    return [boss, *(contact(name, home) for name in names)]


def first_run(world: World, tree: DesiredState) -> None:
    """Apply as a person does who reviewed the plan."""
    assert of_outcome(world.run(tree, reviewed=(review_of(world.plan(tree)),))) == 0
    with world.as_admin() as work:
        for row in work.where("contact", t.contacts.c.status == "invited"):
            row["status"] = "active"


def fates(outcome: Outcome) -> dict[str, GroupStatus]:
    return {group.group.name: group.status for group in outcome.groups}


def test_a_departure_that_was_applied_is_carried_out_when_it_is_due_without_another_review(world: World) -> None:
    leaver = contact("jane-doe", leaves=Leaving("2026-12-01", "left"), **{"leaves.on": "2026-12-01"})
    tree = held(customer("acme", [*people("tom-lang"), leaver]))
    first_run(world, tree)
    world.clock.now = "2026-12-02T08:00:00Z"
    outcome = world.run(tree)
    assert (fates(outcome), of_outcome(outcome)) == ({"customers:acme": GroupStatus.APPLIED}, 0)
    (row,) = world.rows(t.contacts, t.contacts.c.external_key == "jane-doe")
    assert row["status"] == "removed"


def test_a_date_that_is_moved_forward_is_no_departure_that_was_announced(world: World) -> None:
    leaver = contact("jane-doe", leaves=Leaving("2027-12-01", "left"), **{"leaves.on": "2027-12-01"})
    first_run(world, held(customer("acme", [*people("tom-lang"), leaver])))
    sooner = contact("jane-doe", leaves=Leaving("2026-11-01", "left"), **{"leaves.on": "2026-11-01"})
    outcome = world.run(held(customer("acme", [*people("tom-lang"), sooner])))
    assert (fates(outcome), of_outcome(outcome)) == ({"customers:acme": GroupStatus.STALE}, 5)


def test_a_reviewed_plan_allows_the_departures_that_it_announces(world: World) -> None:
    leaver = contact("jane-doe", leaves=Leaving("2026-12-01", "left"), **{"leaves.on": "2026-12-01"})
    tree = held(customer("acme", [*people("tom-lang"), leaver]))
    first_run(world, tree)
    announced = world.plan(tree)
    assert [each.contact for each in announced.upcoming_departures] == ["jane-doe"]
    world.clock.now = "2026-12-02T08:00:00Z"
    assert of_outcome(world.run(tree, reviewed=(review_of(announced),))) == 0


def test_a_portal_edit_is_undone_without_a_review_where_the_applied_files_say_revert(world: World) -> None:
    policy = replace(HOLD, portal_edits="revert")
    tree = held(customer("acme", people("jane-doe")), policy=policy)
    first_run(world, tree)
    with world.as_admin() as work:
        row = contact_row(work, "jane-doe@acme.example")
        work.audit(AuditAction.PATCH_CONTACTS, row, *contacts.edit(work, row, {"role": "manager"}))
    outcome = world.run(tree)
    assert fates(outcome) == {"customers:acme": GroupStatus.APPLIED}
    (after,) = world.rows(t.contacts, t.contacts.c.external_key == "jane-doe")
    assert after["role"] == "requester"


def with_service(*, open_to_all: bool, lists: tuple[str, ...]) -> DesiredState:
    """Two customers and a service that is open to all, or in their lists."""
    fields = {**SERVICE, "available_to_all": open_to_all}
    folders = [
        customer(key, people("jane-doe", home=key), services=lists, project_managers=("lee@provider.example",))
        for key in ("acme", "beta")
    ]
    return desired(
        *folders,
        services={"certified": DesiredService("certified", fields, Place("portal.yaml", 9))},
    )


def test_a_reviewed_plan_of_one_customer_does_not_close_what_the_others_still_need(world: World) -> None:
    first_run(world, with_service(open_to_all=True, lists=()))
    narrow_plan = with_service(open_to_all=False, lists=("certified",))
    whole = world.plan(narrow_plan)
    of_acme = {change.id for change in whole.changes if change.customer in {None, "acme"}}
    review = replace(review_of(whole), ids=frozenset(of_acme))
    outcome = world.run(narrow_plan, reviewed=(review,))
    assert fates(outcome) == {
        "customers:acme": GroupStatus.APPLIED, "customers:beta": GroupStatus.STALE, "closing:certified": GroupStatus.HELD_BACK,
    }  # fmt: skip
    (row,) = world.rows(t.services)
    assert row["available_to_all"]


def test_a_loss_that_the_reviewed_plan_did_not_show_holds_its_group_back(world: World) -> None:
    first_run(world, with_service(open_to_all=True, lists=()))
    closed = with_service(open_to_all=False, lists=())
    seen = world.plan(closed)
    assert len(seen.affected_people) == 4
    with world.as_admin() as work:
        home = work.where("customer", t.customers.c.external_key == "acme")[0]
        fields = {"name": "Nora Nagy", "email": "nora@acme.example", "role": "requester"}
        row = contacts.add(work, home, fields)
        row["status"] = "active"
        work.audit(AuditAction.POST_CONTACTS, row, None, fields)
    review = replace(review_of(seen), permissions=Permissions(allow_removals=10))
    outcome = world.run(closed, reviewed=(review,))
    assert (fates(outcome), of_outcome(outcome)) == ({"closing:certified": GroupStatus.STALE}, 5)


def test_somebody_who_comes_between_plan_and_batch_is_not_counted_out_in_silence(world: World) -> None:
    first_run(world, with_service(open_to_all=True, lists=()))
    closed = with_service(open_to_all=False, lists=())
    plan = world.plan(closed, allow_removals=4)
    (group,) = plan.ready
    with world.as_admin() as work:
        home = work.where("customer", t.customers.c.external_key == "beta")[0]
        fields = {"name": "Nora Nagy", "email": "nora@beta.example", "role": "requester"}
        row = contacts.add(work, home, fields)
        row["status"] = "active"
        work.audit(AuditAction.POST_CONTACTS, row, None, fields)
    assert group.expects.people_at is None
    writer = PortalWriter(world.address)
    lease = writer.take_lease(["settings"], 60, "tests", "run_late")
    with pytest.raises(BatchRefused) as refused:
        writer.write_batch(group.changes, lease, RunMark(OWNER, "run_late", None), group.expects)
    assert (refused.value.problem, refused.value.status) == ("stale", 412)
    writer.close()


@pytest.mark.parametrize(("number", "code"), [(4, 0), (9, 0), (3, 4)])
def test_a_number_in_a_reviewed_plan_is_an_upper_bound_for_that_plan(world: World, number: int, code: int) -> None:
    first_run(world, with_service(open_to_all=True, lists=()))
    closed = with_service(open_to_all=False, lists=())
    review = replace(review_of(world.plan(closed)), permissions=Permissions(allow_removals=number))
    assert of_outcome(world.run(closed, reviewed=(review,))) == code


def test_people_of_a_plan_without_a_number_are_measured_against_the_limits(world: World) -> None:
    first_run(world, with_service(open_to_all=True, lists=()))
    closed = with_service(open_to_all=False, lists=())
    assert of_outcome(world.run(closed, reviewed=(review_of(world.plan(closed)),))) == 4


def test_a_run_of_one_customer_waits_for_the_service_that_its_people_would_lose(world: World) -> None:
    first_run(world, with_service(open_to_all=False, lists=("certified",)))
    opened = with_service(open_to_all=True, lists=())
    outcome = world.run(opened, customers=frozenset({"acme"}))
    assert (fates(outcome), of_outcome(outcome)) == ({"customers:acme": GroupStatus.HELD_BACK}, 5)
    (row,) = world.rows(t.customers, t.customers.c.external_key == "acme")
    assert row["services"] == ["certified"]


def test_a_service_that_is_renamed_takes_nothing_from_anybody(world: World) -> None:
    first_run(world, with_service(open_to_all=False, lists=("certified",)))
    tree = with_service(open_to_all=False, lists=("sworn",))
    sworn = DesiredService("sworn", {**SERVICE, "available_to_all": False}, Place("portal.yaml", 9))
    renamed = replace(tree, services={"sworn": replace(sworn, previously=("certified",))})
    plan = world.plan(renamed)
    assert [change.kind for change in plan.changes] == ["rename_service"]
    assert (plan.affected_people, plan.losses) == (frozenset(), frozenset())
    assert of_outcome(world.apply(renamed)) == 0
    assert [row["services"] for row in world.rows(t.customers)] == [["sworn"], ["sworn"]]


def test_a_first_policy_does_not_free_its_own_commit(world: World) -> None:
    crowd = [contact(f"c-{number}") for number in range(9)]
    first_run(world, desired(customer("acme", [*people(), *crowd])))
    lax = Policy(removals_small_customer=9, removals_per_customer_percent=100, removals_percent=100)
    few = desired(customer("acme", [*people(), *crowd[4:]]), policy=lax, settings=policy_fields(lax))
    plan = world.plan(few)
    assert {refusal.rule for refusal in plan.refusals} == {"too-many-removals"}
    assert any("merge and apply the policy first" in str(refusal.hint) for refusal in plan.refusals)


def test_a_looser_limit_refuses_its_own_commit_and_lets_the_next_run_pass(world: World) -> None:
    first_run(world, desired(customer("acme", people("jane-doe", "tom-lang", "uma-ulm", "vera-vogt"))))
    lax = replace(Policy(), removals_small_customer=3)
    few = desired(customer("acme", people("jane-doe")), policy=lax, settings=policy_fields(lax))
    (refusal,) = world.plan(few).refusals
    assert refusal.rule == "too-many-removals"
    assert "merge and apply the policy first" in str(refusal.hint)
    outcome = world.run(few)
    assert fates(outcome) == {"settings:": GroupStatus.APPLIED, "customers:acme": GroupStatus.HELD_BACK}
    assert outcome.final_plan is not None
    assert (outcome.final_plan.refusals, len(outcome.final_plan.ready)) == ((), 1)
    assert of_outcome(outcome) == 4
    assert of_outcome(world.run(few)) == 0


def test_a_farewell_of_an_invited_person_counts_and_a_corrected_address_does_not(world: World) -> None:
    world.apply(desired(customer("acme", people("jane-doe", "tom-lang"))))
    corrected = contact("jane-doe", email="jane@acme.example")
    tree = desired(customer("acme", [*people(), corrected], [farewell("tom-lang", heir="mara-meyer")]))
    plan = world.plan(tree)
    assert plan.affected_people == {"acme/tom-lang"}
    assert "acme/tom-lang loses the invitation" in [str(line.sentence) for line in capability_lines(plan)]


def test_the_only_contact_can_be_corrected_and_succeeded_but_not_taken_away(world: World) -> None:
    first_run(world, desired(customer("acme", [contact("jane-doe", role="manager")])))
    corrected = desired(customer("acme", [contact("jane-doe", role="manager", email="j@acme.example")]))
    assert world.plan(corrected).refusals == ()
    successor = contact("tom-lang", role="manager")
    succeeded = desired(customer("acme", [successor], [farewell("jane-doe", heir="tom-lang")]))
    assert world.plan(succeeded).refusals == ()
    alone = desired(customer("acme", manager_optional=True))
    rules = {refusal.rule for refusal in world.plan(alone).refusals}
    assert "nobody-left" in rules
