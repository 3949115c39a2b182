"""The snapshot, streamed as NDJSON."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

from fastapi import Query, Request, Response
from sqlalchemy import select

from reconciler.portal.api.router import api_router
from reconciler.portal.api.snapshot import check_epoch, chunks, snapshot_lines
from reconciler.portal.rules.policy import Grant
from reconciler.portal.store import tables as t
from reconciler.portal.web.security import requires, store_of
from reconciler.portal.web.streaming import Source, StreamedResponse, no_parts

router = api_router(tag="state")
Since = Annotated[int | None, Query(ge=0, le=2**53)]
Epoch = Annotated[str | None, Query(max_length=40)]


@router.get(
    "/snapshot",
    status_code=200,
    response_class=StreamedResponse,
    responses={
        200: {"content": {"application/x-ndjson": {}}},
        304: {"description": "Nothing has changed since this `ETag`"},
    },
)
def read_snapshot(
    request: Request,
    grant: Annotated[Grant, requires("snapshot.read")],
    since: Since = None,
    epoch: Epoch = None,
) -> Response:
    """Return everything at one revision as NDJSON: header, rows, trailer."""
    return StreamedResponse(
        _snapshot(request, grant.principal.id, since, epoch),
        request.app.state.traffic_limits.snapshot,
    )


@contextmanager
def _snapshot(
    request: Request, caller: str, since: int | None, epoch: str | None
) -> Iterator[Source]:
    store, snapshots = store_of(request), request.app.state.snapshots
    # counted before a connection is taken, so that snapshots leave some to everybody else
    with snapshots.hold(caller), store.read() as connection:
        head = connection.execute(select(t.portal)).one()
        check_epoch(head, since, epoch)
        tag = f'"{head.epoch}:{head.revision}"'
        # a list of tags, or weak ones after a proxy compressed the answer, contain the quoted tag
        if since is None and tag in request.headers.get("if-none-match", ""):
            yield Source(no_parts(), 304, {"ETag": tag})
            return
        gzip = "gzip" in request.headers.get("accept-encoding", "")
        headers = {
            "ETag": tag,
            "Vary": "Accept-Encoding",
            **({"Content-Encoding": "gzip"} if gzip else {}),
        }
        parts = chunks(snapshot_lines(connection, head, store.clock(), since), gzip=gzip)
        yield Source(parts, 200, headers, "application/x-ndjson")
