"""Settings, services and customers, as an administrator's tools see them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request, Response
from sqlalchemy import select

from reconciler.portal.acts import customers, services
from reconciler.portal.acts.choices import OneOf
from reconciler.portal.acts.fields import set_fields
from reconciler.portal.acts.shapes import ServiceFields, SettingsFields
from reconciler.portal.api.answers import answer
from reconciler.portal.api.models import (
    PROBLEMS,
    ChangedCustomer,
    Customer,
    NewCustomer,
    NewService,
    Page,
    Service,
    Settings,
    WithReason,
)
from reconciler.portal.api.paging import Pages, page
from reconciler.portal.api.rows import as_json, etag
from reconciler.portal.api.security import allowed, store_of
from reconciler.portal.api.strict import JsonRoute
from reconciler.portal.api.writing import Done, body_of, creates, matches, row_done, write
from reconciler.portal.rules.audit import Verb
from reconciler.portal.rules.policy import Grant
from reconciler.portal.rules.problems import Problem
from reconciler.portal.rules.states import CustomerStatus
from reconciler.portal.store import tables as t
from reconciler.portal.store.work import Work

router = APIRouter(route_class=JsonRoute, tags=["catalogue"], responses=PROBLEMS)

Body = Annotated[bytes, Depends(body_of)]


@router.get("/settings", response_model=Settings, dependencies=[allowed("settings.read")])
def read_settings(request: Request) -> Response:
    """The portal's settings."""
    return _one(request, "settings", "settings")


@router.patch("/settings", response_model=Settings)
def change_settings(
    request: Request, fields: SettingsFields, body: Body, grant: Annotated[Grant, allowed("settings.write")]
) -> Response:
    """Change some settings."""

    def act(work: Work) -> Done:
        row = matches(request, work.one("settings", "settings"))
        work.audit(Verb.PATCH_SETTINGS, row, *set_fields(work, row, fields.sent()))
        return row_done(200, as_json("settings", row.values))

    return write(request, grant, body, act)


@router.get("/services", response_model=Page[Service], dependencies=[allowed("services.read")])
def list_services(request: Request, paging: Pages) -> Response:
    """What can be ordered."""
    return page(request, paging, t.services, [], lambda _, rows: [as_json("service", row) for row in rows])


@router.post("/services", status_code=201, response_model=Service)
def create_service(
    request: Request, new: NewService, body: Body, grant: Annotated[Grant, allowed("services.write")]
) -> Response:
    """A new service."""
    creates(request)

    def act(work: Work) -> Done:
        fields = new.sent()
        row = services.create(work, fields.pop("code"), fields)
        work.audit(Verb.POST_SERVICES, row, None, fields)
        status, value, headers = row_done(201, as_json("service", row.values))
        return status, value, {**headers, "Location": f"/api/v1/services/{row.id}"}

    return write(request, grant, body, act)


@router.get("/services/{id}", response_model=Service, dependencies=[allowed("services.read")])
def read_service(request: Request, id: str) -> Response:
    """One service."""
    return _one(request, "service", id)


@router.patch("/services/{id}", response_model=Service)
def change_service(
    request: Request, id: str, fields: ServiceFields, body: Body,
    grant: Annotated[Grant, allowed("services.write")],
) -> Response:  # fmt: skip
    """Change a service."""

    def act(work: Work) -> Done:
        row = matches(request, work.one("service", id))
        work.audit(Verb.PATCH_SERVICES, row, *set_fields(work, row, fields.sent()))
        return row_done(200, as_json("service", row.values))

    return write(request, grant, body, act)


@router.delete("/services/{id}", status_code=204)
def remove_service(
    request: Request, id: str, body: Body, grant: Annotated[Grant, allowed("services.write")]
) -> Response:
    """Remove a service that nobody refers to."""

    def act(work: Work) -> Done:
        row = matches(request, work.one("service", id))
        work.audit(Verb.DELETE_SERVICES, row, *services.remove(work, row))
        return 204, None, {}

    return write(request, grant, body, act)


@router.get("/customers", response_model=Page[Customer], dependencies=[allowed("customers.read")])
def list_customers(
    request: Request, paging: Pages, status: Annotated[str, OneOf(CustomerStatus)] | None = None,
    external_key: Annotated[str | None, Query(max_length=63)] = None,
) -> Response:  # fmt: skip
    """The customers, also the archived ones unless `status` says otherwise."""
    c = t.customers.c
    criteria = [c.status == status] if status else []
    criteria += [c.external_key == external_key] if external_key else []
    return page(request, paging, t.customers, criteria, lambda _, rows: [as_json("customer", row) for row in rows])


@router.post("/customers", status_code=201, response_model=Customer)
def create_customer(
    request: Request, new: NewCustomer, body: Body, grant: Annotated[Grant, allowed("customers.write")]
) -> Response:
    """A new customer, without people."""
    creates(request)

    def act(work: Work) -> Done:
        row = customers.create(work, new.sent())
        work.audit(Verb.POST_CUSTOMERS, row, None, new.sent())
        status, value, headers = row_done(201, as_json("customer", row.values))
        return status, value, {**headers, "Location": f"/api/v1/customers/{row.id}"}

    return write(request, grant, body, act)


@router.get("/customers/{id}", response_model=Customer, dependencies=[allowed("customers.read")])
def read_customer(request: Request, id: str) -> Response:
    """One customer."""
    return _one(request, "customer", id)


@router.patch("/customers/{id}", response_model=Customer)
def change_customer(
    request: Request, id: str, fields: ChangedCustomer, body: Body,
    grant: Annotated[Grant, allowed("customers.write")],
) -> Response:  # fmt: skip
    """Change a customer."""

    def act(work: Work) -> Done:
        row = matches(request, work.one("customer", id))
        work.audit(Verb.PATCH_CUSTOMERS, row, *customers.edit(work, row, fields.sent()))
        return row_done(200, as_json("customer", row.values))

    return write(request, grant, body, act)


@router.post("/customers/{id}/{action}", response_model=Customer)
def act_on_customer(
    request: Request, id: str, action: Literal["archive", "restore"], body: Body,
    grant: Annotated[Grant, allowed("customers.write")], why: WithReason | None = None,
) -> Response:  # fmt: skip
    """Archive a customer with all its people, or bring both back."""

    def act(work: Work) -> Done:
        row = matches(request, work.one("customer", id))
        match action:
            case "archive":
                reason = (why or WithReason()).reason
                verb, audited = Verb.CUSTOMERS_ARCHIVE, customers.archive(work, row, reason)
            case "restore":
                verb, audited = Verb.CUSTOMERS_RESTORE, customers.restore(work, row)
        work.audit(verb, row, *audited)
        return row_done(200, as_json("customer", row.values))

    return write(request, grant, body, act)


def _one(request: Request, kind: str, id: str) -> Response:
    table = {"settings": t.settings, "service": t.services, "customer": t.customers}[kind]
    with store_of(request).read() as connection:
        row: Any = connection.execute(select(table).where(table.c.id == id)).mappings().first()
    if row is None:
        raise Problem("not-found", f"there is no {kind} '{id}'")
    return answer(as_json(kind, row), headers={"ETag": etag(row["version"])})
