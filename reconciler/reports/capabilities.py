"""Power and access: the lines that a reviewer must see first in a plan.

Every right that a person gains or loses, project managers, trusted e-mail domains, the sign-up
mode, protection, and the reconciler's policy. Rights come from the groups' outcomes, the rest from
the changed fields; nothing is evaluated here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from reconciler.model.changes import Change, Kind
from reconciler.model.fields import power_noun
from reconciler.model.keys import display
from reconciler.model.plan import Group, Plan
from reconciler.model.roles import ACCESS, Capability, Role, capabilities, role_name
from reconciler.model.sentences import (
    SEMICOLON,
    Listing,
    Sentence,
    layout,
    plural_sentence,
    sentence,
)
from reconciler.model.values import FieldChange
from reconciler.planning.rights import right_noun
from reconciler.reports.formatting import format_move

# The number of people of one customer who are named for the same gain or loss; more are
# only counted.
MOST_PEOPLE: Final = 10


# The subject of a line about the settings.
PORTAL: Final = sentence("subject", "portal")


@dataclass(frozen=True, slots=True)
class CapabilityLine:
    """One line on power or access: whose, what, and whether the change is held back."""

    subject: str | Sentence
    text: Sentence | Listing
    held_back: bool = False
    concerns_access: bool = False

    @property
    def sentence(self) -> Sentence:
        """The whole line."""
        line = layout("{subject} {text}", subject=self.subject, text=self.text)
        return (
            sentence("right", "{line} (held back)", line=line) if self.held_back else line
        )


def capability_lines(plan: Plan) -> tuple[CapabilityLine, ...]:
    """Return every gain and loss of a right, one line per person; changes of access last."""
    lines = [line for group in plan.groups for line in _of_fields(group)]
    lines += _summarized(_of_people(plan))
    return tuple(sorted(set(lines), key=_order))


def _order(line: CapabilityLine) -> tuple[bool, str, str]:
    # By the English texts: two comments in different languages show the same order.
    return (line.concerns_access, str(line.subject), str(line.text))


def _of_fields(group: Group) -> Iterator[CapabilityLine]:
    for change in group.changes:
        if change.kind is Kind.ARCHIVE_CUSTOMER:
            text = sentence("right", "is archived")
            yield CapabilityLine(str(change.customer), text, bool(group.held_back))
        for field in change.fields:
            if field_text := _capability_field_text(change, field):
                yield CapabilityLine(_subject(change), field_text, bool(group.held_back))
        for note in change.power_notes:
            yield CapabilityLine(_subject(change), note, bool(group.held_back))


def _subject(change: Change) -> str | Sentence:
    if change.customer:
        return display(change.customer, change.contact)
    return change.service or PORTAL


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
            [sentence("right", "loses the invitation")]
            if person in leaving and ACCESS not in loses
            else []
        )
        texts = (*_gains(gains, kind), *_losses(loses, kind), *uninvited)
        text = Listing(texts, SEMICOLON)
        yield CapabilityLine(person, text, held_back, ACCESS in loses | gains)


_ACCESS: Final = {Kind.CHANGE_EMAIL, Kind.RESTORE_CONTACT}


def _losses(rights: set[str], kind: Kind | None) -> Iterator[Sentence]:
    if ACCESS in rights and kind is Kind.CHANGE_EMAIL:
        yield sentence("right", "loses access until the new address is activated")
    elif ACCESS in rights:
        yield sentence("right", "loses access")
    elif rights:
        yield sentence("right", "loses {rights}", rights=_nouns(rights))


def _gains(rights: set[str], kind: Kind | None) -> Iterator[Sentence]:
    if ACCESS in rights:
        role = _role(rights)
        gain = _HAS_ACCESS_AGAIN if kind is Kind.RESTORE_CONTACT else _GETS_ACCESS
        further_rights = rights - {ACCESS, *capabilities(role)}
        yield _with_further(gain.with_arguments(role=role_name(role)), further_rights)
    elif Capability.MANAGE_TEAM in rights:
        gain = sentence("right", "becomes manager")
        yield _with_further(gain, rights - {Capability.MANAGE_TEAM})
    elif rights:
        yield sentence("right", "gains {rights}", rights=_nouns(rights))


_GETS_ACCESS: Final = sentence("right", "gets access as {role}")
_HAS_ACCESS_AGAIN: Final = sentence("right", "has access again as {role}")


def _with_further(gain: Sentence, rights: Collection[str]) -> Sentence:
    if not rights:
        return gain
    return sentence("right", "{gain} and gains {rights}", gain=gain, rights=_nouns(rights))


def _nouns(rights: Iterable[str]) -> Listing:
    return Listing(tuple(map(right_noun, sorted(rights))))


def _role(rights: set[str]) -> Role:
    """Return the role that matches a new contact's rights."""
    fitting = (role for role in Role if capabilities(role) <= rights)
    return max(fitting, key=lambda role: len(capabilities(role)))


def _summarized(lines: Iterable[CapabilityLine]) -> Iterator[CapabilityLine]:
    """Yield the lines, with a number instead of names where a customer has many similar lines."""
    similar: dict[tuple[str, Sentence | Listing, bool], list[CapabilityLine]] = defaultdict(
        list
    )
    for line in lines:
        customer = str(line.subject).partition("/")[0]
        similar[customer, line.text, line.held_back].append(line)
    for (customer, _, _), similar_lines in similar.items():
        if len(similar_lines) > MOST_PEOPLE:
            people = plural_sentence(
                "right",
                "{customer}: {count:,} person, each",
                "{customer}: {count:,} people, each",
                len(similar_lines),
                customer=customer,
            )
            yield replace(similar_lines[0], subject=people)
        else:
            yield from similar_lines


def _capability_field_text(change: Change, field: FieldChange) -> Sentence | None:
    """Return the text of a field that gives or takes power; None for all other fields."""
    noun = power_noun(change.object, field.name)
    # A new file's `protect: false` says what it would be without the line.
    if noun is None or (
        field.name == "protected" and field.before is None and not field.after
    ):
        return None
    return layout("{noun}: {move}", noun=noun, move=format_move(field))
