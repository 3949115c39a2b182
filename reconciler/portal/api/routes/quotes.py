"""Quotes: approve, reject, accept, decline, cancel, revive."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request, Response

from reconciler.portal.actions import quotes
from reconciler.portal.actions.request_schemas import Terms
from reconciler.portal.api.request_event import bring_about
from reconciler.portal.api.router import api_router
from reconciler.portal.api.schemas.requests import Refusal, TranslationRequest
from reconciler.portal.rules.policy import Grant
from reconciler.portal.web.idempotency import body_of
from reconciler.portal.web.security import requires

router = api_router("/requests/{id}", tag="requests")
Body = Annotated[bytes, Depends(body_of)]
Decides = Annotated[Grant, requires("requests.decide")]
Runs = Annotated[Grant, requires("requests.run")]


@router.post("/approve", response_model=TranslationRequest)
def approve_quote(request: Request, id: str, terms: Terms, body: Body, grant: Runs) -> Response:
    """Offer the quote, as it was counted or with these terms."""
    return bring_about(
        request, id, body, grant, "approve", act=lambda work, row: quotes.approve(work, row, terms.sent_fields())
    )


@router.post("/reject", response_model=TranslationRequest)
def reject_request(request: Request, id: str, why: Refusal, body: Body, grant: Runs) -> Response:
    """Make no quote; the request is cancelled."""
    return bring_about(request, id, body, grant, "reject", act=lambda work, row: quotes.reject(work, row, why.reason))


@router.post("/accept", response_model=TranslationRequest)
def accept_quote(request: Request, id: str, body: Body, grant: Decides) -> Response:
    """Accept the quote: the project begins."""
    return bring_about(request, id, body, grant, "accept", act=quotes.accept)


@router.post("/decline", response_model=TranslationRequest)
def decline_quote(request: Request, id: str, why: Refusal, body: Body, grant: Decides) -> Response:
    """Do not accept the quote; the request is cancelled."""
    return bring_about(request, id, body, grant, "decline", act=lambda work, row: quotes.decline(work, row, why.reason))


@router.post("/cancel", response_model=TranslationRequest)
def cancel_quote(request: Request, id: str, why: Refusal, body: Body, grant: Runs) -> Response:
    """Take the quote back; the request is cancelled."""
    return bring_about(request, id, body, grant, "cancel", act=lambda work, row: quotes.cancel(work, row, why.reason))


@router.post("/revive", response_model=TranslationRequest)
def revive_request(request: Request, id: str, terms: Terms, body: Body, grant: Runs) -> Response:
    """Offer a cancelled request anew."""
    return bring_about(
        request, id, body, grant, "revive", act=lambda work, row: quotes.revive(work, row, terms.sent_fields())
    )
