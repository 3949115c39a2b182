"""Safeguards: their arithmetic at limit-1, limit and limit+1, their scopes, and what lifts them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from reconciler.model.changes import Kind
from reconciler.model.desired import DesiredService, DesiredState, Place, Policy
from reconciler.model.live import Applied, LiveObject, LiveSettings, LiveState, Status
from reconciler.model.plan import Facts, Permissions, Plan, RunScope, Scope, Stage, review_of
from reconciler.planning import make_plan, narrow_plan
from reconciler.reports.summary import summary_line
from tests.builders import (
    OWNER,
    applied,
    contact,
    customer,
    customer_in_portal,
    desired,
    farewell,
    in_portal,
    last_applied,
    live,
    policy_fields,
    portal_of,
    with_policy,
)

MARA = contact("mara-meyer", role="manager")
JANE = contact("jane-doe")
PER_CUSTOMER = {0: 2, 1: 2, 2: 2, 3: 2, 4: 2, 5: 2, 6: 2, 7: 2, 8: 2, 9: 2, 10: 2, 11: 2, 12: 3, 100: 25}
OVERALL = {**dict.fromkeys(range(20), 3), 20: 4, 41: 8, 100: 20, 124: 24, 125: 25, 1000: 25}
SMALL = [(n, limit + beside) for n, limit in PER_CUSTOMER.items() for beside in (-1, 0, 1) if 0 <= limit + beside <= n]
LARGE = [(n, limit + beside) for n, limit in OVERALL.items() for beside in (-1, 0, 1) if limit + beside < n]
"""(population, people who lose) around each limit, as far as there are so many people."""


def rules(found: Plan) -> list[tuple[str, Scope]]:
    return [(refusal.rule, refusal.scope) for refusal in found.refusals]


def losing_in_one(population: int, people: int) -> tuple[DesiredState, LiveState]:
    """One customer of which so many people go; the overall limit out of the way."""
    everybody = [contact(f"c-{n:03}") for n in range(population)]
    policy = Policy(removals_at_least=1000, removals_at_most=1000)
    portal = with_policy(portal_of(customer(contacts=everybody)), policy)
    settings = policy_fields(policy)
    return desired(customer(contacts=everybody[people:]), policy=policy, settings=settings), portal


def losing_overall(population: int, people: int) -> tuple[DesiredState, LiveState]:
    """Customers of at most twelve; people go one by one, so that no customer's own limit is reached."""
    folders = [
        [contact(f"c-{n:04}", f"k-{start:04}") for n in range(start, min(start + 12, population))]
        for start in range(0, population, 12)
    ]
    before = [customer(f"k-{12 * number:04}", folder) for number, folder in enumerate(folders)]
    after, left = [], people
    for folder, one in zip(folders, before, strict=True):
        leaving = min(left, len(folder) - 1)
        left -= leaving
        after.append(customer(one.key, folder[leaving:]))
    lax = Policy(removals_per_customer_percent=100, removals_small_customer=1000)
    return desired(*after, policy=lax, settings=policy_fields(lax)), with_policy(portal_of(*before), lax)


@pytest.mark.parametrize(("population", "people"), SMALL)
def test_a_customers_limit_passes_up_to_equality(population: int, people: int) -> None:
    over = people > PER_CUSTOMER[population]
    found = make_plan(*losing_in_one(population, people), Facts())
    refused = ["nobody-left"] * (0 < people == population) + ["too-many-removals"] * over
    assert rules(found) == [(rule, Scope.CUSTOMER) for rule in refused]
    assert [bool(group.held_back) for group in found.groups] == ([bool(refused)] if people else [])


@pytest.mark.parametrize(("population", "people"), LARGE)
def test_the_overall_limit_passes_up_to_equality(population: int, people: int) -> None:
    over = people > OVERALL[population]
    found = make_plan(*losing_overall(population, people), Facts())
    whole = [refusal for refusal in found.refusals if refusal.scope is Scope.PLAN]
    assert [refusal.rule for refusal in whole] == (["too-many-removals"] if over else [])
    assert (found.ready == ()) is over


def test_the_arithmetic_is_in_the_message_and_the_number_in_the_hint() -> None:
    (refusal,) = make_plan(*losing_overall(41, 14), Facts()).refusals[:1]
    assert str(refusal.message).startswith(
        "this plan takes access or power from 14 of 41 people (34 %); the limit is 8 (20 %"
    )
    assert str(refusal.hint) == "if this is intended, apply with --allow-removals 14"


