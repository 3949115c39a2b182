"""Acts on services."""

from __future__ import annotations

from sqlalchemy import Text, cast

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
    """The service goes; refused while anybody refers to it."""
    code = service["code"]
    requests = work.where("request", t.requests.c.service == code, t.requests.c.state.in_(OPEN))
    if requests:
        ids = [request.id for request in requests]
        raise Problem("in-use", f"{len(ids)} requests for '{code}' are open", requests=ids)
    named = f'%"{code}"%'
    users = work.where("customer", t.customers.c.status == "active", cast(t.customers.c.services, Text).like(named))
    users += work.where("contact", t.contacts.c.status.in_(LIVING), cast(t.contacts.c.services, Text).like(named))
    if users:
        raise Problem("in-use", f"'{users[0].id}' and {len(users) - 1} others may order '{code}'")
    work.remove(service)
    return {"code": code, "name": service["name"]}, None
