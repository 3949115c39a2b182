"""Projects: progress and delivery."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request, Response

from reconciler.portal.actions import projects
from reconciler.portal.api.request_event import apply_event
from reconciler.portal.api.router import api_router
from reconciler.portal.api.schemas.requests import (
    Deliveries,
    ProgressReport,
    TranslationRequest,
)
from reconciler.portal.rules.policy import Grant
from reconciler.portal.web.idempotency import body_of
from reconciler.portal.web.security import requires

router = api_router("/requests/{id}", tag="requests")
Body = Annotated[bytes, Depends(body_of)]
RunGrant = Annotated[Grant, requires("requests.run")]


@router.post("/progress", response_model=TranslationRequest)
def report_progress(
    request: Request, id: str, report: ProgressReport, body: Body, grant: RunGrant
) -> Response:
    """Report the progress of the project in percent."""
    return apply_event(
        request,
        id,
        body,
        grant,
        "progress",
        action=lambda work, row: projects.progress(work, row, report.progress),
    )


@router.post("/deliver", response_model=TranslationRequest)
def deliver_translations(
    request: Request, id: str, deliveries: Deliveries, body: Body, grant: RunGrant
) -> Response:
    """Deliver uploads as the translations."""
    pairs = [(file.upload, file.language) for file in deliveries.files]
    return apply_event(
        request,
        id,
        body,
        grant,
        "deliver",
        action=lambda work, row: projects.deliver(work, row, pairs),
    )
