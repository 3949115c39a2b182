"""Services."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request, Response

from reconciler.portal.actions import services
from reconciler.portal.actions.fields import set_fields
from reconciler.portal.actions.schemas import ServiceFields
from reconciler.portal.api.paging import Pages, page, row_answer
from reconciler.portal.api.router import api_router
from reconciler.portal.api.schemas.resources import (
    NewService,
    Page,
    Service,
)
from reconciler.portal.rules.audit import AuditAction
from reconciler.portal.rules.policy import Grant
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
    "/services", response_model=Page[Service], dependencies=[requires("services.read")]
)
def list_services(request: Request, paging: Pages) -> Response:
    """Return the services."""
    return page(
        request,
        paging,
        t.services,
        [],
        lambda _, rows: [as_json("service", row) for row in rows],
    )


@router.post("/services", status_code=201, response_model=Service)
def create_service(
    request: Request,
    new: NewService,
    body: Body,
    grant: Annotated[Grant, requires("services.write")],
) -> Response:
    """Create a service."""
    require_creation(request)

    def write_action(work: Work) -> WriteResult:
        fields = new.sent_fields()
        row = services.create(work, fields.pop("code"), fields)
        work.audit(AuditAction.POST_SERVICES, row, None, fields)
        status, value, headers = row_result(201, as_json("service", row.values))
        return status, value, {**headers, "Location": f"/api/v1/services/{row.id}"}

    return write(request, grant, body, write_action)


@router.get(
    "/services/{id}", response_model=Service, dependencies=[requires("services.read")]
)
def read_service(request: Request, id: str) -> Response:
    """Return one service."""
    return row_answer(request, "service", id)


@router.patch("/services/{id}", response_model=Service)
def change_service(
    request: Request,
    id: str,
    fields: ServiceFields,
    body: Body,
    grant: Annotated[Grant, requires("services.write")],
) -> Response:
    """Change a service."""

    def write_action(work: Work) -> WriteResult:
        row = require_version(request, work.get("service", id))
        work.audit(
            AuditAction.PATCH_SERVICES, row, *set_fields(work, row, fields.sent_fields())
        )
        return row_result(200, as_json("service", row.values))

    return write(request, grant, body, write_action)


@router.delete("/services/{id}", status_code=204)
def remove_service(
    request: Request,
    id: str,
    body: Body,
    grant: Annotated[Grant, requires("services.write")],
) -> Response:
    """Remove a service that nobody refers to."""

    def write_action(work: Work) -> WriteResult:
        row = require_version(request, work.get("service", id))
        work.audit(AuditAction.DELETE_SERVICES, row, *services.remove(work, row))
        return 204, None, {}

    return write(request, grant, body, write_action)
