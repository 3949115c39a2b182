"""The outcomes of a plan's groups: which group takes or gives which right."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping

from reconciler.model.live import Status
from reconciler.model.plan import MEMBERSHIP, Loss, PersonOutcome
from reconciler.planning.projection import (
    Difference,
    GroupNames,
    PersonStates,
    Projection,
    differences,
)
from reconciler.planning.rights import SERVICE_RIGHT, Rights

RightsIn = Callable[[PersonStates, GroupNames], Rights]


def outcomes_by_group(
    projection: Projection, applied_groups: GroupNames
) -> dict[str, tuple[PersonOutcome, ...]]:
    """Return the outcomes of each group when all of these are applied, by group name."""
    by_group: dict[str, list[PersonOutcome]] = defaultdict(list)
    for difference in differences(projection, applied_groups):
        person = difference.person
        loses: dict[str, set[str]] = defaultdict(set)
        gains: dict[str, set[str]] = defaultdict(set)
        for right in difference.loses:
            for group in groups_taking(projection, person, right, applied_groups):
                loses[group].add(right)
        for right in difference.gains:
            for group in _groups_giving(projection, person, right, applied_groups):
                gains[group].add(right)
        leaving = {person.group} if difference.leaves and person.group else set()
        for group in {*loses, *gains, *leaving}:
            outcome = PersonOutcome(
                person.name,
                _sorted(loses[group]),
                _sorted(gains[group]),
                person.life,
                leaves=group in leaving,
            )
            by_group[group].append(outcome)
    return {
        group: tuple(sorted(outcomes, key=_person_and_life))
        for group, outcomes in by_group.items()
    }


def _sorted(rights: set[str]) -> tuple[str, ...]:
    return tuple(sorted(rights))


def _person_and_life(outcome: PersonOutcome) -> tuple[str, int]:
    return outcome.person, outcome.life


def groups_taking(
    projection: Projection, person: PersonStates, right: str, applied_groups: GroupNames
) -> set[str]:
    """Return the groups that take a right from a person, or from somebody who has not activated it
    yet.

    That is every group without which the person would keep the right; when each of several takes it
    alone, all of them.
    """
    active = person.before.status is Status.ACTIVE
    rights_in = projection.rights if active else projection.rights_once_active
    return _responsible(projection, person, right, applied_groups, rights_in, has=False)


def _groups_giving(
    projection: Projection, person: PersonStates, right: str, applied_groups: GroupNames
) -> set[str]:
    return _responsible(
        projection, person, right, applied_groups, projection.rights_once_active, has=True
    )


def _responsible(
    projection: Projection,
    person: PersonStates,
    right: str,
    applied_groups: GroupNames,
    rights_in: RightsIn,
    *,
    has: bool,
) -> set[str]:
    groups = groups_affecting(projection, person, right) & set(applied_groups)
    # The usual case: nobody else can have moved the right.
    if len(groups) < 2:
        return groups
    decisive = {
        group
        for group in groups
        if (right in rights_in(person, applied_groups - {group})) is not has
    }
    alone = {
        group for group in groups if (right in rights_in(person, frozenset({group}))) is has
    }
    # No group is decisive when two take the right independently; then both are responsible.
    return decisive or alone or groups


def groups_affecting(projection: Projection, person: PersonStates, right: str) -> set[str]:
    """Return the groups that can move this right of a person: at most three."""
    moves = (
        projection.services.get(right.removeprefix(SERVICE_RIGHT))
        if right.startswith(SERVICE_RIGHT)
        else None
    )
    groups = {person.group, *((moves.opening_group, moves.closing_group) if moves else ())}
    return {group for group in groups if group is not None}


def losses_of(difference: Difference) -> list[Loss]:
    """Return everything that the person loses: rights, and the membership if they leave."""
    person = difference.person
    rights = [*sorted(difference.loses), *([MEMBERSHIP] if difference.leaves else [])]
    return [Loss(person.name, person.life, right) for right in rights]


def outcomes_of(
    projection: Projection, applied_groups: GroupNames, all_names: GroupNames
) -> Mapping[str, tuple[PersonOutcome, ...]]:
    """Return the outcomes of groups that are applied, and of the others as if all groups were."""
    ready = outcomes_by_group(projection, applied_groups)
    if applied_groups == all_names:
        return ready
    unapplied = outcomes_by_group(projection, all_names)
    return {
        name: (ready if name in applied_groups else unapplied).get(name, ())
        for name in all_names
    }


def temporary_services(
    projection: Projection, person: PersonStates, applied_groups: GroupNames
) -> list[str]:
    """Return the services that a person gets by earlier groups and loses when services close,
    sorted.

    They are in no difference. The portal counts them nevertheless, because it checks each group
    alone.
    """
    closing = {
        moves.closing_group: key
        for key, moves in projection.services.items()
        if moves.closing_group in applied_groups
    }
    if not closing:
        return []
    meanwhile = projection.rights_once_active(person, applied_groups - closing.keys())
    ends = projection.rights_once_active(
        person, applied_groups
    ) | projection.rights_once_active(person, frozenset())
    return sorted(
        key for key in closing.values() if f"{SERVICE_RIGHT}{key}" in meanwhile - ends
    )
