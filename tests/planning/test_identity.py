"""Which file is which contact: the seven passes, and what is refused rather than guessed."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.model.changes import Kind, MailKind
from reconciler.model.live import LiveContact, Status
from reconciler.model.plan import Facts, Plan, Scope
from reconciler.planning import make_plan
from tests.builders import (
    applied,
    contact,
    customer,
    customer_in_portal,
    desired,
    farewell,
    gains,
    in_portal,
    live,
    losses,
    portal_of,
    removed,
    request,
)

MARA = contact("mara-meyer", role="manager")
JANE = contact("jane-doe")
TOM = contact("tom-lang")
FREE: dict[str, Any] = {"owner": None, "external_key": None, "applied": None}
FOREIGN: dict[str, Any] = {"owner": "somebody-else"}


def plan(people: list[Any], *rows: Any, farewells: tuple[Any, ...] = ()) -> Plan:
    acme = customer(contacts=[MARA, *people], farewells=farewells)
    return make_plan(desired(acme), live(customer_in_portal(acme), in_portal(MARA), *rows), Facts())


def kinds(found: Plan) -> list[tuple[Kind, str | None]]:
    return [(change.kind, change.contact) for change in found.changes]


def rules(found: Plan) -> list[tuple[str, Scope, str | None]]:
    return [(refusal.rule, refusal.scope, refusal.contact) for refusal in found.refusals]


def test_the_same_key_is_the_same_person_whatever_else_differs() -> None:
    other = contact("jane-doe", name="Jane Dorn", email="jane.dorn@acme.example")
    assert kinds(plan([other], in_portal(JANE))) == [
        (Kind.UPDATE_CONTACT, "jane-doe"), (Kind.CHANGE_EMAIL, "jane-doe"),
    ]  # fmt: skip


def test_a_former_key_makes_a_rename_that_keeps_the_row() -> None:
    married = contact("jane-miller", name="Jane Miller", previously=("jane-doe",))
    found = plan([married], in_portal(JANE))
    assert [(c.kind, c.target.id, c.previous_key) for c in found.changes] == [
        (Kind.RENAME_CONTACT, "con_acme_jane-doe", "jane-doe"),
        (Kind.UPDATE_CONTACT, "con_acme_jane-doe", None),
        (Kind.CHANGE_EMAIL, "con_acme_jane-doe", None),
    ]


def test_same_address_and_name_under_another_key_is_a_rename_without_a_mail() -> None:
    moved = contact("j-doe", name="jane  DOE", email="Jane-Doe@acme.example")
    found = plan([moved], in_portal(JANE))
    assert found.changes[0].kind is Kind.RENAME_CONTACT
    assert [mail for change in found.changes for mail in change.effects.mails] == []


def test_a_farewell_forbids_to_guess_a_rename() -> None:
    moved = contact("j-doe", name="Jane Doe", email=JANE.email)
    found = plan([moved], in_portal(JANE), farewells=(farewell("jane-doe"),))
    assert kinds(found) == [(Kind.CREATE_CONTACT, "j-doe"), (Kind.REMOVE_CONTACT, "jane-doe")]


def test_a_key_wins_over_a_former_key_and_over_an_address() -> None:
    taker = contact("tom-lang", email=JANE.email, name="Jane Doe", previously=("jane-doe",))
    found = plan([taker], in_portal(TOM), in_portal(JANE), farewells=())
    assert (Kind.REMOVE_CONTACT, "jane-doe") in kinds(found)
    assert {c.target.id for c in found.changes if c.contact == "tom-lang"} == {"con_acme_tom-lang"}


def test_an_adoption_shows_its_field_changes_and_sends_no_mail() -> None:
    found = plan([contact("jane-doe", role="manager")], in_portal(JANE, **FREE))
    (change,) = found.changes
    assert (change.kind, [f.name for f in change.fields], change.effects.mails) == (Kind.ADOPT_CONTACT, ["role"], ())
    assert gains(found) == {"acme/jane-doe": ("manage the team", "see all requests")}


def test_an_adoption_as_observer_hands_over_first() -> None:
    row = in_portal(JANE, **FREE)
    found = plan([contact("jane-doe", role="observer")], row, request(row))
    assert [(c.kind, str(c.effects.work_to)) for c in found.changes] == [
        (Kind.HAND_OVER_WORK, "acme/mara-meyer"), (Kind.ADOPT_CONTACT, "None"),
    ]  # fmt: skip


def test_an_unmanaged_contact_with_the_name_alone_stays_unmanaged() -> None:
    row = in_portal(contact("x", name="Jane Doe", email="jd@acme.example"), **FREE)
    found = plan([JANE], row)
    assert kinds(found) == [(Kind.CREATE_CONTACT, "jane-doe")]
    assert [one.email for one in found.unmanaged] == ["jd@acme.example"]


def test_a_new_file_is_a_new_person_with_one_activation() -> None:
    (change,) = plan([contact("jane-doe", language="de")]).changes
    assert (change.kind, change.target.id, change.target.customer_id) == (Kind.CREATE_CONTACT, None, "cus_acme")
    assert [(m.kind, m.language) for m in change.effects.mails] == [(MailKind.ACTIVATION, "de")]


@pytest.mark.parametrize(
    ("said", "new"),
    [
        ("address", contact("eva-fuchs", email=JANE.email)),
        ("name", contact("j-doe", name="Jane Doe", email="jd@acme.example")),
    ],
)
def test_one_person_or_two_is_asked_with_both_answers(said: str, new: Any) -> None:
    found = plan([new], in_portal(JANE))
    assert ("one-person-or-two", Scope.CUSTOMER, new.key) in rules(found)
    refusal = next(r for r in found.refusals if r.rule == "one-person-or-two")
    assert said in str(refusal.message)
    assert (
        str(refusal.hint)
        == "if it is the same person, write previously: [jane-doe]; if not, write removed/jane-doe.yaml"
    )
    assert found.ready == ()


def test_one_person_or_two_is_asked_of_an_adopted_and_of_a_restored_one_too() -> None:
    named = in_portal(contact("x", name="Jane Doe", email="jd@acme.example"), **FREE)
    adopted = plan([contact("j-doe", name="Jane Doe", email="jd@acme.example")], in_portal(JANE), named)
    assert ("one-person-or-two", Scope.CUSTOMER, "j-doe") in rules(adopted)
    back = contact("j-doe", name="Jane Doe", email="jd@acme.example")
    tombstone = in_portal(back, status=Status.REMOVED, removal=removed(), applied=applied(back.fields, present=False))
    assert ("one-person-or-two", Scope.CUSTOMER, "j-doe") in rules(plan([back], in_portal(JANE), tombstone))


def test_another_name_and_another_address_is_another_person() -> None:
    found = plan([contact("eva-fuchs")], in_portal(JANE))
    assert (kinds(found), found.refusals) == (
        [(Kind.CREATE_CONTACT, "eva-fuchs"), (Kind.REMOVE_CONTACT, "jane-doe")], (),
    )  # fmt: skip


def test_an_address_of_another_customers_contact_is_refused() -> None:
    beta = customer("beta", [contact("bea", "beta", role="manager", email=JANE.email)])
    acme = customer(contacts=[MARA, JANE])
    found = make_plan(desired(acme, beta), portal_of(customer(contacts=[MARA]), beta), Facts())
    assert rules(found) == [("address-taken", Scope.CUSTOMER, "jane-doe")]
    assert "beta/bea" in str(found.refusals[0].message)
    assert [group.held_back for group in found.groups] == [("address-taken",)]


def test_an_address_that_the_holder_gives_up_in_this_plan_is_free() -> None:
    bea = contact("bea", "beta", role="manager", email=JANE.email)
    after, ben = contact("bea", "beta", role="manager", email="bea@beta.example"), contact("ben", "beta")
    found = make_plan(
        desired(customer(contacts=[MARA, JANE]), customer("beta", [after, ben])),
        portal_of(customer(contacts=[MARA]), customer("beta", [bea, ben])), Facts(),
    )  # fmt: skip
    assert found.refusals == ()
    assert [group.customers for group in found.groups] == [("acme", "beta")]


def test_an_address_that_a_conflict_keeps_is_not_free() -> None:
    wanted = contact("tom-lang", email="tom@acme.example")
    row = in_portal(TOM, email=JANE.email, applied=applied({**TOM.fields, "email": "other@acme.example"}))
    found = plan([wanted, JANE], row)
    assert rules(found) == [
        ("address-taken", Scope.CUSTOMER, "jane-doe"), ("conflict", Scope.CONTACT, "tom-lang"),
    ]  # fmt: skip


def test_an_edited_address_does_not_claim_the_old_one_back() -> None:
    readdressed = in_portal(JANE, email="jane@acme.example")
    now_hers = in_portal(contact("office", email=JANE.email), **FREE)
    found = plan([JANE], readdressed, now_hers)
    assert (found.changes, found.refusals) == ((), ())
    assert [(e.contact, e.field, e.live) for e in found.portal_edits] == [("jane-doe", "email", "jane@acme.example")]


@pytest.mark.parametrize(
    "row",
    [in_portal(JANE, **FOREIGN), in_portal(JANE, **FOREIGN, email="x@acme.example"),
     in_portal(contact("x", email=JANE.email), **FOREIGN)],
    ids=["key and address", "key", "address"],
)  # fmt: skip
def test_a_contact_of_another_owner_is_refused_until_it_is_taken_over(row: LiveContact) -> None:
    found = plan([JANE], row)
    assert {rule for rule, _, _ in rules(found)} == {"other-owner"}
    assert str(found.refusals[0].hint) == "keep acme/jane-doe in that owner's files, and remove its file here"
    assert found.ready == ()


def test_a_contact_of_another_owner_that_no_file_names_is_left_alone() -> None:
    found = plan([], in_portal(JANE, **FOREIGN))
    assert (found.changes, found.refusals, found.unmanaged) == ((), (), ())


def test_keep_ends_the_managing_and_leaves_the_access() -> None:
    found = plan([], in_portal(JANE), farewells=(farewell("jane-doe", keep=True),))
    (change,) = found.changes
    assert (change.kind, change.base, change.present, losses(found)) == (Kind.RELEASE_CONTACT, None, False, {})


def test_who_was_released_is_not_adopted_back_while_the_farewell_stands() -> None:
    found = plan([], in_portal(JANE, **FREE), farewells=(farewell("jane-doe", keep=True),))
    assert found.changes == ()


def test_a_farewell_of_somebody_long_gone_is_inert() -> None:
    found = plan([], farewells=(farewell("jane-doe", heir="nobody-any-more"),))
    assert (found.changes, found.refusals) == ((), ())
