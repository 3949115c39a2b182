"""Reassignment of one request."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request, Response

from reconciler.portal.actions import requests
from reconciler.portal.actions.contacts import AuditValues
from reconciler.portal.actions.row_scope import heir_of
from reconciler.portal.api.request_event import apply_event
from reconciler.portal.api.router import api_router
from reconciler.portal.api.schemas.requests import NewOwner, TranslationRequest
from reconciler.portal.rules.policy import Grant
from reconciler.portal.store.unit_of_work import Row, Work
from reconciler.portal.web.idempotency import body_of
from reconciler.portal.web.security import requires

router = api_router("/requests/{id}", tag="requests")
Body = Annotated[bytes, Depends(body_of)]
ReassignGrant = Annotated[Grant, requires("requests.reassign")]


@router.post("/reassign", response_model=TranslationRequest)
def reassign_request(
    request: Request, id: str, to: NewOwner, body: Body, grant: ReassignGrant
) -> Response:
    """Give the open request to another contact of its customer."""

    def write_action(work: Work, row: Row) -> AuditValues:
        return requests.reassign(work, row, heir_of(work, grant, to.owner))

    return apply_event(request, id, body, grant, "reassign", action=write_action)
