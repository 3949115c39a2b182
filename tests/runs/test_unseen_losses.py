"""Ways in which a run could take something that nobody reviewed, each as it was once tried."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from reconciler.adapters.writer import PortalWriter
from reconciler.cli.exit_codes import of_outcome
from reconciler.model.desired import DesiredService, Leaving, Place, Policy
from reconciler.model.errors import BatchRefused
from reconciler.model.outcome import GroupStatus
from reconciler.model.plan import Permissions, review_of
from reconciler.model.portal import RunMark
from reconciler.portal.actions import contacts, customers
from reconciler.portal.rules.audit import AuditAction
from reconciler.portal.store import tables as t
from tests.builders import OWNER, contact, customer, desired, policy_fields
from tests.runs.test_reviews import HOLD, SERVICE, fates, first_run, held, people, with_service
from tests.runs.world import World, contact_row

JANE = "jane-doe@acme.example"
REVERT = replace(HOLD, portal_edits="revert")


def activate(world: World, email: str) -> None:
    with world.as_admin() as work:
        row = contact_row(work, email)
        row["status"] = "active"
        work.audit(AuditAction.ACTIVATE, row, {"status": "invited"}, {"status": "active"})


@pytest.mark.parametrize(
    "after",
    [{"email": "j@acme.example"}, {"role": "observer"}, {"services": ("certified",)}],
    ids=["address", "role", "services"],
)
def test_an_activation_between_plan_and_batch_is_seen(world: World, after: dict[str, Any]) -> None:
    services = {key: DesiredService(key, SERVICE, Place("portal.yaml", 9)) for key in ("certified", "express")}
    lists: dict[str, Any] = {"services": ("certified", "express"), "project_managers": ("lee@provider.example",)}
    book = desired(customer("acme", people("jane-doe"), **lists), services=services)
    world.apply(book)
    jane = contact("jane-doe", **{"email": JANE, "role": "requester", **after})
    tree = desired(customer("acme", [*people(), jane], **lists), services=services)
    (group,) = world.plan(tree, allow_removals=0).ready
    activate(world, JANE)
    writer = PortalWriter(world.address)
    lease = writer.take_lease(["customer:acme"], 60, "tests", "run_late")
    with pytest.raises(BatchRefused) as refused:
        writer.write_batch(group.changes, lease, RunMark(OWNER, "run_late", None), group.expects)
    assert refused.value.status == 412
    writer.close()


def leaver(heir: str) -> Any:
    days = {"leaves.on": "2026-12-01", "leaves.reason": "left"}
    return contact("jane-doe", heir=heir, leaves=Leaving("2026-12-01", "left"), **days)


def test_a_due_departure_does_not_bring_an_heir_whom_nobody_reviewed(world: World) -> None:
    first_run(world, held(customer("acme", [*people("tom-lang", "mal-lory"), leaver("tom-lang")])))
    world.clock.now = "2026-12-02T08:00:00Z"
    other = held(customer("acme", [*people("tom-lang", "mal-lory"), leaver("mal-lory")]))
    assert of_outcome(world.run(other)) == 5
    (row,) = world.rows(t.contacts, t.contacts.c.external_key == "jane-doe")
    assert row["status"] == "active"


def test_a_rename_on_the_last_day_keeps_the_heir(world: World) -> None:
    first_run(world, held(customer("acme", [*people("tom-lang", "uma-ulm"), leaver("tom-lang")])))
    world.clock.now = "2026-12-02T08:00:00Z"
    renamed = replace(leaver("tom-lang"), key="jane-roe", previously=("jane-doe",))
    plan = world.plan(held(customer("acme", [*people("tom-lang", "uma-ulm"), renamed])))
    (removal,) = [change for change in plan.changes if change.kind == "remove_contact"]
    assert str(removal.effects.work_to) == "acme/tom-lang"


def test_an_undone_edit_excuses_no_other_loss_of_the_same_person(world: World) -> None:
    before = with_service(open_to_all=False, lists=("certified",))
    before = replace(before, policy=REVERT, settings=replace(before.settings, fields=policy_fields(REVERT)))
    first_run(world, before)
    with world.as_admin() as work:
        row = contact_row(work, JANE)
        row["status"] = "invited"
    acme = replace(before.customers["acme"], fields={**before.customers["acme"].fields, "services": ()})
    narrow_plan = replace(before, customers={**before.customers, "acme": acme})
    seen = world.plan(narrow_plan)
    with world.as_admin() as work:
        row = contact_row(work, JANE)
        row["status"] = "active"
        work.audit(AuditAction.PATCH_CONTACTS, row, *contacts.edit(work, row, {"name": "Jane Edited"}))
    outcome = world.run(narrow_plan, reviewed=(replace(review_of(seen), permissions=Permissions(9, 9)),))
    assert (fates(outcome), of_outcome(outcome)) == ({"customers:acme": GroupStatus.STALE}, 5)


def test_an_edit_of_a_customer_is_undone_without_a_review(world: World) -> None:
    before = with_service(open_to_all=False, lists=())
    before = replace(before, policy=REVERT, settings=replace(before.settings, fields=policy_fields(REVERT)))
    first_run(world, before)
    with world.as_admin() as work:
        row = work.where("customer", t.customers.c.external_key == "acme")[0]
        work.audit(AuditAction.PATCH_CUSTOMERS, row, *customers.edit(work, row, {"services": ["certified"]}))
    assert of_outcome(world.run(before)) == 0
    (after,) = world.rows(t.customers, t.customers.c.external_key == "acme")
    assert after["services"] == []


def test_a_number_that_did_not_fit_allows_nothing(world: World) -> None:
    first_run(world, with_service(open_to_all=True, lists=()))
    closed = with_service(open_to_all=False, lists=())
    refused = world.plan(closed, allow_removals=500)
    assert any("500 is wrong" in str(refusal.message) for refusal in refused.refusals)
    assert of_outcome(world.run(closed, reviewed=(review_of(refused),))) == 4


def test_people_who_come_after_the_review_are_not_archived_with_the_others(world: World) -> None:
    beta = customer("beta", people(home="beta"))
    first_run(world, desired(customer("acme", people("jane-doe")), beta))
    gone = desired(beta)
    review = replace(review_of(world.plan(gone)), permissions=Permissions(9, 9))
    with world.as_admin() as work:
        home = work.where("customer", t.customers.c.external_key == "acme")[0]
        fields = {"name": "Nora Nagy", "email": "nora@acme.example", "role": "requester"}
        work.audit(AuditAction.POST_CONTACTS, contacts.add(work, home, fields), None, fields)
    outcome = world.run(gone, reviewed=(review,))
    assert (fates(outcome), of_outcome(outcome)) == ({"customers:acme": GroupStatus.STALE}, 5)


def test_a_removal_that_was_reviewed_is_not_repeated_after_a_restoration(world: World) -> None:
    whole, few = (desired(customer("acme", people(*names))) for names in (("jane-doe", "tom-lang"), ("tom-lang",)))
    first_run(world, whole)
    review = review_of(world.plan(few))
    assert of_outcome(world.run(few, reviewed=(review,))) == 0
    first_run(world, whole)
    outcome = world.run(few, reviewed=(review,))
    assert (fates(outcome), of_outcome(outcome)) == ({"customers:acme": GroupStatus.STALE}, 5)


def test_a_renamed_service_in_conflict_holds_back_whoever_names_it_anew(world: World) -> None:
    first_run(world, with_service(open_to_all=False, lists=("certified",)))
    with world.as_admin() as work:
        row = work.where("service")[0]
        row["name"] = "Edited"
        work.touch(row, "name")
        work.audit(AuditAction.PATCH_SERVICES, row, {"name": "Certified"}, {"name": "Edited"})
    sworn = DesiredService("sworn", {**SERVICE, "name": "Sworn"}, Place("portal.yaml", 9), previously=("certified",))
    tree = replace(with_service(open_to_all=False, lists=("sworn",)), services={"sworn": sworn})
    jane = contact("nora-nagy", services=("sworn",))
    acme = replace(tree.customers["acme"], contacts={**tree.customers["acme"].contacts, "nora-nagy": jane})
    tree = replace(tree, customers={**tree.customers, "acme": acme})
    outcome = world.run(tree)
    assert fates(outcome) == {"opening:sworn": GroupStatus.HELD_BACK, "customers:acme": GroupStatus.HELD_BACK}
    assert of_outcome(outcome) == 5


def test_a_customer_comes_back_under_another_name_while_its_own_is_taken(world: World) -> None:
    acme, beta = customer("acme", people()), customer("beta", people(home="beta"))
    first_run(world, desired(acme, beta))
    world.apply(desired(acme))
    renamed = replace(acme, fields={**acme.fields, "name": "Beta"})
    back = replace(beta, fields={**beta.fields, "name": "Beta Two"})
    assert of_outcome(world.apply(desired(renamed, back))) == 0
    assert {row["name"] for row in world.rows(t.customers)} == {"Beta", "Beta Two"}


def test_the_next_owner_of_a_shared_mailbox_does_not_get_the_account_of_the_last(world: World) -> None:
    first_run(world, desired(customer("acme", people("jane-doe"))))
    world.apply(desired(customer("acme", people())))
    other = contact("jane-doe", name="Max Other")
    plan = world.plan(desired(customer("acme", [*people(), other])))
    assert [refusal.rule for refusal in plan.refusals] == ["one-person-or-two"]
    assert [change for change in plan.changes if change.contact == "jane-doe"] == []


def test_a_policy_that_was_never_applied_is_the_default(world: World) -> None:
    first_run(world, desired(customer("acme", people("jane-doe"))))
    free = Policy(portal_edits="revert")
    with world.as_admin() as work:
        row = contact_row(work, JANE)
        work.audit(AuditAction.PATCH_CONTACTS, row, *contacts.edit(work, row, {"role": "manager"}))
    tree = desired(customer("acme", people("jane-doe")), policy=free, settings=policy_fields(free))
    plan = world.plan(tree)
    assert [edit.field for edit in plan.portal_edits] == ["role"]
