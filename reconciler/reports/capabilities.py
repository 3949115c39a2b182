"""Power and access: the lines that a reviewer must see first in a plan.

Every right that a person gains or loses, project managers, trusted e-mail domains, the sign-up
mode, protection, and the reconciler's policy. Rights come from the groups' outcomes, the rest from
the changed fields; nothing is evaluated here.
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
from reconciler.reports.formatting import count_noun, escape, format_value

# The number of people of one customer who are named for the same gain or loss; more are
# only counted.
MOST_PEOPLE: Final = 10


@dataclass(frozen=True, slots=True)
class CapabilityLine:
    """One line on power or access: whose, what, and whether the change is held back."""

    subject: str
    text: str
    held_back: bool = False

    def __str__(self) -> str:
        return f"{self.subject} {self.text}" + (" (held back)" if self.held_back else "")


def capability_lines(plan: Plan) -> tuple[CapabilityLine, ...]:
    """Return every gain and loss of a right, one line per person; changes of access last."""
    lines = [line for group in plan.groups for line in _of_fields(group)]
    lines += _summarized(_of_people(plan))
    return tuple(
        sorted(
            set(lines), key=lambda line: ("access" in line.text, line.subject, line.text)
        )
    )


def _of_fields(group: Group) -> Iterator[CapabilityLine]:
    for change in group.changes:
        if change.kind is Kind.ARCHIVE_CUSTOMER:
            yield CapabilityLine(
                escape(str(change.customer)), "is archived", bool(group.held_back)
            )
        for field in change.fields:
            if text := _capability_field_text(change, field):
                yield CapabilityLine(_subject(change), text, bool(group.held_back))


def _subject(change: Change) -> str:
    return escape(
        display(change.customer, change.contact)
        if change.customer
        else change.service or "portal"
    )


def _of_people(plan: Plan) -> Iterator[CapabilityLine]:
    """Yield a line for each person over all applied groups, and one over the groups held back."""
    moves: dict[tuple[str, bool], tuple[set[str], set[str]]] = defaultdict(
        lambda: (set(), set())
    )
    leaving = {
        outcome.person
        for group in plan.groups
        for outcome in group.outcomes
        if outcome.leaves
    }
    for group in plan.groups:
        for outcome in group.outcomes:
            loses, gains = moves[outcome.person, bool(group.held_back)]
            loses.update(outcome.loses)
            gains.update(outcome.gains)
    kinds = {
        f"{c.customer}/{c.contact}": c.kind
        for c in plan.changes
        if c.contact and c.kind in _ACCESS
    }
    restored = {c.customer for c in plan.changes if c.kind is Kind.RESTORE_CUSTOMER}
    for (person, held_back), (loses, gains) in moves.items():
        at_restored = Kind.RESTORE_CONTACT if person.partition("/")[0] in restored else None
        kind = kinds.get(person, at_restored)
        uninvited = (
            ["loses the invitation"] if person in leaving and ACCESS not in loses else []
        )
        texts = (*_gains(gains, kind), *_losses(loses, kind), *uninvited)
        yield CapabilityLine(person, "; ".join(texts), held_back)


_ACCESS: Final = {Kind.CHANGE_EMAIL, Kind.RESTORE_CONTACT}


def _losses(rights: set[str], kind: Kind | None) -> Iterator[str]:
    if ACCESS in rights:
        again = kind is Kind.CHANGE_EMAIL
        yield "loses access until the new address is activated" if again else "loses access"
    elif rights:
        yield f"loses {', '.join(map(escape, sorted(rights)))}"


def _gains(rights: set[str], kind: Kind | None) -> Iterator[str]:
    if ACCESS in rights:
        role = _role(rights)
        verb = "has access again" if kind is Kind.RESTORE_CONTACT else "gets access"
        yield f"{verb} as {role}{_further_gains(rights - {ACCESS, *capabilities(role)})}"
    elif Capability.MANAGE_TEAM in rights:
        yield f"becomes manager{_further_gains(rights - {Capability.MANAGE_TEAM})}"
    elif rights:
        yield f"gains {', '.join(map(escape, sorted(rights)))}"


def _further_gains(rights: Iterable[str]) -> str:
    rights_text = ", ".join(map(escape, sorted(rights)))
    return f" and gains {rights_text}" if rights_text else ""


def _role(rights: set[str]) -> Role:
    """Return the role that matches a new contact's rights."""
    fitting = (role for role in Role if capabilities(role) <= rights)
    return max(fitting, key=lambda role: len(capabilities(role)))


def _summarized(lines: Iterable[CapabilityLine]) -> Iterator[CapabilityLine]:
    """Yield the lines, with a number instead of names where a customer has many similar lines."""
    lines_by_text: dict[tuple[str, str, bool], list[CapabilityLine]] = defaultdict(list)
    for line in lines:
        lines_by_text[line.subject.partition("/")[0], line.text, line.held_back].append(
            line
        )
    for (customer, text, held_back), similar_lines in lines_by_text.items():
        if len(similar_lines) > MOST_PEOPLE:
            people = count_noun(len(similar_lines), "person", "people")
            yield CapabilityLine(f"{escape(customer)}: {people}, each", text, held_back)
        else:
            yield from (
                CapabilityLine(escape(line.subject), text, held_back)
                for line in similar_lines
            )


def _capability_field_text(change: Change, field: FieldChange) -> str | None:
    """Return the text of a field that gives or takes power; None for all other fields."""
    noun = power_noun(change.object, field.name)
    if noun is None or (
        field.name == "protected" and field.before is None and not field.after
    ):
        return None
    return f"{noun}: {format_move(field)}"


def format_move(field: FieldChange) -> str:
    """Return the field's move: before → after; for a set the added (+) and removed (−) entries."""
    if isinstance(field.before, tuple) and isinstance(field.after, tuple):
        before, after = set(field.before), set(field.after)
        added_items = [f"+{escape(item)}" for item in sorted(after - before)]
        removed_items = [f"−{escape(item)}" for item in sorted(before - after)]
        return ", ".join([*added_items, *removed_items]) or "(none)"
    if field.before is None:
        return format_value(field.after)
    return f"{format_value(field.before)} → {format_value(field.after)}"