@pytest.mark.parametrize("allowed", [13, 14, 15, 0])
def test_only_the_exact_number_lifts_the_limit(allowed: int) -> None:
    found = make_plan(*losing_overall(41, 14), Facts(permissions=Permissions(allow_removals=allowed)))
    assert (rules(found) == []) is (allowed == 14)
    assert (found.ready == ()) is (allowed != 14)


def test_a_number_that_does_not_fit_refuses_even_what_needs_none() -> None:
    found = make_plan(*losing_overall(41, 1), Facts(permissions=Permissions(allow_removals=2)))
    assert rules(found) == [("too-many-removals", Scope.PLAN)]


def test_the_exact_number_lifts_the_customers_limit_too() -> None:
    tree, portal = losing_in_one(5, 4)
    assert rules(make_plan(tree, portal, Facts(permissions=Permissions(allow_removals=4)))) == []


def test_the_number_of_a_reviewed_plan_lifts_the_customers_limit_of_its_own_changes() -> None:
    tree, portal = losing_in_one(5, 4)
    reviewed = review_of(make_plan(tree, portal, Facts(permissions=Permissions(allow_removals=4))))
    assert rules(make_plan(tree, portal, Facts(run=RunScope(reviewed=(reviewed,))))) == []
    without_number = replace(reviewed, permissions=Permissions())
    assert rules(make_plan(tree, portal, Facts(run=RunScope(reviewed=(without_number,))))) == [
        ("too-many-removals", Scope.CUSTOMER)
    ]


def test_the_number_of_a_reviewed_archive_covers_its_invited_people() -> None:
    beta = customer("beta", [contact("bea", "beta", role="manager")])
    acme = customer(contacts=[contact(f"c-{n:03}") for n in range(30)])
    portal = live(
        *(customer_in_portal(folder) for folder in (acme, beta)),
        *(in_portal(person, status=Status.INVITED) for person in acme.contacts.values()),
        in_portal(beta.contacts["bea"]),
    )
    reviewed = review_of(make_plan(desired(beta), portal, Facts(permissions=Permissions(allow_removals=30))))
    found = make_plan(desired(beta), portal, Facts(run=RunScope(reviewed=(reviewed,))))
    assert (rules(found), len(found.affected_people)) == ([], 30)


def test_a_customer_over_its_limit_is_held_back_and_the_others_go_on() -> None:
    beta = customer("beta", [contact("bea", "beta", role="manager")])
    tree, portal = losing_in_one(5, 3)
    tree = replace(tree, customers={**tree.customers, "beta": beta})
    found = make_plan(tree, portal, Facts())
    assert [(group.customers, bool(group.held_back)) for group in found.groups] == [
        (("acme",), True),
        (("beta",), False),
    ]


WAYS: dict[str, Any] = {
    "removal": None,
    "another address": contact("jane-doe", email="jane@acme.example"),
    "a role that lacks something": contact("jane-doe", role="requester"),
    "another lack": contact("jane-doe", role="observer"),
    "services withdrawn": contact("jane-doe", role="manager", services=("certified",)),
}


@pytest.mark.parametrize("way", WAYS)
def test_every_way_of_losing_counts_as_one_person(way: str) -> None:
    boss = contact("jane-doe", role="manager")
    after = [MARA, *([WAYS[way]] if WAYS[way] else [])]
    portal = portal_of(customer(contacts=[MARA, boss]))
    offered = LiveObject("svc", 1, {"code": "certified"}), LiveObject("svc2", 1, {"code": "express"})
    portal = replace(portal, services={row.id: row for row in offered})
    found = make_plan(desired(customer(contacts=after)), portal, Facts(permissions=Permissions(allow_removals=1)))
    assert rules(found) == []


def test_one_person_who_loses_in_two_ways_is_one_person() -> None:
    boss = contact("jane-doe", role="manager")
    less = contact("jane-doe", role="requester", email="jane@acme.example")
    found = make_plan(
        desired(customer(contacts=[MARA, less])), portal_of(customer(contacts=[MARA, boss])),
        Facts(permissions=Permissions(allow_removals=1)),
    )  # fmt: skip
    assert (len(found.changes), rules(found)) == (2, [])


