"""Handover of one request to another owner."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Response

from reconciler.portal.actions import requests
from reconciler.portal.pages.context import Visit, visits
from reconciler.portal.pages.forms.contacts import named_heir
from reconciler.portal.pages.forms.form import Sent
from reconciler.portal.pages.forms.request_event import bring_about

router = APIRouter(prefix="/requests/{id}", include_in_schema=False)
Reassigns = Annotated[Visit, visits("requests.reassign")]


@router.post("/reassign")
def reassign(visit: Reassigns, id: str, form: Sent) -> Response:
    """The request goes to another contact of its customer."""
    return bring_about(
        visit,
        id,
        form,
        "reassign",
        lambda work, row: requests.reassign(work, row, named_heir(work, visit.grant, form)),
        to="/requests" if visit.grant.principal.contact else None,
    )
