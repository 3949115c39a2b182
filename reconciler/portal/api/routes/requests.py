"""Requests for translation: list, send, read, change."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Query, Request, Response

from reconciler.portal.actions import requests
from reconciler.portal.actions.row_scope import get_in_scope, row_in_scope
from reconciler.portal.api.paging import Pages, page
from reconciler.portal.api.router import api_router
from reconciler.portal.api.schemas.requests import (
    ChangedRequest,
    NewRequest,
    State,
    TranslationRequest,
)
from reconciler.portal.api.schemas.resources import Page
from reconciler.portal.rules.audit import AuditAction
from reconciler.portal.rules.policy import Grant
from reconciler.portal.rules.problems import Problem
from reconciler.portal.rules.request_numbers import MAX_NUMBER
from reconciler.portal.store import tables as t
from reconciler.portal.store.unit_of_work import Work
from reconciler.portal.web.idempotency import (
    WriteResult,
    body_of,
    require_creation,
    require_version,
    row_result,
    write,
)
from reconciler.portal.web.responses import answer
from reconciler.portal.web.security import requires, store_of
from reconciler.portal.web.serialization import as_json, etag

router = api_router("/requests", tag="requests")

Body = Annotated[bytes, Depends(body_of)]
ReadGrant = Annotated[Grant, requires("requests.read")]
SendGrant = Annotated[Grant, requires("requests.send")]
RunGrant = Annotated[Grant, requires("requests.run")]


@router.get("", response_model=Page[TranslationRequest])
def list_requests(
    request: Request,
    paging: Pages,
    grant: ReadGrant,
    customer: Annotated[str | None, Query(max_length=40)] = None,
    owner: Annotated[str | None, Query(max_length=40)] = None,
    state: State | None = None,
    number: Annotated[int | None, Query(ge=1, le=MAX_NUMBER)] = None,
) -> Response:
    """Return the requests, open or not."""
    c = t.requests.c
    filters = (
        (c.customer, customer),
        (c.owner, owner),
        (c.state, state),
        (c.number, number),
    )
    criteria = [column == value for column, value in filters if value]
    return page(
        request,
        paging,
        t.requests,
        criteria,
        lambda _, rows: [as_json("request", row) for row in rows],
        grant=grant,
    )


@router.post("", status_code=201, response_model=TranslationRequest)
def send_request(
    request: Request, new: NewRequest, body: Body, grant: SendGrant
) -> Response:
    """Create a request with uploaded files; its workflow decides what happens next."""
    require_creation(request)

    def write_action(work: Work) -> WriteResult:
        # a contact's scope is their own row: another `owner` is not found
        owner = get_in_scope(work, grant, "contact", _owner(new, grant))
        # with defaults, because a row needs all columns; the history names what was sent
        fields = new.model_dump(exclude={"owner", "files", "reference_files"})
        row = requests.send(work, owner, fields, new.files, new.reference_files)
        sent_fields = {**new.sent_fields(), "state": row["state"]}
        work.audit(AuditAction.POST_REQUESTS, row, None, sent_fields)
        status, value, headers = row_result(201, as_json("request", row.values))
        return status, value, {**headers, "Location": f"/api/v1/requests/{row.id}"}

    return write(request, grant, body, write_action)


def _owner(new: NewRequest, grant: Grant) -> str:
    owner = new.owner or grant.principal.contact
    if owner is None:
        raise Problem("unprocessable", "'owner' is required for a token")
    return owner


@router.get("/{id}", response_model=TranslationRequest)
def read_request(request: Request, id: str, grant: ReadGrant) -> Response:
    """Return one request."""
    with store_of(request).read() as connection:
        row = row_in_scope(connection, grant, t.requests, id)
    return answer(as_json("request", row), headers={"ETag": etag(row["version"])})


@router.patch("/{id}", response_model=TranslationRequest)
def change_request(
    request: Request, id: str, change: ChangedRequest, body: Body, grant: RunGrant
) -> Response:
    """Change the deadline of a request, without a mail; it must not be in the past.

    Its state changes only by events.
    """

    def write_action(work: Work) -> WriteResult:
        row = require_version(request, get_in_scope(work, grant, "request", id))
        work.audit(
            AuditAction.PATCH_REQUESTS,
            row,
            *requests.change(work, row, change.sent_fields()),
        )
        return row_result(200, as_json("request", row.values))

    return write(request, grant, body, write_action)
