"""Customers: list, create, edit, archive and restore."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Depends, Query, Request, Response

from reconciler.portal.actions import customers
from reconciler.portal.actions.choices import OneOf
from reconciler.portal.api.paging import Pages, page, row_answer
from reconciler.portal.api.router import api_router
from reconciler.portal.api.schemas.resources import (
    ChangedCustomer,
    Customer,
    NewCustomer,
    Page,
    WithReason,
)
from reconciler.portal.rules.audit import AuditAction
from reconciler.portal.rules.policy import Grant
from reconciler.portal.rules.states import CustomerStatus
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
from reconciler.portal.web.security import requires
from reconciler.portal.web.serialization import as_json

router = api_router(tag="catalogue")
Body = Annotated[bytes, Depends(body_of)]


@router.get(
    "/customers", response_model=Page[Customer], dependencies=[requires("customers.read")]
)
def list_customers(
    request: Request,
    paging: Pages,
    status: Annotated[str, OneOf(CustomerStatus)] | None = None,
    external_key: Annotated[str | None, Query(max_length=63)] = None,
) -> Response:
    """Return the customers, including archived ones unless `status` is given."""
    c = t.customers.c
    criteria = [c.status == status] if status else []
    criteria += [c.external_key == external_key] if external_key else []
    return page(
        request,
        paging,
        t.customers,
        criteria,
        lambda _, rows: [as_json("customer", row) for row in rows],
    )


@router.post("/customers", status_code=201, response_model=Customer)
def create_customer(
    request: Request,
    new: NewCustomer,
    body: Body,
    grant: Annotated[Grant, requires("customers.write")],
) -> Response:
    """Create a customer without contacts."""
    require_creation(request)

    def write_action(work: Work) -> WriteResult:
        row = customers.create(work, new.sent_fields())
        work.audit(AuditAction.POST_CUSTOMERS, row, None, new.sent_fields())
        status, value, headers = row_result(201, as_json("customer", row.values))
        return status, value, {**headers, "Location": f"/api/v1/customers/{row.id}"}

    return write(request, grant, body, write_action)


@router.get(
    "/customers/{id}", response_model=Customer, dependencies=[requires("customers.read")]
)
def read_customer(request: Request, id: str) -> Response:
    """Return one customer."""
    return row_answer(request, "customer", id)


@router.patch("/customers/{id}", response_model=Customer)
def change_customer(
    request: Request,
    id: str,
    fields: ChangedCustomer,
    body: Body,
    grant: Annotated[Grant, requires("customers.write")],
) -> Response:
    """Change a customer."""

    def write_action(work: Work) -> WriteResult:
        row = require_version(request, work.get("customer", id))
        work.audit(
            AuditAction.PATCH_CUSTOMERS,
            row,
            *customers.edit(work, row, fields.sent_fields()),
        )
        return row_result(200, as_json("customer", row.values))

    return write(request, grant, body, write_action)


@router.post("/customers/{id}/{action}", response_model=Customer)
def act_on_customer(
    request: Request,
    id: str,
    action: Literal["archive", "restore"],
    body: Body,
    grant: Annotated[Grant, requires("customers.write")],
    # optional, because a restoration has no reason
    why: WithReason | None = None,
) -> Response:
    """Archive a customer with all its contacts, or restore it with them."""

    def write_action(work: Work) -> WriteResult:
        row = require_version(request, work.get("customer", id))
        match action:
            case "archive":
                reason = (why or WithReason()).reason
                audit_action, audited = (
                    AuditAction.CUSTOMERS_ARCHIVE,
                    customers.archive(work, row, reason),
                )
            case "restore":
                audit_action, audited = (
                    AuditAction.CUSTOMERS_RESTORE,
                    customers.restore(work, row),
                )
        work.audit(audit_action, row, *audited)
        return row_result(200, as_json("customer", row.values))

    return write(request, grant, body, write_action)
