"""The live state projected through groups of changes, as far as rights depend on it.

A person's rights depend on their own row, their customer's row and the services. At most one group
writes a person and their customer. A service has one group that opens it and one that closes it. So
the set of applied groups determines a state.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, replace
from functools import cache, partial

from reconciler.model.changes import Change, Kind, ObjectKind
from reconciler.model.live import Status
from reconciler.model.plan import Group, Stage
from reconciler.model.roles import Role
from reconciler.planning.index import Index
from reconciler.planning.rights import (
    CustomerState,
    PersonState,
    Rights,
    rights,
    rights_once_active,
)
from reconciler.planning.row_states import (
    CREATED_CUSTOMER,
    customer_state,
    person_state,
    with_contact_fields,
    with_customer_fields,
)

# Names of groups; as a parameter, those that are applied.
GroupNames = Set[str]

_NOBODY = PersonState(Status.REMOVED, Role.OBSERVER, frozenset())
_NOWHERE = CustomerState(active=False, services=frozenset(), ordering=False)


@dataclass(frozen=True, slots=True)
class Home:
    """A customer before the plan and after the group that writes it or its people.

    `group`: the name of that group, None when there is none. `name`: as the plan calls it.
    """

    id: str
    name: str
    group: str | None
    before: CustomerState
    after: CustomerState

    def state(self, applied_groups: GroupNames) -> CustomerState:
        return self.after if self.group in applied_groups else self.before


@dataclass(frozen=True, slots=True)
class Subject:
    """A person before the plan and after their customer's group.

    `protected`: before the plan. `protected_after`: after their customer's group.
    """

    id: str
    name: str
    home: Home
    before: PersonState
    after: PersonState
    protected: bool = False
    protected_after: bool = False
    life: int = 1

    @property
    def group(self) -> str | None:
        return self.home.group

    def protected_in(self, applied_groups: GroupNames) -> bool:
        """Whether the person was protected before, or is once these groups are applied."""
        return self.protected or (self.protected_after and self.group in applied_groups)

    def person(self, applied_groups: GroupNames) -> PersonState:
        return self.after if self.group in applied_groups else self.before


@dataclass(frozen=True, slots=True)
class ServiceMoves:
    """A service before the plan, after opening and after closing: open to all or not, None for
    absent.

    `opening_group`, `closing_group`: the names of the groups that do it, None when there is none.
    """

    before: bool | None
    after_opening: bool | None
    after_closing: bool | None
    opening_group: str | None = None
    closing_group: str | None = None

    def in_state(self, applied_groups: GroupNames) -> bool | None:
        if self.closing_group in applied_groups:
            return self.after_closing
        return self.after_opening if self.opening_group in applied_groups else self.before

    @property
    def moves(self) -> bool:
        """Whether the service opens, closes, appears or disappears."""
        return len({self.before, self.after_opening, self.after_closing}) > 1


@dataclass(frozen=True, slots=True)
class Projection:
    """Everybody whose rights the groups can move, their customers, and how each service changes."""

    subjects: tuple[Subject, ...]
    homes: tuple[Home, ...]
    services: Mapping[str, ServiceMoves]

    def services_in(self, applied_groups: GroupNames) -> dict[str, bool]:
        """Return the services that exist once these groups are applied."""
        states = (
            (key, moves.in_state(applied_groups)) for key, moves in self.services.items()
        )
        return {key: state for key, state in states if state is not None}

    def rights(self, subject: Subject, applied_groups: GroupNames) -> Rights:
        """Return the person's rights once these groups are applied."""
        return rights(
            subject.person(applied_groups),
            subject.home.state(applied_groups),
            self.services_in(applied_groups),
        )

    def rights_once_active(self, subject: Subject, applied_groups: GroupNames) -> Rights:
        """Return the person's rights once these groups are applied and they have activated their
        access.
        """
        state = subject.home.state(applied_groups)
        return rights_once_active(
            subject.person(applied_groups), state, self.services_in(applied_groups)
        )


