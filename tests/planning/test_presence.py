"""Presence is a field like any other: the contract's table, cell by cell, for contacts and customers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from reconciler.model.changes import Kind, MailKind
from reconciler.model.desired import DesiredContact, DesiredCustomer, Farewell, Leaving
from reconciler.model.live import Actor, LiveContact, LiveCustomer, Removal, Status, Touch
from reconciler.model.plan import Facts, Plan, Scope
from reconciler.planning import make_plan
from tests.builders import (
    RECENTLY,
    applied,
    contact,
    customer,
    customer_in_portal,
    desired,
    farewell,
    gains,
    in_portal,
    live,
    portal_of,
    removed,
    request,
)

MARA = contact("mara-meyer", role="manager")
JANE = contact("jane-doe")
ADMIN = Touch("Ada Admin", Actor.ADMINISTRATOR, RECENTLY)
BOTH_POLICIES = pytest.mark.parametrize("policy", ["propose", "revert"])
WITH_FILE = [MARA, JANE]


def gone(*, by_us: bool, **more: object) -> LiveContact:
    return in_portal(
        JANE, status=Status.REMOVED, removal=removed(), applied=applied(JANE.fields, present=not by_us), **more
    )


def plan(
    people: Sequence[DesiredContact], *rows: object, policy: str = "propose", farewells: Sequence[Farewell] = ()
) -> Plan:
    acme = customer(contacts=people, farewells=farewells, portal_edits=policy)
    return make_plan(desired(acme), live(customer_in_portal(acme), in_portal(MARA), *rows), Facts())


def told(found: Plan) -> list[tuple[str, object]]:
    return [(edit.field, edit.live) for edit in found.portal_edits]


@BOTH_POLICIES
def test_file_present_and_removed_by_somebody_else_is_a_portal_edit(policy: str) -> None:
    found = plan(WITH_FILE, gone(by_us=False), policy=policy)
    assert (found.changes, told(found), found.refusals) == ((), [("presence", "removed")], ())
    assert (found.portal_edits[0].by, found.portal_edits[0].at) == ("Ada Admin", RECENTLY)


@BOTH_POLICIES
def test_an_edit_before_the_removal_does_not_make_it_a_conflict(policy: str) -> None:
    found = plan(WITH_FILE, gone(by_us=False, language="fr", name="Jane Deer"), policy=policy)
    assert (found.changes, told(found), found.refusals) == ((), [("presence", "removed")], ())


@BOTH_POLICIES
def test_field_changed_and_removed_by_somebody_else_is_a_conflict(policy: str) -> None:
    found = plan([MARA, contact("jane-doe", role="manager")], gone(by_us=False), policy=policy)
    assert found.changes == ()
    assert [(r.rule, r.scope, r.contact) for r in found.refusals] == [("conflict", Scope.CONTACT, "jane-doe")]
    assert "Ada Admin on 2026-11-20" in str(found.refusals[0].message)


def test_present_again_and_removed_by_us_is_restored_with_a_new_activation() -> None:
    found = plan(WITH_FILE, gone(by_us=True))
    (change,) = found.changes
    assert (change.kind, change.target.id) == (Kind.RESTORE_CONTACT, "con_acme_jane-doe")
    assert [(m.kind, m.to) for m in change.effects.mails] == [(MailKind.ACTIVATION_AGAIN, "jane-doe@acme.example")]
    assert "access" in gains(found)["acme/jane-doe"]


def test_restoring_writes_what_the_file_says_now() -> None:
    (change,) = plan([MARA, contact("jane-doe", role="manager", language="de")], gone(by_us=True)).changes
    assert {f.name: (f.before, f.after) for f in change.fields} == {
        "role": ("requester", "manager"), "language": (None, "de"),
    }  # fmt: skip


def test_present_again_after_thirty_days_starts_a_new_life() -> None:
    late = replace(gone(by_us=True), removal=replace(removed(), restorable_until="2026-11-23T12:00:00Z"))
    (change,) = plan(WITH_FILE, late).changes
    assert (change.kind, change.target.life) == (Kind.CREATE_CONTACT, 2)


def test_present_again_with_another_address_starts_a_new_life() -> None:
    moved = contact("jane-doe", email="jane.doe@acme.example")
    (change,) = plan([MARA, moved], gone(by_us=True)).changes
    assert (change.kind, change.target.life) == (Kind.CREATE_CONTACT, 2)


def test_present_again_while_somebody_else_has_the_address_is_refused() -> None:
    holder = in_portal(contact("office", email=JANE.email), owner=None, external_key=None, applied=None)
    found = plan(
        WITH_FILE,
        gone(by_us=True),
        replace(holder, customer_id="cus_other"),
        customer_in_portal(customer("other"), owner=None, external_key=None),
    )
    assert [(r.rule, r.contact) for r in found.refusals] == [("address-taken", "jane-doe")]


def test_the_last_life_of_a_key_decides_even_when_lives_are_equal() -> None:
    first = replace(gone(by_us=True), id="con_a")
    touch = Touch("Ada Admin", Actor.ADMINISTRATOR, "2026-11-21T12:00:00Z")
    second = replace(gone(by_us=False), id="con_b", removal=Removal(touch, "2026-12-21T12:00:00Z"))
    for ids in (("con_a", "con_b"), ("con_z", "con_b"), ("con_b", "con_a")):
        found = plan(WITH_FILE, replace(first, id=ids[0]), replace(second, id=ids[1]))
        assert (found.changes, told(found)) == ((), [("presence", "removed")])


def test_a_new_life_is_counted_from_all_that_ever_had_the_key() -> None:
    other = replace(gone(by_us=True), owner="somebody-else", life=4, id="con_old")
    (change,) = plan(WITH_FILE, other).changes
    assert (change.kind, change.target.life) == (Kind.CREATE_CONTACT, 5)


def test_file_gone_and_edited_meanwhile_is_a_removal_that_names_the_edit() -> None:
    edited = in_portal(JANE, role="manager", touched={"role": ADMIN})
    (change,) = plan([MARA], edited).changes
    assert change.kind is Kind.REMOVE_CONTACT
    assert "role was set by Ada Admin on 2026-11-20" in str(change.message)


def test_file_gone_and_gone_is_nothing() -> None:
    found = plan([MARA], gone(by_us=True))
    assert (found.changes, found.portal_edits, found.refusals) == ((), (), ())


def test_file_gone_after_somebody_else_removed_her_is_only_remembered() -> None:
    (change,) = plan([MARA], gone(by_us=False)).changes
    assert (change.kind, change.present, change.base, change.effects.mails) == (Kind.RECORD, False, JANE.fields, ())


def test_removed_and_created_anew_by_another_is_an_edit_resolved_as_adoption() -> None:
    new = in_portal(JANE, id="con_new", owner=None, external_key=None, applied=None, role="observer")
    found = plan(WITH_FILE, gone(by_us=False), new)
    (change,) = found.changes
    assert (change.kind, change.target.id, change.fields, change.effects.mails) == (
        Kind.ADOPT_CONTACT,
        "con_new",
        (),
        (),
    )
    assert sorted(told(found), key=str) == [("presence", "recreated"), ("role", "observer")]


def test_removed_by_us_and_created_anew_by_another_is_a_plain_adoption() -> None:
    new = in_portal(JANE, id="con_new", owner=None, external_key=None, applied=None)
    found = plan(WITH_FILE, gone(by_us=True), new)
    assert ([(c.kind, c.target.id) for c in found.changes], told(found)) == ([(Kind.ADOPT_CONTACT, "con_new")], [])


def test_removed_by_us_and_brought_back_by_another_is_an_edit_to_propose() -> None:
    back = in_portal(JANE, applied=applied(JANE.fields, present=False), touched={"presence": ADMIN})
    for farewells in ((), (farewell("jane-doe"),)):
        found = plan([MARA], back, farewells=farewells)
        assert (found.changes, told(found)) == ((), [("presence", "restored")])
        assert (found.portal_edits[0].applied, found.portal_edits[0].by) == ("absent", "Ada Admin")


def test_under_revert_whoever_was_brought_back_by_another_goes_again() -> None:
    back = in_portal(JANE, applied=applied(JANE.fields, present=False), touched={"presence": ADMIN})
    found = plan([MARA], back, policy="revert")
    assert ([c.kind for c in found.changes], told(found)) == ([Kind.REMOVE_CONTACT], [])


def test_whoever_was_brought_back_and_stays_can_receive_work() -> None:
    back = in_portal(JANE, applied=applied(JANE.fields, present=False), touched={"presence": ADMIN})
    tom = in_portal(contact("tom-lang"))
    bye = farewell("tom-lang", heir="jane-doe")
    found = plan([MARA], back, tom, request(tom), farewells=(bye,))
    assert [(c.contact, str(c.effects.work_to)) for c in found.changes] == [("tom-lang", "acme/jane-doe")]


def test_a_file_for_somebody_brought_back_is_only_remembered() -> None:
    back = in_portal(JANE, applied=applied(JANE.fields, present=False), touched={"presence": ADMIN})
    assert [c.kind for c in plan(WITH_FILE, back).changes] == [Kind.RECORD]


def archived(*, by_us: bool, at: str = RECENTLY, **more: object) -> LiveCustomer:
    touch = Touch("Ada Admin", Actor.ADMINISTRATOR, at)
    base = applied(customer().fields, present=not by_us)
    return customer_in_portal(customer(), removal=Removal(touch, "2026-12-20T12:00:00Z"), applied=base, **more)


ARCHIVED = live(archived(by_us=False), *(in_portal(one, status=Status.REMOVED, removal=removed()) for one in WITH_FILE))
"""Somebody else archived the customer, and with it its people."""


@BOTH_POLICIES
def test_a_customer_archived_by_somebody_else_stays_archived(policy: str) -> None:
    tree = desired(customer(contacts=WITH_FILE))
    found = make_plan(replace(tree, policy=replace(tree.policy, portal_edits=policy)), ARCHIVED, Facts())
    assert (found.changes, told(found)) == ((), [("presence", "archived")])


def test_a_folder_changed_and_archived_by_somebody_else_is_a_conflict() -> None:
    for changed in (customer(description="Pumps"), customer(name="Acme International")):
        row = replace(archived(by_us=False), applied=applied({"name": "Acme", "description": "Toys"}))
        row = replace(row, fields={"name": "Acme", "description": "Devices"})
        found = make_plan(desired(changed), live(row), Facts())
        assert ([r.rule for r in found.refusals], found.changes) == (["conflict"], ())


def in_folder(key: str, *people: DesiredContact, **more: Any) -> DesiredCustomer:
    """The customer's folder under another name, with the addresses that the people had."""
    return customer(key, [replace(one, customer=key) for one in people], name="Acme", **more)


