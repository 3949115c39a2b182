"""What the reconciler reads: meta, the snapshot, the change feed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy import select

from reconciler.portal.api.answers import answer
from reconciler.portal.api.models import PROBLEMS, HistoryEntry, Meta, Page
from reconciler.portal.api.paging import Limit
from reconciler.portal.api.security import allowed, store_of
from reconciler.portal.api.snapshot import chunked, lines
from reconciler.portal.api.streaming import Source, Streamed, no_parts
from reconciler.portal.api.strict import JsonRoute
from reconciler.portal.rules.chain import erased_paths
from reconciler.portal.rules.naming import name_for
from reconciler.portal.rules.policy import Grant
from reconciler.portal.rules.problems import Problem
from reconciler.portal.store import tables as t

router = APIRouter(route_class=JsonRoute, tags=["state"], responses=PROBLEMS)

Since = Annotated[int | None, Query(ge=0, le=2**53)]
Epoch = Annotated[str | None, Query(max_length=40)]


@router.get("/meta", response_model=Meta)
def read_meta(request: Request, grant: Annotated[Grant, allowed("meta.read")]) -> Response:
    """Which portal this is, at which revision, and until when the caller's token opens it."""
    store, by = store_of(request), grant.principal
    with store.read() as connection:
        head = connection.execute(select(t.portal)).one()
    return answer({
        "id": head.id, "epoch": head.epoch, "revision": head.revision, "now": store.clock(),
        "version": version("reconciler"), "name": name_for("en", head.name), "head": head.head,
        "token": {"owner": by.owner, "expires_at": by.expires_at},
    })  # fmt: skip


@router.get(
    "/snapshot", status_code=200, response_class=Streamed,
    responses={200: {"content": {"application/x-ndjson": {}}}, 304: {"description": "Nothing moved"}},
)  # fmt: skip
def read_snapshot(
    request: Request, grant: Annotated[Grant, allowed("snapshot.read")], since: Since = None, epoch: Epoch = None
) -> Response:
    """Everything at one revision, as NDJSON: header, rows, trailer; with `since` what was written after it."""
    return Streamed(_snapshot(request, grant.principal.id, since, epoch), request.app.state.paces.snapshot)


@contextmanager
def _snapshot(request: Request, caller: str, since: int | None, epoch: str | None) -> Iterator[Source]:
    store, snapshots = store_of(request), request.app.state.snapshots
    with snapshots.taken(caller), store.read() as connection:
        head = connection.execute(select(t.portal)).one()
        _same_history(head, since, epoch)
        tag = f'"{head.epoch}:{head.revision}"'
        if since is None and tag in request.headers.get("if-none-match", ""):
            yield Source(no_parts(), 304, {"ETag": tag})
            return
        gzip = "gzip" in request.headers.get("accept-encoding", "")
        headers = {"ETag": tag, "Vary": "Accept-Encoding", **({"Content-Encoding": "gzip"} if gzip else {})}
        parts = chunked(lines(connection, head, store.clock(), since), gzip=gzip)
        yield Source(parts, 200, headers, "application/x-ndjson")


def _same_history(head: object, since: int | None, epoch: str | None) -> None:
    now_epoch, revision = getattr(head, "epoch", ""), getattr(head, "revision", 0)
    if epoch is not None and epoch != now_epoch:
        raise Problem("gone", "this revision is of another epoch: read everything anew")
    if since is not None and since > revision:
        raise Problem("gone", f"there is no revision {since} yet: read everything anew")


@router.get("/changes", response_model=Page[HistoryEntry], dependencies=[allowed("changes.read")])
def read_changes(request: Request, since: Since = 0, epoch: Epoch = None, limit: Limit = 50) -> Response:
    """The history after a revision, oldest first: who did what, when, from what to what, by which commit.

    A revision's entries stay together, so a page may be longer than its limit; `next` is the revision
    to ask for `since` next.
    """
    with store_of(request).read() as connection:
        head = connection.execute(select(t.portal)).one()
        _same_history(head, since, epoch)
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