@dataclass(frozen=True, slots=True)
class Difference:
    """The rights that one person loses and gains, and whether they are removed altogether.

    `forfeits`: rights that they lose or, when they have not activated their access, would have had.
    """

    subject: Subject
    loses: Rights
    gains: Rights
    forfeits: Rights
    leaves: bool

    @property
    def counts(self) -> bool:
        """Whether the limits count this person."""
        return bool(self.loses) or self.leaves


def differences(projection: Projection, applied_groups: GroupNames) -> Iterator[Difference]:
    """Yield everybody whose rights differ once these groups are applied.

    Losses are what the person can do now and cannot do then. Gains are evaluated as if everybody
    invited were active: a new contact's rights are gained although they must activate them first.
    """
    # The cache matters: many people share a state, and a service that changes concerns everybody.
    rights_before = cache(
        partial(_rights_now_and_once_active, services=projection.services_in(frozenset()))
    )
    rights_after = cache(
        partial(
            _rights_now_and_once_active, services=projection.services_in(applied_groups)
        )
    )
    for subject in projection.subjects:
        person = subject.person(applied_groups)
        now_before, once_before = rights_before(subject.before, subject.home.before)
        now_after, once_after = rights_after(person, subject.home.state(applied_groups))
        loses = now_before - now_after
        leaves = subject.before.living and not person.living
        if loses or once_before != once_after or leaves:
            yield Difference(
                subject,
                loses,
                once_after - once_before,
                loses | (once_before - once_after),
                leaves,
            )


def _rights_now_and_once_active(
    person: PersonState, customer: CustomerState, services: Mapping[str, bool]
) -> tuple[Rights, Rights]:
    return rights(person, customer, services), rights_once_active(
        person, customer, services
    )


def project(groups: Iterable[Group], index: Index, names: Mapping[str, str]) -> Projection:
    """Return the people, customers and services that the groups can change. `names`: of people, by
    row id.
    """
    groups = list(groups)
    services = _services(groups, index)
    states = _States(index)
    group_of: dict[str, Group] = {}
    for group in groups:
        if group.stage is Stage.CUSTOMERS:
            for change in group.changes:
                group_of[states.apply(change)] = group
    any_service_moves = any(moves.moves for moves in services.values())
    rows = index.live.customers
    ids = {
        *group_of,
        *(id for id, row in rows.items() if any_service_moves and not row.archived),
    }
    homes = [_home(id, states, group_of) for id in sorted(ids)]
    subjects = [
        _subject(id, home, states, names)
        for home in homes
        for id in states.people_at(home.id)
    ]
    return Projection(
        tuple(sorted(subjects, key=lambda s: (s.name, s.id))), tuple(homes), services
    )


def _services(groups: list[Group], index: Index) -> dict[str, ServiceMoves]:
    moves = {}
    for key, row in index.services.items():
        open_to_all = bool(row.fields.get("available_to_all"))
        moves[key] = ServiceMoves(open_to_all, open_to_all, open_to_all)
    for group in sorted(groups, key=lambda group: group.stage):
        if group.service is None:
            continue
        moves_so_far = moves.get(group.service, ServiceMoves(None, None, None))
        state = _service_after(moves_so_far.after_opening, group.changes)
        if group.stage is Stage.OPENING:
            moves[group.service] = ServiceMoves(
                moves_so_far.before, state, state, opening_group=group.name
            )
        else:
            moves[group.service] = replace(
                moves_so_far, after_closing=state, closing_group=group.name
            )
    return moves


def _service_after(state: bool | None, changes: Iterable[Change]) -> bool | None:
    for change in changes:
        match change.kind:
            case Kind.REMOVE_SERVICE:
                state = None
            case Kind.CREATE_SERVICE:
                state = False
            case _:
                pass  # the other kinds change fields at most
        for field in change.fields:
            if field.name == "available_to_all":
                state = bool(field.after)
    return state


