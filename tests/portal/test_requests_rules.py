"""The life cycle of a request as a table, and what a quote costs: pure rules."""

from __future__ import annotations

import itertools

import pytest

from reconciler.portal.rules.policy import PERMISSIONS, RowScope, row_scope_of
from reconciler.portal.rules.principals import PrincipalKind
from reconciler.portal.rules.problems import Problem
from reconciler.portal.rules.requests import (
    EVENTS,
    cost,
    fields_on_entry,
    first_state,
    next_state,
    possible_events,
    total_words,
)
from reconciler.portal.rules.states import RequestState

LIFE = {
    ("quote_pending", "approve"): "quoted", ("quote_being_made", "approve"): "quoted",
    ("quote_pending", "reject"): "cancelled", ("quote_being_made", "reject"): "cancelled",
    ("quoted", "accept"): "in_progress", ("quoted", "decline"): "cancelled", ("quoted", "expire"): "cancelled",
    ("quoted", "cancel"): "cancelled", ("cancelled", "revive"): "quoted", ("in_progress", "progress"): "in_progress",
    ("in_progress", "deliver"): "delivered", ("quote_pending", "reassign"): "quote_pending",
    ("quote_being_made", "reassign"): "quote_being_made", ("quoted", "reassign"): "quoted",
    ("in_progress", "reassign"): "in_progress",
    ("quote_being_made", "quote"): "quoted", ("quote_being_made", "refer"): "quote_pending",
}  # fmt: skip
"""The field's table of a request's life: nothing else is possible."""
BY_ITSELF = {"expire", "quote", "refer"}
"""What the portal brings about."""

WHO = {
    "approve": {PrincipalKind.PROJECT_MANAGER, PrincipalKind.ADMINISTRATOR, PrincipalKind.ADMIN},
    "reject": {PrincipalKind.PROJECT_MANAGER, PrincipalKind.ADMINISTRATOR, PrincipalKind.ADMIN},
    "cancel": {PrincipalKind.PROJECT_MANAGER, PrincipalKind.ADMINISTRATOR, PrincipalKind.ADMIN},
    "revive": {PrincipalKind.PROJECT_MANAGER, PrincipalKind.ADMINISTRATOR, PrincipalKind.ADMIN},
    "progress": {PrincipalKind.PROJECT_MANAGER, PrincipalKind.ADMINISTRATOR, PrincipalKind.ADMIN},
    "deliver": {PrincipalKind.PROJECT_MANAGER, PrincipalKind.ADMINISTRATOR, PrincipalKind.ADMIN},
    "accept": {PrincipalKind.REQUESTER, PrincipalKind.MANAGER},
    "decline": {PrincipalKind.REQUESTER, PrincipalKind.MANAGER},
    "reassign": {PrincipalKind.MANAGER, PrincipalKind.ADMINISTRATOR, PrincipalKind.ADMIN},
    "expire": set(), "quote": set(), "refer": set(),
}  # fmt: skip


@pytest.mark.parametrize(("state", "event"), list(itertools.product(RequestState, EVENTS)))
def test_an_event_leads_where_the_table_says_or_says_what_is_possible(state: str, event: str) -> None:
    if (state, event) in LIFE:
        assert next_state(event, state) == LIFE[state, event]
        return
    with pytest.raises(Problem) as refused:
        next_state(event, state)
    instead = sorted(other for (before, other) in LIFE if before == state and other not in BY_ITSELF)
    assert refused.value.type == "wrong-state"
    assert refused.value.members["state"] == state
    assert sorted(refused.value.members["possible"]) == instead
    assert all(each in refused.value.detail for each in (event, state, *instead))


@pytest.mark.parametrize("event", EVENTS)
def test_an_event_is_brought_about_by_those_whom_the_table_of_roles_names(event: str) -> None:
    operation = EVENTS[event].operation
    assert {who for who in PrincipalKind if operation and row_scope_of(who, operation)} == WHO[event]


