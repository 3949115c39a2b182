"""Actions on services."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Column, ColumnElement, Select, Text, cast, or_, select

from reconciler.portal.actions import lives
from reconciler.portal.actions.contacts import AuditValues
from reconciler.portal.actions.fields import Fields, new_row_fields
from reconciler.portal.rules.nouns import count_noun
from reconciler.portal.rules.problems import Problem
from reconciler.portal.rules.states import LIVING, OPEN, CustomerStatus
from reconciler.portal.store import tables as t
from reconciler.portal.store.unit_of_work import Row, Work


def create(work: Work, code: str, fields: Fields) -> Row:
    """Return a new service; its code is how all other rows refer to it."""
    if work.where("service", t.services.c.code == code):
        raise Problem("key-taken", f"a service '{code}' already exists")
    service = work.new("service", {**new_row_fields(work, "service", fields), "code": code})
    work.count_version(service)
    return service


def remove(work: Work, service: Row) -> AuditValues:
    """Delete a service; an `in-use` problem with counts while active rows refer to it.

    Lists of archived customers and removed contacts lose it, because another service may get the
    key later.
    """
    code, c, p, r = service["code"], t.customers.c, t.contacts.c, t.requests.c
    work.flush()
    customers = _ids(
        work,
        select(c.id).where(c.status == CustomerStatus.ACTIVE, _contains(c.services, code)),
    )
    contacts = _ids(
        work, select(p.id).where(p.status.in_(LIVING), _contains(p.services, code))
    )
    requests = _ids(work, select(r.id).where(r.service == code, r.state.in_(OPEN)))
    if customers or contacts or requests:
        detail = (
            f"{count_noun(len(customers), 'customer')}, {count_noun(len(contacts), 'contact')} "
            f"and {count_noun(len(requests), 'open request')} refer to '{code}'"
        )
        raise Problem(
            "in-use",
            detail,
            customers=len(customers),
            contacts=len(contacts),
            requests=requests,
        )
    for kind, c in (("customer", t.customers.c), ("contact", t.contacts.c)):
        naming_rows = work.connection.execute(
            select(c.id, c.services).where(_contains(c.services, code))
        )
        rows = {row.id: {"services": row.services} for row in naming_rows}
        work.rewrite(kind, rows, lambda row: {"services": _without(row["services"], code)})
    lives.store_lives(work, [service])
    work.remove(service)
    return {"code": code, "name": service["name"]}, None


def check_code(service: Row, key: str) -> None:
    """Raise a problem unless the service already has this key as its code."""
    if service["code"] != key:
        detail = f"service '{service.id}' has the code '{service['code']}', not '{key}'"
        raise Problem("unprocessable", detail)


def rename(work: Work, service: Row, key: str) -> AuditValues:
    """Change the code of a service, also in every list, base and request that names it.

    The versions of these rows stay, because nobody wrote them. Archived customers, removed contacts
    and closed requests are changed too, so that a restored row finds its service.
    """
    code = service["code"]
    before = {"code": code, "external_key": service["external_key"]}
    if any(
        holder is not service for holder in work.where("service", t.services.c.code == key)
    ):
        raise Problem("key-taken", f"a service '{key}' already exists")
    lives.store_lives(work, [service])
    service["code"] = key
    work.touch(service, "code")
    for kind, c in (("customer", t.customers.c), ("contact", t.contacts.c)):
        names_service = or_(_contains(c.services, code), _contains(c.applied, code))
        naming_rows = work.connection.execute(
            select(c.id, c.services, c.applied).where(names_service)
        )
        rows = {
            row.id: {"services": row.services, "applied": row.applied}
            for row in naming_rows
        }
        work.rewrite(kind, rows, lambda row: _with_code(row, code, key))
    for loaded in work.rows.values():
        # also rows from whose lists this work removed the service: `first` still has the old code
        if loaded.kind in {"customer", "contact"} and loaded.first:
            loaded.first.update(_with_code(loaded.first, code, key))
    work.replace("request", "service", code, key)
    return before, {"code": key, "external_key": key}


def _without(services: Any, code: str) -> Any:
    return (
        [name for name in services if name != code]
        if isinstance(services, list)
        else services
    )


def _with_code(row: Mapping[str, Any], code: str, key: str) -> dict[str, Any]:
    """Return a row's list of services and base with the key in place of the code."""
    services, applied = _replace_name(row["services"], code, key), row["applied"]
    if services != row["services"]:
        services = sorted(set(services))
    if applied and "services" in applied["fields"]:
        fields = {
            **applied["fields"],
            "services": _replace_name(applied["fields"]["services"], code, key),
        }
        applied = {**applied, "fields": fields}
    return {"services": services, "applied": applied}


def _replace_name(services: Any, code: str, key: str) -> Any:
    if not isinstance(services, list):
        return services
    return [key if name == code else name for name in services]


def _contains(services: Column[Any], code: str) -> ColumnElement[bool]:
    # without escapes: a code (`schemas.KEY`) has no character with a meaning in LIKE or JSON
    return cast(services, Text).contains(f'"{code}"')


def _ids(work: Work, statement: Select[Any]) -> list[str]:
    return [str(id) for (id,) in work.connection.execute(statement.order_by("id"))]
