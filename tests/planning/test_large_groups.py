"""Groups that do not fit one batch: what may be committed before the rest, and what may not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from reconciler.model.changes import Kind
from reconciler.model.desired import DesiredContact
from reconciler.model.live import Registration, Status
from reconciler.model.plan import Facts, Group, Permissions
from reconciler.model.roles import Role
from reconciler.planning import ONE_BATCH, make_plan
from reconciler.usecases.batches import MAX_OPERATIONS, Batch, batches
from tests.builders import (
    applied,
    contact,
    customer,
    customer_in_portal,
    desired,
    farewell,
    in_portal,
    live,
    removed,
)

MARA = contact("mara-meyer", role="manager")
CROWD = [contact(f"c{number:05}") for number in range(ONE_BATCH)]
MANY_MAILS = Facts(permissions=Permissions(allow_mails=2 * ONE_BATCH))


def large_group(*more: DesiredContact, before: tuple[DesiredContact, ...] = (), **wish: object) -> Group:
    """The group of a customer that gets more people than one batch takes."""
    folder = customer(contacts=[MARA, *CROWD, *more], **wish)  # type: ignore[arg-type]
    rows = live(customer_in_portal(customer()), in_portal(MARA), *map(in_portal, before))
    plan = make_plan(desired(folder), rows, Facts(permissions=Permissions(allow_mails=ONE_BATCH + len(more))))
    (group,) = plan.groups
    return group


def kinds_in_rest(group: Group) -> set[tuple[Kind, str | None]]:
    return {(change.kind, change.contact) for change in group.changes[group.independent_count :]}


def test_a_group_that_fits_is_one_transaction_whatever_is_in_it() -> None:
    folder = customer(contacts=[MARA, contact("jane-doe")], farewells=[farewell("tom-lang")])
    rows = live(customer_in_portal(customer()), in_portal(MARA), in_portal(contact("tom-lang")))
    (group,) = make_plan(desired(folder), rows, Facts()).groups
    assert batches(group) == [Batch(group.changes)]
    assert batches(group)[0].halves() == []


def test_additions_are_split_off_and_a_removal_stays_whole() -> None:
    leaver = contact("tom-lang")
    group = large_group(contact("jane-doe"), before=(leaver,), farewells=[farewell("tom-lang")])
    first, second, rest = batches(group)
    assert [len(batch.changes) for batch in (first, second, rest)] == [ONE_BATCH, 1, 1]
    assert [batch.can_be_halved for batch in (first, second, rest)] == [True, True, False]
    assert kinds_in_rest(group) == {(Kind.REMOVE_CONTACT, "tom-lang")}


def test_half_of_a_batch_that_is_too_large_for_a_proxy_can_be_sent() -> None:
    (batch, _) = batches(large_group(contact("jane-doe")))
    halves = batch.halves()
    assert tuple(change for half in halves for change in half.changes) == batch.changes
    assert len(halves) == 2
    assert Batch(batch.changes[:1], can_be_halved=True).halves() == []


@pytest.mark.parametrize(
    "successor",
    [contact("jane-doe", email="tom-lang@acme.example"), contact("jane-doe", email="Tom-Lang@ACME.example")],
    ids=["same address", "another spelling"],
)
def test_who_gets_the_address_of_a_leaver_comes_in_the_same_transaction(successor: DesiredContact) -> None:
    group = large_group(successor, before=(contact("tom-lang"),), farewells=[farewell("tom-lang")])
    assert kinds_in_rest(group) == {(Kind.REMOVE_CONTACT, "tom-lang"), (Kind.CREATE_CONTACT, "jane-doe")}


def test_who_replaces_a_sign_up_comes_in_the_transaction_that_rejects_it() -> None:
    """Otherwise a kill between the two would leave the sign-up pending: no later plan would reject it."""
    jane = contact("jane-doe", refuses_registration=True)
    sign_up = Registration("reg-1", "con_1", 1, "cus_acme", "Jane Doe", jane.email, Role.REQUESTER, None, "sha256:seen")
    folder = customer(contacts=[MARA, *CROWD, jane])
    rows = live(customer_in_portal(customer()), in_portal(MARA), registrations={"reg-1": sign_up})
    (group,) = make_plan(desired(folder), rows, MANY_MAILS).groups
    assert kinds_in_rest(group) == {(Kind.REJECT_REGISTRATION, "jane-doe"), (Kind.CREATE_CONTACT, "jane-doe")}


def test_a_customer_comes_back_in_the_transaction_that_takes_some_of_its_people_out_again() -> None:
    """Otherwise a kill between the two would leave people with an invitation who have no file."""
    tom = contact("tom-lang")
    members: dict[str, Any] = {"status": Status.REMOVED, "removal": replace(removed(), with_customer=True)}
    people = [in_portal(one, applied=applied(one.fields, present=False), **members) for one in (MARA, tom)]
    base = applied(customer().fields, present=False)
    rows = live(customer_in_portal(customer(), removal=removed(), applied=base), *people)
    folder = customer(contacts=[MARA, *CROWD], farewells=[farewell("tom-lang")])
    (group,) = make_plan(desired(folder), rows, MANY_MAILS).groups
    assert {(Kind.RESTORE_CUSTOMER, None), (Kind.REMOVE_CONTACT, "tom-lang")} <= kinds_in_rest(group)


def test_a_rewritten_history_is_continued_before_the_rest() -> None:
    row = customer_in_portal(customer(), last_commit="a" * 40)
    facts = Facts("b" * 40, permissions=replace(MANY_MAILS.permissions, allow_rollback="a" * 40))
    (group,) = make_plan(desired(customer(contacts=[MARA, *CROWD])), live(row, in_portal(MARA)), facts).groups
    assert kinds_in_rest(group) == set()


def test_people_of_a_customer_that_changes_wait_for_the_change() -> None:
    group = large_group(description="Medical devices")
    assert group.independent_count == 0
    assert [len(batch.changes) for batch in batches(group)] == [ONE_BATCH + 1]


def test_a_new_customer_comes_before_its_people() -> None:
    folder = customer(contacts=[MARA, *CROWD])
    plan = make_plan(desired(folder), live(), Facts(permissions=Permissions(allow_mails=ONE_BATCH + 1)))
    (group,) = plan.groups
    first, second = batches(group)
    assert first.changes[0].kind is Kind.CREATE_CUSTOMER
    assert len(first.changes) + len(second.changes) == len(group.changes)
    assert group.independent_count == len(group.changes)


def test_only_what_the_portal_cannot_take_at_once_is_split_beyond_that() -> None:
    changes = large_group(description="Medical devices").changes
    group = Group(("acme",), changes * 5)
    assert [len(batch.changes) for batch in batches(group)] == [MAX_OPERATIONS, len(group.changes) - MAX_OPERATIONS]
