"""Quotes: the forms of their events on a request's page."""

from __future__ import annotations

import re
from typing import Annotated, Any

from fastapi import APIRouter, Response

from reconciler.portal.actions import quotes
from reconciler.portal.actions.request_schemas import Terms
from reconciler.portal.pages.context import PageContext, page_context
from reconciler.portal.pages.forms.form import (
    Form,
    SubmittedForm,
    reason_of,
    utc_time,
    validate,
)
from reconciler.portal.pages.forms.request_event import submit_event

router = APIRouter(prefix="/requests/{id}", include_in_schema=False)
RequestDecider = Annotated[PageContext, page_context("requests.decide")]
RequestRunner = Annotated[PageContext, page_context("requests.run")]


@router.post("/accept")
def accept_quote(context: RequestDecider, id: str, form: SubmittedForm) -> Response:
    """Accept the quote, for the customer."""
    return submit_event(context, id, form, "accept", quotes.accept)


@router.post("/decline")
def decline_quote(context: RequestDecider, id: str, form: SubmittedForm) -> Response:
    """Decline the quote, for the customer."""
    return submit_event(
        context,
        id,
        form,
        "decline",
        lambda work, row: quotes.decline(work, row, reason_of(form)),
    )


@router.post("/approve")
def approve_quote(context: RequestRunner, id: str, form: SubmittedForm) -> Response:
    """Offer the quote, for the provider."""
    return submit_event(
        context,
        id,
        form,
        "approve",
        lambda work, row: quotes.approve(work, row, _terms(form)),
    )


@router.post("/revive")
def revive_request(context: RequestRunner, id: str, form: SubmittedForm) -> Response:
    """Offer a quote for a cancelled request, for the provider."""
    return submit_event(
        context,
        id,
        form,
        "revive",
        lambda work, row: quotes.revive(work, row, _terms(form)),
    )


@router.post("/reject")
def reject_quote(context: RequestRunner, id: str, form: SubmittedForm) -> Response:
    """Refuse to make a quote, for the provider."""
    return submit_event(
        context,
        id,
        form,
        "reject",
        lambda work, row: quotes.reject(work, row, reason_of(form)),
    )


@router.post("/cancel")
def cancel_quote(context: RequestRunner, id: str, form: SubmittedForm) -> Response:
    """Take the quote back, for the provider."""
    return submit_event(
        context,
        id,
        form,
        "cancel",
        lambda work, row: quotes.cancel(work, row, reason_of(form)),
    )


def _terms(form: Form) -> dict[str, Any]:
    """Return the terms that the form has; without a cost, the price of the service decides."""
    words, amount = form.text_or_none("words"), form.text_or_none("cost")
    deadline = form.text_or_none("deadline")
    terms: dict[str, Any] = {"cost": None}
    if words:
        # What is no number stays a text, which the schema refuses with the mistake of its field.
        terms["words"] = int(words) if re.fullmatch(r"[0-9]{1,9}", words) else words
    if amount:
        # The contract has two digits after a point; people type `9,5` or `9` too.
        whole, _, cents = amount.replace(",", ".").partition(".")
        terms["cost"] = f"{whole}.{cents:0<2}"
    if form.text_or_none("currency"):
        terms["currency"] = form.text("currency").upper()
    if deadline:
        terms["deadline"] = utc_time(deadline)
    return validate(Terms, terms).sent_fields()
