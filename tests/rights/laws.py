"""The laws of rights, judged on one course: what was lost, gained, shown and counted.

The oracle's rights come from the rows; `outcomes` and `counted` come from the plan. Nothing here
knows how the plan came to them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from reconciler.model.live import LiveState, Status
from tests.rights.courses import Course, refused_as_a_whole
from tests.rights.names import Names, person
from tests.rights.oracle import NONE, RightsById

_SMALL_CUSTOMER: Final = 2
_OVERALL: Final = 3
"""The limits for a customer of less than ten people and a portal of less than twenty."""


@dataclass(frozen=True, slots=True)
class Difference:
    """What one person lost and gained."""

    lost: frozenset[str] = frozenset()
    gained: frozenset[str] = frozenset()


def differences(before: RightsById, after: RightsById) -> dict[str, Difference]:
    """Who lost or gained something, by the id of their row."""
    found = {}
    for id in before.keys() | after.keys():
        old, new = before.get(id, NONE), after.get(id, NONE)
        if old != new:
            difference = Difference(old.now - new.now, new.once_active - old.once_active)
            if difference != Difference():
                found[id] = difference
    return found


def broken_laws(course: Course, rights: Sequence[RightsById]) -> list[str]:
    """The sentences in which the laws were broken; `rights`: of each state of the course."""
    if course.refused is not None:
        return [f"the portal refuses a group: {course.refused}"]
    found = differences(rights[0], rights[-1])
    names = Names.of(course.states, course.case.after)
    sentences = [
        *_shown(course, found, names),
        *_counted(course, found, names),
        *_protected(course.states, found, names),
        *_protected_on_the_way(course.states, rights, names),
        *_kept_on_the_way(rights, names),
    ]
    if course.case.rename and not refused_as_a_whole(course.plan):
        sentences += _renamed(course)
    return sentences


def _shown(course: Course, found: dict[str, Difference], names: Names) -> Iterator[str]:
    """Lost is shown, gained is shown, and nothing else is."""
    claimed: dict[str, Difference] = defaultdict(Difference)
    for outcome in (one for group in course.plan.ready for one in group.outcomes):
        said = Difference(frozenset(map(names.right, outcome.loses)), frozenset(map(names.right, outcome.gains)))
        for id in names.rows(outcome.person, found):
            claimed[id] = _united(claimed[id], _common(said, found[id]))
            said = _less(said, found[id])
        if said != Difference():
            yield f"shown, but it did not happen: {outcome.person} {_words(said, names)}"
    for id, difference in found.items():
        silent = _less(difference, claimed[id])
        if silent != Difference():
            yield f"not shown: {' or '.join(sorted(names.people[id]))} {_words(silent, names)}"


def _united(one: Difference, other: Difference) -> Difference:
    return Difference(one.lost | other.lost, one.gained | other.gained)


def _common(one: Difference, other: Difference) -> Difference:
    return Difference(one.lost & other.lost, one.gained & other.gained)


def _less(one: Difference, other: Difference) -> Difference:
    return Difference(one.lost - other.lost, one.gained - other.gained)


def _words(one: Difference, names: Names) -> str:
    parts = (f"{what} {names.words(rights)}" for what, rights in (("loses", one.lost), ("gains", one.gained)) if rights)
    return " and ".join(parts)


def _counted(course: Course, found: dict[str, Difference], names: Names) -> Iterator[str]:
    """Who loses counts; who counts loses or is removed, unless something is held back."""
    losing = {id for id, difference in found.items() if difference.lost}
    for id in losing:
        if not names.people[id] & course.plan.affected_people:
            words = names.words(found[id].lost)
            yield f"{sorted(names.people[id])} loses {words} and is not counted"
    if any(group not in course.plan.ready for group in course.plan.groups):
        return
    allowed = {name for id in losing | _removed(course.states) for name in names.people[id]}
    for name in sorted(course.plan.affected_people - allowed):
        yield f"{name} is counted and loses nothing"


def _removed(states: Sequence[LiveState]) -> set[str]:
    """Who was removed or archived, whether or not they had activated their access."""
    last = states[-1].contacts
    return {id for id, row in states[0].contacts.items() if row.living and not last[id].living}


def _protected(states: Sequence[LiveState], found: dict[str, Difference], names: Names) -> Iterator[str]:
    """Nobody who was protected before loses anything or is removed."""
    removed = _removed(states)
    for id, row in states[0].contacts.items():
        lost = found[id].lost if id in found else frozenset()
        if row.fields.get("protected") and (lost or id in removed):
            words = names.words(lost) or "their place"
            yield f"{person(states[0], row)} is protected and loses {words}"


def _protected_on_the_way(states: Sequence[LiveState], rights: Sequence[RightsById], names: Names) -> Iterator[str]:
    """Nobody who is protected at some state of the run loses anything by a later group of it.

    That includes what an earlier group of the run gave them for a while.
    """
    for state, before, after in zip(states, rights, rights[1:], strict=False):
        for id, found in differences(before, after).items():
            if found.lost and id in state.contacts and state.contacts[id].fields.get("protected"):
                yield f"{person(state, state.contacts[id])} is protected and loses {names.words(found.lost)} on the way"


def _kept_on_the_way(rights: Sequence[RightsById], names: Names) -> Iterator[str]:
    """At every committed state nobody lacks a right that they have before and after."""
    before, after = rights[0], rights[-1]
    for number, state in enumerate(rights[1:-1], 1):
        for id, old in before.items():
            kept = old.now & after.get(id, NONE).now
            if missing := kept - state.get(id, NONE).now:
                called, words = sorted(names.people[id]), names.words(missing)
                yield f"after group {number} {called} lacks {words} for a while"


def _renamed(course: Course) -> Iterator[str]:
    """A pure rename takes nothing, gives nothing and counts nobody."""
    if course.plan.affected_people:
        yield f"a rename counts {sorted(course.plan.affected_people)}"
    for outcome in (one for group in course.plan.groups for one in group.outcomes):
        if outcome.loses or outcome.gains:
            yield f"a rename shows {outcome.person} {outcome.loses} {outcome.gains}"


def beyond_limits(course: Course, rights: Sequence[RightsById]) -> list[str]:
    """Sentences about limits that a plan without any permission did not keep.

    For portals of less than twenty people and customers of less than ten. A customer that was
    archived has no limit of its own, and what the catalogue takes counts in the overall limit only.
    """
    first, last = course.states[0], course.states[-1]
    losing = {id for id, one in differences(rights[0], rights[-1]).items() if one.lost} | _removed(course.states)
    sentences = [f"{len(losing)} people lose something, the limit is {_OVERALL}"] if len(losing) > _OVERALL else []
    for home in first.customers.values():
        if last.customers[home.id].archived:
            continue
        here = [id for id in losing if first.contacts[id].customer_id == home.id]
        if len(here) > _SMALL_CUSTOMER and first.services == last.services:
            sentences.append(f"{len(here)} people of {home.name} lose something, the limit is {_SMALL_CUSTOMER}")
        if _has_people(first, home.id) and not _has_people(last, home.id):
            sentences.append(f"nobody of {home.name} is active or invited any more")
    return sentences


def _has_people(state: LiveState, home: str) -> bool:
    standing = {Status.ACTIVE, Status.INVITED}
    return any(row.customer_id == home and row.status in standing for row in state.contacts.values())
