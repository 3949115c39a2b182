"""Giving the portal its name: what its pages and mails are headed with."""

from __future__ import annotations

from sqlalchemy import update

from reconciler.portal.actions.contacts import Audited
from reconciler.portal.store import tables as t
from reconciler.portal.store.unit_of_work import Row, Work


def rename(work: Work, name: str | None) -> tuple[Row, Audited]:
    """The portal's name; None takes it back. What was renamed, and what stood there before and after."""
    before, after = str(work.portal["name"]), name or ""
    if before != after:
        work.connection.execute(update(t.portal).values(name=after))
        work.portal["name"] = after
    portal = Row("portal", {"id": str(work.portal["id"])}, None)
    return portal, ({"name": before or None}, {"name": after or None})
