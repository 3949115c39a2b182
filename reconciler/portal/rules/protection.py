"""The effects of protection, derived from the values of a row before and after a transaction.

No operation is named here, so new operations are covered as well. A row is protected if it was so
before the transaction: lifting the protection needs an earlier one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from reconciler.portal.rules.equality import same_address_form
from reconciler.portal.rules.offers import may_order_service
from reconciler.portal.rules.roles import WORK_ROLES, loses_permissions
from reconciler.portal.rules.states import LIVING, ContactStatus, CustomerStatus

Values = Mapping[str, Any]
_ORDERING: Final = "ordering"


def is_protected_contact(before: Values) -> bool:
    """Return whether the contact is protected and living."""
    return bool(before["protected"]) and before["status"] in LIVING


def contact_loss(before: Values, after: Values) -> str | None:
    """Return what the change takes from a protected contact in their own row; None if nothing."""
    if not is_protected_contact(before):
        return None
    losses = {
        "removal": after["status"] not in LIVING,
        "move to another customer": after["customer"] != before["customer"],
        "change of the address": same_address_form(after["email"])
        != same_address_form(before["email"]),
        "loss of access": before["status"] == ContactStatus.ACTIVE != after["status"],
        "loss of power": loses_permissions(before["role"], after["role"]),
        "release": _is_released(before, after),
    }
    return next((loss for loss, happens in losses.items() if happens), None)


def customer_loss(before: Values, after: Values) -> str | None:
    """Return what the change takes from a protected customer; None if nothing."""
    if not before["protected"] or before["status"] != CustomerStatus.ACTIVE:
        return None
    keys = {before["external_key"], after["external_key"]}
    losses = {
        "archive": after["status"] != CustomerStatus.ACTIVE,
        "other name": after["name"] != before["name"],
        "release": _is_released(before, after),
        "other key": len(keys - {None}) > 1,
    }
    return next((loss for loss, happens in losses.items() if happens), None)


def _is_released(before: Values, after: Values) -> bool:
    """Return whether the owner lost the row; a key alone may only wait for a new one."""
    return before["owner"] is not None and after["owner"] != before["owner"]


def narrows_rights(kind: str, before: Values, after: Values | None) -> bool:
    """Return whether the change may take a right to order; `after` is None for a deleted row."""
    if kind == "service":
        narrowing = ("available_to_all", "workflows")
        return after is None or any(before[name] and not after[name] for name in narrowing)
    if after is None or kind not in {"customer", "contact"}:
        return False
    fewer = after["services"] != "all" and not _services_of(before) <= set(
        after["services"]
    )
    if kind == "customer":
        return fewer or bool(before["project_managers"] and not after["project_managers"])
    return is_protected_contact(before) and fewer


def _services_of(row: Values) -> set[str]:
    """Return the services that a row names; "all" is more than any list."""
    return {"all"} if row["services"] == "all" else set(row["services"])


def rights_to_order(
    contact: Values, customer: Values, services: Iterable[Values]
) -> dict[str, str]:
    """Return what the contact may order: ids of services, with their names for messages.

    Ordering at all needs a project manager at the customer, which is a right of its own. A service
    without a workflow cannot be ordered.
    """
    if contact["role"] not in WORK_ROLES:
        return {}
    rights = {
        str(service["id"]): f"service '{service['code']}'"
        for service in services
        if service["workflows"]
        and may_order_service(service, contact["services"], customer["services"])
    }
    return rights | ({_ORDERING: _ORDERING} if customer["project_managers"] else {})


def lost_right(had: Mapping[str, str], has: Mapping[str, str]) -> str | None:
    """Return the first right to order that was lost; None if none was."""
    return next(
        (f"loss of {name}" for right, name in had.items() if right not in has), None
    )
