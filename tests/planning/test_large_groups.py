"""Groups that do not fit one batch: what may be committed before the rest, and what may not."""

from __future__ import annotations

import pytest

from reconciler.model.changes import Kind
from reconciler.model.desired import DesiredContact
from reconciler.model.plan import Facts, Group, Permissions
from reconciler.planning import ONE_BATCH, make_plan
from reconciler.usecases.batches import MAX_OPERATIONS, Batch, batches
from tests.builders import contact, customer, customer_in_portal, desired, farewell, in_portal, live

MARA = contact("mara-meyer", role="manager")
CROWD = [contact(f"c{number:05}") for number in range(ONE_BATCH)]


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
