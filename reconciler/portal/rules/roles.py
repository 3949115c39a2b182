"""The roles of contacts and the kinds of the provider's people; who may own open requests."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from reconciler.portal.rules.complete_tables import covering


class Role(StrEnum):
    """What a contact does for its customer."""

    REQUESTER = "requester"
    OBSERVER = "observer"
    MANAGER = "manager"


class StaffKind(StrEnum):
    """What one of the provider's people does."""

    ADMINISTRATOR = "administrator"
    PROJECT_MANAGER = "project_manager"


HOLDS_WORK: Final = frozenset({Role.REQUESTER, Role.MANAGER})

_POWERS: Final = covering(
    {
        Role.REQUESTER: frozenset({"send", "accept"}),
        Role.OBSERVER: frozenset({"see-all"}),
        Role.MANAGER: frozenset({"send", "accept", "see-all", "team"}),
    },
    Role,
)


def loses_power(before: str, after: str) -> bool:
    """Whether somebody can do less after a change of roles."""
    return not _POWERS[Role(before)] <= _POWERS[Role(after)]
