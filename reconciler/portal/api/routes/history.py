"""The change feed."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query, Request, Response
from sqlalchemy import select

from reconciler.portal.api.paging import Limit
from reconciler.portal.api.router import api_router
from reconciler.portal.api.schemas.resources import HistoryEntry, Page
from reconciler.portal.api.snapshot import check_epoch
from reconciler.portal.rules.chain import digests_of, erased_paths
from reconciler.portal.store import tables as t
from reconciler.portal.web.responses import answer
from reconciler.portal.web.security import requires, store_of

router = api_router(tag="state")
Since = Annotated[int | None, Query(ge=0, le=2**53)]
Epoch = Annotated[str | None, Query(max_length=40)]


@router.get(
    "/changes", response_model=Page[HistoryEntry], dependencies=[requires("changes.read")]
)
def read_changes(
    request: Request, since: Since = 0, epoch: Epoch = None, limit: Limit = 50
) -> Response:
    """Return the history after a revision, oldest first.

    A revision's entries stay together, so a page may exceed its limit; `next` is the value of
    `since` for the next page.
    """
    with store_of(request).read() as connection:
        head = connection.execute(select(t.portal)).one()
        check_epoch(head, since, epoch)
        c = t.changes.c
        page_statement = (
            select(c.revision)
            .where(c.revision > (since or 0))
            .order_by(c.revision, c.seq)
            .limit(limit + 1)
        )
        revisions = list(connection.execute(page_statement).scalars())
        last = revisions[limit - 1] if len(revisions) > limit else None
        statement = (
            select(t.changes).where(c.revision > (since or 0)).order_by(c.revision, c.seq)
        )
        if last is not None:
            statement = statement.where(c.revision <= last)
        items = [dict(row) for row in connection.execute(statement).mappings()]
    for item in items:
        # without the salts, so that nobody can guess a value that was erased
        seals = item.pop("seals")
        item["digests"], item["erased"] = digests_of(item, seals), erased_paths(seals)
    following = str(last) if last is not None and revisions[-1] > last else None
    return answer(
        {"items": items, "next": following, "revision": head.revision, "epoch": head.epoch}
    )
