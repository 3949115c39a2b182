"""What protection forbids, derived from the values of a row before and after a transaction.

No operation is named here, so a new one is bound as well. A row counts as protected when it was so
before the transaction: lifting the protection needs an earlier one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from reconciler.portal.rules.equality import same_address_form
from reconciler.portal.rules.offers import offered
from reconciler.portal.rules.roles import HOLDS_WORK, loses_power
from reconciler.portal.rules.states import LIVING, ContactStatus, CustomerStatus

Values = Mapping[str, Any]
_ORDERING: Final = "ordering"


def guarded_contact(before: Values) -> bool:
    """Whether the contact is protected and there: who was removed has nothing to lose."""
    return bool(before["protected"]) and before["status"] in LIVING


def contact_loss(before: Values, after: Values) -> str | None:
    """Return what the change takes from a protected contact by their own row; None if nothing."""
    if not guarded_contact(before):
        return None
    lost = {
        "removal": after["status"] not in LIVING,
        "move to another customer": after["customer"] != before["customer"],
        "change of the address": same_address_form(after["email"]) != same_address_form(before["email"]),
        "loss of access": before["status"] == ContactStatus.ACTIVE != after["status"],
        "loss of power": loses_power(before["role"], after["role"]),
        "release": _released(before, after),
    }
    return next((what for what, happens in lost.items() if happens), None)


def customer_loss(before: Values, after: Values) -> str | None:
    """Return what the change does to a protected customer that it must not; None if nothing."""
    if not before["protected"] or before["status"] != CustomerStatus.ACTIVE:
        return None
    keys = {before["external_key"], after["external_key"]}
    lost = {
        "archive": after["status"] != CustomerStatus.ACTIVE,
        "other name": after["name"] != before["name"],
        "release": _released(before, after),
        "other key": len(keys - {None}) > 1,
    }
    return next((what for what, happens in lost.items() if happens), None)


def _released(before: Values, after: Values) -> bool:
    """Whether the owner lost the row. The key goes with the owner; alone, it only waits for a new one."""
    return before["owner"] is not None and after["owner"] != before["owner"]


def narrows(kind: str, before: Values, after: Values | None) -> bool:
    """Whether the change of a row may take a right to order from somebody; `after`: None when it is gone."""
    if kind == "service":
        narrowing = ("available_to_all", "workflows")
        return after is None or any(before[name] and not after[name] for name in narrowing)
    if after is None or kind not in {"customer", "contact"}:
        return False
    fewer = after["services"] != "all" and not _set(before) <= set(after["services"])
    if kind == "customer":
        return fewer or bool(before["project_managers"] and not after["project_managers"])
    return guarded_contact(before) and fewer


def _set(row: Values) -> set[str]:
    """The services that a row names; "all" is more than any list."""
    return {"all"} if row["services"] == "all" else set(row["services"])


def rights_to_order(contact: Values, customer: Values, services: Iterable[Values]) -> dict[str, str]:
    """Return what the contact may order at the customer: the ids of services, and how a message calls them.

    To order at all, a customer needs a project manager: that is a right of its own. Nobody orders a
    service without a workflow.
    """
    if contact["role"] not in HOLDS_WORK:
        return {}
    rights = {
        str(service["id"]): f"service '{service['code']}'"
        for service in services
        if service["workflows"] and offered(service, contact["services"], customer["services"])
    }
    return rights | ({_ORDERING: _ORDERING} if customer["project_managers"] else {})


def right_lost(had: Mapping[str, str], has: Mapping[str, str]) -> str | None:
    """Return the first right to order that was lost; None if none was."""
    return next((f"loss of {name}" for right, name in had.items() if right not in has), None)
