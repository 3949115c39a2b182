"""The change feed."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query, Request, Response
from sqlalchemy import select

from reconciler.portal.api.paging import Limit
from reconciler.portal.api.router import api_router
from reconciler.portal.api.schemas.resources import HistoryEntry, Page
from reconciler.portal.api.snapshot import must_be_this_history
from reconciler.portal.rules.chain import erased_paths
from reconciler.portal.store import tables as t
from reconciler.portal.web.responses import answer
from reconciler.portal.web.security import requires, store_of

router = api_router(tag="state")
Since = Annotated[int | None, Query(ge=0, le=2**53)]
Epoch = Annotated[str | None, Query(max_length=40)]


@router.get("/changes", response_model=Page[HistoryEntry], dependencies=[requires("changes.read")])
def read_changes(request: Request, since: Since = 0, epoch: Epoch = None, limit: Limit = 50) -> Response:
    """The history after a revision, oldest first: who did what, when, from what to what, by which commit.

    A revision's entries stay together, so a page may be longer than its limit; `next` is the revision
    to ask for `since` next.
    """
    with store_of(request).read() as connection:
        head = connection.execute(select(t.portal)).one()
        must_be_this_history(head, since, epoch)
        c = t.changes.c
        some = select(c.revision).where(c.revision > (since or 0)).order_by(c.revision, c.seq).limit(limit + 1)
        found = list(connection.execute(some).scalars())
        last = found[limit - 1] if len(found) > limit else None
        statement = select(t.changes).where(c.revision > (since or 0)).order_by(c.revision, c.seq)
        if last is not None:
            statement = statement.where(c.revision <= last)
        items = [dict(row) for row in connection.execute(statement).mappings()]
    for item in items:
        del item["seq"], item["person"]
        item["erased"] = erased_paths(item.pop("seals"))
    following = str(last) if last is not None and found[-1] > last else None
    return answer({"items": items, "next": following, "revision": head.revision, "epoch": head.epoch})
