"""Quotes: the forms of their events on a request's page."""

from __future__ import annotations

import re
from typing import Annotated, Any

from fastapi import APIRouter, Response

from reconciler.portal.actions import quotes
from reconciler.portal.actions.request_schemas import Terms
from reconciler.portal.pages.context import Visit, visits
from reconciler.portal.pages.forms.form import Form, Sent, judged, reason_of
from reconciler.portal.pages.forms.request_event import bring_about

router = APIRouter(prefix="/requests/{id}", include_in_schema=False)
Decides = Annotated[Visit, visits("requests.decide")]
Runs = Annotated[Visit, visits("requests.run")]


@router.post("/accept")
def accept(visit: Decides, id: str, form: Sent) -> Response:
    """The customer accepts the quote."""
    return bring_about(visit, id, form, "accept", quotes.accept)


@router.post("/decline")
def decline(visit: Decides, id: str, form: Sent) -> Response:
    """The customer does not accept the quote."""
    return bring_about(
        visit,
        id,
        form,
        "decline",
        lambda work, row: quotes.decline(work, row, reason_of(form)),
    )


@router.post("/approve")
def approve(visit: Runs, id: str, form: Sent) -> Response:
    """The project manager offers the quote."""
    return bring_about(
        visit,
        id,
        form,
        "approve",
        lambda work, row: quotes.approve(work, row, _terms(form)),
    )


@router.post("/revive")
def revive(visit: Runs, id: str, form: Sent) -> Response:
    """The project manager offers a cancelled request anew."""
    return bring_about(
        visit, id, form, "revive", lambda work, row: quotes.revive(work, row, _terms(form))
    )


@router.post("/reject")
def reject(visit: Runs, id: str, form: Sent) -> Response:
    """The project manager makes no quote."""
    return bring_about(
        visit,
        id,
        form,
        "reject",
        lambda work, row: quotes.reject(work, row, reason_of(form)),
    )


@router.post("/cancel")
def cancel(visit: Runs, id: str, form: Sent) -> Response:
    """The project manager takes the quote back."""
    return bring_about(
        visit,
        id,
        form,
        "cancel",
        lambda work, row: quotes.cancel(work, row, reason_of(form)),
    )


def _terms(form: Form) -> dict[str, Any]:
    """The terms as typed: an amount may have one or two places after a comma or a point;
    without one the price says it.
    """
    words, amount, deadline = (
        form.optional("words"),
        form.optional("cost"),
        form.optional("deadline"),
    )
    said: dict[str, Any] = {"cost": None}
    if words:
        said["words"] = int(words) if re.fullmatch(r"[0-9]{1,9}", words) else words
    if amount:
        whole, _, cents = amount.replace(",", ".").partition(".")
        said["cost"] = f"{whole}.{cents:0<2}"
    if form.optional("currency"):
        said["currency"] = form.text("currency").upper()
    if deadline:
        said["deadline"] = f"{deadline}:00Z" if len(deadline) == 16 else deadline
    return judged(Terms, said).sent_fields()
