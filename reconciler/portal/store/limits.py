"""Counts what people cause, and refuses actions beyond the limits of `rules.throttle`.

An attempt stays counted if its action is refused. The history records who reached which limit, once
per window. The limits do not apply to tokens and to the portal itself.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from typing import Final

from sqlalchemy import Connection, delete, insert, select

from reconciler.portal.rules.audit import AuditAction
from reconciler.portal.rules.principals import Principal
from reconciler.portal.rules.problems import Problem
from reconciler.portal.rules.throttle import (
    DAY_S,
    RETENTION_S,
    Limit,
    Window,
    seconds_until_room_for,
)
from reconciler.portal.store import tables as t
from reconciler.portal.store.clock import later, moment
from reconciler.portal.store.unit_of_work import Row, Work

_LIMIT_REACHED: Final = "reached"
_STAFF_LIMITS: Final = frozenset({Limit.STAFF_MAILS})


class LimitReached(Problem):
    """The refusal of an action beyond a limit; `object` and `id` name who reached it."""

    def __init__(
        self, limit: Limit, object: str, id: str, window: Window, wait_s: int
    ) -> None:
        when = f"; the next is possible in {wait_s} s" if window.period_s else ""
        super().__init__(
            "rate-limited",
            f"the limit '{limit}' of {window.max_amount:,} is reached{when}",
            limit=str(limit),
            headers={"Retry-After": str(wait_s)},
        )
        self.limit, self.object, self.id = limit, object, id
        self.recorded_for_s = window.period_s or DAY_S


def count_against(work: Work, limit: Limit, more: int = 1) -> None:
    """Count what the person causes; raise `LimitReached` if it exceeds the limit."""
    bound = _counted_person(work.principal, limit)
    if bound is None or not more:
        return
    object, id = bound
    window, subject = work.limits.windows[limit], f"{limit}:{id}"
    wait_s = seconds_until_room_for(
        more, window, _amounts_by_age(work.connection, subject, window, work.now)
    )
    if wait_s:
        raise LimitReached(limit, object, id, window, wait_s)
    work.counted_attempts.append((subject, more))
    record_attempt(work.connection, subject, work.now, more)


def count_caused(work: Work) -> None:
    """Count what the work causes, derived from its rows and mails."""
    requests = [row for (kind, _), row in work.rows.items() if kind == "request"]
    count_against(work, Limit.REQUESTS, sum(row.first is None for row in requests))
    count_against(
        work,
        Limit.MOVES,
        int(any(row.first and row.first["owner"] != row["owner"] for row in requests)),
    )
    for limit in (Limit.MAILS, Limit.STAFF_MAILS):
        count_against(work, limit, len(work.mails))


def keep_counts(work: Work, error: Exception) -> bool:
    """Write the counts of a rolled-back work again; return whether there were any.

    A reached limit is recorded in the history.
    """
    for subject, amount in work.counted_attempts:
        record_attempt(work.connection, subject, work.now, amount)
    if isinstance(error, LimitReached):
        _record_in_history(work, error)
        return True
    return bool(work.counted_attempts)


def record_attempt(connection: Connection, subject: str, now: str, amount: int = 1) -> str:
    """Record for a day that something happened `amount` times; return the id of the row."""
    c, id = t.attempts.c, f"try_{secrets.token_hex(10)}"
    connection.execute(delete(t.attempts).where(c.at < later(now, seconds=-RETENTION_S)))
    connection.execute(
        insert(t.attempts).values(id=id, subject=subject, at=now, amount=amount)
    )
    return id


def limits_reached(connection: Connection, now: str) -> dict[Limit, int]:
    """Return how many people and customers reached each limit within a day."""
    c = t.attempts.c
    recent = (
        select(c.subject)
        .distinct()
        .where(
            c.subject.startswith(f"{_LIMIT_REACHED}:"), c.at >= later(now, seconds=-DAY_S)
        )
    )
    limits = [
        Limit(subject.split(":")[1]) for subject in connection.execute(recent).scalars()
    ]
    return {limit: limits.count(limit) for limit in Limit}


def _counted_person(principal: Principal, limit: Limit) -> tuple[str, str] | None:
    """Return the person that the limit counts for this principal; None if it counts nobody."""
    if limit in _STAFF_LIMITS:
        return ("staff", principal.staff) if principal.staff else None
    return ("contact", principal.contact) if principal.contact else None


def _amounts_by_age(
    connection: Connection, subject: str, window: Window, now: str
) -> Iterator[tuple[float, int]]:
    c, since = t.attempts.c, later(now, seconds=-window.period_s)
    rows = connection.execute(
        select(c.at, c.amount)
        .where(c.subject == subject, c.at >= since)
        .order_by(c.at.desc())
        .limit(window.max_amount + 1)
    )
    for at, amount in rows:
        yield (moment(now) - moment(at)).total_seconds(), amount


def _record_in_history(work: Work, error: LimitReached) -> None:
    """Record in the history that the limit was reached, once per window."""
    subject, c = f"{_LIMIT_REACHED}:{error.limit}:{error.id}", t.attempts.c
    since = later(work.now, seconds=-error.recorded_for_s)
    if work.connection.execute(
        select(c.id).where(c.subject == subject, c.at > since)
    ).first():
        return
    record_attempt(work.connection, subject, work.now)
    entry = Work(work.connection, work.portal, work.principal, work.now)
    entry.audit(
        AuditAction.LIMIT_REACHED,
        Row(error.object, {"id": error.id}, None),
        {},
        {"limit": str(error.limit)},
    )
    entry.finish()
