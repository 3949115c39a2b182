"""Settings and services: managed where the file says so, and never taken away from who needs them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from reconciler.model.changes import Kind
from reconciler.model.desired import DesiredContact, DesiredService, DesiredState, Place, Policy
from reconciler.model.live import Actor, Applied, LiveObject, LiveSettings, LiveState, Status, Touch
from reconciler.model.plan import Facts, Permissions, Plan, Scope
from reconciler.model.values import FieldChange
from reconciler.planning import make_plan
from reconciler.reports.text import plan_text
from tests.builders import (
    OWNER,
    RECENTLY,
    contact,
    customer,
    customer_in_portal,
    desired,
    farewell,
    gains,
    in_portal,
    last_applied,
    live,
    losses,
    policy_fields,
    portal_of,
    request,
    with_policy,
)

ADMIN = Touch("Ada Admin", Actor.ADMINISTRATOR, RECENTLY)
MARA = contact("mara-meyer", role="manager")


def service(key: str, **more: Any) -> DesiredService:
    return DesiredService(key, {"name": key.title(), **more}, Place("portal.yaml", 5))


def service_row(key: str, **more: Any) -> LiveObject:
    base: dict[str, Any] = {"external_key": key, "owner": OWNER, "applied": Applied(True, {"name": key.title()})}
    base |= {name: more.pop(name) for name in ("owner", "external_key", "applied", "touched") if name in more}
    return LiveObject(f"svc_{key}", 1, {"code": key, "name": key.title(), **more}, **base)


def offering(state: LiveState, *rows: LiveObject) -> LiveState:
    return replace(state, services={row.id: row for row in rows})


def tree(*keys: str, folders: tuple[Any, ...] = (), **more: Any) -> DesiredState:
    return desired(*folders, services={key: service(key) for key in keys}, **more)


def kinds(found: Plan) -> list[tuple[Kind, str | None]]:
    return [(change.kind, change.service) for change in found.changes]


def test_a_new_service_is_created_in_the_first_group() -> None:
    acme = customer(services=("certified",))
    found = make_plan(tree("certified", folders=(acme,)), live(), Facts())
    assert [group.customers for group in found.groups] == [(), ("acme",)]
    assert kinds(found)[0] == (Kind.CREATE_SERVICE, "certified")


def test_a_service_of_the_portal_with_that_code_becomes_managed() -> None:
    row = service_row("certified", owner=None, external_key=None, applied=None, name="Sworn")
    (change,) = make_plan(tree("certified"), offering(live(), row), Facts()).changes
    assert (change.kind, [(f.before, f.after) for f in change.fields]) == (
        Kind.ADOPT_SERVICE,
        [("Sworn", "Certified")],
    )


def test_equal_services_and_settings_leave_nothing_to_do() -> None:
    assert make_plan(tree("certified"), offering(live(), service_row("certified")), Facts()).changes == ()


def test_services_are_nobodys_business_when_the_file_manages_none() -> None:
    found = make_plan(desired(), offering(live(), service_row("certified"), service_row("legacy")), Facts())
    assert (found.changes, found.refusals) == ((), ())


def test_an_empty_list_of_services_removes_ours_and_leaves_others() -> None:
    rows = (
        service_row("certified"),
        service_row("theirs", owner=None, external_key=None),
        service_row("more", owner="x"),
    )
    found = make_plan(tree(), offering(live(), *rows), Facts())
    assert (kinds(found), found.refusals) == ([(Kind.REMOVE_SERVICE, "certified")], ())


def test_another_owners_service_is_refused() -> None:
    found = make_plan(tree("certified"), offering(live(), service_row("certified", owner="somebody-else")), Facts())
    assert ([(r.rule, r.scope) for r in found.refusals], found.changes) == ([("other-owner", Scope.CUSTOMER)], ())


def test_a_service_edited_in_the_portal_is_told_under_propose_and_undone_under_revert() -> None:
    row = service_row("certified", name="Sworn", touched={"name": ADMIN})
    proposed = make_plan(tree("certified"), offering(live(), row), Facts())
    assert (proposed.changes, [(e.service, e.live) for e in proposed.portal_edits]) == ((), [("certified", "Sworn")])
    strict = tree("certified")
    strict = replace(strict, policy=replace(strict.policy, portal_edits="revert"))
    policy = Policy(portal_edits="revert")
    strict = replace(strict, settings=replace(strict.settings, fields=policy_fields(policy)))
    before = with_policy(offering(live(), row), policy)
    undone = make_plan(strict, before, Facts())
    assert kinds(undone) == [(Kind.UPDATE_SERVICE, "certified")]
    assert [str(note) for note in undone.changes[0].notes] == [
        f"undoes the edit of name by Ada Admin on {ADMIN.at[:10]}"
    ]
    first = make_plan(strict, offering(live(), row), Facts())
    assert kinds(first) == [(Kind.UPDATE_SETTINGS, None)], "what loosens counts from the next run"


def users(*, by: str) -> LiveState:
    """A portal where the service legacy is used in one of the ways there are."""
    acme, jane = customer(contacts=[MARA]), in_portal(contact("jane-doe"), owner=None, external_key=None, applied=None)
    services: Any = ("legacy",) if by == "customer" else "all"
    state = live(customer_in_portal(acme, services=services), in_portal(MARA))
    if by == "contact":
        state = replace(
            state, contacts={**state.contacts, jane.id: replace(jane, fields={**jane.fields, "services": ("legacy",)})}
        )
    if by == "request":
        state = replace(state, requests={"req_1": replace(request(in_portal(MARA)), service="legacy")})
    return offering(state, service_row("legacy"))


@pytest.mark.parametrize(("by", "named"), [("customer", "acme"), ("contact", "jane-doe@acme"), ("request", "req_1")])
def test_a_service_in_use_is_not_removed(by: str, named: str) -> None:
    found = make_plan(tree(folders=(customer(contacts=[MARA]),)), users(by=by), Facts())
    (refusal,) = found.refusals
    assert (refusal.rule, named in str(refusal.message)) == ("service-in-use", True)
    assert [group.held_back for group in found.groups] == [("service-in-use",)]


def test_a_service_in_use_does_not_stop_the_other_services() -> None:
    found = make_plan(tree("express", folders=(customer(contacts=[MARA]),)), users(by="customer"), Facts())
    assert [[c.service for c in group.changes] for group in found.ready] == [["express"]]


def test_a_service_goes_after_the_customers_that_let_go_of_it() -> None:
    acme = customer(contacts=[MARA], services=())
    found = make_plan(tree(folders=(acme,)), users(by="customer"), Facts(permissions=Permissions(allow_removals=1)))
    assert (found.refusals, [group.customers for group in found.groups]) == ((), [("acme",), ()])


def test_a_service_waits_while_who_lets_go_of_it_is_held_back() -> None:
    acme = customer(contacts=[contact("mara-meyer")], services=())
    found = make_plan(tree(folders=(acme,)), users(by="customer"), Facts())
    assert [(g.customers, g.held_back) for g in found.groups] == [
        (("acme",), ("last-manager",)), ((), ("waits-for-customer",)),
    ]  # fmt: skip


def test_a_customer_waits_for_a_service_that_is_held_back() -> None:
    acme = customer(contacts=[MARA], services=("certified",))
    plain = customer("beta", [contact("bea", "beta", role="manager")])
    state = offering(portal_of(customer(contacts=[MARA], services=()), plain), service_row("sworn"))
    state = last_applied(state, "aaa")
    renamed = replace(service("certified"), previously=("sworn",))
    found = make_plan(desired(acme, plain, services={"certified": renamed}), state, Facts("bbb"))
    assert [(g.customers, g.held_back) for g in found.groups] == [
        ((), ("older-commit",)), (("acme",), ("waits-for-service",)),
    ]  # fmt: skip


def test_a_mail_domain_called_like_a_service_waits_for_nothing() -> None:
    acme = customer(contacts=[MARA], email_domains=("certified",))
    state = offering(portal_of(customer(contacts=[MARA])), service_row("express", owner="somebody-else"))
    found = make_plan(tree("certified", "express", folders=(acme,)), state, Facts())
    assert [g.customers for g in found.ready] == [(), ("acme",)]


def test_a_service_that_is_nowhere_is_refused_before_the_portal_does() -> None:
    acme = customer(contacts=[MARA], services=("certifed",))
    state = offering(portal_of(customer(contacts=[MARA], services=())), service_row("certified"))
    found = make_plan(desired(acme), state, Facts())
    assert [(r.rule, r.customer) for r in found.refusals] == [("service-unknown", "acme")]


OPEN = {"available_to_all": True}
TOM = contact("tom-lang")
OLA = contact("ola-see", role="observer")


def plan_with_losses(*folders: Any, rows: LiveState, after: dict[str, Any] | None = None, **more: Any) -> Plan:
    """The plan that lets the service express, which everybody may order, be ordered from customers' lists only."""
    said = {"express": service("express", **(after or {"available_to_all": False}))}
    remembered = Applied(True, {"name": "Express", **OPEN})
    return make_plan(
        desired(*folders, services=said, **more), offering(rows, service_row("express", applied=remembered, **OPEN)),
        Facts(),
    )  # fmt: skip


