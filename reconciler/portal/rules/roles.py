"""The three roles, and which of them may own open requests."""

from __future__ import annotations

from typing import Final

ROLES: Final = ("requester", "observer", "manager")
HOLDS_WORK: Final = frozenset({"requester", "manager"})
LIVING: Final = ("invited", "link_expired", "active")
"""The states in which a contact is one: she holds her address and may be reached by a mail."""
OPEN: Final = ("quote_pending", "quote_being_made", "quoted", "in_progress")
"""The states of a request that is neither delivered nor cancelled."""

_POWERS: Final = {
    "requester": frozenset({"send", "accept"}),
    "observer": frozenset({"see-all"}),
    "manager": frozenset({"send", "accept", "see-all", "team"}),
}


def loses_power(before: str, after: str) -> bool:
    """Whether somebody can do less after a change of roles."""
    return not _POWERS[before] <= _POWERS[after]
