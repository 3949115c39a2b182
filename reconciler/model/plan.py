"""The plan: the ordered value that planning returns, people review and an apply carries out."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import Final, NamedTuple

from reconciler.model.changes import Change, ObjectKind
from reconciler.model.choices import ENGLISH
from reconciler.model.problems import Problem
from reconciler.model.rules import RuleId
from reconciler.model.sentences import Sentence
from reconciler.model.values import Value


class Scope(StrEnum):
    """The reach of a refusal: the whole plan, one customer (with its group), or one contact."""

    PLAN = "plan"
    CUSTOMER = "customer"
    CONTACT = "contact"


@dataclass(frozen=True, slots=True)
class Refusal:
    """A safeguard that holds something back: its rule id, its reach, the reason, and what to do.

    Without a customer it concerns a service, or else the settings. `stage`: the one group of the
    service that it concerns, None for both.
    """

    rule: RuleId
    scope: Scope
    message: Sentence
    customer: str | None = None
    contact: str | None = None
    hint: Sentence | None = None
    service: str | None = None
    stage: Stage | None = None


@dataclass(frozen=True, slots=True)
class Warning:
    """A fact that a reviewer should know and that stops nothing; `path`, `line`: the file, if it is
    about one.
    """

    rule: RuleId | str
    message: Sentence
    customer: str | None = None
    contact: str | None = None
    hint: Sentence | None = None
    path: str | None = None
    # Not compared: a line added above makes no new warning.
    line: int | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Departure:
    """A removal that a file announces for a later day (ISO date), as it would be today; part of no
    id.

    `heir`: who receives the open work (`customer/contact`), None when no heir is named and none is
    needed yet; `open_work`: requests open at planning. `id`: of the removal on that day, so that a
    reviewed plan with the announcement permits it.
    """

    on: str
    customer: str
    contact: str
    reason: str
    heir: str | None
    open_work: int
    id: str = ""


# The author of a portal edit when the portal does not know who made it.
UNKNOWN_AUTHOR: Final = "unknown"


@dataclass(frozen=True, slots=True)
class PortalEdit:
    """A value or a presence that was changed in the portal while its file did not change.

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
    """An object in the portal without anybody's key; never written."""

    kind: str
    customer: str
    name: str
    email: str | None = None
    role: str | None = None
    status: str | None = None


@dataclass(frozen=True, slots=True)
class PersonOutcome:
    """The rights that one person loses and gains by a group: `access`, capabilities, `service KEY`.

    `person`: `customer/contact` by their keys after the plan, `customer/address` when unmanaged.
    Losses compare with what the person can do now; gains are computed as if everybody invited were
    active. `life`: of their row, so that a later person under the same key is not confused with
    them. `leaves`: they are removed or archived, even if they have not activated their access.
    """

    person: str
    loses: tuple[str, ...] = ()
    gains: tuple[str, ...] = ()
    life: int = 1
    leaves: bool = False

    @property
    def losses(self) -> tuple[Loss, ...]:
        """Each right that is lost, and the membership if the person leaves."""
        rights = (*self.loses, *([MEMBERSHIP] if self.leaves else []))
        return tuple(Loss(self.person, self.life, right) for right in rights)


# The loss of a person who is removed or archived, even if only invited.
# A right like the others for reviews, so that a plan that shows only lost rights permits no
# removal.
MEMBERSHIP: Final = "membership"


class Loss(NamedTuple):
    """A right that one life of a person loses."""

    person: str
    life: int
    right: str


@dataclass(frozen=True, slots=True)
class Expects:
    """The conditions of a group's batch: the portal refuses it when one no longer holds.

    `rows`: kind, id and version of rows that the group does not write and that its outcome depends
    on. `people_at`: ids of customers where nobody may have been added or given a right since
    `revision`; None for every customer, empty for no such condition.
    """

    rows: tuple[tuple[ObjectKind, str, int], ...] = ()
    people_at: tuple[str, ...] | None = ()
    revision: int = 0


class Stage(IntEnum):
    """The order in which groups are applied: services open before the customers and close after
    them.
    """

    SETTINGS = 0
    OPENING = 1
    CUSTOMERS = 2
    CLOSING = 3


@dataclass(frozen=True, slots=True)
class Group:
    """Changes that are reviewed, leased, sharded, applied and held back together.

    `customers`: keys, empty for the settings and for services. `service`: the service of an opening
    or closing group. `changes`: in the order in which they are applied. `held_back`: the rules that
    stop it; empty when it may be applied. `waits_for`: names of the groups without which it would
    take a right from somebody, or could not be applied. `outcomes`: the rights that it takes and
    gives, by person. `outside`: not in the scope of this run. `independent_count`: of a group that
    does not fit one batch, the number of leading changes that may be committed before the others.
    """

    customers: tuple[str, ...]
    changes: tuple[Change, ...]
    held_back: tuple[str, ...] = ()
    stage: Stage = Stage.CUSTOMERS
    service: str | None = None
    waits_for: tuple[str, ...] = ()
    outcomes: tuple[PersonOutcome, ...] = ()
    expects: Expects = Expects()
    outside: bool = False
    independent_count: int = 0

    @property
    def name(self) -> str:
        """The group's name within its plan: stage and smallest key."""
        return (
            # The smallest key, which also decides the shard (SPEC part 10).
            f"{self.stage.name.lower()}:{self.service or min(self.customers, default='')}"
        )

    @property
    def digest(self) -> str:
        """The SHA-256 over its customers and the ids of its changes."""
        # The empty part separates customers from ids: neither is ever empty.
        return _digest([*self.customers, "", *(change.id for change in self.changes)])