def test_a_promotion_and_a_new_person_lose_nothing() -> None:
    after = customer(contacts=[MARA, contact("jane-doe", role="manager"), contact("new")])
    found = make_plan(desired(after), portal_of(customer(contacts=[MARA, JANE])), Facts(permissions=Permissions(0)))
    assert rules(found) == []


@pytest.mark.parametrize("mails", [49, 50, 51])
def test_mails_pass_up_to_equality(mails: int) -> None:
    newcomers = [contact(f"c-{number}") for number in range(mails)]
    found = make_plan(desired(customer(contacts=newcomers)), portal_of(customer()), Facts())
    assert rules(found) == ([("too-many-mails", Scope.PLAN)] if mails > 50 else [])


@pytest.mark.parametrize("allowed", [50, 51, 52])
def test_only_the_exact_number_of_mails_lifts_the_limit(allowed: int) -> None:
    newcomers = [contact(f"c-{number}") for number in range(51)]
    facts = Facts(permissions=Permissions(allow_mails=allowed))
    found = make_plan(desired(customer(contacts=newcomers)), portal_of(customer()), facts)
    assert (rules(found) == []) is (allowed == 51)


def test_loosened_limits_count_from_the_next_run_and_tightened_ones_at_once() -> None:
    newcomers = [contact(f"c-{number}") for number in range(10)]
    for file, last, refused in ((20, 5, True), (5, 20, True), (20, 20, False), (5, 5, True)):
        settings = {"policy.mails_per_run": file}
        remembered = LiveSettings("settings", 1, {}, "settings", OWNER, applied({"policy.mails_per_run": last}))
        tree = desired(customer(contacts=newcomers), settings=settings, policy=Policy(mails_per_run=file))
        found = make_plan(tree, live(customer_in_portal(customer()), settings=remembered), Facts())
        assert (("too-many-mails", Scope.PLAN) in rules(found)) is refused


def test_selecting_a_customer_lifts_no_limit_of_the_whole_plan() -> None:
    scope = RunScope(frozenset({"k-0012"}))
    found = narrow_plan(make_plan(*losing_overall(41, 14), Facts(run=scope)), scope)
    assert ("too-many-removals", Scope.PLAN) in rules(found)
    assert found.ready == ()


def test_another_portal_refuses_everything() -> None:
    acme = customer(contacts=[MARA])
    for portal, refused in (("test-portal", []), ("production", [("other-portal", Scope.PLAN)]), (None, [])):
        found = make_plan(desired(acme, portal=portal), live(), Facts())
        assert (rules(found), found.ready == ()) == (refused, bool(refused))


def protected(**more: Any) -> LiveState:
    safe = contact("jane-doe", role="manager", protected=True)
    return portal_of(customer(contacts=[MARA, safe, contact("tom"), contact("eva")], **more))


STILL = {"role": "manager"}
PROTECTED: dict[str, tuple[list[Any], bool]] = {
    "removal": ([], True),
    "removal with the line deleted": ([], True),
    "another address": ([contact("jane-doe", **STILL, email="j@acme.example", protected=True)], True),
    "loss of power": ([contact("jane-doe", role="requester", protected=True)], True),
    "loss of power while lifting": ([contact("jane-doe", role="requester", protected=False)], True),
    "lifting alone": ([contact("jane-doe", **STILL, protected=False)], False),
    "another name": ([contact("jane-doe", **STILL, name="Jane Dorn", protected=True)], False),
    "deleting the line": ([contact("jane-doe", **STILL)], False),
}


@pytest.mark.parametrize("case", PROTECTED)
def test_what_is_protected_keeps_access_and_power(case: str) -> None:
    jane, refused = PROTECTED[case]
    found = make_plan(desired(customer(contacts=[MARA, *jane, contact("tom"), contact("eva")])), protected(), Facts())
    assert ([(r.rule, r.contact) for r in found.refusals]) == ([("protected", "jane-doe")] if refused else [])


def test_a_protected_contact_is_not_released() -> None:
    acme = customer(contacts=[MARA, contact("tom"), contact("eva")], farewells=[farewell("jane-doe", keep=True)])
    assert [r.rule for r in make_plan(desired(acme), protected(), Facts()).refusals] == ["protected"]


