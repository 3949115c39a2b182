"""Jobs that follow the clock: links and quotes expire, and old data is deleted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from sqlalchemy import Select, delete, or_, select

from reconciler.portal.actions.chunks import ROWS_PER_CHUNK, run_in_chunks
from reconciler.portal.actions.outbox import forget_mails
from reconciler.portal.actions.quotes import expire_quotes
from reconciler.portal.actions.tokens import write_token_uses
from reconciler.portal.actions.uploads import forget_unused, sweep
from reconciler.portal.rules.audit import AuditAction
from reconciler.portal.rules.principals import SYSTEM
from reconciler.portal.rules.states import ContactStatus
from reconciler.portal.store import tables as t
from reconciler.portal.store.clock import later
from reconciler.portal.store.store import Store
from reconciler.portal.store.vacuum import vacuum_if_marked

# How long ended sessions and used links are kept for inspection, and answers for repeated requests.
RETENTION_DAYS: Final = 30


def expire_links(store: Store) -> int:
    """Set `link_expired` for contacts whose invitation expired; return how many there were."""
    return run_in_chunks(lambda: _expire_some_links(store))


def _expire_some_links(store: Store) -> int:
    c, link = t.contacts.c, t.links.c
    living = select(link.contact).where(
        link.contact == c.id,
        link.kind == "activation",
        link.used_at.is_(None),
        link.expires_at >= store.clock(),
    )
    criteria = (c.status == ContactStatus.INVITED, ~living.exists())
    statement = select(c.id).where(*criteria).limit(ROWS_PER_CHUNK)
    if not _exists(store, statement):
        return 0
    with store.write(SYSTEM) as work:
        overdue = work.where(
            "contact", c.id.in_(work.connection.execute(statement).scalars().all())
        )
        for contact in overdue:
            contact["status"] = ContactStatus.LINK_EXPIRED
            work.audit(
                AuditAction.LINK_EXPIRED,
                contact,
                {"status": ContactStatus.INVITED},
                {"status": ContactStatus.LINK_EXPIRED},
            )
    return len(overdue)


def _exists(store: Store, question: Select[Any]) -> bool:
    """Return whether there is work to do, without blocking writers in the usual case."""
    with store.read() as connection:
        return connection.execute(question.limit(1)).first() is not None


def forget_ended_access(store: Store) -> int:
    """Delete what has served its time; return how many rows there were.

    Unconfirmed sign-ups, old sessions and links, and old answers to idempotency keys.
    """
    now = store.clock()
    long_ago, s = later(now, days=-RETENTION_DAYS), t.sessions.c
    old = (
        (t.idempotency, t.idempotency.c.created_at < long_ago),
        (t.sign_ups, t.sign_ups.c.expires_at < now),
        (t.links, t.links.c.expires_at < long_ago),
        (t.sessions, or_(s.ended_at < long_ago, s.used_at < long_ago)),
    )
    if not any(_exists(store, select(table).where(condition)) for table, condition in old):
        return 0
    with store.write(SYSTEM) as work:
        return sum(
            work.connection.execute(delete(table).where(condition)).rowcount
            for table, condition in old
        )


def vacuum_after_erasures(store: Store) -> int:
    """Clear the database's free space after erasures; return how many files were rewritten."""
    return int(vacuum_if_marked(store.engine))


# The jobs that each server process runs every minute; each thing happens once.
JOBS: Final[tuple[Callable[[Store], int], ...]] = (
    expire_links,
    expire_quotes,
    forget_ended_access,
    forget_mails,
    forget_unused,
    sweep,
    write_token_uses,
    vacuum_after_erasures,
)
