"""Writable fields of any row: apply a merge patch, record who wrote them, check references."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reconciler.portal.rules.equality import same_name_form
from reconciler.portal.rules.fields import DEFAULTS, apply_patch
from reconciler.portal.rules.problems import Problem
from reconciler.portal.store import tables as t
from reconciler.portal.store.unit_of_work import Row, Work

Fields = Mapping[str, Any]


def set_fields(
    work: Work, row: Row, patch: Fields
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Apply the patch; return the changed values before and after."""
    after = apply_patch(row.values, patch, row.kind)
    before = {name: row[name] for name in after}
    _check_services_exist(work, row.kind, after)
    row.update(**after)
    if "name" in after and row.kind == "customer":
        claim_name(work, row)
    if after:
        work.touch(row, *after)
    return before, after


def new_row_fields(work: Work, kind: str, patch: Fields) -> dict[str, Any]:
    """Return the fields of a new row: the defaults of its kind, overridden by the patch."""
    fields = {**DEFAULTS[kind], **apply_patch(DEFAULTS[kind], patch, kind)}
    _check_services_exist(work, kind, fields)
    by = {"by": work.principal.name, "actor": str(work.principal.actor), "at": work.now}
    return {
        **fields,
        "external_key": None,
        "owner": None,
        "applied": None,
        "life": 1,
        "touched": dict.fromkeys([*patch, "presence"], by),
    }


def claim_name(work: Work, customer: Row) -> None:
    """Reserve the customer's name; a problem if another customer has it."""
    form = same_name_form(customer["name"])
    # archived customers hold no name, so they are not found here
    for holder in work.where("customer", t.customers.c.name_form == form):
        if holder is not customer:
            raise Problem(
                "name-taken", f"the name '{customer['name']}' is taken by '{holder.id}'"
            )
    customer["name_form"] = form


def _check_services_exist(work: Work, kind: str, fields: Fields) -> None:
    """Raise an `unprocessable` problem if a list names an unknown service."""
    codes = fields.get("services")
    if kind not in {"customer", "contact"} or not isinstance(codes, list) or not codes:
        return
    existing = {
        service["code"] for service in work.where("service", t.services.c.code.in_(codes))
    }
    if unknown_codes := sorted(set(codes) - existing):
        raise Problem("unprocessable", f"there is no service '{unknown_codes[0]}'")
