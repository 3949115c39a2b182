"""What is allowed with contacts and the work they own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from reconciler.portal.rules.problems import Problem
from reconciler.portal.rules.roles import HOLDS_WORK
from reconciler.portal.rules.states import LIVING

RESTORABLE_DAYS = 30
"""For how long a removal can be undone (A)."""


def living(contact: Mapping[str, Any]) -> bool:
    """Whether the contact is one: not a registration, not removed."""
    return contact["status"] in LIVING


def must_live(contact: Mapping[str, Any]) -> None:
    """A problem unless the contact is living."""
    if not living(contact):
        raise Problem("wrong-state", f"contact '{contact['id']}' is {contact['status']}")


def may_receive(heir: Mapping[str, Any], leaver: Mapping[str, Any]) -> None:
    """A problem unless the heir may take over the open work of the leaver."""
    if heir["customer"] != leaver["customer"] or heir["id"] == leaver["id"]:
        raise Problem("heir-may-not-hold-work", f"'{heir['id']}' is not another contact of the same customer")
    if not living(heir) or heir["role"] not in HOLDS_WORK:
        raise Problem("heir-may-not-hold-work", f"'{heir['id']}' is a {heir['role']} and {heir['status']}")


def may_be_restored(row: Mapping[str, Any], removal: Mapping[str, Any] | None, now: str) -> None:
    """A problem unless the removal can be undone now."""
    if removal is None:
        raise Problem("not-restorable", f"'{row['id']}' was not removed")
    if removal["restorable_until"] < now:
        raise Problem("not-restorable", f"'{row['id']}' could be restored until {removal['restorable_until']}")


def no_heir(requests: Sequence[Mapping[str, Any]], who: str) -> Problem:
    """The problem that open work would be nobody's."""
    ids = [request["id"] for request in requests]
    return Problem("no-heir", f"{len(ids)} open requests of '{who}' need an heir who may hold them", requests=ids)
