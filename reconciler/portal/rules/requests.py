"""The life cycle of a request: which event leads from which state to which, and what a quote says.

Who may bring an event about is the table's business (`rules.policy`): every event names its operation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final

from reconciler.portal.rules.audit import Verb
from reconciler.portal.rules.principals import Actor
from reconciler.portal.rules.problems import Problem
from reconciler.portal.rules.states import OPEN, RequestState, Workflow

_BEING_MADE: Final = frozenset({RequestState.QUOTE_BEING_MADE})
_PENDING: Final = frozenset({RequestState.QUOTE_PENDING, RequestState.QUOTE_BEING_MADE})
_QUOTED: Final = frozenset({RequestState.QUOTED})
_IN_PROGRESS: Final = frozenset({RequestState.IN_PROGRESS})
_CANCELLED: Final = frozenset({RequestState.CANCELLED})
_DEAREST: Final = Decimal("999999999999.99")


@dataclass(frozen=True, slots=True)
class Event:
    """What can happen to a request: by which operation (None: by the portal itself), from which states, to which.

    `after` is None when the state stays as it is. `verb` is what the history calls it.
    """

    operation: str | None
    before: frozenset[RequestState]
    after: RequestState | None
    verb: Verb


EVENTS: Final[Mapping[str, Event]] = {
    "quote": Event(None, _BEING_MADE, RequestState.QUOTED, Verb.REQUESTS_COUNT),
    "refer": Event(None, _BEING_MADE, RequestState.QUOTE_PENDING, Verb.REQUESTS_COUNT),
    "approve": Event("requests.run", _PENDING, RequestState.QUOTED, Verb.REQUESTS_APPROVE),
    "reject": Event("requests.run", _PENDING, RequestState.CANCELLED, Verb.REQUESTS_REJECT),
    "accept": Event("requests.decide", _QUOTED, RequestState.IN_PROGRESS, Verb.REQUESTS_ACCEPT),
    "decline": Event("requests.decide", _QUOTED, RequestState.CANCELLED, Verb.REQUESTS_DECLINE),
    "expire": Event(None, _QUOTED, RequestState.CANCELLED, Verb.QUOTE_EXPIRED),
    "cancel": Event("requests.run", _QUOTED, RequestState.CANCELLED, Verb.REQUESTS_CANCEL),
    "revive": Event("requests.run", _CANCELLED, RequestState.QUOTED, Verb.REQUESTS_REVIVE),
    "progress": Event("requests.run", _IN_PROGRESS, None, Verb.REQUESTS_PROGRESS),
    "deliver": Event("requests.run", _IN_PROGRESS, RequestState.DELIVERED, Verb.REQUESTS_DELIVER),
    "reassign": Event("requests.reassign", frozenset(OPEN), None, Verb.REQUESTS_REASSIGN),
}
"""`quote` and `refer` come when the files are counted: the quote is made, or a project manager has to make it.
`reject` is the project manager's no before there is a quote, `decline` the customer's no to a quote."""


def next_state(event: str, state: str) -> str:
    """The state after the event; a `wrong-state` problem that says what would be possible instead."""
    found = EVENTS[event]
    if state not in found.before:
        instead = possible(state)
        told = f"possible are {', '.join(instead)}" if instead else "nothing is possible any more"
        raise Problem(
            "wrong-state", f"'{event}' is not possible for a request that is {state}: {told}", state=state,
            possible=instead,
        )  # fmt: skip
    return found.after or state


_EVENTS_BY_VERB: Final = {
    str(verb): [event for event in EVENTS.values() if event.verb == verb]
    for verb in {event.verb for event in EVENTS.values()}
}
_OF_THE_CUSTOMER: Final = frozenset({Actor.SELF, Actor.MANAGER})


def must_have_moved(before: str | None, request: Mapping[str, Any], acts: Iterable[Mapping[str, Any]]) -> None:
    """Raise LookupError unless these entries of the history lead the request to its state.

    `before`: its state before them; None when it is new. A state that is written past the events is a
    bug, and so is a quote that somebody accepts or declines for the customer.
    """
    states = {before} if before else _first_states(request["workflow"])
    for act in acts:
        events = _EVENTS_BY_VERB.get(act["what"], [])
        if any(event.operation == "requests.decide" for event in events) and act["actor"] not in _OF_THE_CUSTOMER:
            raise LookupError(f"{act['what']} of request '{request['id']}' by '{act['actor']}': only the customer does")
        if events:
            states = {event.after or state for event in events for state in states if state in event.before}
    if request["state"] not in states:
        raise LookupError(f"request '{request['id']}' came from {before} to {request['state']} past its events")


def _first_states(workflow: str) -> set[str]:
    return {first_state(workflow, words, counting=counting) for words in (None, 0) for counting in (False, True)}


def possible(state: str, may: Callable[[str], bool] = lambda _: True) -> list[str]:
    """The events that somebody can bring about now, who may do these operations."""
    return [
        name for name, event in EVENTS.items()
        if state in event.before and event.operation is not None and may(event.operation)
    ]  # fmt: skip


def first_state(workflow: str, words: int | None, *, counting: bool) -> str:
    """Where a request begins; `words` is None unless every one of its files could be counted.

    `counting`: some of them still are, so that an automatic quote is being made.
    """
    match workflow:
        case Workflow.AUTOMATIC_PROJECT:
            return RequestState.IN_PROGRESS
        case Workflow.AUTOMATIC_QUOTE if counting:
            return RequestState.QUOTE_BEING_MADE
    return EVENTS[after_count(workflow, words)].after or RequestState.QUOTE_PENDING


def after_count(workflow: str | None, words: int | None) -> str:
    """The event that ends the making of a quote, when every file was counted or is left to a person."""
    return "quote" if workflow == Workflow.AUTOMATIC_QUOTE and words is not None else "refer"


def entering(state: str, before: str | None, now: str, offered_until: str) -> dict[str, Any]:
    """What else is written when a request comes into a state: its times, and how far it is."""
    if state == before:
        return {}
    fields: dict[str, Any] = {"expires_at": offered_until if state == RequestState.QUOTED else None}
    if state in OPEN:
        fields |= {"progress": 0, "delivered_at": None, "reason": None}
        fields["accepted_at"] = now if state == RequestState.IN_PROGRESS else None
    if state == RequestState.DELIVERED:
        fields |= {"progress": 100, "delivered_at": now}
    return fields


def all_words(files: Sequence[Mapping[str, Any]]) -> int | None:
    """The weighted words of the files together; None when there is none, or one that nobody counted."""
    counts = [each["words"] for each in files]
    return sum(counts) if counts and None not in counts else None


def cost(words: int | None, price: Mapping[str, Any] | None, languages: int) -> tuple[str | None, str | None]:
    """Amount and currency of so many words into so many languages, rounded half up to cents.

    Both are None without words, without a price, or when the amount is more than anybody would pay.
    """
    if words is None or not price or not price.get("per_word") or not price.get("currency"):
        return None, None
    amount = Decimal(price["per_word"]) * words * languages
    return (str(in_cents(amount)), str(price["currency"])) if amount <= _DEAREST else (None, None)


def in_cents(amount: Decimal) -> Decimal:
    """The amount with two places, rounded half up."""
    return amount.quantize(Decimal("0.01"), ROUND_HALF_UP)
