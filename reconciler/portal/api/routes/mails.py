"""One mail of the outbox, and a dead letter that is to be tried again."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from sqlalchemy import select

from reconciler.portal.acts import outbox
from reconciler.portal.api.answers import answer
from reconciler.portal.api.mail_models import OutboxMail
from reconciler.portal.api.models import PROBLEMS
from reconciler.portal.api.security import allowed, store_of
from reconciler.portal.api.strict import JsonRoute
from reconciler.portal.api.writing import Done, body_of, write
from reconciler.portal.rules.policy import Grant
from reconciler.portal.rules.problems import Problem
from reconciler.portal.store import tables as t
from reconciler.portal.store.work import Work

router = APIRouter(route_class=JsonRoute, prefix="/outbox", tags=["outbox"], responses=PROBLEMS)

Body = Annotated[bytes, Depends(body_of)]
Retries = Annotated[Grant, allowed("outbox.retry")]


@router.get("/{id}", response_model=OutboxMail, dependencies=[allowed("outbox.read")])
def read_mail(request: Request, id: str) -> Response:
    """One mail, and what became of it."""
    with store_of(request).read() as connection:
        row: Any = connection.execute(select(t.outbox).where(t.outbox.c.id == id)).mappings().first()
    if row is None:
        raise Problem("not-found", f"there is no mail '{id}'")
    return answer(outbox.readable(row))


@router.post("/{id}/retry", response_model=OutboxMail)
def queue_mail_again(request: Request, id: str, body: Body, grant: Retries) -> Response:
    """Send a dead letter once more; it has no version, so no `If-Match` either: only a dead one is taken."""

    def act(work: Work) -> Done:
        return 200, outbox.queue_again(work, id), {}

    return write(request, grant, body, act)
