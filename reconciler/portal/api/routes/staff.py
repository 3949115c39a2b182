"""Staff, and the registration codes that they hand out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import Depends, Request, Response
from sqlalchemy import select

from reconciler.portal.actions import customers, staff
from reconciler.portal.actions.choices import OneOf
from reconciler.portal.api.paging import Pages, page
from reconciler.portal.api.router import api_router
from reconciler.portal.api.schemas.access import (
    ChangedStaff,
    NewStaff,
    RegistrationCode,
    Staff,
)
from reconciler.portal.api.schemas.resources import Page
from reconciler.portal.rules.audit import AuditAction
from reconciler.portal.rules.policy import Grant
from reconciler.portal.rules.problems import Problem
from reconciler.portal.rules.states import StaffStatus
from reconciler.portal.store import tables as t
from reconciler.portal.store.unit_of_work import Work
from reconciler.portal.web.idempotency import (
    WriteResult,
    body_of,
    require_creation,
    require_version,
    row_result,
    write,
)
from reconciler.portal.web.responses import answer
from reconciler.portal.web.security import requires, store_of
from reconciler.portal.web.serialization import etag

router = api_router()
Body = Annotated[bytes, Depends(body_of)]
WriteGrant = Annotated[Grant, requires("staff.write")]
CodeGrant = Annotated[Grant, requires("customers.write")]
# Named one by one, so that a new column is not shown by accident, as `password` would be.
_MEMBERS = ("id", "version", "name", "email", "kind", "language", "status", "touched")


def staff_as_json(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a staff member as administrators and the person themselves may see them."""
    return {name: row[name] for name in _MEMBERS}


@router.get(
    "/staff",
    tags=["staff"],
    response_model=Page[Staff],
    dependencies=[requires("staff.read")],
)
def list_staff(
    request: Request,
    paging: Pages,
    status: Annotated[str, OneOf(StaffStatus)] | None = None,
) -> Response:
    """Return the staff; removed members only with `status=removed`."""
    c = t.staff.c
    criteria = [c.status == status if status else c.status != StaffStatus.REMOVED]
    return page(
        request,
        paging,
        t.staff,
        criteria,
        lambda _, rows: [staff_as_json(row) for row in rows],
    )


@router.post("/staff", tags=["staff"], status_code=201, response_model=Staff)
def invite_staff(
    request: Request, new: NewStaff, body: Body, grant: WriteGrant
) -> Response:
    """Invite a staff member by mail."""
    require_creation(request)

    def write_action(work: Work) -> WriteResult:
        person = staff.add(work, {**new.sent_fields(), "language": new.language or "en"})
        staff.invite(work, person)
        work.audit(AuditAction.POST_STAFF, person, None, new.sent_fields())
        status, value, headers = row_result(201, staff_as_json(person.values))
        return status, value, {**headers, "Location": f"/api/v1/staff/{person.id}"}

    return write(request, grant, body, write_action)


@router.get(
    "/staff/{id}",
    tags=["staff"],
    response_model=Staff,
    dependencies=[requires("staff.read")],
)
def read_staff(request: Request, id: str) -> Response:
    """Return one staff member, removed or not."""
    with store_of(request).read() as connection:
        row: Any = (
            connection.execute(select(t.staff).where(t.staff.c.id == id)).mappings().first()
        )
    if row is None:
        raise Problem("not-found", f"there is no staff '{id}'")
    return answer(staff_as_json(row), headers={"ETag": etag(row["version"])})


@router.patch("/staff/{id}", tags=["staff"], response_model=Staff)
def change_staff(
    request: Request, id: str, fields: ChangedStaff, body: Body, grant: WriteGrant
) -> Response:
    """Change a staff member; a new address suspends access until it is activated."""

    def write_action(work: Work) -> WriteResult:
        person = require_version(request, work.get("staff", id))
        work.audit(
            AuditAction.PATCH_STAFF, person, *staff.edit(work, person, fields.sent_fields())
        )
        return row_result(200, staff_as_json(person.values))

    return write(request, grant, body, write_action)


@router.delete("/staff/{id}", tags=["staff"], response_model=Staff)
def remove_staff(request: Request, id: str, body: Body, grant: WriteGrant) -> Response:
    """Remove a staff member, except the last administrator."""

    def write_action(work: Work) -> WriteResult:
        person = require_version(request, work.get("staff", id))
        work.audit(AuditAction.DELETE_STAFF, person, *staff.remove(work, person))
        return row_result(200, staff_as_json(person.values))

    return write(request, grant, body, write_action)


@router.post("/staff/{id}/resend-activation", tags=["staff"], response_model=Staff)
def resend_activation(request: Request, id: str, body: Body, grant: WriteGrant) -> Response:
    """Send a new link to a staff member who has not used the first one."""

    def write_action(work: Work) -> WriteResult:
        person = require_version(request, work.get("staff", id))
        work.audit(
            AuditAction.STAFF_RESEND_ACTIVATION,
            person,
            *staff.resend_activation(work, person),
        )
        return row_result(200, staff_as_json(person.values))

    return write(request, grant, body, write_action)


@router.post(
    "/customers/{id}/registration-code", tags=["catalogue"], response_model=RegistrationCode
)
def renew_code(request: Request, id: str, body: Body, grant: CodeGrant) -> Response:
    """Set a new registration code for a customer; the old one stops working."""

    def write_action(work: Work) -> WriteResult:
        row = require_version(request, work.get("customer", id))
        work.audit(AuditAction.CUSTOMERS_RENEW_CODE, row, *customers.renew_code(work, row))
        return (
            200,
            {"registration_code": row["registration_code"]},
            {"ETag": etag(row["version"])},
        )

    return write(request, grant, body, write_action)


@router.delete("/customers/{id}/registration-code", tags=["catalogue"], status_code=204)
def withdraw_code(request: Request, id: str, body: Body, grant: CodeGrant) -> Response:
    """Delete the customer's registration code."""

    def write_action(work: Work) -> WriteResult:
        row = require_version(request, work.get("customer", id))
        work.audit(
            AuditAction.CUSTOMERS_WITHDRAW_CODE, row, *customers.withdraw_code(work, row)
        )
        return 204, None, {"ETag": etag(row["version"])}

    return write(request, grant, body, write_action)
