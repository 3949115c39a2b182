"""Acts on services."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, ColumnElement, Select, Text, cast, or_, select

from reconciler.portal.acts import lives
from reconciler.portal.acts.contacts import Audited
from reconciler.portal.acts.fields import Fields, fresh_fields
from reconciler.portal.rules.problems import Problem
from reconciler.portal.rules.roles import LIVING, OPEN
from reconciler.portal.store import tables as t
from reconciler.portal.store.work import Row, Work


def create(work: Work, code: str, fields: Fields) -> Row:
    """A new service; its code is what everybody else refers to."""
    if work.where("service", t.services.c.code == code):
        raise Problem("key-taken", f"there is a service '{code}' already")
    service = work.new("service", {**fresh_fields(work, "service", fields), "code": code})
    work.written(service)
    return service


def remove(work: Work, service: Row) -> Audited:
    """The service goes; an `in-use` problem, which says by how many, while anybody refers to it."""
    code, c, p, r = service["code"], t.customers.c, t.contacts.c, t.requests.c
    work.flush()
    customers = _ids(work, select(c.id).where(c.status == "active", _names(c.services, code)))
    contacts = _ids(work, select(p.id).where(p.status.in_(LIVING), _names(p.services, code)))
    requests = _ids(work, select(r.id).where(r.service == code, r.state.in_(OPEN)))
    if customers or contacts or requests:
        told = f"{len(customers)} customers, {len(contacts)} contacts and {len(requests)} open requests name '{code}'"
        raise Problem("in-use", told, customers=len(customers), contacts=len(contacts), requests=requests)
    lives.remember(work, [service])
    work.remove(service)
    return {"code": code, "name": service["name"]}, None


def must_have_code(service: Row, key: str) -> None:
    """A problem unless the service goes by this key already: everybody refers to it by its code."""
    if service["code"] != key:
        raise Problem("unprocessable", f"service '{service.id}' has the code '{service['code']}', not '{key}'")


def rename(work: Work, service: Row, key: str) -> Audited:
    """Another code for the service, also wherever its old one is named: in lists, bases and requests.

    Whoever names it was not written: their versions stay. Archived customers, people who left and closed requests
    follow too, so that whatever comes back finds the service.
    """
    code, before = service["code"], {"code": service["code"], "external_key": service["external_key"]}
    if any(other is not service for other in work.where("service", t.services.c.code == key)):
        raise Problem("key-taken", f"there is a service '{key}' already")
    lives.remember(work, [service])
    service["code"] = key
    work.touch(service, "code")
    for kind, c in (("customer", t.customers.c), ("contact", t.contacts.c)):
        asked = select(c.id, c.services, c.applied).where(or_(_names(c.services, code), _names(c.applied, code)))
        work.rewrite(kind, {
            row.id: {"services": _renamed(row.services, code, key), "applied": _base_renamed(row.applied, code, key)}
            for row in work.connection.execute(asked).all()
        })  # fmt: skip
    work.replace("request", "service", code, key)
    return before, {"code": key, "external_key": key}


def _renamed(services: Any, code: str, key: str) -> Any:
    if not isinstance(services, list):
        return services
    return sorted({key if each == code else each for each in services})


def _base_renamed(applied: dict[str, Any] | None, code: str, key: str) -> dict[str, Any] | None:
    if applied is None or "services" not in applied["fields"]:
        return applied
    return {**applied, "fields": {**applied["fields"], "services": _renamed(applied["fields"]["services"], code, key)}}


def _names(services: Column[Any], code: str) -> ColumnElement[bool]:
    return cast(services, Text).contains(f'"{code}"')


def _ids(work: Work, wanted: Select[Any]) -> list[str]:
    return [str(id) for (id,) in work.connection.execute(wanted.order_by("id"))]
