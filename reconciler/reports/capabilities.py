"""Power and access: what a reviewer must see before anything else in a plan.

Every right that a person gains or loses, project managers, trusted e-mail domains, the sign-up mode,
protection, and how careful the reconciler is. Rights are read off the groups' outcomes, the rest off
the changed fields; nothing is judged here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from reconciler.model.changes import Change, Kind
from reconciler.model.fields import power_noun
from reconciler.model.keys import display
from reconciler.model.plan import Group, Plan
from reconciler.model.roles import ACCESS, Capability, Role, capabilities
from reconciler.model.values import FieldChange
from reconciler.reports.formatting import counted, told, told_value

MOST_PEOPLE: Final = 10
"""The number of people of one customer who are named for the same gain or loss; more are a number."""


@dataclass(frozen=True, slots=True)
class Power:
    """One line on power or access: whose, what, and whether the change is held back."""

    who: str
    what: str
    held_back: bool = False

    def __str__(self) -> str:
        return f"{self.who} {self.what}" + (" (held back)" if self.held_back else "")


def power_lines(plan: Plan) -> tuple[Power, ...]:
    """Every gain and every loss of a right, a line a person; losses and gains of access last."""
    lines = [line for group in plan.groups for line in _of_fields(group)]
    lines += _folded(_of_people(plan))
    return tuple(sorted(set(lines), key=lambda line: ("access" in line.what, line.who, line.what)))


def _of_fields(group: Group) -> Iterator[Power]:
    for change in group.changes:
        if change.kind is Kind.ARCHIVE_CUSTOMER:
            yield Power(told(str(change.customer)), "is archived", bool(group.held_back))
        for field in change.fields:
            if words := _weighty(change, field):
                yield Power(_subject(change), words, bool(group.held_back))


def _subject(change: Change) -> str:
    return told(display(change.customer, change.contact) if change.customer else change.service or "portal")


def _of_people(plan: Plan) -> Iterator[Power]:
    """A line for each person, over all groups that are carried out, and one over those that are not."""
    moves: dict[tuple[str, bool], tuple[set[str], set[str]]] = defaultdict(lambda: (set(), set()))
    leaving = {outcome.person for group in plan.groups for outcome in group.outcomes if outcome.leaves}
    for group in plan.groups:
        for outcome in group.outcomes:
            loses, gains = moves[outcome.person, bool(group.held_back)]
            loses.update(outcome.loses)
            gains.update(outcome.gains)
    changed = {f"{c.customer}/{c.contact}": c.kind for c in plan.changes if c.contact and c.kind in _ACCESS}
    restored = {c.customer for c in plan.changes if c.kind is Kind.RESTORE_CUSTOMER}
    for (person, held_back), (loses, gains) in moves.items():
        at_restored = Kind.RESTORE_CONTACT if person.partition("/")[0] in restored else None
        kind = changed.get(person, at_restored)
        uninvited = ["loses the invitation"] if person in leaving and ACCESS not in loses else []
        words = (*_gains(gains, kind), *_losses(loses, kind), *uninvited)
        yield Power(person, "; ".join(words), held_back)


_ACCESS: Final = {Kind.CHANGE_EMAIL, Kind.RESTORE_CONTACT}


def _losses(rights: set[str], kind: Kind | None) -> Iterator[str]:
    if ACCESS in rights:
        again = kind is Kind.CHANGE_EMAIL
        yield "loses access until the new address is activated" if again else "loses access"
    elif rights:
        yield f"loses {', '.join(map(told, sorted(rights)))}"


def _gains(rights: set[str], kind: Kind | None) -> Iterator[str]:
    if ACCESS in rights:
        role = _role(rights)
        verb = "has access again" if kind is Kind.RESTORE_CONTACT else "gets access"
        yield f"{verb} as {role}{_also(rights - {ACCESS, *capabilities(role)})}"
    elif Capability.MANAGE_TEAM in rights:
        yield f"becomes manager{_also(rights - {Capability.MANAGE_TEAM})}"
    elif rights:
        yield f"gains {', '.join(map(told, sorted(rights)))}"


def _also(rights: Iterable[str]) -> str:
    listed = ", ".join(map(told, sorted(rights)))
    return f" and gains {listed}" if listed else ""


def _role(rights: set[str]) -> Role:
    """The role that a newcomer's rights are those of."""
    fitting = (role for role in Role if capabilities(role) <= rights)
    return max(fitting, key=lambda role: len(capabilities(role)))


def _folded(lines: Iterable[Power]) -> Iterator[Power]:
    """The lines, a number instead of the people where one customer has many of the same kind."""
    alike: dict[tuple[str, str, bool], list[Power]] = defaultdict(list)
    for line in lines:
        alike[line.who.partition("/")[0], line.what, line.held_back].append(line)
    for (customer, what, held_back), own in alike.items():
        if len(own) > MOST_PEOPLE:
            people = counted(len(own), "person", "people")
            yield Power(f"{told(customer)}: {people}, each", what, held_back)
        else:
            yield from (Power(told(line.who), what, held_back) for line in own)


def _weighty(change: Change, field: FieldChange) -> str | None:
    """A field that gives or takes power, with what it moves; None for all others."""
    noun = power_noun(change.object, field.name)
    if noun is None or (field.name == "protected" and field.before is None and not field.after):
        return None
    return f"{noun}: {moved(field)}"


def moved(field: FieldChange) -> str:
    """From what to what; of a set the entries that come (+) and go (−)."""
    if isinstance(field.before, tuple) and isinstance(field.after, tuple):
        before, after = set(field.before), set(field.after)
        comes = [f"+{told(item)}" for item in sorted(after - before)]
        goes = [f"−{told(item)}" for item in sorted(before - after)]
        return ", ".join([*comes, *goes]) or "(none)"
    if field.before is None:
        return told_value(field.after)
    return f"{told_value(field.before)} → {told_value(field.after)}"
