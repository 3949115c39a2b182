"""The outbox."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from reconciler.portal.api.models import (
    PROBLEMS,
    OutboxMail,
    Page,
)
from reconciler.portal.api.paging import Pages, page
from reconciler.portal.api.security import allowed
from reconciler.portal.store import tables as t

router = APIRouter(responses=PROBLEMS)


@router.get("/outbox", tags=["outbox"], response_model=Page[OutboxMail], dependencies=[allowed("outbox.read")])
def list_outbox(
    request: Request, paging: Pages, contact: Annotated[str | None, Query(max_length=40)] = None,
    kind: Annotated[str | None, Query(max_length=30)] = None,
) -> Response:  # fmt: skip
    """The mails that were written, sent or not."""
    c = t.outbox.c
    criteria = [column == value for column, value in ((c.contact, contact), (c.kind, kind)) if value]
    return page(request, paging, t.outbox, criteria, lambda _, rows: [dict(row) for row in rows])