def test_a_service_that_is_not_for_everybody_any_more_is_taken_from_whose_lists_lack_it() -> None:
    folders = (
        customer("acme", [MARA, TOM, OLA], services=()),
        customer("beta", [contact("bo", "beta")], services=()),
        customer("gamma", [contact("gus", "gamma"), contact("gil", "gamma", services=())], services=("express",)),
    )
    rows = portal_of(*folders)
    found = plan_with_losses(*folders, rows=rows)
    losers = ("acme/mara-meyer", "acme/tom-lang", "beta/bo")
    assert losses(found) == dict.fromkeys(losers, ("service express",)), "not from the observer, who orders nothing"
    assert found.affected_people == set(losers)
    assert "! beta/bo loses service express\n" in plan_text(found)
    assert plan_with_losses(*folders, rows=rows).refusals == (), (
        "the limits of the customers are about their own changes"
    )


def test_a_service_is_taken_from_nobody_who_keeps_it_by_lists_that_this_very_plan_writes() -> None:
    acme = customer(contacts=[MARA], services=("express",))
    rows = live(customer_in_portal(customer(contacts=[MARA]), services=()), in_portal(MARA))
    assert losses(plan_with_losses(acme, rows=rows)) == {}


def test_a_service_that_is_retired_is_taken_from_whoever_could_order_it() -> None:
    acme = customer(contacts=[MARA, TOM, OLA])
    found = make_plan(desired(acme, services={}), offering(portal_of(acme), service_row("express", **OPEN)), Facts())
    assert kinds(found) == [(Kind.REMOVE_SERVICE, "express")]
    assert list(losses(found)) == ["acme/mara-meyer", "acme/tom-lang"]


