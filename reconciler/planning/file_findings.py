"""The warnings of a plan and of its files that nobody acknowledged, and notes on acknowledgements
that cover nothing.
"""

from __future__ import annotations

from collections.abc import Iterable

from reconciler.model.acknowledgements import (
    DELETE_ID,
    Subject,
    acknowledgements_of,
    cover,
    without_warning,
)
from reconciler.model.desired import DesiredState
from reconciler.model.findings import FileFinding
from reconciler.model.plan import Warning
from reconciler.model.rules import PLAN_RULES, RuleId


def warnings_and_notes(
    desired: DesiredState, warnings: Iterable[Warning]
) -> tuple[list[Warning], list[Warning]]:
    """Return the warnings of the files and of the plan that nobody acknowledged, and the notes."""
    file_warnings = {
        _warning(finding) for finding in desired.findings if not finding.is_note
    }
    all_warnings = sorted({*file_warnings, *warnings}, key=sort_key)
    subjects = [
        Subject(warning.rule, warning.customer, warning.contact) for warning in all_warnings
    ]
    entries = list(acknowledgements_of(desired))
    covered, used_entries = cover(subjects, entries)
    remaining = [
        warning
        for warning, is_covered in zip(all_warnings, covered, strict=True)
        if not is_covered
    ]
    # Only a plan has all warnings of these rules; `documents` notes those of the other rules.
    judged_here = {rule.id for rule in PLAN_RULES}
    notes = [_warning(finding) for finding in desired.findings if finding.is_note]
    notes += [
        Warning(
            RuleId.ACKNOWLEDGE,
            without_warning(entry.subject.rule),
            entry.subject.customer,
            entry.subject.contact,
            DELETE_ID,
            entry.place.path,
            entry.place.line,
        )
        for entry in entries
        if entry not in used_entries and entry.subject.rule in judged_here
    ]
    return remaining, sorted(notes, key=sort_key)


def sort_key(warning: Warning) -> tuple[str, str, str, str, str]:
    """Return the order of warnings: by whom they concern, then by rule."""
    return (
        warning.customer or "",
        warning.contact or "",
        warning.rule,
        warning.path or "",
        str(warning.message),
    )


def _warning(finding: FileFinding) -> Warning:
    return Warning(
        finding.rule,
        finding.message,
        finding.customer,
        finding.contact,
        finding.hint,
        finding.path,
        finding.line,
    )
