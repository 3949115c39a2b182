"""An outcome as text: what was applied, what was not and why, and whether anything changed.

Whether anything changed is the reader's first question; the answer is the last line, where a
terminal shows it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from reconciler.model.outcome import GroupOutcome, GroupStatus, Outcome
from reconciler.reports.formatting import count_noun, escape
from reconciler.reports.style import PLAIN, Style, Tone
from reconciler.reports.summary import summary_line

# The number of groups that the last line names.
SHOWN: Final = 10

STATUSES: Final = {
    GroupStatus.APPLIED: ("applied", Tone.ADD),
    GroupStatus.HELD_BACK: ("held back", Tone.CHANGE),
    GroupStatus.STALE: ("stale", Tone.ALARM),
    GroupStatus.FAILED: ("failed", Tone.ALARM),
    GroupStatus.UNKNOWN: ("unknown", Tone.ALARM),
    GroupStatus.NOT_TRIED: ("not tried", Tone.CHANGE),
}


def outcome_text(outcome: Outcome, style: Style = PLAIN) -> str:
    """Return the outcome as text: one line per group, what is left, and whether anything
    changed.
    """
    blocks = [
        [_group(group, style) for group in outcome.groups],
        [*_remaining_lines(outcome), *_next_permission_lines(outcome)],
        list(head_lines(outcome)),
        [style.paint(Tone.STRONG, changed_line(outcome))],
    ]
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


def _group(outcome: GroupOutcome, style: Style) -> str:
    # The longest words of the table, "held back" and "not tried", have nine letters.
    word, tone = STATUSES[outcome.status]
    subject = group_name(outcome)
    detail = f": {escape(outcome.detail)}" if outcome.detail else ""
    return (
        f"  {style.paint(tone, f'{word:<9}')}  {subject} "
        f"({count_noun(len(outcome.group.changes), 'change')}){detail}"
    )


def group_name(outcome: GroupOutcome) -> str:
    """Return the customers of a group, else its service, else the settings."""
    group = outcome.group
    subject = f"service {escape(group.service)}" if group.service else "settings"
    return ", ".join(escape(customer) for customer in group.customers) or subject


def _remaining_lines(outcome: Outcome) -> Iterator[str]:
    if outcome.final_plan is not None and not outcome.declined:
        yield f"Remaining: {summary_line(outcome.final_plan)}"
    elif outcome.final_plan_error:
        yield (
            f"The last look at the portal failed: {escape(outcome.final_plan_error.message)}; run "
            f"reconciler plan to see whether anything is left."
        )
    elif outcome.groups:
        yield "The remaining changes are unknown: the final plan was not made."


def _next_permission_lines(outcome: Outcome) -> Iterator[str]:
    """Yield the numbers for the next run; a group without an answer counts as not applied."""
    permissions = outcome.next_permissions
    options = [
        f"{option} {number}"
        for option, number in (
            ("--allow-removals", permissions.allow_removals),
            ("--allow-mails", permissions.allow_mails),
        )
        if number is not None
    ]
    if options and not outcome.declined:
        unknown = outcome.of(GroupStatus.UNKNOWN)
        less = f", or less if {_names(unknown)} was applied" if unknown else ""
        yield f"Next: run apply again with {' '.join(options)}{less}."


def head_lines(outcome: Outcome) -> Iterator[str]:
    """Yield the head of the audit feed, to be stored outside of the portal; no line without it."""
    if outcome.head:
        yield f"Audit head: {escape(outcome.head)}"


def changed_line(outcome: Outcome) -> str:
    """Return one sentence on whether anything was changed, with the groups whose result is
    unknown.
    """
    applied, unknown = outcome.of(GroupStatus.APPLIED), outcome.of(GroupStatus.UNKNOWN)
    parts = []
    if applied:
        changes = sum(len(group.group.changes) for group in applied)
        parts.append(
            f"Changed: {count_noun(changes, 'change')} in "
            f"{count_noun(len(applied), 'transaction')}."
        )
    if unknown:
        parts.append(
            f"Unknown for {_names(unknown)}: the result did not arrive; run it again."
        )
    partial = tuple(
        group
        for group in outcome.groups
        if group.was_changed and group.status is not GroupStatus.APPLIED
    )
    if partial:
        parts.append(f"Changed in part: {_names(partial)}.")
    undone = tuple(
        group
        for group in outcome.of(
            GroupStatus.STALE, GroupStatus.FAILED, GroupStatus.NOT_TRIED
        )
        if not group.was_changed
    )
    if outcome.final_plan_error and outcome.groups and len(applied) == len(outcome.groups):
        parts.append("All of the plan was applied.")
    if (applied or partial) and undone:
        parts.append(f"Left unchanged: {_names(undone)}.")
    return " ".join(parts) or "Nothing was changed."


def _names(groups: tuple[GroupOutcome, ...]) -> str:
    """Return the first groups by name and the number of the others: each has its own line above."""
    more = [f"and {len(groups) - SHOWN:,} more"] if len(groups) > SHOWN else []
    return "; ".join([*(group_name(group) for group in groups[:SHOWN]), *more])
