"""The life cycle of a request: events, states, and the values of a quote.

The policy (`rules.policy`) decides who may cause an event: every event names its operation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final

from reconciler.portal.rules.audit import AuditAction
from reconciler.portal.rules.principals import Actor
from reconciler.portal.rules.problems import Problem
from reconciler.portal.rules.states import OPEN, RequestState, Workflow

_BEING_MADE: Final = frozenset({RequestState.QUOTE_BEING_MADE})
_PENDING: Final = frozenset({RequestState.QUOTE_PENDING, RequestState.QUOTE_BEING_MADE})
_QUOTED: Final = frozenset({RequestState.QUOTED})
_IN_PROGRESS: Final = frozenset({RequestState.IN_PROGRESS})
_CANCELLED: Final = frozenset({RequestState.CANCELLED})
_MAX_COST: Final = Decimal("999999999999.99")


@dataclass(frozen=True, slots=True)
class Event:
    """An event of a request: operation (None: the portal), states before, state after.

    `after` is None if the state stays. `audit_action` is the name in the history.
    """

    operation: str | None
    before: frozenset[RequestState]
    after: RequestState | None
    audit_action: AuditAction


# `quote` and `refer` occur when the files are counted: the quote is made, or a project
# manager has to make it. `reject` is the project manager's no before there is a quote,
# `decline` the customer's no to a quote.
EVENTS: Final[Mapping[str, Event]] = {
    "quote": Event(None, _BEING_MADE, RequestState.QUOTED, AuditAction.REQUESTS_COUNT),
    "refer": Event(
        None, _BEING_MADE, RequestState.QUOTE_PENDING, AuditAction.REQUESTS_COUNT
    ),
    "approve": Event(
        "requests.run", _PENDING, RequestState.QUOTED, AuditAction.REQUESTS_APPROVE
    ),
    "reject": Event(
        "requests.run", _PENDING, RequestState.CANCELLED, AuditAction.REQUESTS_REJECT
    ),
    "accept": Event(
        "requests.decide", _QUOTED, RequestState.IN_PROGRESS, AuditAction.REQUESTS_ACCEPT
    ),
    "decline": Event(
        "requests.decide", _QUOTED, RequestState.CANCELLED, AuditAction.REQUESTS_DECLINE
    ),
    "expire": Event(None, _QUOTED, RequestState.CANCELLED, AuditAction.QUOTE_EXPIRED),
    "cancel": Event(
        "requests.run", _QUOTED, RequestState.CANCELLED, AuditAction.REQUESTS_CANCEL
    ),
    "revive": Event(
        "requests.run", _CANCELLED, RequestState.QUOTED, AuditAction.REQUESTS_REVIVE
    ),
    "progress": Event("requests.run", _IN_PROGRESS, None, AuditAction.REQUESTS_PROGRESS),
    "deliver": Event(
        "requests.run", _IN_PROGRESS, RequestState.DELIVERED, AuditAction.REQUESTS_DELIVER
    ),
    "reassign": Event(
        "requests.reassign", frozenset(OPEN), None, AuditAction.REQUESTS_REASSIGN
    ),
}


def next_state(event: str, state: str) -> str:
    """Return the state after the event; else a `wrong-state` problem with the possible events."""
    transition = EVENTS[event]
    if state not in transition.before:
        instead = possible_events(state)
        advice = (
            f"possible are {', '.join(instead)}"
            if instead
            else "nothing is possible any more"
        )
        raise Problem(
            "wrong-state",
            f"'{event}' is not possible for a request that is {state}: {advice}",
            state=state,
            possible=instead,
        )
    return transition.after or state


_EVENTS_BY_AUDIT_ACTION: Final = {
    str(action): [event for event in EVENTS.values() if event.audit_action == action]
    for action in {event.audit_action for event in EVENTS.values()}
}
_CUSTOMER_ACTORS: Final = frozenset({Actor.SELF, Actor.MANAGER})


def check_transitions(
    before: str | None, request: Mapping[str, Any], entries: Iterable[Mapping[str, Any]]
) -> None:
    """Raise LookupError unless these history entries lead the request to its state.

    `before` is the state before them; None for a new request. A state written without its event is
    a bug, and so is a quote that somebody else accepts or declines for the customer.
    """
    states = {before} if before else _first_states(request["workflow"])
    for entry in entries:
        events = _EVENTS_BY_AUDIT_ACTION.get(entry["what"], [])
        if (
            any(event.operation == "requests.decide" for event in events)
            and entry["actor"] not in _CUSTOMER_ACTORS
        ):
            raise LookupError(
                f"{entry['what']} of request '{request['id']}' by '{entry['actor']}': only the "
                f"customer may do this"
            )
        if events:
            states = {
                event.after or state
                for event in events
                for state in states
                if state in event.before
            }
    if request["state"] not in states:
        raise LookupError(
            f"request '{request['id']}' moved from {before} to {request['state']} without its "
            f"events"
        )


def _first_states(workflow: str) -> set[str]:
    return {
        first_state(workflow, words, counting=counting)
        for words in (None, 0)
        for counting in (False, True)
    }


def possible_events(state: str, may: Callable[[str], bool] = lambda _: True) -> list[str]:
    """Return the events that a principal can cause now; `may` says which operations are allowed."""
    return [
        name
        for name, event in EVENTS.items()
        if state in event.before and event.operation is not None and may(event.operation)
    ]


def first_state(workflow: str, words: int | None, *, counting: bool) -> str:
    """Return the first state of a request; `words` is None unless all its files were counted.

    `counting`: some files are still being counted, so an automatic quote is being made.
    """
    match workflow:
        case Workflow.AUTOMATIC_PROJECT:
            return RequestState.IN_PROGRESS
        case Workflow.AUTOMATIC_QUOTE if counting:
            return RequestState.QUOTE_BEING_MADE
    return EVENTS[after_count(workflow, words)].after or RequestState.QUOTE_PENDING


def after_count(workflow: str | None, words: int | None) -> str:
    """Return the event after the last file was counted or left to a person."""
    return (
        "quote" if workflow == Workflow.AUTOMATIC_QUOTE and words is not None else "refer"
    )


def fields_on_entry(
    state: str, before: str | None, now: str, offered_until: str
) -> dict[str, Any]:
    """Return the fields that are set when a request enters a state: times and progress."""
    if state == before:
        return {}
    fields: dict[str, Any] = {
        "expires_at": offered_until if state == RequestState.QUOTED else None
    }
    if state in OPEN:
        fields |= {"progress": 0, "delivered_at": None, "reason": None}
        fields["accepted_at"] = now if state == RequestState.IN_PROGRESS else None
    if state == RequestState.DELIVERED:
        fields |= {"progress": 100, "delivered_at": now}
    return fields


def total_words(files: Sequence[Mapping[str, Any]]) -> int | None:
    """Return the weighted words of all files; None without files, or if one is not counted."""
    counts = [file["words"] for file in files]
    return sum(counts) if counts and None not in counts else None


def cost(
    words: int | None, price: Mapping[str, Any] | None, languages: int
) -> tuple[str | None, str | None]:
    """Return amount and currency for so many words and languages, rounded half up to cents.

    Both are None without words or price, or if the amount is unrealistically high.
    """
    if words is None or not price or not price.get("per_word") or not price.get("currency"):
        return None, None
    amount = Decimal(price["per_word"]) * words * languages
    return (
        (str(in_cents(amount)), str(price["currency"]))
        if amount <= _MAX_COST
        else (None, None)
    )


def in_cents(amount: Decimal) -> Decimal:
    """Return the amount with two decimal places, rounded half up."""
    return amount.quantize(Decimal("0.01"), ROUND_HALF_UP)
