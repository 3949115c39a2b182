"""Who goes where and who receives what: moves, exchanged addresses, chains of heirs."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from reconciler.model.changes import Kind, MailKind
from reconciler.model.desired import Leaving, RegistrationRef
from reconciler.model.live import Registration, Status
from reconciler.model.plan import Departure, Facts, Plan, Scope
from reconciler.model.roles import Role
from reconciler.planning import make_plan, make_plan_since
from reconciler.reports.as_json import plan_json
from reconciler.reports.markdown import plan_markdown
from reconciler.reports.text import plan_text
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
EVA = contact("eva-fuchs")
MIA = contact("mia-maurer", "beta", role="manager")
THERE = contact("jane-doe", "beta", email=JANE.email)


def plan(people: list[Any], rows: list[Any], *, farewells: tuple[Any, ...] = (), **folder: Any) -> Plan:
    acme = customer(contacts=people, farewells=farewells, **folder)
    return make_plan(desired(acme), live(customer_in_portal(acme), *rows), Facts())


def handovers(found: Plan) -> dict[str | None, str]:
    return {
        c.contact: str(c.effects.work_to) for c in found.changes if c.kind in {Kind.REMOVE_CONTACT, Kind.HAND_OVER_WORK}
    }


def moved(found: Plan) -> list[tuple[Kind, str | None, str | None]]:
    return [(change.kind, change.customer, change.other_end) for change in found.changes]


def test_a_file_moved_between_customers_is_shown_as_one_move() -> None:
    found = make_plan(
        desired(customer(contacts=[MARA]), customer("beta", [MIA, THERE])),
        portal_of(customer(contacts=[MARA, JANE]), customer("beta", [MIA])), Facts(),
    )  # fmt: skip
    assert moved(found) == [
        (Kind.CREATE_CONTACT, "beta", "acme/jane-doe"), (Kind.REMOVE_CONTACT, "acme", "beta/jane-doe"),
    ]  # fmt: skip
    assert [group.customers for group in found.groups] == [("acme", "beta")]


def test_a_move_back_within_thirty_days_is_a_restoration_and_still_a_move() -> None:
    there = in_portal(THERE)
    here = in_portal(JANE, status=Status.REMOVED, removal=removed(), applied=applied(JANE.fields, present=False))
    state = live(
        customer_in_portal(customer()),
        customer_in_portal(customer("beta")),
        in_portal(MARA),
        in_portal(MIA),
        here,
        there,
    )
    found = make_plan(desired(customer(contacts=[MARA, JANE]), customer("beta", [MIA])), state, Facts())
    assert moved(found) == [
        (Kind.RESTORE_CONTACT, "acme", "beta/jane-doe"), (Kind.REMOVE_CONTACT, "beta", "acme/jane-doe"),
    ]  # fmt: skip
    assert (len(found.groups), found.refusals) == (1, ())


def test_a_move_by_registration_is_one_move() -> None:
    there = contact("jane-doe", "beta", email=JANE.email, registration=RegistrationRef("reg-1", "sha256:f"))
    state = portal_of(customer(contacts=[MARA, JANE]), customer("beta", [MIA]))
    pending = Registration("reg-1", "con_r", 1, "cus_beta", "Jane Doe", JANE.email, Role.REQUESTER, None, "sha256:f")
    found = make_plan(
        desired(customer(contacts=[MARA]), customer("beta", [MIA, there])),
        replace(state, registrations={"reg-1": pending}), Facts(),
    )  # fmt: skip
    assert sorted(moved(found)) == [
        (Kind.APPROVE_REGISTRATION, "beta", "acme/jane-doe"), (Kind.REMOVE_CONTACT, "acme", "beta/jane-doe"),
    ]  # fmt: skip


def test_a_mailbox_that_another_person_gets_elsewhere_is_no_move_but_one_group() -> None:
    other = contact("eva-fuchs", "beta", email=JANE.email)
    found = make_plan(
        desired(customer(contacts=[MARA], farewells=[farewell("jane-doe")]), customer("beta", [MIA, other])),
        portal_of(customer(contacts=[MARA, JANE]), customer("beta", [MIA])), Facts(),
    )  # fmt: skip
    assert [change.other_end for change in found.changes] == [None, None]
    assert [group.customers for group in found.groups] == [("acme", "beta")]


def test_a_move_of_which_one_side_is_refused_waits_as_a_whole() -> None:
    state = live(
        customer_in_portal(customer()), customer_in_portal(customer("beta")), in_portal(TOM), in_portal(JANE),
        in_portal(MIA), request(in_portal(JANE)),
    )  # fmt: skip
    found = make_plan(desired(customer(contacts=[TOM]), customer("beta", [MIA, THERE])), state, Facts())
    assert [(group.customers, group.held_back) for group in found.groups] == [(("acme", "beta"), ("no-heir",))]


def test_contacts_of_two_customers_exchange_their_addresses_in_one_group() -> None:
    ben = contact("ben-bauer", "beta")
    after = (
        customer(contacts=[MARA, contact("jane-doe", email=ben.email)]),
        customer("beta", [MIA, contact("ben-bauer", "beta", email=JANE.email)]),
    )
    found = make_plan(
        desired(*after), portal_of(customer(contacts=[MARA, JANE]), customer("beta", [MIA, ben])), Facts()
    )
    assert ([group.customers for group in found.groups], found.refusals) == ([("acme", "beta")], ())
    mails = sorted((m.kind, m.to) for c in found.changes for m in c.effects.mails)
    assert mails == [
        (MailKind.ACTIVATION_AGAIN, "ben-bauer@beta.example"), (MailKind.ACTIVATION_AGAIN, "jane-doe@acme.example"),
        (MailKind.ADDRESS_CHANGED, "ben-bauer@beta.example"), (MailKind.ADDRESS_CHANGED, "jane-doe@acme.example"),
    ]  # fmt: skip


def test_a_farewells_heir_comes_before_the_contacts_and_the_customers() -> None:
    jane = contact("jane-doe", heir="tom-lang")
    rows = [in_portal(one) for one in (MARA, jane, TOM, EVA)]
    for bye, expected in (("eva-fuchs", "acme/eva-fuchs"), (None, "acme/tom-lang")):
        found = plan([MARA, TOM, EVA], rows, farewells=(farewell("jane-doe", heir=bye),), heir="mara-meyer")
        assert handovers(found) == {"jane-doe": expected}


def test_without_an_own_heir_the_customers_receives() -> None:
    rows = [in_portal(one) for one in (MARA, JANE, TOM)]
    assert handovers(plan([MARA, TOM], rows, heir="tom-lang")) == {"jane-doe": "acme/tom-lang"}


def test_the_customers_heir_who_leaves_herself_falls_back_to_the_only_manager() -> None:
    rows = [in_portal(one) for one in (MARA, JANE, TOM)]
    assert handovers(plan([MARA, JANE], rows, heir="tom-lang")) == {"tom-lang": "acme/mara-meyer"}


def test_a_chain_of_leavers_ends_at_whoever_stays() -> None:
    byes = (farewell("jane-doe", heir="tom-lang"), farewell("tom-lang", heir="eva-fuchs"))
    rows = [in_portal(one) for one in (MARA, JANE, TOM, EVA)]
    assert handovers(plan([MARA, EVA], [*rows, request(rows[1])], farewells=byes)) == {
        "jane-doe": "acme/eva-fuchs", "tom-lang": "acme/eva-fuchs",
    }  # fmt: skip


def test_a_circle_of_leavers_is_refused_by_its_names() -> None:
    byes = (farewell("jane-doe", heir="tom-lang"), farewell("tom-lang", heir="jane-doe"))
    rows = [in_portal(one) for one in (MARA, JANE, TOM, EVA)]
    found = plan([MARA, EVA], [*rows, request(rows[1])], farewells=byes)
    assert [(r.rule, r.scope) for r in found.refusals] == [("no-heir", Scope.CUSTOMER)]
    assert "jane-doe → tom-lang → jane-doe" in str(found.refusals[0].message)


def test_a_circle_through_the_customers_heir_does_not_fall_to_the_only_manager() -> None:
    byes = (farewell("jane-doe"), farewell("tom-lang", heir="jane-doe"))
    rows = [in_portal(one) for one in (MARA, JANE, TOM, EVA)]
    found = plan([MARA, EVA], [*rows, request(rows[1])], farewells=byes, heir="tom-lang")
    assert [(r.rule, r.contact) for r in found.refusals] == [("no-heir", "jane-doe")]
    assert "jane-doe → tom-lang → jane-doe" in str(found.refusals[0].message)


@pytest.mark.parametrize("said", [{"previously": ("tom-lang",)}, {}], ids=["previously", "same address and name"])
def test_an_heir_is_followed_through_a_rename(said: dict[str, Any]) -> None:
    renamed = contact("thomas-lang", name="Tom Lang", email=TOM.email, **said)
    rows = [in_portal(MARA), in_portal(contact("jane-doe", heir="tom-lang")), in_portal(TOM)]
    assert handovers(plan([MARA, renamed], rows)) == {"jane-doe": "acme/thomas-lang"}


def test_an_heir_who_is_promoted_in_the_same_plan_is_promoted_before_she_receives() -> None:
    observer = contact("eva-fuchs", role="observer")
    rows = [in_portal(MARA), in_portal(JANE), in_portal(observer), request(in_portal(JANE))]
    demoted = contact("jane-doe", role="observer", heir="eva-fuchs")
    found = plan([MARA, demoted, EVA], rows)
    assert [(c.kind, c.contact) for c in found.changes] == [
        (Kind.UPDATE_CONTACT, "jane-doe"), (Kind.CHANGE_ROLE, "eva-fuchs"), (Kind.HAND_OVER_WORK, "jane-doe"), (Kind.CHANGE_ROLE, "jane-doe"),
    ]  # fmt: skip


def test_an_heir_who_is_created_in_the_same_plan_is_invited_and_that_is_a_warning() -> None:
    rows = [in_portal(MARA), in_portal(JANE), request(in_portal(JANE))]
    found = plan([MARA, EVA], rows, farewells=(farewell("jane-doe", heir="eva-fuchs"),))
    assert ([c.kind for c in found.changes], [w.rule for w in found.warnings]) == (
        [Kind.CREATE_CONTACT, Kind.REMOVE_CONTACT], ["heir-invited"],
    )  # fmt: skip
    heir = found.changes[1].effects.work_to
    assert heir is not None
    assert (heir.id, heir.key) == (None, "eva-fuchs")


@pytest.mark.parametrize(
    "row",
    [in_portal(TOM, role="observer", touched={}), in_portal(TOM, status=Status.LINK_EXPIRED)],
    ids=["edited to observer", "link expired"],
)
def test_an_heir_who_cannot_hold_work_in_the_portal_is_refused(row: Any) -> None:
    rows = [in_portal(MARA), in_portal(JANE), row, request(in_portal(JANE))]
    found = plan([MARA, TOM], rows, farewells=(farewell("jane-doe", heir="tom-lang"),))
    assert [r.rule for r in found.refusals] == ["no-heir"]
    assert "tom-lang cannot hold work" in str(found.refusals[0].message)


def test_two_managers_are_too_many_to_guess_an_heir() -> None:
    rows = [in_portal(MARA), in_portal(contact("max", role="manager")), in_portal(JANE), request(in_portal(JANE))]
    found = plan([MARA, contact("max", role="manager")], rows)
    assert "2 managers could receive it" in str(found.refusals[0].message)


def test_an_unmanaged_manager_can_be_the_only_one() -> None:
    boss = in_portal(contact("boss", role="manager"), owner=None, external_key=None, applied=None)
    found = plan([TOM], [in_portal(TOM), in_portal(JANE), boss, request(in_portal(JANE))])
    assert (handovers(found), found.refusals) == ({"jane-doe": "boss@acme.example"}, ())


def test_a_last_day_counts_from_midnight_in_the_portals_time_zone() -> None:
    leaver = contact("jane-doe", heir="tom-lang", leaves=Leaving("2026-11-24", "left"))
    acme = customer(contacts=[MARA, TOM, leaver])
    state = replace(portal_of(customer(contacts=[MARA, TOM, replace(leaver, leaves=None)])), now="2026-11-23T23:30:00Z")
    assert [w.rule for w in make_plan(desired(acme), state, Facts()).warnings] == ["leaves-soon"]
    berlin = make_plan(desired(acme, time_zone="Europe/Berlin"), state, Facts())
    assert (berlin.as_of, handovers(berlin), berlin.changes[0].reason) == (
        "2026-11-24", {"jane-doe": "acme/tom-lang"}, "left",
    )  # fmt: skip


def test_a_departure_that_is_to_come_stands_in_every_plan_until_its_day() -> None:
    leaver = contact("jane-doe", heir="tom-lang", leaves=Leaving("2027-03-31", "left"))
    lone = contact("zoe-zorn", leaves=Leaving("2027-01-01", "role_change"))
    before = customer(contacts=[MARA, TOM, replace(leaver, leaves=None), replace(lone, leaves=None)])
    rows = portal_of(before)
    rows = replace(rows, requests={"req_1": request(in_portal(leaver))})
    tree = desired(customer(contacts=[MARA, TOM, leaver, lone]))
    found = make_plan(tree, rows, Facts())
    assert tuple(replace(each, id="") for each in found.upcoming_departures) == (
        Departure("2027-01-01", "acme", "zoe-zorn", "role_change", "acme/mara-meyer", 0),
        Departure("2027-03-31", "acme", "jane-doe", "left", "acme/tom-lang", 1),
    )
    text = plan_text(found)
    line = "- 2027-03-31: acme/jane-doe leaves (left); all open work (1 request now) goes to acme/tom-lang"
    assert line in text
    assert line in plan_markdown(found)
    assert json.loads(plan_json(found))["coming"][1]["contact"] == "jane-doe"
    since = make_plan_since(
        desired(customer(contacts=[MARA, TOM, leaver, replace(lone, leaves=None)])), tree, rows, Facts()
    )
    assert [each.contact for each in since.upcoming_departures] == ["zoe-zorn"]
    assert [group.digest for group in found.groups] == [
        g.digest for g in make_plan(desired(before), rows, Facts()).groups
    ]
