"""The rights of a person in a state: access, the capabilities of their role, services, ordering.

Pure arithmetic over three small values. `projection` makes them from the live state and from what
a plan changes; every safeguard reads the differences.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

from reconciler.model.live import Status
from reconciler.model.roles import ACCESS, ORDERING, Role, capabilities, may_hold_work
from reconciler.model.values import Value

Rights: TypeAlias = frozenset[str]
NONE: Rights = frozenset()
SERVICE_RIGHT: Final = "service "
"""The beginning of the name of a right to order a service; the key follows."""

Services: TypeAlias = frozenset[str] | None
"""Keys of services; None for every service there is."""


@dataclass(frozen=True, slots=True)
class CustomerState:
    """A customer as far as rights depend on it: services, and whether somebody takes orders."""

    active: bool
    services: Services
    ordering: bool


@dataclass(frozen=True, slots=True)
class PersonState:
    """A contact as far as rights depend on it."""

    status: Status
    role: Role
    services: Services

    @property
    def living(self) -> bool:
        return self.status is not Status.REMOVED

    @property
    def present(self) -> bool:
        """Whether the person can log in or is invited to."""
        return self.status in {Status.ACTIVE, Status.INVITED}


def services_of(value: Value) -> Services:
    """The services that a `services` field names; `all` and an absent list name every one."""
    return frozenset(value) if isinstance(value, tuple) else None


def may_order(person: PersonState, customer: CustomerState, service: str, *, open_to_all: bool) -> bool:
    """Whether the person may order the service, if they are active."""
    at_customer = open_to_all or customer.services is None or service in customer.services
    own = person.services is None or service in person.services
    return at_customer and own and may_hold_work(person.role) and customer.active


def rights(person: PersonState, customer: CustomerState, services: Mapping[str, bool]) -> Rights:
    """The rights that the person has now. `services`: whether each is open to all customers."""
    if person.status is not Status.ACTIVE or not customer.active:
        return NONE
    ordering = {ORDERING} if may_hold_work(person.role) and customer.ordering else NONE
    to_order = (
        service_right(key)
        for key, open_to_all in services.items()
        if may_order(person, customer, key, open_to_all=open_to_all)
    )
    return frozenset({ACCESS, *capabilities(person.role), *ordering, *to_order})


def rights_once_active(person: PersonState, customer: CustomerState, services: Mapping[str, bool]) -> Rights:
    """The rights that the person has as soon as they activate their access; none when removed."""
    if not person.living:
        return NONE
    return rights(replace(person, status=Status.ACTIVE), customer, services)


def service_right(key: str) -> str:
    """The name of the right to order a service."""
    return f"{SERVICE_RIGHT}{key}"
