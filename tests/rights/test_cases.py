"""Losses of rights that plans once did not show or count, one test each, and what counts nobody."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from reconciler.model.desired import DesiredContact, DesiredCustomer, DesiredService, DesiredState
from reconciler.model.live import Status
from reconciler.model.plan import Plan
from tests.builders import contact, customer
from tests.rights.cases import Case, applied_portal, edited, files, service, without
from tests.rights.courses import Course, course, plan_exactly, plan_within_limits
from tests.rights.edits import held
from tests.rights.laws import broken_laws
from tests.rights.oracle import Oracle

CERT, CERT_FOR_ALL = service("cert", open_to_all=False), service("cert", open_to_all=True)
STD, STD_FOR_ALL = service("std", open_to_all=False), service("std", open_to_all=True)
HOMES = ("c1", "c2", "c3")
LEE = ("lee@provider.example",)


def people(home: str, number: int = 4, **fields: Any) -> list[DesiredContact]:
    """A manager and requesters, so many in all."""
    manager = contact("mara", home, "manager", **fields)
    return [manager, *(contact(f"r-{n}", home, **fields) for n in range(1, number))]


def home(key: str, services: Any, folk: Sequence[DesiredContact] | None = None, **fields: Any) -> DesiredCustomer:
    """A customer with this list of services."""
    folk = people(key) if folk is None else folk
    return customer(key, folk, services=services, project_managers=LEE, **fields)


def homes(services: Any) -> list[DesiredCustomer]:
    """Three customers of four people."""
    return [home(key, services) for key in HOMES]


def run(case: Case, plan: Plan) -> Course:
    """The course of the plan, after judging the laws on it."""
    outcome = course(case, plan)
    sentences = broken_laws(outcome, Oracle().rights(outcome.states))
    assert sentences == [], f"\n{case.text()}"
    return outcome


def permitted(case: Case) -> Course:
    """The course of the plan with the exact number permitted."""
    return run(case, plan_exactly(case.after, case.live, case.scope))


def losers(outcome: Course) -> set[str]:
    """Who loses something by what was carried out, as the plan shows it."""
    return {one.person for group in outcome.plan.ready for one in group.outcomes if one.loses}


def closing_std(services: Sequence[DesiredService]) -> tuple[DesiredState, DesiredState]:
    """Files that close std and list it in every customer; c1 also gets another name."""
    protected = contact("pia", "c1", protected=True)
    before = [
        home("c1", ("cert",), [*people("c1", 5), protected]),
        home("c2", ("cert",)),
        home("c3", ("cert",)),
    ]
    both = ("cert", "std")
    after = [
        home("c1", both, [*people("c1", 5), protected], name="C One"),
        home("c2", both),
        home("c3", both),
    ]
    return files(before, [CERT, STD_FOR_ALL]), files(after, services)


@pytest.mark.parametrize("reason", ["conflict", "older commit"])
def test_nobody_loses_a_closed_service_while_a_customer_that_was_to_list_it_is_held_back(
    reason: str,
) -> None:
    before, after = closing_std([CERT, STD])
    found = held(reason, after, applied_portal(before), "c1")
    assert found is not None
    outcome = permitted(Case(before, found.after, found.live, found.reason))
    assert losers(outcome) == set()
    row = outcome.states[-1].services["svc_std"]
    assert row.fields["available_to_all"] is True, "closing waits for the customer"


def test_closing_a_service_that_every_customer_lists_in_the_same_commit_counts_nobody() -> None:
    before, after = closing_std([CERT, STD])
    outcome = permitted(Case(before, after, applied_portal(before)))
    assert outcome.plan.affected_people == frozenset()
    assert outcome.states[-1].services["svc_std"].fields["available_to_all"] is False


def test_who_becomes_protected_keeps_a_service_that_the_same_commit_closes() -> None:
    pia = contact("pia", "c1")
    before = files([home("c1", ("cert",), [*people("c1", 3), pia])], [CERT, STD_FOR_ALL])
    guarded = contact("pia", "c1", protected=True)
    after = files([home("c1", ("cert",), [*people("c1", 3), guarded])], [CERT, STD])
    outcome = permitted(Case(before, after, applied_portal(before)))
    assert {refusal.rule for refusal in outcome.plan.refusals} == {"protected"}
    assert losers(outcome) == set()
    last = outcome.states[-1]
    assert last.services["svc_std"].fields["available_to_all"] is True
    assert last.contacts["con_c1_pia"].fields["protected"] is True


def opening_cert() -> tuple[DesiredState, DesiredState]:
    """Files that open cert to all and, at once, take it off every customer's list."""
    before = files(homes(("cert", "std")), [CERT, STD])
    return before, files(homes(("std",)), [CERT_FOR_ALL, STD], sign_up="approval_required")


