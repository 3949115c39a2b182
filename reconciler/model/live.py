"""The live state: the portal's answer, at one revision.

Comes from `adapters`, goes to `planning`. Field names are those of the desired state; fields that
only the base holds (`fields.is_memo`) are in `applied`, never in `fields`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from reconciler.model.choices import Reason
from reconciler.model.roles import Role
from reconciler.model.values import Fields


class Status(StrEnum):
    """The status of a contact; registrations (`unapproved`) are separate, as `Registration`."""

    INVITED = "invited"
    # By time alone, without an author. The contact is still living, so the address is still
    # taken.
    LINK_EXPIRED = "link_expired"
    ACTIVE = "active"
    REMOVED = "removed"


class Actor(StrEnum):
    """The kind of author of a change in the portal."""

    RECONCILER = "reconciler"
    ADMINISTRATOR = "administrator"
    PROJECT_MANAGER = "project_manager"
    MANAGER = "manager"
    # A person's own change of name or language is never a portal edit (SPEC part 3).
    SELF = "self"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Touch:
    """The last author of a value or a presence, and the time (UTC, ISO 8601)."""

    by: str
    actor: Actor
    at: str


@dataclass(frozen=True, slots=True)
class Applied:
    """The last file that was applied to an object: the base of every three-way comparison."""

    present: bool
    fields: Fields
    commit: str | None = None
    run: str | None = None


@dataclass(frozen=True, slots=True)
class Removal:
    """The removal or archiving of an object, and until when it can be restored (UTC, ISO 8601).

    `with_customer`: the contact was removed because their customer was archived.
    """

    touch: Touch
    restorable_until: str
    reason: str = Reason.OTHER
    with_customer: bool = False


@dataclass(frozen=True, slots=True)
class LiveObject:
    """The common part of customers, contacts, services and settings in the portal.

    `version` counts the changes of the writable fields; `life` counts the creations and
    restorations under the key, from 1. `touched`: the last author of each field.
    """

    id: str
    version: int
    fields: Fields
    external_key: str | None = None
    owner: str | None = None
    applied: Applied | None = None
    touched: Mapping[str, Touch] = field(default_factory=dict)
    # Keyword only: the subclasses add fields, and a position would mean a different one in
    # each.
    life: int = field(default=1, kw_only=True)


@dataclass(frozen=True, slots=True)
class LiveSettings(LiveObject):
    """The portal's settings.

    `last_commits`: by owner, the commit of the last batch on the settings or a service. It outlives
    the services.
    """

    last_commits: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LiveCustomer(LiveObject):
    """A customer; archived when `removal` is set. `last_commit`: of the last batch on it."""

    removal: Removal | None = None
    last_commit: str | None = None

    @property
    def name(self) -> str:
        return str(self.fields["name"])

    @property
    def archived(self) -> bool:
        return self.removal is not None


@dataclass(frozen=True, slots=True)
class LiveContact(LiveObject):
    """A contact or the tombstone of one. `registration`: the id of their sign-up, if any."""

    # A default only because the fields of the base class have one; every row has a
    # customer.
    customer_id: str = ""
    status: Status = Status.ACTIVE
    removal: Removal | None = None
    registration: str | None = None

    @property
    def name(self) -> str:
        return str(self.fields["name"])

    @property
    def email(self) -> str:
        return str(self.fields["email"])

    @property
    def role(self) -> Role:
        return Role(str(self.fields["role"]))

    @property
    def living(self) -> bool:
        return self.status is not Status.REMOVED


@dataclass(frozen=True, slots=True)
class Registration:
    """A pending registration. `customer_id` is None until an administrator assigns one.

    `id` is what files name (`reg-…`); `contact_id` and `version` are the portal's row.
    """

    id: str
    contact_id: str
    version: int
    customer_id: str | None
    name: str
    email: str
    role: Role
    language: str | None
    # The portal's SHA-256 over customer, address, name, wanted role and language (SPEC part
    # 3). It compares the reviewed one when it approves.
    fingerprint: str


@dataclass(frozen=True, slots=True)
class OpenRequest:
    """A request that is neither delivered nor cancelled."""

    id: str
    customer_id: str
    owner_id: str
    state: str
    service: str | None = None


@dataclass(frozen=True, slots=True, order=True)
class FormerKey:
    """A key that a row lost: it was renamed, released or deleted.

    `object`: `customer`, `contact` or `service`. `home`: the id of the contact's customer, else the
    owner.
    """

    object: str
    home: str
    key: str

    @property
    def id(self) -> str:
        """The identity of the row in a snapshot."""
        return f"{self.object}/{self.home}/{self.key}"


@dataclass(frozen=True, slots=True)
class LiveState:
    """Everything the planner needs, at one revision; all mappings by id.

    `now` is the portal's clock (UTC, ISO 8601), the only clock of planning. `head`: the hash of the
    last entry of the portal's audit feed; empty where the portal has no chain. `former_keys`: those
    that no row has any more. `decided_registrations`: ids of those approved or rejected.
    """

    portal: str
    epoch: str
    revision: int
    now: str
    settings: LiveSettings
    services: Mapping[str, LiveObject] = field(default_factory=dict)
    customers: Mapping[str, LiveCustomer] = field(default_factory=dict)
    contacts: Mapping[str, LiveContact] = field(default_factory=dict)
    registrations: Mapping[str, Registration] = field(default_factory=dict)
    requests: Mapping[str, OpenRequest] = field(default_factory=dict)
    head: str = ""
    former_keys: frozenset[FormerKey] = frozenset()
    decided_registrations: frozenset[str] = frozenset()
