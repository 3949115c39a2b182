"""The waits between groups: a change that is safe or possible only together with another one.

A service opens before the customers are carried out and closes after them. For each person and
service there are at most three groups: the one that opens it, their customer's, the one that closes
it. When a person has the right before and after all three, none of them may take it in between.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from reconciler.model.changes import Kind
from reconciler.model.plan import Group, Stage
from reconciler.model.rules import RuleId
from reconciler.planning.projection import Carried, Projection, ServiceMoves, Subject
from reconciler.planning.rights import may_order

SERVICE = RuleId.WAITS_FOR_SERVICE
CUSTOMER = RuleId.WAITS_FOR_CUSTOMER

Waits = Mapping[str, Mapping[str, RuleId]]
"""By group name: the groups it waits for, each with the rule that says why."""


def waits(groups: Iterable[Group], projection: Projection) -> Waits:
    """For each group the groups without which it must not be carried out."""
    groups = list(groups)
    edges: dict[str, dict[str, RuleId]] = defaultdict(dict)
    for waiting, other, rule in (
        *_for_new_services(groups),
        *_for_users(projection),
        *_for_rights(projection),
    ):
        edges[waiting][other] = rule
    return edges


def _for_new_services(groups: list[Group]) -> Iterator[tuple[str, str, RuleId]]:
    """Groups of customers that name a service wait until it is there."""
    appearing = {
        change.service: group.name
        for group in groups
        for change in group.changes
        if change.kind in {Kind.CREATE_SERVICE, Kind.RENAME_SERVICE} and change.service is not None
    }
    for group in groups:
        if group.stage is Stage.CUSTOMERS:
            for service in sorted(_named(group) & set(appearing)):
                yield group.name, appearing[service], SERVICE


def _named(group: Group) -> set[str]:
    lists = (field.after for change in group.changes for field in change.fields if field.name == "services")
    return {service for value in lists if isinstance(value, tuple) for service in value}


def _for_users(projection: Projection) -> Iterator[tuple[str, str, RuleId]]:
    """A service closes after its own opening part, and is retired after its users let go of it."""
    for key, moves in projection.services.items():
        if moves.closes is None:
            continue
        if moves.opens is not None:
            yield moves.closes, moves.opens, SERVICE
        if moves.closed is None:
            for user in users(projection, key):
                if user.group is not None and user.before and not user.after:
                    yield moves.closes, user.group, CUSTOMER


@dataclass(frozen=True, slots=True)
class User:
    """A customer or person that names a service, before or after the group that writes them."""

    name: str
    group: str | None
    before: bool
    after: bool

    def uses(self, carried: Carried) -> bool:
        return self.after if self.group in carried else self.before


def users(projection: Projection, service: str) -> Iterator[User]:
    """The customers and people whose list names the service, before or after the plan."""
    for home in projection.homes:
        before, after = (s.active and service in (s.services or ()) for s in (home.before, home.after))
        if before or after:
            yield User(home.name, home.group, before, after)
    for subject in projection.subjects:
        before, after = (p.living and service in (p.services or ()) for p in (subject.before, subject.after))
        if before or after:
            yield User(subject.name, subject.group, before, after)


def _for_rights(projection: Projection) -> Iterator[tuple[str, str, RuleId]]:
    for key, moves in projection.services.items():
        if not moves.moves:
            continue
        for subject in projection.subjects:
            yield from _for_right(key, moves, subject)


def _for_right(key: str, moves: ServiceMoves, subject: Subject) -> Iterator[tuple[str, str, RuleId]]:
    """The waits that keep a right which a person has before and after all groups."""
    opens, home, closes = moves.opens, subject.group, moves.closes

    def has(*groups: str | None) -> bool:
        carried = frozenset(group for group in groups if group is not None)
        state = moves.in_state(carried)
        person, customer = subject.person(carried), subject.home.state(carried)
        return person.living and state is not None and may_order(person, customer, key, open_to_all=state)

    if not (has() and has(opens, home, closes)):
        return
    if home and opens and not has(home):
        yield home, opens, SERVICE
    if home and closes and not has(opens, closes):
        yield closes, home, CUSTOMER
