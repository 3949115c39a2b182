"""What time does: links run out. Written like any other change, with revision and history."""

from __future__ import annotations

from reconciler.portal.acts.mails import LINK_DAYS
from reconciler.portal.rules.principals import SYSTEM
from reconciler.portal.store import tables as t
from reconciler.portal.store.clock import later
from reconciler.portal.store.store import Store


def expire_links(store: Store) -> int:
    """Everybody who was invited too long ago is `link_expired` now; how many there were."""
    with store.write(SYSTEM) as work:
        c = t.contacts.c
        overdue = work.where("contact", c.status == "invited", c.invited_at < later(work.now, days=-LINK_DAYS))
        for contact in overdue:
            contact["status"] = "link_expired"
            work.audit("link_expired", contact, {"status": "invited"}, {"status": "link_expired"})
    return len(overdue)
