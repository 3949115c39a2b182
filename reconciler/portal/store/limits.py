"""Counts what people cause, and refuses an act beyond a limit of `rules.throttle`.

A try stays counted when its act is refused. The history records who reached which limit, once in its window.
The limits do not apply to tokens and to the portal itself.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from typing import Final

from sqlalchemy import Connection, delete, insert, select

from reconciler.portal.rules.audit import Verb
from reconciler.portal.rules.principals import Principal
from reconciler.portal.rules.problems import Problem
from reconciler.portal.rules.throttle import DAY_S, REMEMBERED_S, Limit, Window, until_room_for
from reconciler.portal.store import tables as t
from reconciler.portal.store.clock import later, moment
from reconciler.portal.store.unit_of_work import Row, Work

_REACHED: Final = "reached"
_OF_STAFF: Final = frozenset({Limit.STAFF_MAILS})


class LimitReached(Problem):
    """The refusal of an act beyond a limit; `object` and `id` name the person or customer that reached it."""

    def __init__(self, limit: Limit, object: str, id: str, window: Window, wait_s: int) -> None:
        when = f"; the next is possible in {wait_s} s" if window.within_s else ""
        super().__init__(
            "rate-limited", f"the limit '{limit}' of {window.most:,} is reached{when}", limit=str(limit),
            headers={"Retry-After": str(wait_s)},
        )  # fmt: skip
        self.limit, self.object, self.id = limit, object, id
        self.traced_s = window.within_s or DAY_S


def count(work: Work, limit: Limit, more: int = 1) -> None:
    """Count what the person of this work causes; a `LimitReached` when it is beyond the limit."""
    bound = _bound(work.principal, limit)
    if bound is None or not more:
        return
    object, id = bound
    window, subject = work.limits.windows[limit], f"{limit}:{id}"
    wait_s = until_room_for(more, window, _counted(work.connection, subject, window, work.now))
    if wait_s:
        raise LimitReached(limit, object, id, window, wait_s)
    work.tries.append((subject, more))
    note(work.connection, subject, work.now, more)


def count_caused(work: Work) -> None:
    """Count what the work causes, derived from the rows and mails that it wrote, so that no act can forget to."""
    requests = [row for (kind, _), row in work.rows.items() if kind == "request"]
    count(work, Limit.REQUESTS, sum(row.first is None for row in requests))
    count(work, Limit.MOVES, int(any(row.first and row.first["owner"] != row["owner"] for row in requests)))
    for limit in (Limit.MAILS, Limit.STAFF_MAILS):
        count(work, limit, len(work.mails))


def keep_trace(work: Work, error: Exception) -> bool:
    """Count again what an undone work had counted, and record a limit that it reached; whether there was either."""
    for subject, amount in work.tries:
        note(work.connection, subject, work.now, amount)
    if isinstance(error, LimitReached):
        _tell(work, error)
        return True
    return bool(work.tries)


def note(connection: Connection, subject: str, now: str, amount: int = 1) -> str:
    """Remember for a day that something happened, so many times; the id of the row."""
    c, id = t.attempts.c, f"try_{secrets.token_hex(10)}"
    connection.execute(delete(t.attempts).where(c.at < later(now, seconds=-REMEMBERED_S)))
    connection.execute(insert(t.attempts).values(id=id, subject=subject, at=now, amount=amount))
    return id


def reached(connection: Connection, now: str) -> dict[Limit, int]:
    """How many people and customers reached each limit within a day."""
    c = t.attempts.c
    recent = select(c.subject).distinct().where(
        c.subject.startswith(f"{_REACHED}:"), c.at >= later(now, seconds=-DAY_S)
    )  # fmt: skip
    limits = [Limit(subject.split(":")[1]) for subject in connection.execute(recent).scalars()]
    return {limit: limits.count(limit) for limit in Limit}


def _bound(principal: Principal, limit: Limit) -> tuple[str, str] | None:
    """The person that the limit counts when this principal acts; None when it counts nobody."""
    if limit in _OF_STAFF:
        return ("staff", principal.staff) if principal.staff else None
    return ("contact", principal.contact) if principal.contact else None


def _counted(connection: Connection, subject: str, window: Window, now: str) -> Iterator[tuple[float, int]]:
    c, since = t.attempts.c, later(now, seconds=-window.within_s)
    rows = connection.execute(
        select(c.at, c.amount).where(c.subject == subject, c.at >= since).order_by(c.at.desc()).limit(window.most + 1)
    )
    for at, amount in rows:
        yield (moment(now) - moment(at)).total_seconds(), amount


def _tell(work: Work, met: LimitReached) -> None:
    """Record in the history that the limit was reached, unless it is recorded for the same window."""
    subject, c = f"{_REACHED}:{met.limit}:{met.id}", t.attempts.c
    since = later(work.now, seconds=-met.traced_s)
    if work.connection.execute(select(c.id).where(c.subject == subject, c.at > since)).first():
        return
    note(work.connection, subject, work.now)
    told = Work(work.connection, work.portal, work.principal, work.now)
    told.audit(Verb.LIMIT_REACHED, Row(met.object, {"id": met.id}, None), {}, {"limit": str(met.limit)})
    told.finish()
