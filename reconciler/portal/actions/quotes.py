"""Acts on a quote: the project manager makes, refuses, withdraws or renews it, the customer decides on it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, select

from reconciler.portal.actions.batching import AT_ONCE, in_turns
from reconciler.portal.actions.contacts import Audited
from reconciler.portal.actions.notices import tell_owner, tell_project_managers
from reconciler.portal.actions.requests import move
from reconciler.portal.mail.kinds import Wording
from reconciler.portal.rules.audit import Verb
from reconciler.portal.rules.contacts import living
from reconciler.portal.rules.principals import SYSTEM
from reconciler.portal.rules.problems import Problem
from reconciler.portal.rules.requests import cost, next_state, possible
from reconciler.portal.rules.roles import HOLDS_WORK
from reconciler.portal.rules.states import RequestState
from reconciler.portal.store import tables as t
from reconciler.portal.store.store import Store
from reconciler.portal.store.unit_of_work import Row, Work

Terms = Mapping[str, Any]
"""What a project manager says of a quote: `words`, `cost`, `currency`, `deadline`.

What is left out stays; a `cost` of None is what the service's price says."""


def approve(work: Work, request: Row, terms: Terms) -> Audited:
    """The quote is made and can be accepted until it expires; the owner is told."""
    next_state("approve", request["state"])
    return _offer(work, request, "approve", terms)


def revive(work: Work, request: Row, terms: Terms) -> Audited:
    """A cancelled request is quoted again, when its owner is still there to accept it."""
    next_state("revive", request["state"])
    owner = work.one("contact", request["owner"])
    if not living(owner.values) or owner["role"] not in HOLDS_WORK:
        told = f"its owner '{owner.id}' is {owner['status']}, a {owner['role']}: nobody could accept it"
        raise Problem("no-heir", told, requests=[request.id])
    return _offer(work, request, "revive", terms)


def _offer(work: Work, request: Row, event: str, terms: Terms) -> Audited:
    audited = move(work, request, event, **_agreed(work, request, terms))
    tell_owner(work, Wording.QUOTED, request, until=request["expires_at"][:10])
    return audited


def _agreed(work: Work, request: Row, terms: Terms) -> dict[str, Any]:
    """Words stand in every quote; without a cost of its own a quote costs what the service's price says."""
    words = request["words"] if terms.get("words") is None else terms["words"]
    if words is None:
        raise Problem("unprocessable", "'words' is required: not every file could be counted", field="words")
    price = price_of(work.connection, request["service"])
    agreed = {"words": words, "deadline": terms.get("deadline") or request["deadline"]}
    if terms.get("cost") is not None:
        currency = terms.get("currency") or request["currency"] or (price or {}).get("currency")
        if currency is None:
            raise Problem("unprocessable", "'currency' is required: the service has no price", field="currency")
        return {**agreed, "cost": terms["cost"], "currency": currency}
    if "cost" in terms or words != request["words"] or request["cost"] is None:
        amount, currency = cost(words, price, len(request["target_languages"]))
        return {**agreed, "cost": amount, "currency": currency}
    return agreed


def price_of(connection: Connection, service: str | None) -> Mapping[str, Any] | None:
    """What a word costs in the service of this code; None when nobody said."""
    found: Mapping[str, Any] | None = connection.execute(
        select(t.services.c.price).where(t.services.c.code == (service or ""))
    ).scalar()
    return found


def accept(work: Work, request: Row) -> Audited:
    """The customer takes the quote: the project begins, and the project managers are told."""
    next_state("accept", request["state"])
    if overdue(request.values, work.now):
        instead = [event for event in possible(request["state"]) if event != "accept"]
        told = f"the quote could be accepted until {request['expires_at']}: possible are {', '.join(instead)}"
        raise Problem("wrong-state", told, state=request["state"], possible=instead)
    audited = move(work, request, "accept")
    tell_project_managers(work, Wording.ACCEPTED, request, who=work.principal.name)
    return audited


def overdue(request: Mapping[str, Any], now: str) -> bool:
    """Whether a quote can no longer be accepted, though the clock's job did not come by yet."""
    return request["expires_at"] is not None and request["expires_at"] < now


def decline(work: Work, request: Row, reason: str) -> Audited:
    """The customer does not take the quote; the project managers are told, and the owner if it was not she."""
    audited = move(work, request, "decline", reason=reason)
    tell_project_managers(work, Wording.DECLINED, request, who=work.principal.name, reason=reason)
    if work.principal.contact != request["owner"]:
        tell_owner(work, Wording.CANCELLED, request, reason=reason)
    return audited


def reject(work: Work, request: Row, reason: str) -> Audited:
    """The project manager makes no quote; the owner is told why."""
    return _call_off(work, request, "reject", reason)


def cancel(work: Work, request: Row, reason: str) -> Audited:
    """The project manager takes the quote back; the owner is told why."""
    return _call_off(work, request, "cancel", reason)


def _call_off(work: Work, request: Row, event: str, reason: str) -> Audited:
    audited = move(work, request, event, reason=reason)
    tell_owner(work, Wording.CANCELLED, request, reason=reason)
    return audited


def expire_quotes(store: Store) -> int:
    """Quotes that were not accepted in time are cancelled, and their owners told; how many there were."""
    return in_turns(lambda: _expire_some_quotes(store))


def _expire_some_quotes(store: Store) -> int:
    c = t.requests.c
    late = select(c.id).where(c.state == RequestState.QUOTED, c.expires_at < store.clock()).limit(AT_ONCE)
    with store.read() as connection:
        if connection.execute(late).first() is None:  # nearly always: nobody has to wait for us
            return 0
    with store.write(SYSTEM) as work:
        overdue_now = work.where("request", c.id.in_(work.connection.execute(late).scalars().all()))
        work.load("customer", (request["customer"] for request in overdue_now))
        work.load("contact", (request["owner"] for request in overdue_now))
        for request in overdue_now:
            work.audit(Verb.QUOTE_EXPIRED, request, *_call_off(work, request, "expire", "expired"))
    return len(overdue_now)
