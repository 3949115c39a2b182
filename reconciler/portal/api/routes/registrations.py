"""Registrations: approve or reject a contact who signed up."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request, Response

from reconciler.portal.actions import registrations
from reconciler.portal.api.router import api_router
from reconciler.portal.api.schemas.resources import (
    Approval,
    Contact,
    WithReason,
)
from reconciler.portal.rules.audit import AuditAction
from reconciler.portal.rules.policy import Grant
from reconciler.portal.rules.problems import Problem
from reconciler.portal.rules.states import ContactStatus
from reconciler.portal.store.unit_of_work import Row, Work
from reconciler.portal.web.idempotency import (
    WriteResult,
    body_of,
    require_version,
    row_result,
    write,
)
from reconciler.portal.web.security import requires
from reconciler.portal.web.serialization import as_json

# Below /contacts, because a registration is a contact that waits for approval.
router = api_router("/contacts", tag="contacts")
Body = Annotated[bytes, Depends(body_of)]
AdmitGrant = Annotated[Grant, requires("contacts.admit")]


@router.post("/{id}/approve", response_model=Contact)
def approve_registration(
    request: Request, id: str, approval: Approval, body: Body, grant: AdmitGrant
) -> Response:
    """Approve a registration with the registrant's fields or with these."""

    def write_action(work: Work) -> WriteResult:
        row = _pending(require_version(request, work.get("contact", id)))
        fields = approval.sent_fields()
        home = fields.pop("customer", None) or row["customer"]
        if home is None:
            raise Problem(
                "unprocessable",
                "'customer' is required, because the registration names none",
            )
        work.audit(
            AuditAction.CONTACTS_APPROVE,
            row,
            *registrations.approve(work, row, work.get("customer", home), fields),
        )
        return _result(work, row)

    return write(request, grant, body, write_action)


@router.post("/{id}/reject", response_model=Contact)
def reject_registration(
    request: Request, id: str, why: WithReason, body: Body, grant: AdmitGrant
) -> Response:
    """Reject a registration."""

    def write_action(work: Work) -> WriteResult:
        row = _pending(require_version(request, work.get("contact", id)))
        work.audit(
            AuditAction.CONTACTS_REJECT, row, *registrations.reject(work, row, why.reason)
        )
        return _result(work, row)

    return write(request, grant, body, write_action)


def _pending(row: Row) -> Row:
    if row["status"] != ContactStatus.UNAPPROVED:
        raise Problem("registration-gone", f"contact '{row.id}' is {row['status']}")
    return row


def _result(work: Work, row: Row, status: int = 200) -> WriteResult:
    home = work.get("customer", row["customer"]) if row["customer"] else None
    return row_result(
        status,
        as_json("contact", row.values, {home.id: home["external_key"]} if home else {}),
    )
