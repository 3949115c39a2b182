"""Keys that name nobody: a misspelt farewell or former key is said, and removes nobody by mistake."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from reconciler.model.changes import Kind
from reconciler.model.desired import DesiredService, Leaving, Place, RegistrationRef
from reconciler.model.live import FormerKey, LiveObject, LiveState, Registration, Status
from reconciler.model.plan import Facts, Plan, Scope
from reconciler.model.roles import Role
from reconciler.model.spelling import within_edits
from reconciler.model.values import Fields
from reconciler.planning import make_plan
from tests.builders import (
    applied,
    contact,
    customer,
    customer_in_portal,
    desired,
    farewell,
    in_portal,
    live,
    portal_of,
    removed,
    request,
)

MARA = contact("mara-meyer", role="manager")
JANE = contact("jane-doe")
TOM = contact("tom-lang")
LEFT: dict[str, Any] = {"status": Status.REMOVED, "removal": removed()}


def tombstone(person: Any, **base: Any) -> Any:
    return in_portal(person, **LEFT, applied=applied({**person.fields, **base}, present=False))


def plan(people: list[Any], *rows: Any, farewells: tuple[Any, ...] = (), **state: Any) -> Plan:
    acme = customer(contacts=[MARA, *people], farewells=farewells)
    portal = live(customer_in_portal(acme), in_portal(MARA), *rows)
    return make_plan(desired(acme), replace(portal, **state), Facts())


def refusals(found: Plan) -> list[tuple[str, Scope, str | None, str | None]]:
    return [(one.rule, one.scope, one.customer, one.contact) for one in found.refusals]


def warnings(found: Plan) -> list[tuple[str, str | None]]:
    return [(one.rule, one.contact) for one in found.warnings]


def removals(found: Plan) -> list[str | None]:
    return [change.contact for change in found.changes if change.kind is Kind.REMOVE_CONTACT]


@pytest.mark.parametrize("key", ["tom-lagn", "tom-lan", "thomas-lang", "tom-langer"])
@pytest.mark.parametrize("more", [{"keep": True}, {"heir": "jane-doe"}], ids=["keep", "heir"])
def test_a_removal_waits_beside_a_farewell_whose_key_names_nobody(key: str, more: dict[str, Any]) -> None:
    found = plan([JANE], in_portal(JANE), in_portal(TOM), farewells=(farewell(key, **more),))
    assert removals(found) == []
    assert refusals(found) == [("unknown-key", Scope.CONTACT, "acme", "tom-lang")]
    assert warnings(found) == [("unknown-key", key)]
    (refusal,) = found.refusals
    assert f"customers/acme/removed/{key}.yaml:1 names '{key}'" in str(refusal.message)
    assert str(refusal.hint) == "rename the file to customers/acme/removed/tom-lang.yaml, or delete it"


def test_only_the_removal_that_may_be_meant_waits() -> None:
    found = plan([], in_portal(JANE), in_portal(TOM), farewells=(farewell("tom-lagn"),))
    assert removals(found) == ["jane-doe"]
    assert refusals(found) == [("unknown-key", Scope.CONTACT, "acme", "tom-lang")]


def test_a_leaver_with_a_farewell_of_their_own_leaves() -> None:
    farewells = (farewell("tom-lang"), farewell("tom-lagn"))
    found = plan([JANE], in_portal(JANE), in_portal(TOM), farewells=farewells)
    assert (removals(found), found.refusals) == (["tom-lang"], ())
    assert warnings(found) == [("unknown-key", "tom-lagn")]


def test_a_farewell_unlike_any_leaver_is_a_warning_alone() -> None:
    found = plan([JANE], in_portal(JANE), in_portal(TOM), farewells=(farewell("zoe-quirk"),))
    assert (removals(found), found.refusals) == (["tom-lang"], ())
    assert warnings(found) == [("unknown-key", "zoe-quirk")]


def test_a_warning_names_the_nearest_key_that_there_is_or_was() -> None:
    found = plan([JANE], in_portal(JANE), tombstone(TOM), farewells=(farewell("tom-lagn"),))
    (warning,) = found.warnings
    assert str(warning.hint) == "rename the file to customers/acme/removed/tom-lang.yaml, or delete it"


@pytest.mark.parametrize(
    ("rows", "state"),
    [
        ([tombstone(TOM)], {}),
        ([], {"former_keys": frozenset({FormerKey("contact", "cus_acme", "tom-lang")})}),
    ],
    ids=["removed", "released or renamed"],
)
def test_a_key_that_the_portal_had_is_known(rows: list[Any], state: dict[str, Any]) -> None:
    found = plan([], *rows, farewells=(farewell("tom-lang", keep=True),), **state)
    assert (found.warnings, found.refusals) == ((), ())
    renamed = plan([contact("t-lang", previously=("tom-lang",))], *rows, **state)
    assert renamed.warnings == ()


def test_a_former_key_at_another_customer_is_unknown_here() -> None:
    elsewhere = frozenset({FormerKey("contact", "cus_beta", "tom-lang")})
    found = plan([], farewells=(farewell("tom-lang"),), former_keys=elsewhere)
    assert warnings(found) == [("unknown-key", "tom-lang")]


def test_a_misspelt_former_key_holds_back_the_removal_that_it_may_mean() -> None:
    married = contact("jane-miller", name="Jane Miller", email="jm@acme.example", previously=("jane-dow",))
    found = plan([married], in_portal(JANE))
    assert removals(found) == []
    assert ("unknown-key", Scope.CONTACT, "acme", "jane-doe") in refusals(found)
    assert warnings(found) == [("unknown-key", "jane-miller")]
    (hint,) = {str(one.hint) for one in found.refusals if one.rule == "unknown-key"}
    assert hint == "write previously: [jane-doe], or delete the key from it"


def test_a_contact_whose_day_has_come_is_known_by_their_file() -> None:
    leaver = contact("tom-lang", leaves=Leaving("2026-11-01", "left"))
    assert plan([leaver], in_portal(TOM)).warnings == ()
    # A file that never reached the portal is a key in the files all the same.
    assert warnings(plan([leaver])) == [("leaves-date", "tom-lang")]


def test_a_removal_that_waits_frees_no_address_and_leaves_the_person_as_an_heir() -> None:
    successor = contact("eva-fuchs", email=TOM.email)
    found = plan([successor], in_portal(TOM), farewells=(farewell("tom-lagn"),))
    assert ("address-taken", Scope.CUSTOMER, "acme", "eva-fuchs") in refusals(found)
    row = in_portal(JANE)
    leaves = (farewell("tom-lagn"), farewell("jane-doe", heir="tom-lang"))
    handover = plan([], row, request(row), in_portal(TOM), farewells=leaves)
    assert [str(change.effects.work_to) for change in handover.changes] == ["acme/tom-lang"]


PENDING = Registration(
    "reg-7f3c", "con_7", 1, "cus_acme", "Nina Roth", "n@acme.example", Role.MANAGER, "en", "sha256:x"
)


@pytest.mark.parametrize(
    ("id", "hint"),
    [("reg-7f3d", "did you mean 'reg-7f3c'?"), ("reg-0000", "pending registrations are reg-7f3c")],
)
def test_a_farewell_that_rejects_a_registration_that_is_nobodys_is_a_warning(id: str, hint: str) -> None:
    reject = farewell("nina-roth", registration=id, reason="rejected")
    found = plan([], farewells=(reject,), registrations={"reg-7f3c": PENDING})
    assert (found.changes, warnings(found)) == ((), [("unknown-key", "nina-roth")])
    assert str(found.warnings[0].hint) == hint


def test_a_registration_that_was_decided_is_known() -> None:
    reject = farewell("nina-roth", registration="reg-7f3c", reason="rejected")
    assert plan([], farewells=(reject,), decided_registrations=frozenset({"reg-7f3c"})).warnings == ()


def test_a_contact_who_is_there_with_a_registration_that_is_nobodys_is_a_warning() -> None:
    jane = contact("jane-doe", registration=RegistrationRef("reg-0001", "sha256:x"))
    assert warnings(plan([jane], in_portal(JANE))) == [("unknown-key", "jane-doe")]
    known = plan([jane], in_portal(JANE), decided_registrations=frozenset({"reg-0001"}))
    assert known.warnings == ()


def test_an_archive_waits_beside_a_former_folder_that_is_misspelt() -> None:
    bolt = customer("bolt", [contact("bea", "bolt", role="manager")])
    heir = customer("blitz", [contact("bob", "blitz", role="manager")], previously=("bolt-ag",))
    acme = customer(contacts=[MARA])
    found = make_plan(desired(acme, heir), portal_of(acme, bolt), Facts())
    assert ("unknown-key", Scope.CUSTOMER, "bolt", None) in refusals(found)
    assert [group.held_back for group in found.groups if "bolt" in group.customers] == [("unknown-key",)]
    assert ("unknown-key", None) in warnings(found)


def service_row(key: str) -> LiveObject:
    fields: Fields = {"name": key.title(), "code": key, "available_to_all": False, "workflows": ()}
    return LiveObject(f"svc_{key}", 1, fields, key, "acme-translations", applied({"name": key.title()}))


def with_services(state: LiveState, *keys: str) -> LiveState:
    return replace(state, services={f"svc_{key}": service_row(key) for key in keys})


def test_the_removal_of_a_service_waits_beside_a_former_key_that_is_misspelt() -> None:
    acme = customer(contacts=[MARA])
    services = {"certified": DesiredService("certified", {"name": "C"}, Place("portal.yaml", 9), previously=("swron",))}
    state = with_services(portal_of(acme), "sworn")
    found = make_plan(desired(acme, services=services), state, Facts())
    assert [(one.rule, one.service) for one in found.refusals] == [("unknown-key", "sworn")]
    known = replace(state, former_keys=frozenset({FormerKey("service", "acme-translations", "swron")}))
    assert make_plan(desired(acme, services=services), known, Facts()).refusals == ()


def test_keys_of_an_earlier_life_of_the_customer_are_known() -> None:
    """The archive can no longer be restored, so the folder is a new customer with its old files."""
    ended = replace(removed(), restorable_until="2026-02-01T00:00:00Z")
    row = customer_in_portal(customer(), removal=ended, applied=applied(customer().fields, present=False))
    jane = contact("jane-doe", previously=("jane-roe",))
    acme = customer(contacts=[MARA, jane], farewells=[farewell("tom-lang"), farewell("tim-lang")])
    state = live(row, tombstone(TOM), former_keys=frozenset({FormerKey("contact", row.id, "jane-roe")}))
    found = make_plan(desired(acme), state, Facts())
    assert [w.contact for w in found.warnings if w.rule == "unknown-key"] == ["tim-lang"]


def test_an_heir_who_left_in_an_earlier_run_is_followed_through_their_tombstone() -> None:
    gone, jane = tombstone(TOM, heir="eva-fuchs"), in_portal(JANE, applied=applied({**JANE.fields, "heir": "tom-lang"}))
    eva = contact("eva-fuchs")
    found = plan([eva], in_portal(eva), gone, jane, request(jane))
    assert [str(change.effects.work_to) for change in found.changes] == ["acme/eva-fuchs"]
    # The farewell that is still in the files goes before what was applied.
    farewells = (farewell("tom-lang", heir="mara-meyer"),)
    found = plan([eva], in_portal(eva), gone, jane, request(jane), farewells=farewells)
    assert [str(change.effects.work_to) for change in found.changes] == ["acme/mara-meyer"]


def test_heirs_who_all_left_in_a_circle_are_refused() -> None:
    gone, jane = tombstone(TOM, heir="eva-fuchs"), in_portal(JANE, applied=applied({**JANE.fields, "heir": "tom-lang"}))
    found = plan([], tombstone(contact("eva-fuchs"), heir="tom-lang"), gone, jane, request(jane))
    assert refusals(found) == [("no-heir", Scope.CUSTOMER, "acme", "jane-doe")]
    assert "circle" in str(found.refusals[0].message)


def test_a_person_with_a_new_key_goes_before_somebody_who_left_with_the_old_one() -> None:
    taker = contact("t-lang", previously=("tom-lang",))
    jane = in_portal(JANE, applied=applied({**JANE.fields, "heir": "tom-lang"}))
    found = plan([taker], in_portal(taker), tombstone(TOM), jane, request(jane))
    assert [str(change.effects.work_to) for change in found.changes] == ["acme/t-lang"]


def test_a_restored_customer_hands_no_account_to_the_next_person_of_a_mailbox() -> None:
    office = contact("office", email="office@acme.example", name="Jane Doe")
    archived = replace(removed(), with_customer=True)
    rows = [
        in_portal(one, status=Status.REMOVED, removal=archived, applied=applied(one.fields, present=False))
        for one in (MARA, office)
    ]
    acme = customer(contacts=[MARA, contact("office", email="office@acme.example", name="Eva Fuchs")])
    row = customer_in_portal(acme, removal=removed(), applied=applied(acme.fields, present=False))
    found = make_plan(desired(acme), live(row, *rows), Facts())
    assert refusals(found) == [("one-person-or-two", Scope.CUSTOMER, "acme", "office")]
    assert found.ready == ()
    assert str(found.refusals[0].hint) == (
        "if it is the same person, write name: Jane Doe and change it in a later run; if not, use another key for "
        "Eva Fuchs"
    )


@pytest.mark.parametrize(
    ("first", "second", "near"),
    [("tom", "tom", True), ("tom", "tmo", True), ("tom", "to", True), ("tom", "tommmm", False), ("ab", "cde", False)],
)
def test_edits_are_letters_added_removed_or_replaced(first: str, second: str, near: bool) -> None:
    assert within_edits(first, second, 2) is near
    assert within_edits(second, first, 2) is near