def test_a_protected_contact_keeps_her_customer_from_being_archived_or_released() -> None:
    beta = customer("beta", [contact("bea", "beta", role="manager")])
    state = protected()
    both = replace(
        state, customers={**state.customers, "cus_beta": customer_in_portal(beta)},
        contacts={**state.contacts, "con_b": in_portal(beta.contacts["bea"], id="con_b")},
    )  # fmt: skip
    gone = make_plan(desired(beta), both, Facts(permissions=Permissions(allow_removals=4)))
    assert [(r.rule, r.customer, r.contact) for r in gone.refusals] == [("protected", "acme", "jane-doe")]
    released = make_plan(desired(customer(release=True), beta), both, Facts())
    assert [(r.rule, r.customer, r.contact) for r in released.refusals] == [("protected", "acme", "jane-doe")]


def test_a_protected_contact_does_not_lose_a_service_with_her_customer() -> None:
    safe = contact("jane-doe", role="manager", protected=True, services="all")
    state = portal_of(customer(contacts=[MARA, safe], services=("certified", "express")))
    codes = {key: LiveObject(key, 1, {"code": key}) for key in ("certified", "express")}
    found = make_plan(
        desired(customer(contacts=[MARA, safe], services=("certified",))), replace(state, services=codes),
        Facts(permissions=Permissions(allow_removals=2)),
    )  # fmt: skip
    assert [(r.rule, r.contact) for r in found.refusals] == [("protected", "jane-doe")]


def test_a_protected_customer_is_neither_archived_nor_renamed_nor_released() -> None:
    beta = customer("beta", [contact("bea", "beta", role="manager")])
    state = portal_of(customer(protected=True), beta)
    trees = (
        desired(beta),
        desired(beta, customer("acme-medical", name="Acme", protected=True, previously=("acme",))),
        desired(beta, customer(protected=True, release=True)),
        desired(beta, customer(name="Acme Limited", protected=True)),
    )
    for tree in trees:
        assert [r.rule for r in make_plan(tree, state, Facts()).refusals] == ["protected"]


@pytest.mark.parametrize("before", [Status.ACTIVE, Status.INVITED])
@pytest.mark.parametrize("way", ["removed", "demoted"])
def test_the_last_manager_stays(before: Status, way: str) -> None:
    people = [JANE, contact("tom"), contact("eva"), *([contact("mara-meyer")] if way == "demoted" else [])]
    state = live(
        customer_in_portal(customer()), in_portal(MARA, status=before),
        *(in_portal(one) for one in (JANE, contact("tom"), contact("eva"))),
    )  # fmt: skip
    assert rules(make_plan(desired(customer(contacts=people)), state, Facts())) == [("last-manager", Scope.CUSTOMER)]
    optional = customer(contacts=people, manager_optional=True)
    assert rules(make_plan(desired(optional), state, Facts())) == [("last-manager", Scope.CUSTOMER)]
    applied_before = customer_in_portal(customer(manager_optional=True))
    state = replace(state, customers={applied_before.id: applied_before})
    assert rules(make_plan(desired(optional), state, Facts())) == []


def test_a_hint_about_the_last_manager_offers_nothing_that_another_refusal_of_the_plan_rejects() -> None:
    found = make_plan(desired(customer(contacts=[])), portal_of(customer(contacts=[MARA])), Facts())
    hints = {str(refusal.rule): str(refusal.hint) for refusal in found.refusals}
    assert set(hints) == {"last-manager", "nobody-left"}
    assert hints["last-manager"] == hints["nobody-left"]
    assert "manager_optional" not in hints["last-manager"]


def test_a_manager_whose_link_expired_was_none_to_lose() -> None:
    state = live(customer_in_portal(customer()), in_portal(MARA, status=Status.LINK_EXPIRED), in_portal(JANE))
    assert rules(make_plan(desired(customer(contacts=[JANE])), state, Facts())) == []


def test_only_invited_managers_left_is_a_warning() -> None:
    after = customer(contacts=[JANE, contact("tom"), contact("new", role="manager")])
    found = make_plan(desired(after), portal_of(customer(contacts=[MARA, JANE, contact("tom")])), Facts())
    assert (rules(found), [w.rule for w in found.warnings]) == ([], ["only-invited-managers"])


