"""The outcomes of a plan's groups: which group takes or gives which right."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping

from reconciler.model.live import Status
from reconciler.model.plan import PersonOutcome
from reconciler.planning.projection import Carried, Difference, Projection, Subject, differences
from reconciler.planning.rights import SERVICE_RIGHT, Rights

RightsIn = Callable[[Subject, Carried], Rights]


def outcomes_by_group(projection: Projection, carried: Carried) -> dict[str, tuple[PersonOutcome, ...]]:
    """The outcomes of each group when all of these are carried out, by group name."""
    loses: dict[tuple[str, str], set[str]] = defaultdict(set)
    gains: dict[tuple[str, str], set[str]] = defaultdict(set)
    for difference in differences(projection, carried):
        for right in difference.loses:
            for group in takers(projection, difference.subject, right, carried):
                loses[group, difference.subject.name].add(right)
        for right in difference.gains:
            for group in _givers(projection, difference.subject, right, carried):
                gains[group, difference.subject.name].add(right)
    by_group: dict[str, list[PersonOutcome]] = defaultdict(list)
    for group, person in sorted({*loses, *gains}):
        key = group, person
        by_group[group].append(PersonOutcome(person, tuple(sorted(loses[key])), tuple(sorted(gains[key]))))
    return {group: tuple(outcomes) for group, outcomes in by_group.items()}


def takers(projection: Projection, subject: Subject, right: str, carried: Carried) -> set[str]:
    """The groups that take a right from a person, or from somebody who has not activated it yet.

    Every group without which the person would keep it; when each of several takes it alone, all.
    """
    active = subject.before.status is Status.ACTIVE
    rights_in = projection.rights if active else projection.rights_once_active
    return _responsible(projection, subject, right, carried, rights_in, has=False)


def _givers(projection: Projection, subject: Subject, right: str, carried: Carried) -> set[str]:
    return _responsible(projection, subject, right, carried, projection.rights_once_active, has=True)


def _responsible(
    projection: Projection, subject: Subject, right: str, carried: Carried, rights_in: RightsIn, *, has: bool
) -> set[str]:
    groups = concerned(projection, subject, right) & set(carried)
    if len(groups) < 2:
        return groups
    decisive = {group for group in groups if (right in rights_in(subject, carried - {group})) is not has}
    alone = {group for group in groups if (right in rights_in(subject, frozenset({group}))) is has}
    return decisive or alone or groups


def concerned(projection: Projection, subject: Subject, right: str) -> set[str]:
    """The groups that can move this right of a person: at most three."""
    moves = projection.services.get(right.removeprefix(SERVICE_RIGHT)) if right.startswith(SERVICE_RIGHT) else None
    groups = {subject.group, *((moves.opens, moves.closes) if moves else ())}
    return {group for group in groups if group is not None}


def lost_pairs(moved_rights: Iterable[Difference]) -> frozenset[tuple[str, str]]:
    """(person, right) for every right that is lost."""
    return frozenset((difference.subject.name, right) for difference in moved_rights for right in difference.loses)


def outcomes_of(
    projection: Projection, carried: Carried, everything: Carried
) -> Mapping[str, tuple[PersonOutcome, ...]]:
    """The outcomes of groups that are carried out, and of the others as if all were."""
    ready = outcomes_by_group(projection, carried)
    if carried == everything:
        return ready
    others = outcomes_by_group(projection, everything)
    return {name: (ready if name in carried else others).get(name, ()) for name in everything}