def test_a_manager_decides_for_everybody_and_reassigns_only_what_is_others() -> None:
    assert PERMISSIONS["requests.decide"][PrincipalKind.REQUESTER] is RowScope.OWN
    assert PERMISSIONS["requests.decide"][PrincipalKind.MANAGER] is RowScope.CUSTOMER
    assert PERMISSIONS["requests.reassign"][PrincipalKind.MANAGER] is RowScope.TEAM


def test_buttons_are_exactly_what_somebody_may_do_in_this_state() -> None:
    def as_(who: PrincipalKind) -> list[str]:
        return possible_events("quoted", lambda operation: row_scope_of(who, operation) is not None)

    assert as_(PrincipalKind.REQUESTER) == ["accept", "decline"]
    assert as_(PrincipalKind.OBSERVER) == []
    assert as_(PrincipalKind.MANAGER) == ["accept", "decline", "reassign"]
    assert as_(PrincipalKind.PROJECT_MANAGER) == ["cancel"]


@pytest.mark.parametrize(
    ("workflow", "words", "state"),
    [
        ("pm_quote_manual", 10, "quote_pending"), ("pm_quote_manual", None, "quote_pending"),
        ("pm_quote_automatic", 10, "quote_pending"), ("pm_quote_automatic", None, "quote_pending"),
        ("automatic_quote", 10, "quoted"), ("automatic_quote", 0, "quoted"), ("automatic_quote", None, "quote_pending"),
        ("automatic_project", 10, "in_progress"), ("automatic_project", None, "in_progress"),
    ],
)  # fmt: skip
def test_a_workflow_begins_where_the_field_says(workflow: str, words: int | None, state: str) -> None:
    assert first_state(workflow, words, counting=False) == state


@pytest.mark.parametrize(
    ("workflow", "state"),
    [
        ("pm_quote_manual", "quote_pending"), ("pm_quote_automatic", "quote_pending"),
        ("automatic_quote", "quote_being_made"), ("automatic_project", "in_progress"),
    ],
)  # fmt: skip
def test_only_an_automatic_quote_waits_for_a_count(workflow: str, state: str) -> None:
    assert first_state(workflow, None, counting=True) == state


def test_one_file_that_nobody_counted_leaves_the_whole_uncounted() -> None:
    assert total_words([{"words": 3}, {"words": 4}]) == 7
    assert total_words([{"words": 3}, {"words": None}]) is None
    assert total_words([]) is None


@pytest.mark.parametrize(
    ("words", "per_word", "languages", "amount"),
    [
        (10, "0.19", 1, "1.90"), (10, "0.19", 3, "5.70"), (1, "0.005", 1, "0.01"), (1, "0.0049", 1, "0.00"),
        (3, "0.115", 1, "0.35"), (0, "0.19", 2, "0.00"), (100_000_000, "99999999999999999999", 100, None),
        (None, "0.19", 1, None),
    ],
)  # fmt: skip
def test_a_cost_is_rounded_half_up_to_cents(
    words: int | None, per_word: str, languages: int, amount: str | None
) -> None:
    found = cost(words, {"currency": "EUR", "per_word": per_word}, languages)
    assert found == ((amount, "EUR") if amount else (None, None))


def test_a_service_without_a_whole_price_costs_nothing_that_could_be_said() -> None:
    for price in (None, {}, {"currency": "EUR", "per_word": None}, {"currency": None, "per_word": "1"}):
        assert cost(10, price, 1) == (None, None)


def test_times_go_with_their_states() -> None:
    now, until = "2026-11-23T12:00:00Z", "2026-12-23T12:00:00Z"
    assert fields_on_entry("quoted", "quoted", now, until) == {}
    assert fields_on_entry("quoted", "cancelled", now, until)["expires_at"] == until
    assert fields_on_entry("in_progress", "quoted", now, until)["accepted_at"] == now
    assert fields_on_entry("delivered", "in_progress", now, until) == {
        "expires_at": None,
        "progress": 100,
        "delivered_at": now,
    }
    assert fields_on_entry("in_progress", "delivered", now, until)["delivered_at"] is None
