"""Requests for translation, the outbox, and access by password."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request, Response
from sqlalchemy import select

from reconciler.portal.acts import access, requests
from reconciler.portal.api.answers import answer
from reconciler.portal.api.models import (
    PROBLEMS,
    Activation,
    ChangedRequest,
    Contact,
    Login,
    NewRequest,
    OutboxMail,
    Page,
    Session,
    TranslationRequest,
)
from reconciler.portal.api.paging import Pages, page
from reconciler.portal.api.rows import as_json, etag
from reconciler.portal.api.security import allowed, store_of
from reconciler.portal.api.writing import Done, body_of, creates, matches, row_done, write
from reconciler.portal.rules.principals import SYSTEM, Principal
from reconciler.portal.rules.problems import Problem
from reconciler.portal.store import tables as t
from reconciler.portal.store.work import Work

router = APIRouter(responses=PROBLEMS)

Body = Annotated[bytes, Depends(body_of)]
By = Annotated[Principal, allowed("requests.write")]
State = Literal["quote_pending", "quote_being_made", "quoted", "in_progress", "delivered", "cancelled"]


@router.get("/requests", tags=["requests"], response_model=Page[TranslationRequest])
def list_requests(
    request: Request, paging: Pages, _: Annotated[Principal, allowed("requests.read")],
    customer: Annotated[str | None, Query(max_length=40)] = None,
    owner: Annotated[str | None, Query(max_length=40)] = None, state: State | None = None,
) -> Response:  # fmt: skip
    """The requests, open or not."""
    c = t.requests.c
    criteria = [
        column == value for column, value in ((c.customer, customer), (c.owner, owner), (c.state, state)) if value
    ]
    return page(request, paging, t.requests, criteria, lambda _, rows: [as_json("request", row) for row in rows])


@router.post("/requests", tags=["requests"], status_code=201, response_model=TranslationRequest)
def send_request(request: Request, new: NewRequest, body: Body, principal: By) -> Response:
    """A new request on behalf of a contact who may send one."""
    creates(request)

    def act(work: Work) -> Done:
        row = requests.send(work, work.one("contact", new.owner), new.model_dump(exclude={"owner"}))
        work.audit("POST requests", row, None, new.sent())
        status, value, headers = row_done(201, as_json("request", row.values))
        return status, value, {**headers, "Location": f"/api/v1/requests/{row.id}"}

    return write(request, principal, body, act)


@router.get("/requests/{id}", tags=["requests"], response_model=TranslationRequest)
def read_request(request: Request, id: str, _: Annotated[Principal, allowed("requests.read")]) -> Response:
    """One request."""
    with store_of(request).read() as connection:
        row: Any = connection.execute(select(t.requests).where(t.requests.c.id == id)).mappings().first()
    if row is None:
        raise Problem("not-found", f"there is no request '{id}'")
    return answer(as_json("request", row), headers={"ETag": etag(row["version"])})


@router.patch("/requests/{id}", tags=["requests"], response_model=TranslationRequest)
def change_request(request: Request, id: str, change: ChangedRequest, body: Body, principal: By) -> Response:
    """Move a request on, or its deadline."""

    def act(work: Work) -> Done:
        row = matches(request, work.one("request", id))
        work.audit("PATCH requests", row, *requests.change(work, row, change.sent()))
        return row_done(200, as_json("request", row.values))

    return write(request, principal, body, act)


@router.get("/outbox", tags=["outbox"], response_model=Page[OutboxMail], dependencies=[allowed("outbox.read")])
def list_outbox(
    request: Request, paging: Pages, contact: Annotated[str | None, Query(max_length=40)] = None,
    kind: Annotated[str | None, Query(max_length=30)] = None,
) -> Response:  # fmt: skip
    """The mails that were written, sent or not."""
    c = t.outbox.c
    criteria = [column == value for column, value in ((c.contact, contact), (c.kind, kind)) if value]
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
def log_out(request: Request, id: str, principal: Annotated[Principal, allowed("log-out")]) -> Response:
    """End a session of one's own."""
    with store_of(request).write(SYSTEM) as work:
        access.log_out(work, id, principal.contact or "")
    return Response(status_code=204)


@router.get("/account", tags=["access"], response_model=Contact)
def read_account(request: Request, principal: Annotated[Principal, allowed("account.read")]) -> Response:
    """Who is logged in."""
    with store_of(request).read() as connection:
        row: Any = connection.execute(select(t.contacts).where(t.contacts.c.id == principal.contact)).mappings().one()
    return answer(as_json("contact", row))
