"""The outbox."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from reconciler.portal.acts.outbox import readable
from reconciler.portal.api.mail_models import OutboxMail, StateOfMail
from reconciler.portal.api.models import (
    PROBLEMS,
    Page,
)
from reconciler.portal.api.paging import Pages, page
from reconciler.portal.api.security import allowed
from reconciler.portal.api.strict import JsonRoute
from reconciler.portal.store import tables as t

router = APIRouter(route_class=JsonRoute, responses=PROBLEMS)


@router.get("/outbox", tags=["outbox"], response_model=Page[OutboxMail], dependencies=[allowed("outbox.read")])
def list_outbox(
    request: Request, paging: Pages, contact: Annotated[str | None, Query(max_length=40)] = None,
    kind: Annotated[str | None, Query(max_length=30)] = None, state: StateOfMail | None = None,
) -> Response:  # fmt: skip
    """The mails that were written, sent or not; `state=dead` are those that no mail server took."""
    c = t.outbox.c
    asked = ((c.contact, contact), (c.kind, kind), (c.state, state))
    criteria = [column == value for column, value in asked if value]
    return page(request, paging, t.outbox, criteria, lambda _, rows: [readable(row) for row in rows])
