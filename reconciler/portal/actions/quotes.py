"""Actions on quotes: make, reject, cancel, revive; and the customer's decision."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, select

from reconciler.portal.actions.chunks import ROWS_PER_CHUNK, run_in_chunks
from reconciler.portal.actions.contacts import AuditValues
from reconciler.portal.actions.notices import (
    mail_owner,
    mail_project_managers,
    mail_quote,
)
from reconciler.portal.actions.requests import change_state, check_deadline
from reconciler.portal.mail.kinds import Wording
from reconciler.portal.rules.audit import AuditAction
from reconciler.portal.rules.contacts import is_living
from reconciler.portal.rules.principals import SYSTEM
from reconciler.portal.rules.problems import Problem
from reconciler.portal.rules.requests import cost, next_state, possible_events
from reconciler.portal.rules.roles import WORK_ROLES
from reconciler.portal.rules.states import RequestState
from reconciler.portal.store import tables as t
from reconciler.portal.store.store import Store
from reconciler.portal.store.unit_of_work import Row, Work

# Values that a project manager sets: `words`, `cost`, `currency`, `deadline`. A missing value stays
# as it is; a `cost` of None is computed from the service's price.
Terms = Mapping[str, Any]


def approve(work: Work, request: Row, terms: Terms) -> AuditValues:
    """Make the quote, which can be accepted until it expires, and mail the owner."""
    next_state("approve", request["state"])
    return _offer(work, request, "approve", terms)


def revive(work: Work, request: Row, terms: Terms) -> AuditValues:
    """Quote a cancelled request again, if its owner can still accept it."""
    next_state("revive", request["state"])
    owner = work.get("contact", request["owner"])
    if not is_living(owner.values) or owner["role"] not in WORK_ROLES:
        detail = (
            f"its owner '{owner.id}' is {owner['status']}, a {owner['role']}, and cannot "
            f"accept a quote"
        )
        raise Problem("no-heir", detail, requests=[request.id])
    return _offer(work, request, "revive", terms)


def _offer(work: Work, request: Row, event: str, terms: Terms) -> AuditValues:
    audited = change_state(work, request, event, **_agreed_terms(work, request, terms))
    mail_quote(work, request)
    return audited


def _agreed_terms(work: Work, request: Row, terms: Terms) -> dict[str, Any]:
    """Return the terms of the quote: words are required, the cost follows from the price."""
    words = request["words"] if terms.get("words") is None else terms["words"]
    if words is None:
        raise Problem(
            "unprocessable",
            "'words' is required: some files could not be counted",
            field="words",
        )
    price = price_of(work.connection, request["service"])
    agreed = {"words": words, "deadline": terms.get("deadline") or request["deadline"]}
    check_deadline(work, agreed["deadline"])
    if terms.get("cost") is not None:
        currency = (
            terms.get("currency") or request["currency"] or (price or {}).get("currency")
        )
        if currency is None:
            raise Problem(
                "unprocessable",
                "'currency' is required: the service has no price",
                field="currency",
            )
        return {**agreed, "cost": terms["cost"], "currency": currency}
    # a cost that a person entered stays until somebody sends other words or a cost
    if "cost" in terms or words != request["words"] or request["cost"] is None:
        amount, currency = cost(words, price, len(request["target_languages"]))
        return {**agreed, "cost": amount, "currency": currency}
    return agreed


def price_of(connection: Connection, service: str | None) -> Mapping[str, Any] | None:
    """Return the price of the service with this code; None if it has none."""
    price: Mapping[str, Any] | None = connection.execute(
        select(t.services.c.price).where(t.services.c.code == (service or ""))
    ).scalar()
    return price


def accept(work: Work, request: Row) -> AuditValues:
    """Accept the quote: the project begins, and the project managers get a mail."""
    next_state("accept", request["state"])
    if is_overdue(request.values, work.now):
        instead = [
            event for event in possible_events(request["state"]) if event != "accept"
        ]
        detail = (
            f"the quote expired at {request['expires_at']}; possible events: "
            f"{', '.join(instead)}"
        )
        raise Problem("wrong-state", detail, state=request["state"], possible=instead)
    audited = change_state(work, request, "accept")
    mail_project_managers(work, Wording.ACCEPTED, request, who=work.principal.name)
    return audited


def is_overdue(request: Mapping[str, Any], now: str) -> bool:
    """Return whether a quote has expired, even if the job that cancels it has not run yet."""
    return request["expires_at"] is not None and request["expires_at"] < now


def decline(work: Work, request: Row, reason: str) -> AuditValues:
    """Decline the quote; mail the project managers, and the owner if somebody else declined it."""
    audited = change_state(work, request, "decline", reason=reason)
    mail_project_managers(
        work, Wording.DECLINED, request, who=work.principal.name, reason=reason
    )
    if work.principal.contact != request["owner"]:
        mail_owner(work, Wording.CANCELLED, request, reason=reason)
    return audited


def reject(work: Work, request: Row, reason: str) -> AuditValues:
    """Make no quote, and mail the owner the reason."""
    return _cancel_by_event(work, request, "reject", reason)


def cancel(work: Work, request: Row, reason: str) -> AuditValues:
    """Withdraw the quote, and mail the owner the reason."""
    return _cancel_by_event(work, request, "cancel", reason)


def _cancel_by_event(work: Work, request: Row, event: str, reason: str) -> AuditValues:
    audited = change_state(work, request, event, reason=reason)
    mail_owner(work, Wording.CANCELLED, request, reason=reason)
    return audited


def expire_quotes(store: Store) -> int:
    """Cancel expired quotes and mail their owners; return how many there were."""
    return run_in_chunks(lambda: _expire_some_quotes(store))


def _expire_some_quotes(store: Store) -> int:
    c = t.requests.c
    late = (
        select(c.id)
        .where(c.state == RequestState.QUOTED, c.expires_at < store.clock())
        .limit(ROWS_PER_CHUNK)
    )
    with store.read() as connection:
        # the usual case: it takes no write lock
        if connection.execute(late).first() is None:
            return 0
    with store.write(SYSTEM) as work:
        overdue_now = work.where(
            "request", c.id.in_(work.connection.execute(late).scalars().all())
        )
        # two statements instead of two for each request
        work.load("customer", (request["customer"] for request in overdue_now))
        work.load("contact", (request["owner"] for request in overdue_now))
        for request in overdue_now:
            work.audit(
                AuditAction.QUOTE_EXPIRED,
                request,
                *_cancel_by_event(work, request, "expire", "expired"),
            )
    return len(overdue_now)