@pytest.mark.parametrize(
    ("facts", "refused"),
    [(Facts("bbb", frozenset({"aaa", "bbb"})), False), (Facts("bbb", frozenset({"bbb"})), True), (Facts(), True),
     (Facts("bbb", frozenset({"bbb"}), permissions=Permissions(allow_rollback="aaa")), False),
     (Facts("bbb", frozenset({"bbb"}), permissions=Permissions(allow_rollback="ccc")), True),
     (Facts("bbb", frozenset({"bbb"}), Permissions(allow_rollback="ccc"), replaced_commits=frozenset({"aaa"})), False)],
    ids=["descends", "older", "no git", "on purpose", "another commit", "forgotten by git"],
)  # fmt: skip
def test_a_customer_does_not_go_back_by_accident(facts: Facts, refused: bool) -> None:
    beta = customer("beta", [contact("bea", "beta", role="manager")])
    state = portal_of(customer(contacts=[MARA]), beta)
    row = replace(state.customers["cus_acme"], last_commit="aaa")
    state = replace(state, customers={**state.customers, "cus_acme": row})
    folders = customer(contacts=[MARA, JANE]), customer("beta", [*beta.contacts.values(), contact("ben", "beta")])
    found = make_plan(desired(*folders), state, facts)
    assert rules(found) == ([("older-commit", Scope.CUSTOMER)] if refused else [])
    assert [group.customers for group in found.ready] == ([("beta",)] if refused else [("acme",), ("beta",)])


@pytest.mark.parametrize(
    ("last", "facts", "refused"),
    [
        ({OWNER: "aaa"}, Facts("bbb", frozenset({"aaa", "bbb"})), False),
        ({OWNER: "aaa"}, Facts("bbb", frozenset({"bbb"})), True),
        ({OWNER: "aaa"}, Facts(), True),
        ({OWNER: "aaa"}, Facts("bbb", frozenset({"bbb"}), permissions=Permissions(allow_rollback="aaa")), False),
        ({"somebody-else": "aaa"}, Facts("bbb", frozenset({"bbb"})), False),
    ],
    ids=["descends", "older", "no git", "on purpose", "another owner's"],
)
@pytest.mark.parametrize("what", ["settings", "new service", "changed service", "retired service"])
def test_settings_and_services_do_not_go_back_by_accident(
    what: str, last: dict[str, str], facts: Facts, refused: bool
) -> None:
    row = LiveObject("svc", 1, {"code": "express", "name": "Express"}, "express", OWNER, applied({"name": "Express"}))
    settings = LiveSettings(
        "settings", 1, {"sign_up": "closed"}, "settings", OWNER, applied({"sign_up": "closed"}), last_commits=last
    )
    rows = {} if what == "new service" else {"svc": row}
    state = replace(portal_of(customer(contacts=[MARA])), services=rows, settings=settings)
    name = "Express, renamed" if what == "changed service" else "Express"
    express = DesiredService("express", {"name": name}, Place("portal.yaml", 1))
    tree = desired(
        customer(contacts=[MARA, JANE]),
        services={} if what == "retired service" else {"express": express},
        settings={"sign_up": "open" if what == "settings" else "closed"},
    )
    found = make_plan(tree, state, facts)
    assert rules(found) == ([("older-commit", Scope.CUSTOMER)] if refused else [])
    held_back = {group.held_back for group in found.groups if group.stage is not Stage.CUSTOMERS}
    assert held_back == {("older-commit",) if refused else ()}
    assert [group.held_back for group in found.groups if group.stage is Stage.CUSTOMERS] == [()]
    if refused:
        assert [str(refusal.hint) for refusal in found.refusals] == [
            (
                "an old job: do not run it again; a branch: merge the newer commits; a shallow clone: set "
                "fetch-depth: 0; a history that was rewritten, squashed or filtered: apply once with --allow-rollback=aaa"
            )
        ]


def rewritten(last: str = "aaa" * 9) -> LiveState:
    """A portal whose rows were last applied from a commit that these files do not descend from."""
    state = portal_of(customer(contacts=[MARA]), customer("beta", [contact("bea", "beta", role="manager")]))
    rows = {id: replace(row, last_commit=last) for id, row in state.customers.items()}
    return replace(last_applied(state, last), customers=rows)


BOOK_OF_TWO = desired(customer(contacts=[MARA]), customer("beta", [contact("bea", "beta", role="manager")]))


