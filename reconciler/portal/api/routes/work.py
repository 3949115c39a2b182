"""The outbox, and access by password."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy import select

from reconciler.portal.acts import access
from reconciler.portal.api.answers import answer
from reconciler.portal.api.mail_models import MailState, OutboxMail
from reconciler.portal.api.models import (
    PROBLEMS,
    Activation,
    Contact,
    Login,
    Page,
    Session,
)
from reconciler.portal.api.paging import Pages, page
from reconciler.portal.api.rows import as_json
from reconciler.portal.api.security import allowed, store_of
from reconciler.portal.rules.policy import Grant
from reconciler.portal.rules.principals import SYSTEM
from reconciler.portal.store import tables as t

router = APIRouter(responses=PROBLEMS)


@router.get("/outbox", tags=["outbox"], response_model=Page[OutboxMail], dependencies=[allowed("outbox.read")])
def list_outbox(
    request: Request, paging: Pages, contact: Annotated[str | None, Query(max_length=40)] = None,
    kind: Annotated[str | None, Query(max_length=30)] = None, state: MailState | None = None,
) -> Response:  # fmt: skip
    """The mails that were written, sent or not; `state=dead` are those that no mail server took."""
    c = t.outbox.c
    asked = ((c.contact, contact), (c.kind, kind), (c.state, state))
    criteria = [column == value for column, value in asked if value]
    return page(request, paging, t.outbox, criteria, lambda _, rows: [dict(row) for row in rows])


@router.post("/activations", tags=["access"], status_code=204, dependencies=[allowed("activate")])
def activate(request: Request, activation: Activation) -> Response:
    """Set a password behind a mailed link; the contact is active then."""
    with store_of(request).write(SYSTEM) as work:
        access.activate(work, activation.secret, activation.password)
    return Response(status_code=204)


@router.post("/sessions", tags=["access"], status_code=201, response_model=Session, dependencies=[allowed("log-in")])
def log_in(request: Request, login: Login) -> Response:
    """A session for a contact who knows her password."""
    with store_of(request).write(SYSTEM) as work:
        session = access.log_in(work, login.email, login.password)
    return answer(session, 201)


@router.delete("/sessions/{id}", tags=["access"], status_code=204)
def log_out(request: Request, id: str, grant: Annotated[Grant, allowed("log-out")]) -> Response:
    """End a session of one's own."""
    with store_of(request).write(SYSTEM) as work:
        access.log_out(work, id, grant.principal.person or "")
    return Response(status_code=204)


@router.get("/account", tags=["access"], response_model=Contact)
def read_account(request: Request, grant: Annotated[Grant, allowed("account.read")]) -> Response:
    """Who is logged in."""
    with store_of(request).read() as connection:
        row: Any = (
            connection.execute(select(t.contacts).where(t.contacts.c.id == grant.principal.contact)).mappings().one()
        )
    return answer(as_json("contact", row))
