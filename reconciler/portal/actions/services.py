"""Acts on services."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Column, ColumnElement, Select, Text, cast, or_, select

from reconciler.portal.actions import generations
from reconciler.portal.actions.contacts import Audited
from reconciler.portal.actions.fields import Fields, fresh_fields
from reconciler.portal.rules.problems import Problem
from reconciler.portal.rules.states import LIVING, OPEN, CustomerStatus
from reconciler.portal.store import tables as t
from reconciler.portal.store.unit_of_work import Row, Work


def create(work: Work, code: str, fields: Fields) -> Row:
    """A new service; its code is what everybody else refers to."""
    if work.where("service", t.services.c.code == code):
        raise Problem("key-taken", f"there is a service '{code}' already")
    service = work.new("service", {**fresh_fields(work, "service", fields), "code": code})
    work.written(service)
    return service


def remove(work: Work, service: Row) -> Audited:
    """The service goes; an `in-use` problem, which says by how many, while anybody refers to it.

    Lists of archived customers and removed contacts forget it: another service may get the key later.
    """
    code, c, p, r = service["code"], t.customers.c, t.contacts.c, t.requests.c
    work.flush()
    customers = _ids(work, select(c.id).where(c.status == CustomerStatus.ACTIVE, _names(c.services, code)))
    contacts = _ids(work, select(p.id).where(p.status.in_(LIVING), _names(p.services, code)))
    requests = _ids(work, select(r.id).where(r.service == code, r.state.in_(OPEN)))
    if customers or contacts or requests:
        told = f"{len(customers)} customers, {len(contacts)} contacts and {len(requests)} open requests name '{code}'"
        raise Problem("in-use", told, customers=len(customers), contacts=len(contacts), requests=requests)
    for kind, c in (("customer", t.customers.c), ("contact", t.contacts.c)):
        found = work.connection.execute(select(c.id, c.services).where(_names(c.services, code)))
        rows = {row.id: {"services": row.services} for row in found}
        work.rewrite(kind, rows, lambda row: {"services": _without(row["services"], code)})
    generations.remember(work, [service])
    work.remove(service)
    return {"code": code, "name": service["name"]}, None


def must_have_code(service: Row, key: str) -> None:
    """A problem unless the service goes by this key already: everybody refers to it by its code."""
    if service["code"] != key:
        detail = f"service '{service.id}' has the code '{service['code']}', not '{key}'"
        raise Problem("unprocessable", detail)


def rename(work: Work, service: Row, key: str) -> Audited:
    """Give the service another code, also in every list, base and request that names the old one.

    The versions of these rows stay, for nobody wrote them. Archived customers, removed contacts and
    closed requests follow too, so that whatever is restored finds the service.
    """
    code = service["code"]
    before = {"code": code, "external_key": service["external_key"]}
    if any(other is not service for other in work.where("service", t.services.c.code == key)):
        raise Problem("key-taken", f"there is a service '{key}' already")
    generations.remember(work, [service])
    service["code"] = key
    work.touch(service, "code")
    for kind, c in (("customer", t.customers.c), ("contact", t.contacts.c)):
        naming = or_(_names(c.services, code), _names(c.applied, code))
        found = work.connection.execute(select(c.id, c.services, c.applied).where(naming))
        rows = {row.id: {"services": row.services, "applied": row.applied} for row in found}
        work.rewrite(kind, rows, lambda row: _with_code(row, code, key))
    for known in work.rows.values():
        if known.kind in {"customer", "contact"} and known.first:  # also where this work dropped the service
            known.first.update(_with_code(known.first, code, key))
    work.replace("request", "service", code, key)
    return before, {"code": key, "external_key": key}


def _without(services: Any, code: str) -> Any:
    return [each for each in services if each != code] if isinstance(services, list) else services


def _with_code(row: Mapping[str, Any], code: str, key: str) -> dict[str, Any]:
    """The list of services and the base of a row, with the key in place of the code."""
    services, applied = _renamed(row["services"], code, key), row["applied"]
    if services != row["services"]:
        services = sorted(set(services))
    if applied and "services" in applied["fields"]:
        fields = {**applied["fields"], "services": _renamed(applied["fields"]["services"], code, key)}
        applied = {**applied, "fields": fields}
    return {"services": services, "applied": applied}


def _renamed(services: Any, code: str, key: str) -> Any:
    if not isinstance(services, list):
        return services
    return [key if each == code else each for each in services]


def _names(services: Column[Any], code: str) -> ColumnElement[bool]:
    return cast(services, Text).contains(f'"{code}"')


def _ids(work: Work, wanted: Select[Any]) -> list[str]:
    return [str(id) for (id,) in work.connection.execute(wanted.order_by("id"))]
