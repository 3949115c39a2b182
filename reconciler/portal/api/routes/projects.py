"""Projects: progress and delivery."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request, Response

from reconciler.portal.actions import projects
from reconciler.portal.api.request_event import bring_about
from reconciler.portal.api.router import api_router
from reconciler.portal.api.schemas.requests import Deliveries, HowFar, TranslationRequest
from reconciler.portal.rules.policy import Grant
from reconciler.portal.web.idempotency import body_of
from reconciler.portal.web.security import requires

router = api_router("/requests/{id}", tag="requests")
Body = Annotated[bytes, Depends(body_of)]
Runs = Annotated[Grant, requires("requests.run")]


@router.post("/progress", response_model=TranslationRequest)
def report_progress(request: Request, id: str, far: HowFar, body: Body, grant: Runs) -> Response:
    """Say how far the project is, in percent."""
    return bring_about(
        request, id, body, grant, "progress", act=lambda work, row: projects.progress(work, row, far.progress)
    )


@router.post("/deliver", response_model=TranslationRequest)
def deliver_translations(request: Request, id: str, what: Deliveries, body: Body, grant: Runs) -> Response:
    """Deliver uploads as the translations."""
    pairs = [(each.upload, each.language) for each in what.files]
    return bring_about(request, id, body, grant, "deliver", act=lambda work, row: projects.deliver(work, row, pairs))
