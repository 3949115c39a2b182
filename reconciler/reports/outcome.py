"""An outcome as text: what was carried out, what was not and why, and whether anything changed.

Whether anything was changed is the first question of whoever reads it; it is the last line, where a
terminal leaves the eye.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from reconciler.model.outcome import Fate, GroupOutcome, Outcome
from reconciler.reports.formatting import counted, told
from reconciler.reports.style import PLAIN, Style, Tone
from reconciler.reports.summary import summary_line

SHOWN: Final = 10
"""How many groups the last line names."""

FATES: Final = {
    Fate.APPLIED: ("applied", Tone.ADD),
    Fate.HELD_BACK: ("held back", Tone.CHANGE),
    Fate.STALE: ("stale", Tone.ALARM),
    Fate.FAILED: ("failed", Tone.ALARM),
    Fate.UNKNOWN: ("unknown", Tone.ALARM),
    Fate.NOT_TRIED: ("not tried", Tone.CHANGE),
}


def outcome_text(outcome: Outcome, style: Style = PLAIN) -> str:
    """The outcome as text: a line a group, what is left, and the line that says what was changed."""
    blocks = [
        [_group(group, style) for group in outcome.groups],
        list(_left(outcome)),
        list(head_lines(outcome)),
        [style.paint(Tone.STRONG, changed_line(outcome))],
    ]
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


def _group(outcome: GroupOutcome, style: Style) -> str:
    word, tone = FATES[outcome.fate]
    who = group_name(outcome)
    detail = f": {told(outcome.detail)}" if outcome.detail else ""
    return f"  {style.paint(tone, f'{word:<9}')}  {who} ({counted(len(outcome.group.changes), 'change')}){detail}"


def group_name(outcome: GroupOutcome) -> str:
    """The customers of a group, else its service, else the settings."""
    group = outcome.group
    subject = f"service {told(group.service)}" if group.service else "settings"
    return ", ".join(told(customer) for customer in group.customers) or subject


def _left(outcome: Outcome) -> Iterator[str]:
    if outcome.left is not None and not outcome.declined:
        yield f"Left afterwards: {summary_line(outcome.left)}"
    elif outcome.groups:
        yield "What is left is not known: the plan was not made again."


def head_lines(outcome: Outcome) -> Iterator[str]:
    """The head of the audit feed, to be noted outside of the portal; no line where it is not known."""
    if outcome.head:
        yield f"Audit head: {told(outcome.head)}"


def changed_line(outcome: Outcome) -> str:
    """Whether anything was changed, in one sentence, naming what is not known."""
    applied, unknown = outcome.of(Fate.APPLIED), outcome.of(Fate.UNKNOWN)
    parts = []
    if applied:
        changes = sum(len(group.group.changes) for group in applied)
        parts.append(f"Changed: {counted(changes, 'change')} in {counted(len(applied), 'transaction')}.")
    if unknown:
        parts.append(f"Not known for {_names(unknown)}: no answer came; run it again.")
    undone = outcome.of(Fate.STALE, Fate.FAILED, Fate.NOT_TRIED)
    if applied and undone:
        parts.append(f"Left unchanged: {_names(undone)}.")
    return " ".join(parts) or "Nothing was changed."


def _names(groups: tuple[GroupOutcome, ...]) -> str:
    """The first groups by name, and how many more there are: each has a line of its own above."""
    more = [f"and {len(groups) - SHOWN:,} more"] if len(groups) > SHOWN else []
    return "; ".join([*(group_name(group) for group in groups[:SHOWN]), *more])
