"""The plan: the ordered value that planning returns, people review and applying carries out."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from reconciler.model.changes import Change
from reconciler.model.values import Value


class Scope(StrEnum):
    """How much a refusal stops: everything, one customer (with its group), or one contact."""

    PLAN = "plan"
    CUSTOMER = "customer"
    CONTACT = "contact"


@dataclass(frozen=True, slots=True)
class Refusal:
    """A safeguard that holds something back: its rule id, its reach, why, and what to do."""

    rule: str
    scope: Scope
    message: str
    customer: str | None = None
    contact: str | None = None
    hint: str | None = None


@dataclass(frozen=True, slots=True)
class Warning:
    """Something that a reviewer should know and that stops nothing."""

    rule: str
    message: str
    customer: str | None = None
    contact: str | None = None
    hint: str | None = None


@dataclass(frozen=True, slots=True)
class Departure:
    """A removal that a file announces for a later day (ISO date), as it would be today; part of no id.

    `heir`: who receives the open work (`customer/contact`), None when nobody is named and none is needed
    yet; `open_work`: requests open at planning.
    """

    on: str
    customer: str
    contact: str
    reason: str
    heir: str | None
    open_work: int


@dataclass(frozen=True, slots=True)
class PortalEdit:
    """A value or a presence that was moved in the portal while the files stood still.

    `field` is a field's name, or `presence`; then `live` is `removed`, `archived` or `recreated`.
    `customer`, `contact`: keys; `service`: for a service's field; none of them: the settings.
    """

    customer: str | None
    contact: str | None
    field: str
    applied: Value
    live: Value
    by: str
    at: str
    service: str | None = None


@dataclass(frozen=True, slots=True)
class Unmanaged:
    """An object in the portal that carries nobody's key; never written."""

    kind: str
    customer: str
    name: str
    email: str | None = None
    role: str | None = None
    status: str | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """Customers that are reviewed, leased, sharded, applied and held back together.

    No customers: settings and services; such a group stands first, and another last when services go
    that customers let go of in this plan. `changes` in the order in which they are carried out.
    `held_back`: the rules that stop it; empty when it may be carried out.
    """

    customers: tuple[str, ...]
    changes: tuple[Change, ...]
    held_back: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        """SHA-256 over its customers and the ids of its changes."""
        return _digest([*self.customers, "", *(change.id for change in self.changes)])


@dataclass(frozen=True, slots=True)
class Permissions:
    """What the caller lifts by naming the exact number, or by name."""

    allow_removals: int | None = None
    allow_mails: int | None = None
    allow_rollback: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """What planning must know of the world besides the two states.

    `commit`: the files' commit, None outside of git. `ancestors`: those of the commits named in the
    live state that HEAD descends from (HEAD itself included).
    """

    commit: str | None = None
    ancestors: frozenset[str] = frozenset()
    permissions: Permissions = Permissions()


@dataclass(frozen=True, slots=True)
class Plan:
    """What would happen, in whole: sorted, and the same bytes for the same inputs on any machine.

    `groups`: settings and services first, then by smallest customer key. `as_of`: today in the
    portal's time zone (ISO date), part of no id. `earlier`: how many changes and refusals were
    already pending before the reference of `--since`. `coming`: who leaves on a later day, by day. `quoted`: names
    of people that messages quote, which is for hiding them.
    """

    portal: str
    epoch: str
    commit: str | None
    as_of: str
    groups: tuple[Group, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    portal_edits: tuple[PortalEdit, ...] = ()
    unmanaged: tuple[Unmanaged, ...] = ()
    warnings: tuple[Warning, ...] = ()
    permissions: Permissions = Permissions()
    earlier: int = field(default=0)
    coming: tuple[Departure, ...] = ()
    quoted: tuple[str, ...] = field(default=(), compare=False, repr=False)

    @property
    def changes(self) -> tuple[Change, ...]:
        """All changes, also those of groups that are held back, in order."""
        return tuple(change for group in self.groups for change in group.changes)

    @property
    def ready(self) -> tuple[Group, ...]:
        """The groups that may be carried out."""
        return tuple(group for group in self.groups if not group.held_back)

    @property
    def digest(self) -> str:
        """SHA-256 over the portal, its epoch and the groups' digests."""
        return _digest([self.portal, self.epoch, *(group.digest for group in self.groups)])


def _digest(parts: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