def _home(id: str, states: _States, group_of: Mapping[str, Group]) -> Home:
    row = states.index.live.customers.get(id)
    before = customer_state(row) if row else _NOWHERE
    group = group_of.get(id)
    name = states.keys.get(id) or states.index.customer_key(id)
    return Home(
        id, name, group.name if group else None, before, states.customers.get(id, before)
    )


def _subject(id: str, home: Home, states: _States, names: Mapping[str, str]) -> Subject:
    row = states.index.live.contacts.get(id)
    if row is None:
        return Subject(id, states.names[id], home, _NOBODY, states.people[id])
    before = person_state(row)
    name = states.names.get(id) or names.get(id) or states.index.person(row)
    protected = row.fields.get("protected") is True
    protected_after = states.protected.get(id, protected)
    return Subject(
        id,
        name,
        home,
        before,
        states.people.get(id, before),
        protected,
        protected_after,
        row.life,
    )


class _States:
    """People and customers after changes, by row id; those that a change creates by key."""

    def __init__(self, index: Index) -> None:
        self.index = index
        self.people: dict[str, PersonState] = {}
        self.protected: dict[str, bool] = {}
        self.customers: dict[str, CustomerState] = {}
        self.names: dict[str, str] = {}
        self.keys: dict[str, str] = {}
        self._new: dict[str, list[str]] = defaultdict(list)

    def people_at(self, home: str) -> list[str]:
        """Return the row ids of everybody at a customer, tombstones included."""
        return [*(row.id for row in self.index.contacts.get(home, ())), *self._new[home]]

    def apply(self, change: Change) -> str:
        """Apply a change and return the id of its customer."""
        home = change.target.customer_id or f"new:{change.customer}"
        self.keys[home] = str(change.customer)
        if change.object is ObjectKind.CUSTOMER:
            self._customer(change, home)
        else:
            self._contact(change, home)
        return home

    def _customer(self, change: Change, home: str) -> None:
        row = self.index.live.customers.get(home)
        before = self.customers.get(home) or (
            customer_state(row) if row else CREATED_CUSTOMER
        )
        after = with_customer_fields(before, change)
        match change.kind:
            case Kind.ARCHIVE_CUSTOMER:
                after = replace(after, active=False)
                for id in self.people_at(home):
                    self.people[id] = replace(self._person(id), status=Status.REMOVED)
            case Kind.RESTORE_CUSTOMER:
                after = replace(after, active=True)
                for contact in self.index.contacts.get(home, ()):
                    if contact.removal and contact.removal.with_customer:
                        self.people[contact.id] = replace(
                            self._person(contact.id), status=Status.INVITED
                        )
            case _:
                pass  # the other kinds change fields at most
        self.customers[home] = after

    def _contact(self, change: Change, home: str) -> None:
        id = change.target.id or f"new:{change.customer}/{change.contact}"
        for field in change.fields:
            if field.name == "protected":
                self.protected[id] = bool(field.after)
        match change.kind:
            case Kind.CREATE_CONTACT | Kind.APPROVE_REGISTRATION:
                person = PersonState(Status.INVITED, Role.REQUESTER, None)
                self.people[id] = with_contact_fields(person, change)
                self.names[id] = f"{change.customer}/{change.contact}"
                self._new[home].append(id)
            case Kind.RESTORE_CONTACT:
                self.people[id] = replace(
                    with_contact_fields(self._person(id), change), status=Status.INVITED
                )
            case Kind.CHANGE_EMAIL:
                self.people[id] = replace(self._person(id), status=Status.INVITED)
            case Kind.REMOVE_CONTACT:
                self.people[id] = replace(self._person(id), status=Status.REMOVED)
            case Kind.REJECT_REGISTRATION:
                pass  # a registration is not a contact
            case _:
                self.people[id] = with_contact_fields(self._person(id), change)

    def _person(self, id: str) -> PersonState:
        return self.people.get(id) or person_state(self.index.live.contacts[id])
