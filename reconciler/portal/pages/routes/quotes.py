"""Quotes: the forms of their events on a request's page."""

from __future__ import annotations

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
from reconciler.portal.rules.requests import in_cents
from reconciler.portal.rules.typesetting import locale_of, parse_number

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
        lambda work, row: quotes.approve(work, row, _terms(context, form)),
    )


@router.post("/revive")
def revive_request(context: RequestRunner, id: str, form: SubmittedForm) -> Response:
    """Offer a quote for a cancelled request, for the provider."""
    return submit_event(
        context,
        id,
        form,
        "revive",
        lambda work, row: quotes.revive(work, row, _terms(context, form)),
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


def _terms(context: PageContext, form: Form) -> dict[str, Any]:
    """Return the terms that the form has; without a cost, the price of the service decides."""
    terms: dict[str, Any] = {"cost": None}
    if words := form.text_or_none("words"):
        # A text that is no whole number is refused by the schema, with the mistake of its field.
        number = parse_number(locale_of(context.language), words)
        is_whole = number is not None and number == number.to_integral_value()
        terms["words"] = int(number) if number is not None and is_whole else words
    if amount := form.text_or_none("cost"):
        terms["cost"] = _amount_text(context, amount)
    if form.text_or_none("currency"):
        terms["currency"] = form.text("currency").upper()
    if deadline := form.text_or_none("deadline"):
        terms["deadline"] = utc_time(deadline)
    return validate(Terms, terms).sent_fields()


def _amount_text(context: PageContext, text: str) -> str:
    """Return the amount as the contract writes it, with two digits; other texts unchanged."""
    amount = parse_number(locale_of(context.language), text)
    return text if amount is None or amount != in_cents(amount) else f"{amount:.2f}"
