"""Principals: the identity behind every action, history entry and touched field."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from reconciler.portal.rules.roles import Role, StaffKind


class Scope(StrEnum):
    """The scope of a token: read metrics; read; read, lease and apply; everything."""

    METRICS = "metrics"
    READ = "read"
    APPLY = "apply"
    ADMIN = "admin"


class Actor(StrEnum):
    """The capacity in which a principal acts."""

    RECONCILER = "reconciler"
    ADMINISTRATOR = StaffKind.ADMINISTRATOR.value
    PROJECT_MANAGER = StaffKind.PROJECT_MANAGER.value
    MANAGER = Role.MANAGER.value
    SELF = "self"
    SYSTEM = "system"


class PrincipalKind(StrEnum):
    """The kinds of principals in the policy: people by their role, tokens by their scope."""

    ANONYMOUS = "anonymous"
    REQUESTER = Role.REQUESTER.value
    OBSERVER = Role.OBSERVER.value
    MANAGER = Role.MANAGER.value
    PROJECT_MANAGER = StaffKind.PROJECT_MANAGER.value
    ADMINISTRATOR = StaffKind.ADMINISTRATOR.value
    METRICS = f"token:{Scope.METRICS}"
    READ = f"token:{Scope.READ}"
    APPLY = f"token:{Scope.APPLY}"
    ADMIN = f"token:{Scope.ADMIN}"


KIND_BY_ROLE: Final[Mapping[str, PrincipalKind]] = {
    role: PrincipalKind(role) for role in (*Role, *StaffKind)
}
KIND_BY_SCOPE: Final[Mapping[Scope, PrincipalKind]] = {
    scope: PrincipalKind(f"token:{scope}") for scope in Scope
}


@dataclass(frozen=True, slots=True)
class Principal:
    """The identity that acts.

    `name` is shown in the history. `id` tells principals apart (idempotency keys are stored per
    id). A contact has `contact` and `customer` (ids); a staff member has `staff` (an id) and
    `address`, by which customers name their project managers.
    """

    id: str
    name: str
    actor: Actor
    scope: Scope | None = None
    contact: str | None = None
    customer: str | None = None
    staff: str | None = None
    address: str | None = None
    kind: PrincipalKind = PrincipalKind.ANONYMOUS
    language: str = "en"
    proof: str | None = None
    """The digest of the token or session; None for the portal itself."""
    owner: str | None = None
    """The only owner whose objects a token writes; None for any owner that a batch names."""
    expires_at: str | None = None
    """When a token expires; None for other principals."""

    @property
    def person(self) -> str | None:
        """The id of the contact or staff member; None for tokens."""
        return self.contact or self.staff


# The portal itself: jobs that follow the clock.
SYSTEM = Principal("system", "the portal", Actor.SYSTEM)
# An operator with access to the database.
COMMAND_LINE = Principal("command", "command line", Actor.ADMINISTRATOR)
