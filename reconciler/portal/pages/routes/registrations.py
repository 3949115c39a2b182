"""The administrator's decision on a registration: approve or reject it.

The forms are on the page of the registration, which `routes.contacts` shows.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Response

from reconciler.portal.actions import registrations
from reconciler.portal.actions.row_scope import get_in_scope
from reconciler.portal.pages.context import PageContext, page_context
from reconciler.portal.pages.forms.contacts import contact_fields_at_customer
from reconciler.portal.pages.forms.form import Form, SubmittedForm, reason_of
from reconciler.portal.pages.routes.contacts import CONTACTS_PATH, contact_page
from reconciler.portal.rules.audit import AuditAction
from reconciler.portal.rules.problems import Problem
from reconciler.portal.rules.states import ContactStatus
from reconciler.portal.store.unit_of_work import Row, Work

router = APIRouter(prefix=f"{CONTACTS_PATH}/{{id}}", include_in_schema=False)
ContactAdmitter = Annotated[PageContext, page_context("contacts.admit")]


@router.post("/approve")
def approve_registration(
    context: ContactAdmitter, id: str, form: SubmittedForm
) -> Response:
    """Approve a registration at the chosen customer, with the fields of the form."""

    def write_action(work: Work) -> str:
        row = _pending_registration(work, context, id, form)
        fields = contact_fields_at_customer(work, form, row.values)
        customer = work.get("customer", form.text("customer"))
        if row["customer"] != customer.id:
            work.audit(
                AuditAction.CONTACTS_ASSIGN, row, *registrations.assign(work, row, customer)
            )
        work.audit(
            AuditAction.CONTACTS_APPROVE,
            row,
            *registrations.approve(work, row, customer, fields),
        )
        return f"{CONTACTS_PATH}/{id}"

    return context.submit(
        form,
        write_action,
        lambda mistakes: contact_page(context, id, form, mistakes),
        message="approved",
    )


@router.post("/reject")
def reject_registration(context: ContactAdmitter, id: str, form: SubmittedForm) -> Response:
    """Reject a registration, with a reason."""

    def write_action(work: Work) -> str:
        row = _pending_registration(work, context, id, form)
        reason = reason_of(form, "why")
        work.audit(
            AuditAction.CONTACTS_REJECT, row, *registrations.reject(work, row, reason)
        )
        return f"{CONTACTS_PATH}/{id}"

    return context.submit(
        form,
        write_action,
        lambda mistakes: contact_page(context, id, form, mistakes, "reject"),
        message="rejected",
    )


def _pending_registration(work: Work, context: PageContext, id: str, form: Form) -> Row:
    """Return the registration that the visitor saw; a problem if it is decided or changed."""
    row = get_in_scope(work, context.grant, "contact", id)
    # Before the version: "was decided already" explains more than "has changed".
    if row["status"] != ContactStatus.UNAPPROVED:
        raise Problem("registration-gone", f"contact '{id}' is {row['status']}")
    form.check_version(row.values, id)
    return row
