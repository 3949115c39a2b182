"""The desired state: what the files demand, and where in the files each demand is.

Comes from `documents`, goes to `planning`. A field that is absent from `fields` is unmanaged.
`catalogue` lists all fields. The portal does not have the remembered ones (`Field.remembered`):
they exist only in the `applied` record, which keeps them when a file is removed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from reconciler.model.choices import ENGLISH, PortalEdits, Reason, Unreviewed
from reconciler.model.findings import FileFinding
from reconciler.model.roles import Role
from reconciler.model.values import Fields


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A position in a file: path relative to the root with `/`, line and column from 1."""

    path: str
    line: int
    column: int = 1


@dataclass(frozen=True, slots=True)
class Leaving:
    """A person's departure: the first day without access (ISO date) and the reason."""

    on: str
    reason: str


@dataclass(frozen=True, slots=True)
class RegistrationRef:
    """The registration that a contact file approves, and the fingerprint of the reviewed data."""

    id: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class DesiredContact:
    """One contact file.

    `fields`: as far as the file says them, `leaves.on` and `leaves.reason` of `leaves` included.
    `registration`: the sign-up approved by this file; `refuses_registration` stands for
    `registration: none` (a pending sign-up of this address is rejected, the contact created).
    `acknowledge`: ids of warnings that are known and intended, also of customers and the portal.
    """

    customer: str
    key: str
    fields: Fields
    place: Place
    places: Mapping[str, Place] = field(default_factory=dict)
    leaves: Leaving | None = None
    previously: tuple[str, ...] = ()
    registration: RegistrationRef | None = None
    refuses_registration: bool = False
    acknowledge: tuple[str, ...] = ()

    def says(self, field: str) -> bool:
        """Return whether the file has the field; a file with problems may lack a required one."""
        return field in self.fields

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
    def heir(self) -> str | None:
        value = self.fields.get("heir")
        return value if isinstance(value, str) else None


@dataclass(frozen=True, slots=True)
class Farewell:
    """One file under `removed/`: how a contact leaves, a registration to reject, or the end of
    management.

    `keep`: stop managing the contact and keep their access. `leaves_on`: the due date of a contact
    file (`leaves.on`) that counts as this farewell; None for a file under `removed/`.
    """

    customer: str
    key: str
    place: Place
    heir: str | None = None
    reason: str = Reason.OTHER
    registration: str | None = None
    keep: bool = False
    leaves_on: str | None = None


@dataclass(frozen=True, slots=True)
class DesiredCustomer:
    """One customer folder.

    `release`: stop managing the customer and its people without changing anything for them.
    """

    key: str
    fields: Fields
    place: Place
    places: Mapping[str, Place] = field(default_factory=dict)
    previously: tuple[str, ...] = ()
    release: bool = False
    contacts: Mapping[str, DesiredContact] = field(default_factory=dict)
    farewells: Mapping[str, Farewell] = field(default_factory=dict)
    acknowledge: tuple[str, ...] = ()

    def says(self, field: str) -> bool:
        """Return whether the file has the field; a file with problems may lack a required one."""
        return field in self.fields

    @property
    def name(self) -> str:
        return str(self.fields["name"])

    @property
    def heir(self) -> str | None:
        value = self.fields.get("heir")
        return value if isinstance(value, str) else None


@dataclass(frozen=True, slots=True)
class DesiredService:
    """One service of `portal.yaml`."""

    key: str
    fields: Fields
    place: Place
    places: Mapping[str, Place] = field(default_factory=dict)
    previously: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DesiredSettings:
    """The portal's own settings.

    Among their fields are every number of `Policy`, and `rules`: a text `ID@sha256:HEX` for
    each rule of the provider.
    """

    fields: Fields
    place: Place
    places: Mapping[str, Place] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Policy:
    """The policy of the files: the limits of a run, before they are combined with the last applied
    ones.
    """

    language: str = ENGLISH
    portal_edits: str = PortalEdits.PROPOSE
    unreviewed: str = Unreviewed.APPLY
    # SPEC part 3: min(25, max(3, 20 %)) of all people, and per customer 25 % from 10 people
    # up.
    removals_percent: int = 20
    removals_at_least: int = 3
    removals_at_most: int = 25
    removals_per_customer_percent: int = 25
    removals_small_customer: int = 2
    mails_per_run: int = 50


@dataclass(frozen=True, slots=True)
class DesiredState:
    """All files of one tree as one value. `services` is None when the file does not manage them.

    `findings`: the warnings and notes about the files, acknowledged ones included.
    """

    owner: str
    settings: DesiredSettings
    portal: str | None = None
    time_zone: str = "UTC"
    # None and an empty mapping differ: `services: {}` removes every managed service.
    services: Mapping[str, DesiredService] | None = None
    policy: Policy = Policy()
    customers: Mapping[str, DesiredCustomer] = field(default_factory=dict)
    acknowledge: tuple[str, ...] = ()
    findings: tuple[FileFinding, ...] = ()
