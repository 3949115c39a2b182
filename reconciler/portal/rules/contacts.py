"""Rules for contacts and the open work that they own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from reconciler.portal.rules.problems import Problem
from reconciler.portal.rules.roles import WORK_ROLES
from reconciler.portal.rules.states import LIVING

# How long a removal can be undone (A).
RESTORABLE_DAYS = 30


def is_living(contact: Mapping[str, Any]) -> bool:
    """Return whether the contact is invited or active, not a registration and not removed."""
    return contact["status"] in LIVING


def check_living(contact: Mapping[str, Any]) -> None:
    """Raise a problem unless the contact is living."""
    if not is_living(contact):
        raise Problem("wrong-state", f"contact '{contact['id']}' is {contact['status']}")


def check_heir(heir: Mapping[str, Any], leaver: Mapping[str, Any]) -> None:
    """Raise a problem unless the heir may take over the open work of the leaver."""
    if heir["customer"] != leaver["customer"] or heir["id"] == leaver["id"]:
        raise Problem(
            "heir-may-not-hold-work",
            f"'{heir['id']}' is not another contact of the same customer",
        )
    if not is_living(heir) or heir["role"] not in WORK_ROLES:
        raise Problem(
            "heir-may-not-hold-work",
            f"'{heir['id']}' is a {heir['role']} and {heir['status']}",
        )


def check_restorable(
    row: Mapping[str, Any], removal: Mapping[str, Any] | None, now: str
) -> None:
    """Raise a problem unless the removal can be undone now."""
    if removal is None:
        raise Problem("not-restorable", f"'{row['id']}' was not removed")
    if removal["restorable_until"] < now:
        raise Problem(
            "not-restorable",
            f"'{row['id']}' could only be restored until {removal['restorable_until']}",
        )


def no_heir(requests: Sequence[Mapping[str, Any]], owner: str) -> Problem:
    """Return the problem that open work would have no owner."""
    ids = [request["id"] for request in requests]
    return Problem(
        "no-heir",
        f"{len(ids)} open requests of '{owner}' need an heir who may own them",
        requests=ids,
    )
