"""The live state projected through groups of changes, as far as rights depend on it.

A person's rights depend on their own row, their customer's row and the services. At most one group
writes a person and their customer. A service has one group that opens it and one that closes it. So
the set of applied groups determines a state.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from functools import cache, partial

from reconciler.planning.rights import (
    CustomerState,
    PersonState,
    Rights,
    rights,
    rights_once_active,
)

# Names of groups; as a parameter, those that are applied.
GroupNames = Set[str]


@dataclass(frozen=True, slots=True)
class CustomerStates:
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
class PersonStates:
    """A person before the plan and after their customer's group.

    `protected`: before the plan. `protected_after`: after their customer's group.
    """

    id: str
    name: str
    customer: CustomerStates
    before: PersonState
    after: PersonState
    protected: bool = False
    protected_after: bool = False
    life: int = 1

    @property
    def group(self) -> str | None:
        return self.customer.group

    def protected_in(self, applied_groups: GroupNames) -> bool:
        """Return whether the person was protected before, or is once these groups are applied."""
        return self.protected or (self.protected_after and self.group in applied_groups)

    def state(self, applied_groups: GroupNames) -> PersonState:
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
        """Return whether the service opens, closes, appears or disappears."""
        return len({self.before, self.after_opening, self.after_closing}) > 1


@dataclass(frozen=True, slots=True)
class Projection:
    """Everybody whose rights the groups can move, their customers, and how each service changes."""

    people: tuple[PersonStates, ...]
    customers: tuple[CustomerStates, ...]
    services: Mapping[str, ServiceMoves]

    def services_in(self, applied_groups: GroupNames) -> dict[str, bool]:
        """Return the services that exist once these groups are applied."""
        states = (
            (key, moves.in_state(applied_groups)) for key, moves in self.services.items()
        )
        return {key: state for key, state in states if state is not None}

    def rights(self, person: PersonStates, applied_groups: GroupNames) -> Rights:
        """Return the person's rights once these groups are applied."""
        return rights(
            person.state(applied_groups),
            person.customer.state(applied_groups),
            self.services_in(applied_groups),
        )

    def rights_once_active(
        self, person: PersonStates, applied_groups: GroupNames
    ) -> Rights:
        """Return the person's rights once these groups are applied and they have activated their
        access.
        """
        state = person.customer.state(applied_groups)
        return rights_once_active(
            person.state(applied_groups), state, self.services_in(applied_groups)
        )


@dataclass(frozen=True, slots=True)
class Difference:
    """The rights that one person loses and gains, and whether they are removed altogether.

    `forfeits`: rights that they lose or, when they have not activated their access, would have had.
    """

    person: PersonStates
    loses: Rights
    gains: Rights
    forfeits: Rights
    leaves: bool

    @property
    def counts(self) -> bool:
        """Return whether the limits count this person."""
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
    for person in projection.people:
        state = person.state(applied_groups)
        now_before, once_before = rights_before(person.before, person.customer.before)
        now_after, once_after = rights_after(state, person.customer.state(applied_groups))
        loses = now_before - now_after
        leaves = person.before.living and not state.living
        if loses or once_before != once_after or leaves:
            yield Difference(
                person,
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