def test_nobody_loses_a_service_whose_opening_is_held_back_by_a_conflict() -> None:
    before, after = opening_cert()
    live = edited(applied_portal(before), "settings", "settings", sign_up="open")
    assert losers(permitted(Case(before, after, live, ("sign_up is open",)))) == set()


@pytest.mark.parametrize("scope", [{"customers": frozenset({"c1"})}, {"shard": (1, 2)}, {"shard": (2, 2)}])
def test_nobody_loses_a_service_whose_opening_the_run_leaves_out(scope: dict[str, Any]) -> None:
    before, after = opening_cert()
    outcome = run(
        Case(before, after, applied_portal(before), scope=scope),
        plan_within_limits(after, applied_portal(before), scope),
    )
    assert losers(outcome) <= outcome.plan.affected_people


def test_opening_a_service_to_all_before_lists_drop_it_counts_nobody() -> None:
    before, after = opening_cert()
    assert permitted(Case(before, after, applied_portal(before))).plan.affected_people == frozenset()


def test_lists_that_drop_a_service_which_is_kept_closed_by_the_portal_count_their_people() -> None:
    after = opening_cert()[1]
    again = files(homes(("cert", "std")), [CERT_FOR_ALL, STD])
    live = edited(applied_portal(again), "services", "svc_cert", available_to_all=False)
    outcome = permitted(Case(again, after, live, ("cert is closed",)))
    assert len(losers(outcome)) == 12
    assert len(outcome.plan.affected_people) == 12


def test_a_service_that_a_kept_edit_opened_is_taken_from_nobody_by_a_shorter_list() -> None:
    before, after = files(homes("all"), [CERT, STD]), files(homes(("std",)), [CERT, STD])
    live = edited(applied_portal(before), "services", "svc_cert", available_to_all=True)
    assert permitted(Case(before, after, live, ("cert is open to all",))).plan.affected_people == frozenset()


def test_twelve_people_whose_own_lists_lose_what_an_edit_opened_are_counted() -> None:
    listing = [home(key, "all", people(key, services="all")) for key in HOMES]
    narrow = [home(key, "all", people(key, services=("std",))) for key in HOMES]
    before = files(listing, [CERT, STD])
    live = edited(applied_portal(before), "services", "svc_cert", available_to_all=True)
    after = files(narrow, [CERT, STD])
    case = Case(before, after, live, ("cert is open to all",))
    assert plan_within_limits(after, live).ready == (), "twelve of twelve people are over the limit"
    assert len(permitted(case).plan.affected_people) == 12


RENEWED = service("certified", open_to_all=False, name="Cert")


def test_a_service_that_is_retired_and_replaced_by_a_closed_one_counts_whoever_loses_it() -> None:
    before, after = files(homes(()), [CERT_FOR_ALL]), files(homes(()), [RENEWED])
    live = applied_portal(before)
    assert plan_within_limits(after, live).ready == ()
    assert len(permitted(Case(before, after, live)).plan.affected_people) == 12