def test_a_rewritten_history_is_a_warning_before_it_refuses_anything() -> None:
    found = make_plan(BOOK_OF_TWO, rewritten(), Facts("bbb", frozenset({"bbb"})))
    assert (found.changes, found.refusals) == ((), ())
    assert [(w.rule, str(w.message), str(w.hint)) for w in found.warnings] == [
        (
            "older-commit",
            (
                "the next change will be refused for acme, beta, portal.yaml: last applied from commit aaaaaaaaaaaa, "
                "which bbb does not descend from"
            ),
            (
                "an old job: do not run it again; a branch: merge the newer commits; a shallow clone: set fetch-depth: 0; "
                "a history that was rewritten, squashed or filtered: apply once with --allow-rollback=aaaaaaaaaaaa"
            ),
        )
    ]


@pytest.mark.parametrize(
    "facts",
    [
        Facts("bbb", frozenset({"bbb"}), permissions=Permissions(allow_rollback="aaaaaaa")),
        Facts(
            "bbb", frozenset({"bbb"}), Permissions(allow_rollback="ccccccc"), replaced_commits=frozenset({"aaa" * 9})
        ),
    ],
    ids=["the named commit", "a commit that git does not know any more"],
)
def test_one_permission_lets_every_row_continue_from_the_new_history(facts: Facts) -> None:
    found = make_plan(BOOK_OF_TWO, rewritten(), facts)
    assert (found.refusals, found.warnings) == ((), ())
    assert [(c.kind, c.customer, str(c.message)) for c in found.changes] == [
        (
            Kind.REBASE_HISTORY,
            None,
            "the history of the settings continues at commit bbb; last applied from aaaaaaaaaaaa",
        ),
        (Kind.REBASE_HISTORY, "acme", "the history of acme continues at commit bbb; last applied from aaaaaaaaaaaa"),
        (Kind.REBASE_HISTORY, "beta", "the history of beta continues at commit bbb; last applied from aaaaaaaaaaaa"),
    ]
    assert summary_line(found).startswith("Plan: 0 to add, 3 to change, 0 to remove;")
    merged = make_plan(BOOK_OF_TWO, rewritten(), replace(facts, commit="ddd", ancestors=frozenset({"ddd"})))
    assert [c.id for c in merged.changes] == [c.id for c in found.changes], "a merge brings another commit"


@pytest.mark.parametrize(
    ("commit", "forgotten", "refused"),
    [("aaaaaaa", (), False), ("ccccccc", (), True), ("ccccccc", ("aaa" * 9,), False)],
    ids=["their commit", "another commit", "forgotten by git"],
)
def test_rules_that_are_lost_are_given_up_by_their_own_commit_alone(
    commit: str, forgotten: tuple[str, ...], refused: bool
) -> None:
    state = rewritten()
    base = Applied(True, {"rules": ("names@1",)}, "aaa" * 9)
    state = replace(state, settings=replace(state.settings, applied=base))
    permissions = Permissions(allow_rollback=commit)
    facts = Facts(
        "bbb", frozenset({"bbb"}), permissions, lost_rules=("names@1",), replaced_commits=frozenset(forgotten)
    )
    refusals = make_plan(BOOK_OF_TWO, state, facts).refusals
    assert [r.rule for r in refusals if r.scope is Scope.PLAN] == (["loosened"] if refused else [])


def test_a_customer_that_nobody_manages_has_no_last_commit() -> None:
    acme = customer(contacts=[MARA])
    row = customer_in_portal(acme, owner=None, external_key=None, applied=None, last_commit="aaa")
    state = live(row, in_portal(MARA, owner=None, external_key=None, applied=None))
    found = make_plan(desired(acme), state, Facts("bbb", frozenset({"bbb"})))
    assert (rules(found), [group.customers for group in found.ready]) == ([], [("acme",)])


def test_an_old_commit_that_changes_nothing_is_no_refusal() -> None:
    acme = customer(contacts=[MARA])
    state = live(customer_in_portal(acme, last_commit="aaa"), in_portal(MARA))
    assert make_plan(desired(acme), state, Facts("bbb", frozenset({"bbb"}))).refusals == ()


def test_an_empty_tree_of_an_empty_portal_is_nothing() -> None:
    assert make_plan(desired(), live(), Facts()).refusals == ()


def test_a_removal_that_is_held_back_is_still_shown() -> None:
    found = make_plan(*losing_in_one(5, 3), Facts())
    assert [c.kind for c in found.changes] == [Kind.REMOVE_CONTACT] * 3