@dataclass(frozen=True, slots=True)
class Permissions:
    """The limits that the caller lifts, by exact number or by name.

    `allow_rollback`: the commit, or its first digits, that rows may have been applied from although
    this tree does not descend from it.
    """

    allow_removals: int | None = None
    allow_mails: int | None = None
    allow_rollback: str | None = None


@dataclass(frozen=True, slots=True)
class Review:
    """The permission that one reviewed or displayed plan gives.

    `ids`: of its changes and of the departures that it announces. `losses`: of its outcomes.
    `permissions`: the numbers that it was made with, upper bounds for its own ids; none for a plan
    that was refused as a whole.
    """

    portal: str
    epoch: str
    ids: frozenset[str]
    losses: frozenset[Loss]
    permissions: Permissions = Permissions()


@dataclass(frozen=True, slots=True)
class RunScope:
    """The part of a plan that one run applies.

    `customers`, `shard` (part, number of parts): the groups that it is limited to; empty and None
    for all. `reviewed`: the reviewed plans that must hold every change and loss; None when no
    review is required. `displayed`: the plan that the caller saw and confirmed, if any.
    """

    customers: frozenset[str] = frozenset()
    shard: tuple[int, int] | None = None
    reviewed: tuple[Review, ...] | None = None
    displayed: Review | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """The facts that planning needs besides the two states.

    `commit`: the files' commit, None outside of git; `dirty`: they differ from it. `ancestors`:
    those of the live state's commits that HEAD descends from (HEAD itself included).
    `replaced_commits`: those that a rewritten history replaced; looked up for a caller who allows a
    rollback. `last_rules`: problems of today's documents under own rules of the
    provider that were applied last and changed or dropped since. `lost_rules`: such rules whose
    files this checkout does not have.
    """

    commit: str | None = None
    dirty: bool = field(default=False, kw_only=True)
    # Not the whole history: git is asked only about the commits that the portal names.
    ancestors: frozenset[str] = frozenset()
    permissions: Permissions = Permissions()
    run: RunScope = RunScope()
    last_rules: tuple[Problem, ...] = ()
    lost_rules: tuple[str, ...] = ()
    replaced_commits: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Plan:
    """The changes that an apply would make: sorted, and the same bytes for the same inputs on any
    machine.

    `groups`: by stage, then by smallest key. `as_of`: today in the portal's time zone (ISO date),
    part of no id. `affected_people`: the people whom the limits count, out of `population`.
    `dirty`: the files differ from the commit. `pending_before`: the number of changes and refusals
    that were already pending before the reference of `--since`. `upcoming_departures`: who leaves
    on a later day, by day.
    `notes`: facts that need no attention. `quoted_names`: names of people that messages quote,
    which `--redact` hides. `file_addresses`: addresses in the files, which reviewers see whole in
    comments. `language`: of the comment for reviewers; part of no id and of no JSON.
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
    notes: tuple[Warning, ...] = ()
    dirty: bool = False
    permissions: Permissions = Permissions()
    affected_people: frozenset[str] = field(default=frozenset(), repr=False)
    population: int = 0
    pending_before: int = field(default=0)
    upcoming_departures: tuple[Departure, ...] = ()
    # Not compared: they serve masking only and say nothing about what would happen.
    quoted_names: tuple[str, ...] = field(default=(), compare=False, repr=False)
    file_addresses: frozenset[str] = field(default=frozenset(), compare=False, repr=False)
    language: str = field(default=ENGLISH, compare=False)

    @property
    def changes(self) -> tuple[Change, ...]:
        """All changes in order, including those of groups that are held back."""
        return tuple(change for group in self.groups for change in group.changes)

    @property
    def ready(self) -> tuple[Group, ...]:
        """The groups that this run may apply."""
        return tuple(
            group for group in self.groups if not group.held_back and not group.outside
        )

    @property
    def losses(self) -> frozenset[Loss]:
        """Everything that a group takes from somebody, including groups that are held back."""
        outcomes = (outcome for group in self.groups for outcome in group.outcomes)
        return frozenset(loss for outcome in outcomes for loss in outcome.losses)


def review_of(plan: Plan) -> Review:
    """Return the permission that a person gives who confirms this plan."""
    ids = {change.id for change in plan.changes} | {
        departure.id for departure in plan.upcoming_departures
    }
    # A number that was right for a refused plan was never accepted, so it allows nothing.
    is_refused = any(refusal.scope is Scope.PLAN for refusal in plan.refusals)
    permissions = Permissions() if is_refused else plan.permissions
    return Review(
        plan.portal, plan.epoch, frozenset(filter(None, ids)), plan.losses, permissions
    )


def _digest(parts: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
