"""Power and access: what a reviewer must see before anything else in a plan.

Who becomes a manager, who loses what, who looks after a customer, whose e-mail domains are trusted,
how people may sign up, and how careful the reconciler is. All of it is read off the changes; nothing
is judged here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from reconciler.model.changes import Change, Kind, ObjectKind
from reconciler.model.keys import display
from reconciler.model.plan import Plan
from reconciler.model.roles import ACCESS, Capability
from reconciler.model.values import FieldChange
from reconciler.reports.words import counted, told, told_value

WEIGHTY: Final = {
    "project_managers": "project managers",
    "email_domains": "e-mail domains",
    "sign_up": "sign-up mode",
    "protected": "protection",
    "manager_optional": "may be without a manager",
}
"""Fields that give or take power, in the words of the report; every `policy.*` is one too."""


@dataclass(frozen=True, slots=True)
class Power:
    """One line on power or access: whose, what, and whether the change is held back."""

    who: str
    what: str
    held_back: bool = False

    def __str__(self) -> str:
        return f"{self.who} {self.what}" + (" (held back)" if self.held_back else "")


def power_lines(plan: Plan) -> tuple[Power, ...]:
    """Every gain of power and every loss of access or power in a plan, losses of access last."""
    found = [
        Power(who, what, bool(group.held_back))
        for group in plan.groups
        for change in group.changes
        for who, what in _of_change(change)
    ]
    return tuple(sorted(found, key=lambda power: ("loses access" in power.what, power.who, power.what)))


def _of_change(change: Change) -> Iterator[tuple[str, str]]:
    who = told(display(change.customer, change.contact))
    if Capability.MANAGE_TEAM in change.effects.gains:
        yield who, "becomes manager"
    yield from _losses(change, who)
    for field in change.fields:
        if words := _weighty(field):
            yield who if change.customer else told(change.service or "portal"), words


def _losses(change: Change, who: str) -> Iterator[tuple[str, str]]:
    """What the contact loses; of a customer's change what the customer loses, and each of its people with it."""
    if change.object is ObjectKind.SERVICE:
        if number := len(change.effects.people):
            yield told(f"service {change.service}"), f"is taken from {counted(number, 'person', 'people')}"
        return
    if change.kind is Kind.ARCHIVE_CUSTOMER:
        yield who, "is archived"
    elif change.effects.loses:
        yield who, _loss(change)
    for person in change.effects.people:
        yield told(person), _loss(change) if change.effects.loses else "has access again"


def _loss(change: Change) -> str:
    if ACCESS not in change.effects.loses:
        return f"loses: {', '.join(told(word) for word in change.effects.loses)}"
    return "loses access until the new address is activated" if change.kind is Kind.CHANGE_EMAIL else "loses access"


def _weighty(field: FieldChange) -> str | None:
    if not (name := WEIGHTY.get(field.name)):
        if not field.name.startswith("policy."):
            return None
        name = field.name.replace(".", " ", 1)
    if field.name == "protected" and field.before is None and not field.after:
        return None
    return f"{name}: {moved(field)}"


def moved(field: FieldChange) -> str:
    """From what to what; a set is told by what comes (+) and what goes (−)."""
    if isinstance(field.before, tuple) and isinstance(field.after, tuple):
        before, after = set(field.before), set(field.after)
        comes = [f"+{told(item)}" for item in sorted(after - before)]
        goes = [f"−{told(item)}" for item in sorted(before - after)]
        return ", ".join([*comes, *goes]) or "(none)"
    if field.before is None:
        return told_value(field.after)
    return f"{told_value(field.before)} → {told_value(field.after)}"
