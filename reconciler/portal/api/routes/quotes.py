"""Quotes: approve, reject, accept, decline, cancel, revive."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request, Response

from reconciler.portal.actions import quotes
from reconciler.portal.actions.request_schemas import Terms
from reconciler.portal.api.request_event import apply_event
from reconciler.portal.api.router import api_router
from reconciler.portal.api.schemas.requests import Refusal, TranslationRequest
from reconciler.portal.rules.policy import Grant
from reconciler.portal.web.idempotency import body_of
from reconciler.portal.web.security import requires

router = api_router("/requests/{id}", tag="requests")
Body = Annotated[bytes, Depends(body_of)]
DecideGrant = Annotated[Grant, requires("requests.decide")]
RunGrant = Annotated[Grant, requires("requests.run")]


@router.post("/approve", response_model=TranslationRequest)
def approve_quote(
    request: Request, id: str, terms: Terms, body: Body, grant: RunGrant
) -> Response:
    """Make the quote, as counted or with these terms."""
    # only the members that were sent: a null `cost` follows the price, a missing one stays
    return apply_event(
        request,
        id,
        body,
        grant,
        "approve",
        action=lambda work, row: quotes.approve(work, row, terms.sent_fields()),
    )


@router.post("/reject", response_model=TranslationRequest)
def reject_request(
    request: Request, id: str, refusal: Refusal, body: Body, grant: RunGrant
) -> Response:
    """Make no quote; the request is cancelled."""
    return apply_event(
        request,
        id,
        body,
        grant,
        "reject",
        action=lambda work, row: quotes.reject(work, row, refusal.reason),
    )


@router.post("/accept", response_model=TranslationRequest)
def accept_quote(request: Request, id: str, body: Body, grant: DecideGrant) -> Response:
    """Accept the quote: the project begins."""
    return apply_event(request, id, body, grant, "accept", action=quotes.accept)


@router.post("/decline", response_model=TranslationRequest)
def decline_quote(
    request: Request, id: str, refusal: Refusal, body: Body, grant: DecideGrant
) -> Response:
    """Decline the quote; the request is cancelled."""
    return apply_event(
        request,
        id,
        body,
        grant,
        "decline",
        action=lambda work, row: quotes.decline(work, row, refusal.reason),
    )


@router.post("/cancel", response_model=TranslationRequest)
def cancel_quote(
    request: Request, id: str, refusal: Refusal, body: Body, grant: RunGrant
) -> Response:
    """Withdraw the quote; the request is cancelled."""
    return apply_event(
        request,
        id,
        body,
        grant,
        "cancel",
        action=lambda work, row: quotes.cancel(work, row, refusal.reason),
    )


@router.post("/revive", response_model=TranslationRequest)
def revive_request(
    request: Request, id: str, terms: Terms, body: Body, grant: RunGrant
) -> Response:
    """Quote a cancelled request again."""
    return apply_event(
        request,
        id,
        body,
        grant,
        "revive",
        action=lambda work, row: quotes.revive(work, row, terms.sent_fields()),
    )
