"""The outbox: list, read, and send a dead letter again."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Depends, Query, Request, Response
from sqlalchemy import select

from reconciler.portal.actions import outbox
from reconciler.portal.api.paging import Pages, page
from reconciler.portal.api.router import api_router
from reconciler.portal.api.schemas.outbox import OutboxMail, StateOfMail
from reconciler.portal.api.schemas.resources import Page
from reconciler.portal.rules.policy import Grant
from reconciler.portal.rules.problems import Problem
from reconciler.portal.store import tables as t
from reconciler.portal.store.unit_of_work import Work
from reconciler.portal.web.idempotency import WriteResult, body_of, write
from reconciler.portal.web.responses import answer
from reconciler.portal.web.security import requires, store_of

router = api_router("/outbox", tag="outbox")

Body = Annotated[bytes, Depends(body_of)]
RetryGrant = Annotated[Grant, requires("outbox.retry")]


@router.get("", response_model=Page[OutboxMail], dependencies=[requires("outbox.read")])
def list_outbox(
    request: Request,
    paging: Pages,
    contact: Annotated[str | None, Query(max_length=40)] = None,
    kind: Annotated[str | None, Query(max_length=30)] = None,
    state: StateOfMail | None = None,
) -> Response:
    """Return the mails, sent or not; `state=dead` lists those that no mail server accepted."""
    c = t.outbox.c
    filters = ((c.contact, contact), (c.kind, kind), (c.state, state))
    criteria = [column == value for column, value in filters if value]
    return page(
        request,
        paging,
        t.outbox,
        criteria,
        lambda _, rows: [outbox.readable(row) for row in rows],
    )


@router.get("/{id}", response_model=OutboxMail, dependencies=[requires("outbox.read")])
def read_mail(request: Request, id: str) -> Response:
    """Return one mail and its state."""
    with store_of(request).read() as connection:
        row: Any = (
            connection.execute(select(t.outbox).where(t.outbox.c.id == id))
            .mappings()
            .first()
        )
    if row is None:
        raise Problem("not-found", f"there is no mail '{id}'")
    return answer(outbox.readable(row))


@router.post("/{id}/retry", response_model=OutboxMail)
def queue_mail_again(request: Request, id: str, body: Body, grant: RetryGrant) -> Response:
    """Queue a dead letter again. A mail has no version, so no `If-Match` is needed."""

    def write_action(work: Work) -> WriteResult:
        return 200, outbox.queue_again(work, id), {}

    return write(request, grant, body, write_action)
