"""Who acts: the answer to "who are you?" that every act, audit row and touched field carries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from reconciler.portal.rules.roles import Role, StaffKind


class Scope(StrEnum):
    """What a token may do: see figures; read only; read, leases and batches; everything."""

    METRICS = "metrics"
    READ = "read"
    APPLY = "apply"
    ADMIN = "admin"


class Actor(StrEnum):
    """In which capacity somebody acts."""

    RECONCILER = "reconciler"
    ADMINISTRATOR = StaffKind.ADMINISTRATOR.value
    PROJECT_MANAGER = StaffKind.PROJECT_MANAGER.value
    MANAGER = Role.MANAGER.value
    SELF = "self"
    SYSTEM = "system"


class Who(StrEnum):
    """The columns of the table of who may do what: people by what they are, tokens by their scope."""

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


WHO_BY_ROLE: Final[Mapping[str, Who]] = {role: Who(role) for role in (*Role, *StaffKind)}
WHO_BY_SCOPE: Final[Mapping[Scope, Who]] = {scope: Who(f"token:{scope}") for scope in Scope}


@dataclass(frozen=True, slots=True)
class Principal:
    """Somebody who acts.

    `name` is what history shows. `id` tells principals apart (idempotency keys are kept per id).
    A person at a customer has `contact` and `customer` (ids); one of the provider's people has `staff`
    (an id) and `address`, by which customers name their project managers.
    """

    id: str
    name: str
    actor: Actor
    scope: Scope | None = None
    contact: str | None = None
    customer: str | None = None
    staff: str | None = None
    address: str | None = None
    who: Who = Who.ANONYMOUS
    language: str = "en"
    proof: str | None = None
    """The digest of the token or session that said so; None for what the portal itself does."""
    owner: str | None = None
    """Whose objects alone a token writes; None: those of whichever owner a batch names."""
    expires_at: str | None = None
    """When a token ends; None for everybody else."""

    @property
    def person(self) -> str | None:
        """The id of the contact or of the provider's person; None for tokens."""
        return self.contact or self.staff


SYSTEM = Principal("system", "the portal", Actor.SYSTEM)
"""The portal itself: jobs that follow the clock."""
COMMAND_LINE = Principal("command", "command line", Actor.ADMINISTRATOR)
"""Whoever may open the database itself."""