def test_a_service_that_is_replaced_by_a_closed_one_in_the_next_run_counts_whoever_loses_it() -> None:
    both, after = files(homes(()), [CERT_FOR_ALL, RENEWED]), files(homes(()), [RENEWED])
    assert len(permitted(Case(both, after, applied_portal(both))).plan.affected_people) == 12


def test_retiring_a_service_takes_it_from_the_people_who_may_order_it() -> None:
    before, after = files(homes("all"), [CERT, STD]), files(homes("all"), [STD])
    outcome = permitted(Case(before, after, applied_portal(before)))
    assert losers(outcome) == {f"{key}/{one.key}" for key in HOMES for one in people(key)}
    assert len(outcome.plan.affected_people) == 12


def test_a_protected_person_keeps_a_service_that_is_retired() -> None:
    folk = [*people("c1"), contact("pia", "c1", protected=True)]
    before, after = (
        files([home("c1", "all", folk)], [CERT, STD]),
        files([home("c1", "all", folk)], [STD]),
    )
    assert "svc_cert" in permitted(Case(before, after, applied_portal(before))).states[-1].services


RENAMED: dict[str, tuple[list[DesiredCustomer], list[DesiredService]]] = {
    "contact": (
        [
            home(
                "c1",
                "all",
                [
                    *people("c1", 3),
                    contact("nell", "c1", name="R 3", email="r-3@c1.example", previously=("r-3",)),
                ],
            )
        ],
        [CERT, STD],
    ),
    "customer": (
        [
            home(
                "new",
                "all",
                [contact(one.key, "new", one.role, email=one.email) for one in people("c1")],
                name="C1",
                previously=("c1",),
            )
        ],
        [CERT, STD],
    ),
    "service": (
        [home("c1", "all")],
        [service("sworn", open_to_all=False, name="Cert", previously=("cert",)), STD],
    ),
}


@pytest.mark.parametrize("what", ["contact", "customer", "service"])
def test_a_pure_rename_counts_nobody(what: str) -> None:
    before = files([home("c1", "all")], [CERT, STD])
    outcome = permitted(Case(before, files(*RENAMED[what]), applied_portal(before), rename=True))
    assert outcome.plan.ready
    assert outcome.plan.affected_people == frozenset()


def test_a_newcomers_rights_are_shown_as_gained_although_they_are_only_invited() -> None:
    before, after = (
        files([home("c1", "all")], [CERT]),
        files([home("c1", "all", people("c1", 5))], [CERT]),
    )
    outcome = permitted(Case(before, after, applied_portal(before)))
    gains = {one.person: one.gains for group in outcome.plan.ready for one in group.outcomes}
    assert gains == {"c1/r-4": ("accept quotes", "access", "ordering", "send requests", "service cert")}


@pytest.mark.parametrize("status", [Status.INVITED, Status.LINK_EXPIRED])
def test_removing_an_invited_person_counts_and_correcting_one_does_not(status: Status) -> None:
    before = files([home("c1", "all")], [CERT])
    live = applied_portal(before, {"c1/r-1": status})
    narrower = [contact("r-1", "c1", "observer") if one.key == "r-1" else one for one in people("c1")]
    demoted = files([home("c1", "all", narrower)], [CERT])
    assert permitted(Case(before, demoted, live, (f"c1/r-1 is {status}",))).plan.affected_people == frozenset()
    gone = files([home("c1", "all", [one for one in people("c1") if one.key != "r-1"])], [CERT])
    assert permitted(Case(before, gone, live, (f"c1/r-1 is {status}",))).plan.affected_people == frozenset({"c1/r-1"})


def test_what_an_administrator_took_away_is_no_loss_of_the_run() -> None:
    before = files([home("c1", "all")], [CERT])
    live = without(applied_portal(before), "con_c1_r-1")
    assert permitted(Case(before, before, live, ("c1/r-1 is removed",))).plan.affected_people == frozenset()