NEXT_YEAR = contact("jane-doe", leaves=Leaving("2027-01-01", "left"), **{"leaves.on": "2027-01-01"})


@pytest.mark.parametrize(
    "folder",
    [
        customer(contacts=WITH_FILE, portal_edits="revert"),
        customer(contacts=WITH_FILE, heir="mara-meyer"),
        customer(contacts=WITH_FILE, release=True),
        customer(contacts=[MARA, contact("jane-doe", role="observer")]),
        customer(contacts=[MARA, contact("jane-doe", heir="mara-meyer")]),
        customer(contacts=[MARA, NEXT_YEAR]),
        customer(contacts=[*WITH_FILE, contact("tom-lang")]),
        customer(contacts=[MARA]),
        customer(contacts=[MARA], farewells=[farewell("jane-doe")]),
        customer(contacts=[MARA, contact("jane-roe", previously=("jane-doe",))]),
        in_folder("beta", *WITH_FILE, previously=("acme",)),
    ],
    ids=[
        "policy", "heir of all", "release", "role", "heir", "date", "person added", "person gone", "farewell",
        "person renamed", "folder renamed",
    ],
)  # fmt: skip
def test_anything_changed_under_a_folder_archived_by_somebody_else_is_a_conflict(folder: DesiredCustomer) -> None:
    found = make_plan(desired(folder), ARCHIVED, Facts())
    assert ([(r.rule, r.customer) for r in found.refusals], found.changes) == ([("conflict", folder.key)], ())
    assert "Ada Admin archived this customer on 2026-11-20" in str(found.refusals[0].message)


