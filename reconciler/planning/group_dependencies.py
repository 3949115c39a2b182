"""The dependencies between groups: changes that are safe or possible only together with another
one.

A service opens before the customers are applied and closes after them. For each person and service
there are at most three groups: the one that opens it, their customer's, the one that closes it.
When a person has the right before and after all three, none of them may take it in between.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from reconciler.model.changes import Kind
from reconciler.model.plan import Group, Stage
from reconciler.model.rules import RuleId
from reconciler.planning.projection import (
    GroupNames,
    PersonStates,
    Projection,
    ServiceMoves,
)
from reconciler.planning.rights import may_order

SERVICE = RuleId.WAITS_FOR_SERVICE
CUSTOMER = RuleId.WAITS_FOR_CUSTOMER

# By group name: the groups it depends on, each with the rule that says why.
Dependencies = Mapping[str, Mapping[str, RuleId]]


def group_dependencies(groups: Iterable[Group], projection: Projection) -> Dependencies:
    """Return for each group the groups without which it must not be applied."""
    groups = list(groups)
    edges: dict[str, dict[str, RuleId]] = defaultdict(dict)
    for name, dependency, rule in (
        *_for_new_services(groups),
        *_for_users(projection),
        *_for_rights(projection),
    ):
        edges[name][dependency] = rule
    return edges


def _for_new_services(groups: list[Group]) -> Iterator[tuple[str, str, RuleId]]:
    """Yield a dependency for customer groups that name a service that is not there yet."""
    new_services = {
        change.service: group.name
        for group in groups
        for change in group.changes
        # Until then the portal has no row that a list could refer to.
        if change.kind in {Kind.CREATE_SERVICE, Kind.RENAME_SERVICE}
        and change.service is not None
    }
    for group in groups:
        if group.stage is Stage.CUSTOMERS:
            for service in sorted(_service_keys(group) & set(new_services)):
                yield group.name, new_services[service], SERVICE


def _service_keys(group: Group) -> set[str]:
    lists = (
        field.after
        for change in group.changes
        for field in change.fields
        if field.name == "services"
    )
    return {service for value in lists if isinstance(value, tuple) for service in value}


def _for_users(projection: Projection) -> Iterator[tuple[str, str, RuleId]]:
    """Yield the dependencies that close a service after it opens, and remove it after its last
    use.
    """
    for key, moves in projection.services.items():
        if moves.closing_group is None:
            continue
        if moves.opening_group is not None:
            yield moves.closing_group, moves.opening_group, SERVICE
        if moves.after_closing is None:
            for user in users(projection, key):
                if user.group is not None and user.before and not user.after:
                    yield moves.closing_group, user.group, CUSTOMER


@dataclass(frozen=True, slots=True)
class User:
    """A customer or person that names a service, before or after the group that writes them."""

    name: str
    group: str | None
    before: bool
    after: bool

    def uses(self, applied_groups: GroupNames) -> bool:
        return self.after if self.group in applied_groups else self.before


def users(projection: Projection, service: str) -> Iterator[User]:
    """Yield the customers and people whose list names the service, before or after the plan."""
    for customer in projection.customers:
        before, after = (
            s.active and service in (s.services or ())
            for s in (customer.before, customer.after)
        )
        if before or after:
            yield User(customer.name, customer.group, before, after)
    for person in projection.people:
        before, after = (
            p.living and service in (p.services or ())
            for p in (person.before, person.after)
        )
        if before or after:
            yield User(person.name, person.group, before, after)


def _for_rights(projection: Projection) -> Iterator[tuple[str, str, RuleId]]:
    for key, moves in projection.services.items():
        if not moves.moves:
            continue
        for person in projection.people:
            yield from _for_right(key, moves, person)


def _for_right(
    key: str, moves: ServiceMoves, person: PersonStates
) -> Iterator[tuple[str, str, RuleId]]:
    """Yield the dependencies that keep a right which a person has before and after all groups."""
    opens, own_group, closes = moves.opening_group, person.group, moves.closing_group

    def has(*groups: str | None) -> bool:
        applied_groups = frozenset(group for group in groups if group is not None)
        state = moves.in_state(applied_groups)
        person_state = person.state(applied_groups)
        customer_state = person.customer.state(applied_groups)
        return (
            person_state.living
            and state is not None
            and may_order(person_state, customer_state, key, open_to_all=state)
        )

    # A right that is lost or gained altogether needs no order: the plan shows it.
    if not (has() and has(opens, own_group, closes)):
        return
    if own_group and opens and not has(own_group):
        yield own_group, opens, SERVICE
    if own_group and closes and not has(opens, closes):
        yield closes, own_group, CUSTOMER
