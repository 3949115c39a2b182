"""The rights of a person in a state: access, the capabilities of their role, services, ordering.

Pure arithmetic over three small values. `projection` derives them from the live state and from the
plan's changes; every safeguard reads the differences.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

from reconciler.model.live import Status
from reconciler.model.plan import MEMBERSHIP
from reconciler.model.roles import (
    ACCESS,
    ORDERING,
    Capability,
    Role,
    capabilities,
    may_hold_work,
)
from reconciler.model.sentences import Sentence, sentence
from reconciler.model.values import Value

Rights: TypeAlias = frozenset[str]
NONE: Rights = frozenset()
# The prefix of the name of a right to order a service; the key follows.
SERVICE_RIGHT: Final = "service "

# Keys of services; None for all services.
Services: TypeAlias = frozenset[str] | None


@dataclass(frozen=True, slots=True)
class CustomerState:
    """The part of a customer that rights depend on: services, and whether a project manager takes
    orders.
    """

    active: bool
    services: Services
    ordering: bool


@dataclass(frozen=True, slots=True)
class PersonState:
    """The part of a contact that rights depend on."""

    status: Status
    role: Role
    services: Services

    @property
    def living(self) -> bool:
        return self.status is not Status.REMOVED

    @property
    def present(self) -> bool:
        """Return whether the person can log in or is invited."""
        # Not with an expired link: nobody can use it, so such a person does not keep a
        # customer going.
        return self.status in {Status.ACTIVE, Status.INVITED}


def services_of(value: Value) -> Services:
    """Return the services of a `services` field; `all` and an absent list mean every service."""
    return frozenset(value) if isinstance(value, tuple) else None


def may_order(
    person: PersonState, customer: CustomerState, service: str, *, open_to_all: bool
) -> bool:
    """Return whether the person may order the service once they are active."""
    # SPEC part 3, "Rights": open to all stands for the customer's list only.
    at_customer = open_to_all or customer.services is None or service in customer.services
    own = person.services is None or service in person.services
    return at_customer and own and may_hold_work(person.role) and customer.active


def rights(
    person: PersonState, customer: CustomerState, services: Mapping[str, bool]
) -> Rights:
    """Return the person's current rights. `services`: whether each is open to all customers."""
    if person.status is not Status.ACTIVE or not customer.active:
        return NONE
    ordering = {ORDERING} if may_hold_work(person.role) and customer.ordering else NONE
    to_order = (
        service_right(key)
        for key, open_to_all in services.items()
        if may_order(person, customer, key, open_to_all=open_to_all)
    )
    return frozenset({ACCESS, *capabilities(person.role), *ordering, *to_order})


def rights_once_active(
    person: PersonState, customer: CustomerState, services: Mapping[str, bool]
) -> Rights:
    """Return the person's rights once they activate their access; none when removed."""
    if not person.living:
        return NONE
    return rights(replace(person, status=Status.ACTIVE), customer, services)


def service_right(key: str) -> str:
    """Return the name of the right to order a service."""
    return f"{SERVICE_RIGHT}{key}"


# A plan's JSON names a right by the English text; a sentence in another language needs these.
_NOUNS: Final[Mapping[str, Sentence]] = {
    ACCESS: sentence("right", "access"),
    ORDERING: sentence("right", "ordering"),
    MEMBERSHIP: sentence("right", "membership"),
    Capability.SEND_REQUESTS: sentence("right", "send requests"),
    Capability.ACCEPT_QUOTES: sentence("right", "accept quotes"),
    Capability.SEE_ALL_REQUESTS: sentence("right", "see all requests"),
    Capability.MANAGE_TEAM: sentence("right", "manage the team"),
}


def right_noun(right: str) -> Sentence:
    """Return the name of a right as part of a sentence."""
    if right.startswith(SERVICE_RIGHT):
        key = right.removeprefix(SERVICE_RIGHT)
        return sentence("right", "service {service}", service=key)
    return _NOUNS[right]
