"""What can happen to a request, one route an event; `rules.requests` says from which state to which."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from reconciler.portal.acts import projects, quotes, requests
from reconciler.portal.acts.contacts import Audited
from reconciler.portal.acts.reach import heir_of, within
from reconciler.portal.acts.request_shapes import Terms
from reconciler.portal.api.models import PROBLEMS
from reconciler.portal.api.request_models import Deliveries, HowFar, NewOwner, Refusal, TranslationRequest
from reconciler.portal.api.rows import as_json
from reconciler.portal.api.security import allowed
from reconciler.portal.api.strict import JsonRoute
from reconciler.portal.api.writing import Done, body_of, matches, row_done, write
from reconciler.portal.rules.policy import Grant
from reconciler.portal.rules.requests import EVENTS
from reconciler.portal.store.work import Row, Work

router = APIRouter(route_class=JsonRoute, prefix="/requests/{id}", tags=["requests"], responses=PROBLEMS)

Body = Annotated[bytes, Depends(body_of)]
Decides = Annotated[Grant, allowed("requests.decide")]
Runs = Annotated[Grant, allowed("requests.run")]
Reassigns = Annotated[Grant, allowed("requests.reassign")]


@router.post("/approve", response_model=TranslationRequest)
def approve_quote(request: Request, id: str, terms: Terms, body: Body, grant: Runs) -> Response:
    """Offer the quote, as it was counted or with these terms."""
    return _happen(request, id, body, grant, "approve", lambda work, row: quotes.approve(work, row, terms.sent()))


@router.post("/reject", response_model=TranslationRequest)
def reject_request(request: Request, id: str, why: Refusal, body: Body, grant: Runs) -> Response:
    """Make no quote; the request is cancelled."""
    return _happen(request, id, body, grant, "reject", lambda work, row: quotes.reject(work, row, why.reason))


@router.post("/accept", response_model=TranslationRequest)
def accept_quote(request: Request, id: str, body: Body, grant: Decides) -> Response:
    """Accept the quote: the project begins."""
    return _happen(request, id, body, grant, "accept", quotes.accept)


@router.post("/decline", response_model=TranslationRequest)
def decline_quote(request: Request, id: str, why: Refusal, body: Body, grant: Decides) -> Response:
    """Do not accept the quote; the request is cancelled."""
    return _happen(request, id, body, grant, "decline", lambda work, row: quotes.decline(work, row, why.reason))


@router.post("/cancel", response_model=TranslationRequest)
def cancel_quote(request: Request, id: str, why: Refusal, body: Body, grant: Runs) -> Response:
    """Take the quote back; the request is cancelled."""
    return _happen(request, id, body, grant, "cancel", lambda work, row: quotes.cancel(work, row, why.reason))


@router.post("/revive", response_model=TranslationRequest)
def revive_request(request: Request, id: str, terms: Terms, body: Body, grant: Runs) -> Response:
    """Offer a cancelled request anew."""
    return _happen(request, id, body, grant, "revive", lambda work, row: quotes.revive(work, row, terms.sent()))


@router.post("/progress", response_model=TranslationRequest)
def report_progress(request: Request, id: str, far: HowFar, body: Body, grant: Runs) -> Response:
    """Say how far the project is, in percent."""
    return _happen(request, id, body, grant, "progress", lambda work, row: projects.progress(work, row, far.progress))


@router.post("/deliver", response_model=TranslationRequest)
def deliver_translations(request: Request, id: str, what: Deliveries, body: Body, grant: Runs) -> Response:
    """Deliver uploads as the translations."""
    pairs = [(each.upload, each.language) for each in what.files]
    return _happen(request, id, body, grant, "deliver", lambda work, row: projects.deliver(work, row, pairs))


@router.post("/reassign", response_model=TranslationRequest)
def reassign_request(request: Request, id: str, to: NewOwner, body: Body, grant: Reassigns) -> Response:
    """Give the open request to another contact of its customer."""

    def act(work: Work, row: Row) -> Audited:
        return requests.reassign(work, row, heir_of(work, grant, to.owner))

    return _happen(request, id, body, grant, "reassign", act)


def _happen(
    request: Request, id: str, body: bytes, grant: Grant, event: str, act: Callable[[Work, Row], Audited]
) -> Response:
    def done(work: Work) -> Done:
        row = matches(request, within(work, grant, "request", id))
        work.audit(EVENTS[event].verb, row, *act(work, row))
        return row_done(200, as_json("request", row.values))

    return write(request, grant, body, done)
