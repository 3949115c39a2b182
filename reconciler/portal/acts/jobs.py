"""What time does: links and quotes run out, uploads that nobody used are forgotten. Written like any other change, with revision and history."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from sqlalchemy import Select, select

from reconciler.portal.acts.mails import LINK_DAYS
from reconciler.portal.acts.quotes import expire_quotes
from reconciler.portal.acts.uploads import forget, sweep
from reconciler.portal.rules.principals import SYSTEM
from reconciler.portal.store import tables as t
from reconciler.portal.store.clock import later
from reconciler.portal.store.store import Store


def expire_links(store: Store) -> int:
    """Everybody who was invited too long ago is `link_expired` now; how many there were."""
    c = t.contacts.c
    criteria = (c.status == "invited", c.invited_at < later(store.clock(), days=-LINK_DAYS))
    if not _any(store, select(c.id).where(*criteria)):
        return 0
    with store.write(SYSTEM) as work:
        overdue = work.where("contact", *criteria)
        for contact in overdue:
            contact["status"] = "link_expired"
            work.audit("link_expired", contact, {"status": "invited"}, {"status": "link_expired"})
    return len(overdue)


def _any(store: Store, question: Select[tuple[str]]) -> bool:
    """Whether there is something to do: nearly always there is not, and then nobody has to wait for us."""
    with store.read() as connection:
        return connection.execute(question.limit(1)).first() is not None


JOBS: Final[tuple[Callable[[Store], int], ...]] = (expire_links, expire_quotes, forget, sweep)
"""What every server process does each minute; the portal's one row makes sure that each thing is done once."""
