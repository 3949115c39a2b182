"""Changing writable fields of any row: the patch, who touched them, and what they refer to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reconciler.portal.rules.equality import same_name_form
from reconciler.portal.rules.fields import DEFAULTS, patched
from reconciler.portal.rules.problems import Problem
from reconciler.portal.store import tables as t
from reconciler.portal.store.unit_of_work import Row, Work

Fields = Mapping[str, Any]


def set_fields(work: Work, row: Row, patch: Fields) -> tuple[dict[str, Any], dict[str, Any]]:
    """Change the fields of the patch; what they were, and what they are now."""
    after = patched(row.values, patch, row.kind)
    before = {name: row[name] for name in after}
    _refers_to_services(work, row.kind, after)
    row.update(**after)
    if "name" in after and row.kind == "customer":
        take_name(work, row)
    if after:
        work.touch(row, *after)
    return before, after


def fresh_fields(work: Work, kind: str, patch: Fields) -> dict[str, Any]:
    """The fields of a new row: the defaults of its kind, and over them the patch."""
    fields = {**DEFAULTS[kind], **patched(DEFAULTS[kind], patch, kind)}
    _refers_to_services(work, kind, fields)
    by = {"by": work.principal.name, "actor": str(work.principal.actor), "at": work.now}
    return {
        **fields, "external_key": None, "owner": None, "applied": None, "life": 1,
        "touched": dict.fromkeys([*patch, "presence"], by),
    }  # fmt: skip


def take_name(work: Work, customer: Row) -> None:
    """Claim the customer's name; a problem when another customer has it."""
    form = same_name_form(customer["name"])
    for other in work.where("customer", t.customers.c.name_form == form):
        if other is not customer:
            raise Problem("name-taken", f"the name '{customer['name']}' is taken by '{other.id}'")
    customer["name_form"] = form


def _refers_to_services(work: Work, kind: str, fields: Fields) -> None:
    """An `unprocessable` problem when a list names a service that is not there."""
    codes = fields.get("services")
    if kind not in {"customer", "contact"} or not isinstance(codes, list) or not codes:
        return
    known = {service["code"] for service in work.where("service", t.services.c.code.in_(codes))}
    if missing := sorted(set(codes) - known):
        raise Problem("unprocessable", f"there is no service '{missing[0]}'")