def test_a_service_that_is_opened_to_everybody_is_a_gain() -> None:
    acme = customer(contacts=[MARA], services=())
    rows = offering(portal_of(acme), service_row("express", available_to_all=False))
    found = make_plan(desired(acme, services={"express": service("express", **OPEN)}), rows, Facts())
    assert (gains(found), losses(found)) == ({"acme/mara-meyer": ("service express",)}, {})


def test_only_the_closing_service_is_held_back_for_somebody_protected_who_is_invited() -> None:
    mara = contact("mara-meyer", role="manager", protected=True)
    folder = customer("acme", [mara, TOM], services=())
    rows = live(customer_in_portal(folder), in_portal(mara, status=Status.INVITED), in_portal(TOM))
    described = customer("acme", [mara, TOM], services=(), description="Medical devices")
    found = plan_with_losses(described, rows=rows)
    assert [(group.name, group.held_back) for group in found.groups] == [
        ("customers:acme", ()),
        ("closing:express", ("protected",)),
    ]


def test_no_service_is_taken_from_who_is_protected() -> None:
    mara = contact("mara-meyer", role="manager", protected=True)
    acme = customer(contacts=[mara], services=())
    found = plan_with_losses(acme, rows=portal_of(acme))
    assert [(r.rule, r.customer, str(r.message)) for r in found.refusals] == [
        ("protected", None, "acme/mara-meyer is protected and cannot lose: service express")
    ]
    assert [group.held_back for group in found.groups] == [("protected",)]


def test_a_service_that_somebody_protected_would_have_for_a_while_does_not_close() -> None:
    before, after = (contact("mara-meyer", role="manager", protected=True, services=own) for own in ((), "all"))
    found = plan_with_losses(
        customer(contacts=[after], services=()), rows=portal_of(customer(contacts=[before], services=()))
    )
    assert [(group.name, group.held_back) for group in found.groups] == [
        ("customers:acme", ()),
        ("closing:express", ("protected",)),
    ]
    assert [str(refusal.message) for refusal in found.refusals] == [
        "acme/mara-meyer is protected, gets service 'express' in this run and must not lose it again"
    ]


@pytest.mark.parametrize(
    "after",
    [contact("tom-lang", protected=True, email="tom@acme.example"), contact("tim-lang", protected=True)],
    ids=["a new address", "a new contact"],
)
def test_a_service_does_not_close_for_somebody_whom_the_same_run_protects(after: DesiredContact) -> None:
    before = [MARA, TOM] if after.key == TOM.key else [MARA]
    found = plan_with_losses(
        customer(contacts=[MARA, after], services=()), rows=portal_of(customer(contacts=before, services=()))
    )
    assert [(group.name, group.held_back) for group in found.groups] == [
        ("customers:acme", ()),
        ("closing:express", ("protected",)),
    ]


def test_who_there_is_to_lose_a_service_is_no_part_of_what_was_reviewed() -> None:
    acme, more = customer(contacts=[MARA], services=()), customer(contacts=[MARA, TOM], services=())
    found = [plan_with_losses(one, rows=portal_of(one)) for one in (acme, more)]
    assert [len(plan.affected_people) for plan in found] == [1, 2]
    assert found[0].changes[0].id == found[1].changes[0].id


