"""The roles of contacts, the kinds of staff, and which roles may own open requests."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from reconciler.portal.rules.complete_tables import require_all


class Role(StrEnum):
    """The role of a contact at its customer."""

    REQUESTER = "requester"
    OBSERVER = "observer"
    MANAGER = "manager"


class StaffKind(StrEnum):
    """The job of a staff member."""

    ADMINISTRATOR = "administrator"
    PROJECT_MANAGER = "project_manager"


WORK_ROLES: Final = frozenset({Role.REQUESTER, Role.MANAGER})

_PERMISSIONS: Final = require_all(
    {
        Role.REQUESTER: frozenset({"send", "accept"}),
        Role.OBSERVER: frozenset({"see-all"}),
        Role.MANAGER: frozenset({"send", "accept", "see-all", "team"}),
    },
    Role,
)


def loses_permissions(before: str, after: str) -> bool:
    """Return whether a change of roles takes a permission away."""
    return not _PERMISSIONS[Role(before)] <= _PERMISSIONS[Role(after)]
