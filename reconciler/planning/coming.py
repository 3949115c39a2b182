"""Who leaves on a later day: told with every plan until the day comes, so that whoever merges it has read it."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator

from reconciler.model.desired import DesiredContact
from reconciler.model.plan import Departure
from reconciler.planning.circumstances import Case, Person
from reconciler.planning.heirs import Standing, find_heir
from reconciler.planning.standings import standings


def coming_departures(cases: Iterable[Case], day: datetime.date) -> tuple[Departure, ...]:
    """The removals that files announce for days after this one, with today's heirs; by day, customer and key."""
    found = [
        _departure(case, one, one.match.desired, people)
        for case in cases
        if (leavers := list(_leavers(case, day)))
        for people in [standings(case)]
        for one in leavers
        if one.match.desired is not None
    ]
    return tuple(sorted(found, key=lambda one: (one.on, one.customer, one.contact)))


def _leavers(case: Case, day: datetime.date) -> Iterator[Person]:
    for one in case.people:
        leaves = one.match.desired.leaves if one.match.desired else None
        if leaves is not None and datetime.date.fromisoformat(leaves.on) > day:
            yield one


def _departure(case: Case, one: Person, wanted: DesiredContact, people: dict[str, Standing]) -> Departure:
    assert wanted.leaves is not None  # noqa: S101  who does not leave was left out
    standing = people.get(one.key)
    heir = find_heir(standing, people, case.heir).standing if standing else None
    work = len(case.index.open_work(one.match.live)) if one.match.live else 0
    return Departure(
        wanted.leaves.on, case.key, one.key, wanted.leaves.reason, f"{case.key}/{heir.key}" if heir else None, work
    )