def test_a_removed_contact_lets_go_of_her_service() -> None:
    jane = contact("jane-doe", services=("legacy",))
    state = offering(portal_of(customer(contacts=[MARA, jane])), service_row("legacy"))
    acme = customer(contacts=[MARA], farewells=[farewell("jane-doe")])
    assert make_plan(tree(folders=(acme,)), state, Facts()).refusals == ()


def settings_row(fields: dict[str, Any], base: dict[str, Any] | None, **more: Any) -> LiveState:
    values: dict[str, Any] = {
        "external_key": "settings",
        "owner": OWNER,
        "applied": Applied(True, base) if base else None,
    }
    return live(settings=LiveSettings("settings", 4, fields, **(values | more)))


def test_settings_become_managed_even_when_nothing_differs() -> None:
    state = settings_row({"sign_up": "closed"}, None, owner=None)
    (change,) = make_plan(desired(settings={"sign_up": "closed"}), state, Facts()).changes
    assert (change.kind, change.fields, change.target.version) == (Kind.ADOPT_SETTINGS, (), 4)


def test_a_changed_setting_is_one_update() -> None:
    state = settings_row({"sign_up": "open"}, {"sign_up": "open"})
    (change,) = make_plan(desired(settings={"sign_up": "closed"}), state, Facts()).changes
    assert [(f.name, f.before, f.after) for f in change.fields] == [("sign_up", "open", "closed")]


def test_a_policy_is_a_change_although_it_is_only_remembered() -> None:
    state = settings_row({}, {"policy.mails_per_run": 10})
    (change,) = make_plan(desired(settings={"policy.mails_per_run": 20}), state, Facts()).changes
    moved = (FieldChange("policy.mails_per_run", 10, 20),)
    assert (change.kind, change.fields, change.base) == (Kind.UPDATE_SETTINGS, moved, {"policy.mails_per_run": 20})


def test_a_loosened_limit_stands_above_everything_else_in_the_plan() -> None:
    state = settings_row({}, {"policy.removals_percent": 20})
    text = plan_text(make_plan(desired(settings={"policy.removals_percent": 90}), state, Facts()))
    assert "Power and access\n  ! portal policy removals_percent: 20 → 90\n" in text


def test_another_owners_settings_are_refused() -> None:
    found = make_plan(desired(settings={"sign_up": "closed"}), settings_row({}, None, owner="x"), Facts())
    assert ([r.rule for r in found.refusals], found.changes) == (["other-owner"], ())


def test_a_conflict_in_the_settings_holds_back_the_settings_alone() -> None:
    acme = customer(contacts=[MARA])
    state = settings_row({"sign_up": "open"}, {"sign_up": "approval_required"})
    found = make_plan(tree("certified", folders=(acme,), settings={"sign_up": "closed"}), state, Facts())
    assert [(g.customers, g.held_back) for g in found.groups] == [((), ()), (("acme",), ())]
    assert [r.rule for r in found.refusals] == ["conflict"]


@pytest.mark.parametrize(
    ("file", "portal", "undone"),
    [("closed", "open", True), ("approval_required", "open", True), ("open", "closed", False),
     ("open", "approval_required", False), ("approval_required", "closed", False)],
)  # fmt: skip
def test_under_revert_sign_up_is_closed_again_and_never_opened(file: str, portal: str, undone: bool) -> None:
    wanted = desired(settings={"sign_up": file})
    wanted = replace(wanted, policy=replace(wanted.policy, portal_edits="revert"))
    rows = settings_row({"sign_up": portal}, {"sign_up": file}, touched={"sign_up": ADMIN})
    rows = with_policy(rows, replace(Policy(), portal_edits="revert"))
    wanted = replace(
        wanted,
        settings=replace(
            wanted.settings, fields={**(rows.settings.applied or Applied(True, {})).fields, "sign_up": file}
        ),
    )
    found = make_plan(wanted, rows, Facts())
    assert (len(found.changes), len(found.portal_edits)) == ((1, 0) if undone else (0, 1))
    notes = [str(note) for change in found.changes for note in change.notes]
    assert notes == [f"undoes the edit of sign_up by Ada Admin on {ADMIN.at[:10]}"] * undone


def test_settings_that_the_file_does_not_mention_may_have_another_owner() -> None:
    limits = {"policy.removals_at_most": 0, "policy.removals_at_least": 0, "policy.mails_per_run": 0}
    state = settings_row({"sign_up": "closed"}, limits, owner="x")
    acme = customer(contacts=[MARA])
    found = make_plan(desired(acme), state, Facts())
    # Neither their settings nor their limits are ours.
    assert (found.refusals, [group.customers for group in found.ready]) == ((), [("acme",)])
