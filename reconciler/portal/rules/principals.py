"""Who acts: the answer to "who are you?" that every act, audit row and touched field carries."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Scope(StrEnum):
    """What a token may do: read only; read, leases and batches; everything."""

    READ = "read"
    APPLY = "apply"
    ADMIN = "admin"


class Actor(StrEnum):
    """In which capacity somebody acts."""

    RECONCILER = "reconciler"
    ADMINISTRATOR = "administrator"
    PROJECT_MANAGER = "project_manager"
    MANAGER = "manager"
    SELF = "self"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Principal:
    """Somebody who acts.

    `name` is what history shows. `id` tells principals apart (idempotency keys are kept per id).
    `contact`: the contact's id when a person at a customer is logged in.
    """

    id: str
    name: str
    actor: Actor
    scope: Scope | None = None
    contact: str | None = None


SYSTEM = Principal("system", "the portal", Actor.SYSTEM)
"""The portal itself: jobs that follow the clock."""