def test_the_day_of_a_departure_changes_no_folder_that_somebody_else_archived() -> None:
    yesterday: dict[str, Any] = {"leaves": Leaving("2026-11-22", "left"), "leaves.on": "2026-11-22"}
    leaver = contact("jane-doe", previously=("jane-roe",), **yesterday)
    rows = [in_portal(one, status=Status.REMOVED, removal=removed()) for one in (MARA, leaver)]
    found = make_plan(desired(customer(contacts=[MARA, leaver])), live(archived(by_us=False), *rows), Facts())
    assert (found.changes, found.refusals, told(found)) == ((), (), [("presence", "archived")])


def test_a_past_day_of_departure_written_after_the_archive_is_a_conflict() -> None:
    leaver = contact("jane-doe", leaves=Leaving("2026-11-22", "left"), **{"leaves.on": "2026-11-22"})
    found = make_plan(desired(customer(contacts=[MARA, leaver])), ARCHIVED, Facts())
    assert ([(r.rule, r.customer) for r in found.refusals], found.changes) == ([("conflict", "acme")], ())


def test_a_folder_of_an_earlier_life_gives_nothing_back_that_the_portal_took() -> None:
    """The folder was archived as acme, came back as beta, and an administrator archived that."""
    earlier = replace(archived(by_us=True), id="cus_earlier")
    beta = replace(archived(by_us=False), id="cus_beta", external_key="beta")
    rows = [
        replace(in_portal(one, status=Status.REMOVED, removal=removed()), customer_id="cus_beta") for one in WITH_FILE
    ]
    found = make_plan(desired(customer(contacts=WITH_FILE)), live(earlier, beta, *rows), Facts())
    assert ([r.rule for r in found.refusals], found.ready) == (["same-customer"], ())


