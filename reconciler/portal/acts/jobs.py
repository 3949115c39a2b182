"""What time does: links run out, and what nobody needs any more is forgotten."""

from __future__ import annotations

from typing import Final

from sqlalchemy import delete, or_, select

from reconciler.portal.rules.principals import SYSTEM
from reconciler.portal.store import tables as t
from reconciler.portal.store.clock import later
from reconciler.portal.store.store import Store

KEPT_DAYS: Final = 30
"""For how long ended sessions and used links are kept, should somebody have to look."""


def expire_links(store: Store) -> int:
    """Every contact whose invitation ran out is `link_expired` now, with revision and history; how many there were."""
    with store.write(SYSTEM) as work:
        c, link = t.contacts.c, t.links.c
        living = select(link.contact).where(
            link.contact == c.id, link.kind == "activation", link.used_at.is_(None), link.expires_at >= work.now
        )
        overdue = work.where("contact", c.status == "invited", ~living.exists())
        for contact in overdue:
            contact["status"] = "link_expired"
            work.audit("link_expired", contact, {"status": "invited"}, {"status": "link_expired"})
    return len(overdue)


def forget_ended_access(store: Store) -> None:
    """Sign-ups that nobody confirmed, and sessions and links that ended long ago, are gone."""
    with store.write(SYSTEM) as work:
        long_ago = later(work.now, days=-KEPT_DAYS)
        work.connection.execute(delete(t.sign_ups).where(t.sign_ups.c.expires_at < work.now))
        work.connection.execute(delete(t.links).where(t.links.c.expires_at < long_ago))
        s = t.sessions.c
        work.connection.execute(delete(t.sessions).where(or_(s.ended_at < long_ago, s.used_at < long_ago)))
