"""Requests for translation, the outbox, and access by password."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request, Response
from sqlalchemy import select

from reconciler.portal.acts import access, requests
from reconciler.portal.acts.reach import reached, within
from reconciler.portal.api.answers import answer
from reconciler.portal.api.mail_models import MailState, OutboxMail
from reconciler.portal.api.models import (
    PROBLEMS,
    Activation,
    ChangedRequest,
    Contact,
    Login,
    NewRequest,
    Page,
    Session,
    TranslationRequest,
)
from reconciler.portal.api.paging import Pages, page
from reconciler.portal.api.rows import as_json, etag
from reconciler.portal.api.security import allowed, store_of
from reconciler.portal.api.writing import Done, body_of, creates, matches, row_done, write
from reconciler.portal.rules.policy import Grant
from reconciler.portal.rules.principals import SYSTEM
from reconciler.portal.store import tables as t
from reconciler.portal.store.work import Work

router = APIRouter(responses=PROBLEMS)

Body = Annotated[bytes, Depends(body_of)]
Reads = Annotated[Grant, allowed("requests.read")]
Sends = Annotated[Grant, allowed("requests.send")]
Runs = Annotated[Grant, allowed("requests.run")]
State = Literal["quote_pending", "quote_being_made", "quoted", "in_progress", "delivered", "cancelled"]


@router.get("/requests", tags=["requests"], response_model=Page[TranslationRequest])
def list_requests(
    request: Request, paging: Pages, grant: Reads,
    customer: Annotated[str | None, Query(max_length=40)] = None,
    owner: Annotated[str | None, Query(max_length=40)] = None, state: State | None = None,
) -> Response:  # fmt: skip
    """The requests, open or not."""
    c = t.requests.c
    criteria = [
        column == value for column, value in ((c.customer, customer), (c.owner, owner), (c.state, state)) if value
    ]
    return page(
        request, paging, t.requests, criteria, lambda _, rows: [as_json("request", row) for row in rows], grant=grant
    )


@router.post("/requests", tags=["requests"], status_code=201, response_model=TranslationRequest)
def send_request(request: Request, new: NewRequest, body: Body, grant: Sends) -> Response:
    """A new request on behalf of a contact who may send one."""
    creates(request)

    def act(work: Work) -> Done:
        row = requests.send(work, within(work, grant, "contact", new.owner), new.model_dump(exclude={"owner"}))
        work.audit("POST requests", row, None, new.sent())
        status, value, headers = row_done(201, as_json("request", row.values))
        return status, value, {**headers, "Location": f"/api/v1/requests/{row.id}"}

    return write(request, grant, body, act)


@router.get("/requests/{id}", tags=["requests"], response_model=TranslationRequest)
def read_request(request: Request, id: str, grant: Reads) -> Response:
    """One request."""
    with store_of(request).read() as connection:
        row = reached(connection, grant, t.requests, id)
    return answer(as_json("request", row), headers={"ETag": etag(row["version"])})


@router.patch("/requests/{id}", tags=["requests"], response_model=TranslationRequest)
def change_request(request: Request, id: str, change: ChangedRequest, body: Body, grant: Runs) -> Response:
    """Move a request on, or its deadline."""

    def act(work: Work) -> Done:
        row = matches(request, within(work, grant, "request", id))
        work.audit("PATCH requests", row, *requests.change(work, row, change.sent()))
        return row_done(200, as_json("request", row.values))

    return write(request, grant, body, act)


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
