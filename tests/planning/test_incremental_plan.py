"""`--since`: a pull request answers for what its files add, not for what was pending before."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reconciler.model.changes import Kind
from reconciler.model.live import Actor, LiveObject, Touch
from reconciler.model.plan import Facts, Permissions, Scope
from reconciler.planning import make_plan, make_plan_since
from tests.builders import (
    OWNER,
    RECENTLY,
    applied,
    contact,
    customer,
    customer_in_portal,
    desired,
    in_portal,
    last_applied,
    live,
    portal_of,
    request,
)

MARA = contact("mara-meyer", role="manager")
JANE = contact("jane-doe")
TOM = contact("tom-lang")
BEA = contact("bea", "beta", role="manager")
BEN = contact("ben", "beta")
ADMIN = Touch("Ada Admin", Actor.ADMINISTRATOR, RECENTLY)


def test_without_a_difference_in_the_files_nothing_is_judged_or_shown() -> None:
    tree = desired(customer(contacts=[MARA, JANE]))
    found = make_plan_since(tree, tree, live(), Facts())
    assert (found.changes, found.refusals, found.warnings, found.pending_before) == ((), (), (), 3)


def test_only_the_pull_requests_own_changes_are_shown() -> None:
    state = portal_of(customer(contacts=[MARA]))
    before, after = desired(customer(contacts=[MARA, TOM])), desired(customer(contacts=[MARA, TOM, JANE]))
    found = make_plan_since(before, after, state, Facts())
    assert [(c.kind, c.contact) for c in found.changes] == [(Kind.CREATE_CONTACT, "jane-doe")]
    assert found.pending_before == 1


def test_the_changes_are_the_same_as_in_the_whole_plan() -> None:
    state = portal_of(customer(contacts=[MARA]))
    before, after = desired(customer(contacts=[MARA])), desired(customer(contacts=[MARA, JANE]))
    whole = make_plan(after, state, Facts())
    assert [c.id for c in make_plan_since(before, after, state, Facts()).changes] == [c.id for c in whole.changes]


def test_another_customers_old_refusal_is_not_this_pull_requests() -> None:
    state = live(
        customer_in_portal(customer()), in_portal(TOM), in_portal(JANE), request(in_portal(JANE)),
        customer_in_portal(customer("beta")), in_portal(BEA),
    )  # fmt: skip
    stuck = customer(contacts=[TOM])
    before, after = desired(stuck, customer("beta", [BEA])), desired(stuck, customer("beta", [BEA, BEN]))
    found = make_plan_since(before, after, state, Facts())
    assert (found.refusals, [group.customers for group in found.ready]) == ((), [("beta",)])


def test_an_old_refusal_of_the_same_rule_elsewhere_does_not_hold_back_what_is_new() -> None:
    jane, ben = in_portal(JANE), in_portal(BEN)
    anna = contact("anna")
    state = live(
        customer_in_portal(customer()), in_portal(TOM), jane, request(jane), customer_in_portal(customer("beta")),
        in_portal(contact("bob", "beta")), ben, request(ben, 2),
    )  # fmt: skip
    bob = contact("bob", "beta")
    before = desired(customer(contacts=[TOM]), customer("beta", [bob, BEN]))
    after = desired(customer(contacts=[TOM, anna]), customer("beta", [bob]))
    found = make_plan_since(before, after, state, Facts())
    assert [(r.rule, r.customer) for r in found.refusals] == [("no-heir", "beta")]
    assert [(group.customers, group.held_back) for group in found.groups] == [
        (("acme",), ()),
        (("beta",), ("no-heir",)),
    ]


def test_a_limit_that_was_passed_before_is_not_this_pull_requests() -> None:
    people = [contact(f"c-{n}") for n in range(30)]
    before = desired(customer(contacts=people[20:]))
    after = desired(customer(contacts=[*people[20:], JANE]))
    found = make_plan_since(before, after, portal_of(customer(contacts=people)), Facts())
    assert (found.refusals, [c.kind for c in found.changes]) == ((), [Kind.CREATE_CONTACT])


@pytest.mark.parametrize(("more", "refused"), [(1, False), (50, False), (51, True)])
def test_a_limit_of_mails_that_others_passed_is_not_this_pull_requests_though_it_sends_more(
    more: int, refused: bool
) -> None:
    waiting = [contact(f"c-{n}") for n in range(60)]
    own = [contact(f"new-{n}") for n in range(more)]
    before, after = desired(customer(contacts=waiting)), desired(customer(contacts=[*waiting, *own]))
    found = make_plan_since(before, after, portal_of(customer()), Facts())
    assert [r.rule for r in found.refusals] == ["too-many-mails"] * refused
    assert [bool(group.held_back) for group in found.groups] == [refused]


def test_a_limit_that_this_pull_request_passes_is_its_own() -> None:
    people = [contact(f"c-{n}") for n in range(30)]
    before, after = desired(customer(contacts=people)), desired(customer(contacts=people[20:]))
    state = portal_of(customer(contacts=people))
    found = make_plan_since(before, after, state, Facts())
    assert {(r.rule, r.scope) for r in found.refusals} == {
        ("too-many-removals", Scope.PLAN), ("too-many-removals", Scope.CUSTOMER),
    }  # fmt: skip
    lifted = make_plan_since(before, after, state, Facts(permissions=Permissions(allow_removals=20)))
    assert (lifted.refusals, len(lifted.ready)) == ((), 1)


def test_who_newly_needs_a_service_that_is_held_back_waits_for_it() -> None:
    row = LiveObject("svc_x", 1, {"code": "express"}, "express", OWNER, applied({}))
    from tests.planning.test_portal_itself import service  # noqa: PLC0415

    services = {"certified": replace(service("certified"), previously=("express",))}
    state = replace(portal_of(customer(contacts=[MARA], services=())), services={"svc_x": row})
    state = last_applied(state, "aaa")
    before = desired(customer(contacts=[MARA], services=()))
    after = desired(customer(contacts=[MARA], services=("certified",)), services=services)
    found = make_plan_since(before, after, state, Facts("bbb"))
    assert [(g.customers, g.held_back) for g in found.groups] == [
        ((), ("older-commit",)), (("acme",), ("waits-for-service",)),
    ]  # fmt: skip


def test_portal_edits_and_unmanaged_people_are_not_a_pull_requests_business() -> None:
    edited = in_portal(JANE, role="observer", touched={"role": ADMIN})
    stranger = in_portal(TOM, owner=None, external_key=None, applied=None)
    state = live(customer_in_portal(customer()), in_portal(MARA), edited, stranger)
    before = desired(customer(contacts=[MARA, JANE]))
    after = desired(customer(contacts=[MARA, JANE, contact("anna")]))
    found = make_plan_since(before, after, state, Facts())
    assert (found.portal_edits, found.unmanaged, len(found.changes)) == ((), (), 1)


def test_an_edit_that_the_pull_request_turns_into_a_change_is_shown() -> None:
    edited = in_portal(JANE, services=("certified",), touched={"services": ADMIN})
    state = live(customer_in_portal(customer()), in_portal(MARA), edited)
    before = desired(customer(contacts=[MARA, contact("jane-doe")]))
    after = desired(customer(contacts=[MARA, contact("jane-doe", services="all")]))
    found = make_plan_since(before, after, state, Facts())
    assert [(c.kind, *map(str, c.notes)) for c in found.changes] == [
        (Kind.UPDATE_CONTACT, "services was set by Ada Admin on 2026-11-20")
    ]
