"""Handover of one request to another owner."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Response

from reconciler.portal.actions import requests
from reconciler.portal.pages.context import PageContext, page_context
from reconciler.portal.pages.forms.contacts import chosen_heir
from reconciler.portal.pages.forms.form import SubmittedForm
from reconciler.portal.pages.forms.request_event import submit_event

router = APIRouter(prefix="/requests/{id}", include_in_schema=False)
RequestReassigner = Annotated[PageContext, page_context("requests.reassign")]


@router.post("/reassign")
def reassign_request(context: RequestReassigner, id: str, form: SubmittedForm) -> Response:
    """Hand the request over to another contact of its customer."""
    return submit_event(
        context,
        id,
        form,
        "reassign",
        lambda work, row: requests.reassign(
            work, row, chosen_heir(work, context.grant, form)
        ),
        # A contact who gives a request away may not see it any more; its page would be a 404.
        path="/requests" if context.grant.principal.contact else None,
    )
