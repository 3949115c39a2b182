"""The name of the portal, shown on its pages and in its mails."""

from __future__ import annotations

from sqlalchemy import update

from reconciler.portal.actions.contacts import AuditValues
from reconciler.portal.store import tables as t
from reconciler.portal.store.unit_of_work import Row, Work


def rename(work: Work, name: str | None) -> tuple[Row, AuditValues]:
    """Set the name of the portal (None: default); return the renamed row and the audit values."""
    before, after = str(work.portal["name"]), name or ""
    if before != after:
        work.connection.execute(update(t.portal).values(name=after))
        work.portal["name"] = after
    portal = Row("portal", {"id": str(work.portal["id"])}, None)
    return portal, ({"name": before or None}, {"name": after or None})
