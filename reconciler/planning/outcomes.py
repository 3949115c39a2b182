"""The outcomes of a plan's groups: which group takes or gives which right."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping

from reconciler.model.live import Status
from reconciler.model.plan import PLACE, Loss, PersonOutcome
from reconciler.planning.projection import Carried, Difference, Projection, Subject, differences
from reconciler.planning.rights import SERVICE_RIGHT, Rights

RightsIn = Callable[[Subject, Carried], Rights]


def outcomes_by_group(projection: Projection, carried: Carried) -> dict[str, tuple[PersonOutcome, ...]]:
    """The outcomes of each group when all of these are carried out, by group name."""
    by_group: dict[str, list[PersonOutcome]] = defaultdict(list)
    for difference in differences(projection, carried):
        subject = difference.subject
        loses: dict[str, set[str]] = defaultdict(set)
        gains: dict[str, set[str]] = defaultdict(set)
        for right in difference.loses:
            for group in takers(projection, subject, right, carried):
                loses[group].add(right)
        for right in difference.gains:
            for group in _givers(projection, subject, right, carried):
                gains[group].add(right)
        leaving = {subject.group} if difference.leaves and subject.group else set()
        for group in {*loses, *gains, *leaving}:
            outcome = PersonOutcome(
                subject.name, _sorted(loses[group]), _sorted(gains[group]), subject.life, leaves=group in leaving
            )
            by_group[group].append(outcome)
    return {group: tuple(sorted(outcomes, key=_person_and_life)) for group, outcomes in by_group.items()}


def _sorted(rights: set[str]) -> tuple[str, ...]:
    return tuple(sorted(rights))


def _person_and_life(outcome: PersonOutcome) -> tuple[str, int]:
    return outcome.person, outcome.life


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


def losses_of(difference: Difference) -> list[Loss]:
    """Everything that the person loses: rights, and the place at the customer if they leave."""
    subject = difference.subject
    rights = [*sorted(difference.loses), *([PLACE] if difference.leaves else [])]
    return [Loss(subject.name, subject.life, right) for right in rights]


def outcomes_of(
    projection: Projection, carried: Carried, everything: Carried
) -> Mapping[str, tuple[PersonOutcome, ...]]:
    """The outcomes of groups that are carried out, and of the others as if all were."""
    ready = outcomes_by_group(projection, carried)
    if carried == everything:
        return ready
    others = outcomes_by_group(projection, everything)
    return {name: (ready if name in carried else others).get(name, ()) for name in everything}


def services_for_a_while(projection: Projection, subject: Subject, carried: Carried) -> list[str]:
    """The services that a person gets by earlier groups and loses by those that close services, sorted.

    They are in no difference. The portal counts them all the same: it judges each group by itself.
    """
    closing = {moves.closes: key for key, moves in projection.services.items() if moves.closes in carried}
    if not closing:
        return []
    meanwhile = projection.rights_once_active(subject, carried - closing.keys())
    ends = projection.rights_once_active(subject, carried) | projection.rights_once_active(subject, frozenset())
    return sorted(key for key in closing.values() if f"{SERVICE_RIGHT}{key}" in meanwhile - ends)
