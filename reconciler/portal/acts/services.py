"""Acts on services."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, ColumnElement, Select, Text, cast, select

from reconciler.portal.acts.contacts import Audited
from reconciler.portal.acts.fields import Fields, fresh_fields
from reconciler.portal.rules.problems import Problem
from reconciler.portal.rules.states import LIVING, OPEN, CustomerStatus
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
    customers = _ids(work, select(c.id).where(c.status == CustomerStatus.ACTIVE, _names(c.services, code)))
    contacts = _ids(work, select(p.id).where(p.status.in_(LIVING), _names(p.services, code)))
    requests = _ids(work, select(r.id).where(r.service == code, r.state.in_(OPEN)))
    if customers or contacts or requests:
        told = f"{len(customers)} customers, {len(contacts)} contacts and {len(requests)} open requests name '{code}'"
        raise Problem("in-use", told, customers=len(customers), contacts=len(contacts), requests=requests)
    work.remove(service)
    return {"code": code, "name": service["name"]}, None


def _names(services: Column[Any], code: str) -> ColumnElement[bool]:
    return cast(services, Text).contains(f'"{code}"')


def _ids(work: Work, wanted: Select[Any]) -> list[str]:
    return [str(id) for (id,) in work.connection.execute(wanted.order_by("id"))]
