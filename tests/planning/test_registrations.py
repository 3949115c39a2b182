"""Sign-ups: approved exactly as reviewed, rejected by a line, never let in by accident."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from reconciler.model.changes import Kind, MailKind
from reconciler.model.desired import RegistrationRef
from reconciler.model.live import LiveState, Registration, Status
from reconciler.model.plan import Facts, Plan, Scope
from reconciler.model.roles import Role
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
    portal_of,
    removed,
    request,
)

MARA = contact("mara-meyer", role="manager")
REF = RegistrationRef("reg-7f3c", "sha256:seen")
JANE = contact("jane-doe", registration=REF)
PENDING = Registration(
    "reg-7f3c", "con_7", 3, "cus_acme", "Jane Doe", "jane-doe@acme.example", Role.MANAGER, "fr", "sha256:seen"
)


def with_pending(state: LiveState, *pending: Registration) -> LiveState:
    return replace(state, registrations={one.id: one for one in pending})


def plan(
    people: list[Any], *pending: Registration, farewells: tuple[Any, ...] = (), rows: tuple[Any, ...] = ()
) -> Plan:
    acme = customer(contacts=[MARA, *people], farewells=farewells)
    state = live(customer_in_portal(acme), in_portal(MARA), *rows)
    return make_plan(desired(acme), with_pending(state, *pending), Facts())


def rules(found: Plan) -> list[tuple[str, Scope, str | None]]:
    return [(refusal.rule, refusal.scope, refusal.contact) for refusal in found.refusals]


def test_a_reviewed_registration_is_approved_with_the_files_role() -> None:
    found = plan([JANE], PENDING)
    (change,) = found.changes
    assert (change.kind, change.registration, change.fingerprint) == (
        Kind.APPROVE_REGISTRATION, "reg-7f3c", "sha256:seen",
    )  # fmt: skip
    assert (change.target.id, change.target.version, change.target.customer_id) == ("con_7", 3, "cus_acme")
    assert ("role", "requester") in [(f.name, f.after) for f in change.fields]
    assert "manage the team" not in gains(found)["acme/jane-doe"]
    assert [(m.kind, m.to, m.language) for m in change.effects.mails] == [
        (MailKind.ACTIVATION, "jane-doe@acme.example", "fr")
    ]


def test_a_registration_that_no_customer_was_assigned_to_is_approved_where_the_file_is() -> None:
    assert [c.kind for c in plan([JANE], replace(PENDING, customer_id=None)).changes] == [Kind.APPROVE_REGISTRATION]


@pytest.mark.parametrize(
    ("pending", "said"),
    [
        ((replace(PENDING, fingerprint="sha256:other"),), "changed after it was reviewed"),
        ((), "no longer exists: it was rejected, withdrawn or already decided"),
        ((replace(PENDING, customer_id="cus_beta"),), "belongs to another customer"),
    ],
    ids=["differs", "gone", "elsewhere"],
)
def test_what_is_not_as_reviewed_holds_that_contact_and_creates_nobody(
    pending: tuple[Registration, ...], said: str
) -> None:
    found = plan([JANE, contact("tom-lang")], *pending)
    assert rules(found) == [("registration-changed", Scope.CONTACT, "jane-doe")]
    assert str(found.refusals[0].message) == f"registration reg-7f3c {said}"
    new_line = 'registration: {id: reg-7f3c, fingerprint: "sha256:other"}'
    assert (new_line in str(found.refusals[0].hint)) is said.startswith("changed")
    assert [(c.kind, c.contact) for group in found.ready for c in group.changes] == [(Kind.CREATE_CONTACT, "tom-lang")]


def test_approved_then_removed_is_never_granted_again_by_the_same_file() -> None:
    tombstone = in_portal(JANE, status=Status.REMOVED, removal=removed(), applied=applied(JANE.fields, present=False))
    found = plan([JANE], rows=(tombstone,))
    assert (found.changes, rules(found)) == ((), [("registration-changed", Scope.CONTACT, "jane-doe")])


def test_removed_by_an_administrator_and_signed_up_again_is_approved_by_a_new_file() -> None:
    tombstone = in_portal(contact("jane-doe"), status=Status.REMOVED, removal=removed())
    assert [c.kind for c in plan([JANE], PENDING, rows=(tombstone,)).changes] == [Kind.APPROVE_REGISTRATION]
    assert [e.live for e in plan([JANE], rows=(tombstone,)).portal_edits] == ["removed"]


@pytest.mark.parametrize("came_before", [False, True])
def test_a_pending_registration_that_the_file_does_not_name_is_refused(came_before: bool) -> None:
    jane = contact("jane-doe")
    tombstone = in_portal(jane, status=Status.REMOVED, removal=removed(), applied=applied(jane.fields, present=False))
    found = plan([jane], PENDING, rows=(tombstone,) if came_before else ())
    assert (found.changes, rules(found)) == ((), [("registration-pending", Scope.CONTACT, "jane-doe")])
    line = 'registration: {id: reg-7f3c, fingerprint: "FINGERPRINT"}'.replace("FINGERPRINT", PENDING.fingerprint)
    assert str(found.refusals[0].hint) == f"read it in the portal, then write {line} or registration: none"


def test_a_pending_registration_at_another_customer_is_not_hers() -> None:
    beta = customer("beta", [contact("bea", "beta", role="manager")])
    acme = customer(contacts=[MARA, contact("jane-doe")])
    state = with_pending(portal_of(customer(contacts=[MARA]), beta), replace(PENDING, customer_id="cus_beta"))
    assert [c.kind for c in make_plan(desired(acme, beta), state, Facts()).changes] == [Kind.CREATE_CONTACT]


def test_none_rejects_every_pending_one_and_creates_the_contact() -> None:
    jane = contact("jane-doe", refuses_registration=True)
    second = replace(PENDING, id="reg-9", contact_id="con_9")
    found = plan([jane], PENDING, second)
    assert [c.kind for c in found.changes] == [Kind.REJECT_REGISTRATION, Kind.REJECT_REGISTRATION, Kind.CREATE_CONTACT]
    assert {c.registration for c in found.changes} == {"reg-7f3c", "reg-9", None}
    assert [m.kind for c in found.changes for m in c.effects.mails] == [
        MailKind.REJECTED, MailKind.REJECTED, MailKind.ACTIVATION,
    ]  # fmt: skip


def test_a_farewell_rejects_the_registration_that_it_names_with_its_reason() -> None:
    bye = farewell("jane-doe", registration="reg-7f3c", reason="duplicate")
    (change,) = plan([], PENDING, farewells=(bye,)).changes
    assert (change.kind, change.registration, change.reason, change.target.version) == (
        Kind.REJECT_REGISTRATION, "reg-7f3c", "duplicate", 3,
    )  # fmt: skip
    assert change.cause.path == "customers/acme/removed/jane-doe.yaml"
    assert [(m.kind, m.language) for m in change.effects.mails] == [(MailKind.REJECTED, "fr")]


def test_a_farewell_whose_registration_was_decided_is_inert() -> None:
    found = plan([], farewells=(farewell("jane-doe", registration="reg-7f3c"),))
    assert (found.changes, found.refusals) == ((), ())


def test_a_farewell_does_not_reject_another_customers_registration() -> None:
    bye = farewell("jane-doe", registration="reg-7f3c")
    found = plan([], replace(PENDING, customer_id="cus_beta"), farewells=(bye,))
    assert (found.changes, rules(found)) == ((), [("registration-changed", Scope.CONTACT, "jane-doe")])


def test_a_registration_named_by_two_files_is_decided_by_neither() -> None:
    found = plan([JANE, contact("j-doe", registration=REF)], PENDING)
    assert (found.changes, [r.contact for r in found.refusals]) == ((), ["j-doe", "jane-doe"])
    found = plan([JANE], PENDING, farewells=(farewell("j-doe", registration="reg-7f3c"),))
    assert (found.changes, [r.contact for r in found.refusals]) == ((), ["j-doe", "jane-doe"])


def test_a_registration_that_two_lines_reject_is_rejected_once() -> None:
    jane = contact("jane-doe", refuses_registration=True)
    found = plan([jane], PENDING, farewells=(farewell("j-doe", registration="reg-7f3c"),))
    assert sorted(c.kind for c in found.changes) == [Kind.CREATE_CONTACT, Kind.REJECT_REGISTRATION]


def test_an_adopted_contacts_file_does_not_approve_beside() -> None:
    row = in_portal(JANE, owner=None, external_key=None, applied=None)
    assert [c.kind for c in plan([JANE], PENDING, rows=(row,)).changes] == [Kind.ADOPT_CONTACT]


def test_a_registration_still_pending_beside_its_contact_is_a_warning() -> None:
    found = plan([JANE], PENDING, rows=(in_portal(JANE),))
    assert (found.changes, [w.rule for w in found.warnings]) == ((), ["registration-pending"])


def test_who_is_not_let_in_is_nobodys_heir() -> None:
    tom = in_portal(contact("tom-lang"))
    bye = farewell("tom-lang", heir="jane-doe")
    found = plan([JANE], farewells=(bye,), rows=(tom, request(tom)))
    assert ("no-heir", Scope.CUSTOMER, "tom-lang") in rules(found)


def test_who_is_not_let_in_is_not_the_last_manager() -> None:
    boss = contact("jane-doe", role="manager", registration=REF)
    acme = customer(contacts=[boss], farewells=[farewell("mara-meyer")])
    found = make_plan(desired(acme), portal_of(customer(contacts=[MARA])), Facts())
    assert ("last-manager", Scope.CUSTOMER, None) in rules(found)


def test_a_registration_never_holds_its_address() -> None:
    other = contact("office", email=PENDING.email)
    acme = customer(contacts=[MARA, other])
    state = with_pending(portal_of(acme), PENDING)
    assert make_plan(desired(acme), state, Facts()).changes == ()