def test_a_new_folder_like_one_that_somebody_else_archived_is_asked_about_and_not_created() -> None:
    found = make_plan(desired(in_folder("beta", *WITH_FILE)), ARCHIVED, Facts())
    assert ([r.rule for r in found.refusals], found.ready) == (["same-customer"], ())


@pytest.mark.parametrize(
    "file",
    [
        contact("jane-doe", heir="mara-meyer"),
        contact("jane-doe", protect=True),
        NEXT_YEAR,
        contact("jane-roe", previously=("jane-doe",)),
        contact("jane-roe", name=JANE.name, email=JANE.email),
    ],
    ids=["heir", "protection", "date", "renamed", "renamed without a word"],
)
def test_anything_changed_in_the_file_of_somebody_removed_in_the_portal_is_a_conflict(file: DesiredContact) -> None:
    found = plan([MARA, file], gone(by_us=False))
    assert ([(r.rule, r.contact) for r in found.refusals], found.changes) == ([("conflict", file.key)], ())


@pytest.mark.parametrize("previously", [("jane-roe",), ()], ids=["renamed", "renamed without a word"])
def test_a_key_of_an_earlier_life_gives_nothing_back_that_the_portal_took(previously: tuple[str, ...]) -> None:
    """Jane left as jane-doe, came back as jane-roe, and an administrator removed her."""
    roe = in_portal(contact("jane-roe", name=JANE.name, email=JANE.email), status=Status.REMOVED, removal=removed())
    earlier = replace(gone(by_us=True), id="con_earlier")
    found = plan([MARA, replace(JANE, previously=previously)], earlier, roe)
    assert ([(r.rule, r.contact) for r in found.refusals], found.changes) == ([("conflict", "jane-doe")], ())


def test_a_farewell_and_a_new_file_are_a_new_person_after_a_removal_in_the_portal() -> None:
    successor = contact("jane-roe", name=JANE.name, email=JANE.email)
    found = plan([MARA, successor], gone(by_us=False), farewells=(farewell("jane-doe"),))
    assert [(c.kind, c.contact) for c in found.changes] == [
        (Kind.CREATE_CONTACT, "jane-roe"), (Kind.RECORD, "jane-doe"),
    ]  # fmt: skip


def test_a_folder_gone_after_somebody_else_archived_it_is_only_remembered() -> None:
    beta = customer("beta", [contact("bea", "beta", role="manager")])
    state = portal_of(beta)
    state = replace(state, customers={**state.customers, "cus_acme": archived(by_us=False)})
    found = make_plan(desired(beta), state, Facts())
    assert [(c.kind, c.customer, c.present) for c in found.changes] == [(Kind.RECORD, "acme", False)]


def test_a_customer_archived_by_us_and_brought_back_by_another_is_an_edit_to_propose() -> None:
    beta = customer("beta", [contact("bea", "beta", role="manager")])
    back = customer_in_portal(customer(), applied=applied(customer().fields, present=False))
    state = portal_of(beta)
    state = replace(state, customers={**state.customers, "cus_acme": back})
    found = make_plan(desired(beta), state, Facts())
    assert (found.changes, told(found)) == ((), [("presence", "restored")])


def test_of_two_archives_of_one_key_the_last_one_comes_back() -> None:
    old = replace(archived(by_us=True, at="2026-11-01T12:00:00Z"), id="cus_old")
    new = replace(archived(by_us=True), id="cus_new")
    found = make_plan(desired(customer()), live(old, new), Facts())
    assert [(c.kind, c.target.id) for c in found.changes] == [(Kind.RESTORE_CUSTOMER, "cus_new")]
