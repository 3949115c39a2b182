"""Customers: which folder is which row, and what happens to all of its people with it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from reconciler.model.changes import Kind, MailKind
from reconciler.model.live import LiveObject, LiveState, Status
from reconciler.model.plan import Facts, Permissions, Plan, Scope
from reconciler.planning import make_plan
from reconciler.reports.text import plan_text
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
BEA = contact("bea-braun", "beta", role="manager")
BETA = customer("beta", [BEA])
FREE: dict[str, Any] = {"owner": None, "external_key": None, "applied": None}


def kinds(found: Plan) -> list[tuple[Kind, str | None, str | None]]:
    return [(change.kind, change.customer, change.contact) for change in found.changes]


def rules(found: Plan) -> list[tuple[str, Scope, str | None]]:
    return [(refusal.rule, refusal.scope, refusal.customer) for refusal in found.refusals]


def archived_with(*people: Any, **more: Any) -> LiveState:
    """Acme, archived by us with these people, beside a living beta."""
    acme = customer(contacts=people)
    gone = replace(removed(), with_customer=True)
    rows = [
        in_portal(one, status=Status.REMOVED, removal=gone, applied=applied(one.fields, present=False))
        for one in people
    ]
    row = customer_in_portal(acme, removal=removed(), applied=applied(acme.fields, present=False), **more)
    return live(row, *rows, customer_in_portal(BETA), in_portal(BEA))


def test_a_new_folder_is_created_before_its_people() -> None:
    found = make_plan(desired(customer(contacts=[MARA])), live(), Facts())
    assert kinds(found) == [(Kind.CREATE_CUSTOMER, "acme", None), (Kind.CREATE_CONTACT, "acme", "mara-meyer")]
    assert found.changes[1].target.customer_id is None


def test_a_former_folder_name_makes_a_rename_and_keeps_its_people() -> None:
    acme = customer(contacts=[MARA])
    moved = replace(MARA, customer="acme-medical")
    found = make_plan(
        desired(customer("acme-medical", [moved], name="Acme", previously=("acme",))), portal_of(acme), Facts()
    )
    (change,) = found.changes
    assert (change.kind, change.customer, change.previous_key) == (Kind.RENAME_CUSTOMER, "acme-medical", "acme")


def test_another_name_is_an_update_with_everything_tied_to_it() -> None:
    found = make_plan(desired(customer(name="Acme Medical")), portal_of(customer()), Facts())
    assert [(c.kind, [(f.before, f.after) for f in c.fields]) for c in found.changes] == [
        (Kind.UPDATE_CUSTOMER, [("Acme", "Acme Medical")])
    ]


def test_an_unmanaged_customer_of_the_same_name_is_adopted_with_its_people() -> None:
    acme = customer(contacts=[MARA], description="Devices")
    row = customer_in_portal(customer(name="  ACME "), **FREE)
    found = make_plan(desired(acme), live(row, in_portal(MARA, **FREE)), Facts())
    assert kinds(found) == [(Kind.ADOPT_CUSTOMER, "acme", None), (Kind.ADOPT_CONTACT, "acme", "mara-meyer")]
    assert [m for c in found.changes for m in c.effects.mails] == []


def test_a_folder_gone_archives_the_customer_and_names_everybody() -> None:
    extra = in_portal(contact("x", email="x@acme.example"), **FREE)
    state = portal_of(customer(contacts=[MARA, JANE]), BETA)
    state = replace(state, contacts={**state.contacts, extra.id: extra})
    found = make_plan(desired(BETA), state, Facts())
    assert kinds(found) == [(Kind.ARCHIVE_CUSTOMER, "acme", None)]
    assert list(losses(found)) == ["acme/jane-doe", "acme/mara-meyer", "acme/x@acme.example"]
    assert losses(found)["acme/jane-doe"] == ("accept quotes", "access", "send requests")


def test_an_archive_counts_overall_and_not_against_the_customers_own_limit() -> None:
    big = customer(contacts=[contact(f"c-{n}") for n in range(4)])
    found = make_plan(desired(BETA), portal_of(big, BETA), Facts())
    assert rules(found) == [("too-many-removals", Scope.PLAN, None)]
    lifted = make_plan(desired(BETA), portal_of(big, BETA), Facts(permissions=Permissions(allow_removals=4)))
    assert lifted.refusals == ()


def test_an_archive_with_open_requests_is_refused_and_lists_them() -> None:
    state = portal_of(customer(contacts=[MARA]), BETA)
    state = replace(state, requests={"req_4": request(in_portal(MARA), 4)})
    found = make_plan(desired(BETA), state, Facts())
    assert rules(found) == [("open-requests", Scope.CUSTOMER, "acme")]
    assert "req_4 (quoted)" in str(found.refusals[0].message)


def test_a_restored_customer_brings_back_whom_the_archive_took_out_and_nobody_twice() -> None:
    acme = customer(contacts=[MARA, JANE])
    found = make_plan(desired(acme, BETA), archived_with(MARA, JANE), Facts())
    (change,) = found.changes
    assert change.kind is Kind.RESTORE_CUSTOMER
    assert [(m.kind, m.to) for m in change.effects.mails] == [
        (MailKind.ACTIVATION_AGAIN, "jane-doe@acme.example"), (MailKind.ACTIVATION_AGAIN, "mara-meyer@acme.example"),
    ]  # fmt: skip
    assert (list(gains(found)), losses(found)) == (["acme/jane-doe", "acme/mara-meyer"], {})
    assert "restored managers: mara-meyer" in str(change.message)
    shown = plan_text(found)
    assert "! acme/jane-doe has access again as requester" in shown
    assert "! acme/mara-meyer has access again as manager" in shown
    assert found.refusals == (), "who comes back loses nothing"


def test_who_comes_back_with_the_customer_is_changed_after_it() -> None:
    acme = customer(contacts=[contact("mara-meyer"), JANE])
    found = make_plan(desired(acme, BETA), archived_with(MARA, JANE), Facts())
    assert kinds(found) == [(Kind.RESTORE_CUSTOMER, "acme", None), (Kind.CHANGE_ROLE, "acme", "mara-meyer")]
    assert losses(found) == {}


def test_who_comes_back_with_the_customer_and_has_no_file_goes_at_once_and_loses_nothing() -> None:
    found = make_plan(desired(customer(contacts=[MARA]), BETA), archived_with(MARA, JANE), Facts())
    assert kinds(found) == [(Kind.RESTORE_CUSTOMER, "acme", None), (Kind.REMOVE_CONTACT, "acme", "jane-doe")]
    assert (losses(found), found.refusals) == ({}, ())


def test_a_customer_is_not_restored_onto_an_address_that_is_taken() -> None:
    holder = contact("jane", "beta", email=JANE.email)
    state = archived_with(MARA, JANE)
    state = replace(state, contacts={**state.contacts, "con_h": in_portal(holder, id="con_h")})
    found = make_plan(desired(customer(contacts=[MARA]), customer("beta", [BEA, holder])), state, Facts())
    assert ("address-taken", Scope.CUSTOMER, "acme") in rules(found)


def test_a_customer_is_not_restored_onto_an_address_that_this_plan_gives_away() -> None:
    taker = contact("jane", "beta", email=JANE.email)
    found = make_plan(
        desired(customer(contacts=[MARA]), customer("beta", [BEA, taker])), archived_with(MARA, JANE), Facts()
    )
    assert "address-taken" in {rule for rule, _, _ in rules(found)}
    assert len(found.ready) == 1


def test_after_thirty_days_a_folder_that_comes_back_is_a_new_customer() -> None:
    state = archived_with(MARA)
    row = state.customers["cus_acme"]
    late = replace(row, removal=replace(removed(), restorable_until="2026-11-01T00:00:00Z"))
    found = make_plan(desired(customer(), BETA), replace(state, customers={**state.customers, row.id: late}), Facts())
    assert [c.kind for c in found.changes] == [Kind.CREATE_CUSTOMER]


def test_release_ends_the_managing_of_a_customer_and_changes_nothing_else() -> None:
    acme = customer(contacts=[MARA, contact("new-one")], release=True)
    found = make_plan(desired(acme), portal_of(customer(contacts=[MARA, JANE])), Facts())
    (change,) = found.changes
    assert (change.kind, change.base, losses(found)) == (Kind.RELEASE_CUSTOMER, None, {})
    assert found.refusals == ()


@pytest.mark.parametrize("state", [live(), live(customer_in_portal(customer(), **FREE), in_portal(MARA, **FREE))])
def test_a_released_customer_is_neither_adopted_back_nor_created(state: LiveState) -> None:
    found = make_plan(desired(customer(contacts=[MARA], release=True)), state, Facts())
    assert (found.changes, found.refusals) == ((), ())


@pytest.mark.parametrize(
    "new",
    [customer("acme-medical", name="Acme"), customer("omega", [contact("j", "omega", email=JANE.email)], name="Omega")],
    ids=["its name", "half of its addresses"],
)
def test_a_folder_gone_and_a_similar_new_one_is_refused_with_the_line_to_add(new: Any) -> None:
    found = make_plan(desired(new), portal_of(customer(contacts=[MARA, JANE])), Facts())
    refusal = next(r for r in found.refusals if r.rule == "same-customer")
    assert str(refusal.hint) == f"write previously: [acme] in customers/{new.key}/customer.yaml"
    assert found.ready == ()


def test_fewer_than_half_of_the_addresses_is_another_customer() -> None:
    old = customer(contacts=[MARA, JANE, contact("tom-lang")])
    new = customer("omega", [contact("boss", "omega", role="manager"), contact("j", "omega", email=JANE.email)])
    found = make_plan(desired(new), portal_of(old), Facts())
    assert "same-customer" not in {rule for rule, _, _ in rules(found)}
    assert [c.kind for c in found.changes][:2] == [Kind.ARCHIVE_CUSTOMER, Kind.CREATE_CUSTOMER]


def test_another_owners_customer_is_refused_by_key_and_by_name() -> None:
    for row in (
        customer_in_portal(customer(name="Elsewhere"), owner="somebody-else"),
        customer_in_portal(customer("other", name="Acme"), owner="somebody-else"),
    ):
        found = make_plan(desired(customer()), live(row), Facts())
        assert ("other-owner", Scope.CUSTOMER, "acme") in rules(found)
        assert found.ready == ()


def test_a_changed_owner_is_one_refusal_that_names_both() -> None:
    theirs: dict[str, Any] = {"owner": "acme-translation"}
    state = live(
        customer_in_portal(customer(), **theirs), in_portal(MARA, **theirs), customer_in_portal(BETA, **theirs)
    )
    state = replace(state, settings=replace(state.settings, **theirs))
    found = make_plan(desired(customer(contacts=[MARA]), customer("beta", [BEA])), state, Facts())
    assert [(refusal.rule, refusal.scope) for refusal in found.refusals] == [("other-owner", Scope.PLAN)]
    assert "owner 'acme-translations'" in str(found.refusals[0].message)
    assert str(found.refusals[0].hint) == "write owner: acme-translation; an owner cannot be renamed"
    assert found.ready == ()


def test_a_name_that_another_customer_has_is_refused() -> None:
    state = live(customer_in_portal(BETA, name="Acme"), in_portal(BEA), customer_in_portal(customer(name="Old")))
    for folder in (customer(), customer("gamma", name="Acme")):
        found = make_plan(desired(folder, customer("beta", [BEA], name="Acme")), state, Facts())
        assert ("name-taken", Scope.CUSTOMER, folder.key) in rules(found)


def test_customers_that_exchange_or_pass_on_names_are_one_group() -> None:
    state = live(customer_in_portal(customer()), in_portal(MARA), customer_in_portal(BETA, name="Beta"), in_portal(BEA))
    exchanged = [customer(contacts=[MARA], name="Beta"), customer("beta", [BEA], name="Acme")]
    passed_on = [
        customer("gamma", [contact("gil-gold", "gamma", "manager")], name="Beta"),
        customer("beta", [BEA], name="New"),
    ]
    for folders, keys in ((exchanged, ("acme", "beta")), (passed_on, ("beta", "gamma"))):
        others = [customer(contacts=[MARA])] if folders is passed_on else []
        found = make_plan(desired(*folders, *others), state, Facts())
        assert (found.refusals, [group.customers for group in found.ready]) == ((), [keys])


def test_a_withdrawn_service_is_a_loss_of_everybody_who_could_request_it_under_their_new_keys() -> None:
    everybody = ("certified", "express")
    jane, anna = contact("jane-doe", services="all"), contact("anna-alt", role="observer")
    before = customer(contacts=[MARA, jane, anna], services=everybody)
    after = customer(
        "acme-medical", [replace(one, customer="acme-medical") for one in (MARA, jane, anna)],
        name="Acme", services=("certified",), previously=("acme",),
    )  # fmt: skip
    state = portal_of(before)
    codes = {f"svc_{key}": replace(state.settings, id=f"svc_{key}", fields={"code": key}) for key in everybody}
    found = make_plan(desired(after), replace(state, services=codes), Facts())
    taken = ("service express",)
    assert losses(found) == {"acme-medical/jane-doe": taken, "acme-medical/mara-meyer": taken}


def test_what_every_customer_may_order_is_not_withdrawn_with_the_list() -> None:
    jane = contact("jane-doe", services=("certified",))
    before, after = (
        customer(contacts=[MARA, jane], services=said) for said in (("certified", "express"), ("certified",))
    )
    rows = {
        key: LiveObject(f"svc_{key}", 1, {"code": key, "available_to_all": key == "express"})
        for key in ("certified", "express")
    }
    common = make_plan(desired(after), replace(portal_of(before), services=rows), Facts())
    assert (kinds(common), losses(common)) == ([(Kind.UPDATE_CUSTOMER, "acme", None)], {})
    rows["express"] = replace(rows["express"], fields={"code": "express", "available_to_all": False})
    found = make_plan(desired(after), replace(portal_of(before), services=rows), Facts())
    assert losses(found) == {"acme/mara-meyer": ("service express",)}, "who could not request it loses nothing"


def test_a_farewell_in_a_new_folder_is_inert() -> None:
    found = make_plan(desired(customer(farewells=[farewell("jane-doe")])), live(), Facts())
    assert [c.kind for c in found.changes] == [Kind.CREATE_CUSTOMER]


def test_a_released_customer_is_adopted_by_another_repository_whoever_has_the_settings() -> None:
    acme = customer(contacts=[MARA])
    # Released rows keep the commit of the repository that released them.
    state = live(customer_in_portal(acme, last_commit="a" * 40, **FREE), in_portal(MARA, **FREE))
    found = make_plan(replace(desired(acme), owner="other-team"), state, Facts("b" * 40, frozenset({"b" * 40})))
    assert [(change.kind, change.contact) for change in found.changes] == [
        (Kind.ADOPT_CUSTOMER, None),
        (Kind.ADOPT_CONTACT, "mara-meyer"),
    ]
    assert (found.refusals, len(found.ready)) == ((), 1)
