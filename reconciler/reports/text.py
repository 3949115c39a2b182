"""A plan and an outcome as text for a terminal or a log.

Comes after planning or applying; a pure view of the value. Power and access stand first, the one
stable summary line last. Data enters only through `words.told`: no byte of it can move a cursor.
"""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.model.plan import Plan
from reconciler.reports.capabilities import power_lines
from reconciler.reports.change_lines import (
    Line,
    Section,
    departure_text,
    edit_text,
    refusal_text,
    sections,
    unmanaged_lines,
)
from reconciler.reports.formatting import counted, said, told
from reconciler.reports.style import PLAIN, Style, Tone
from reconciler.reports.summary import edits_line, held_back_line, summary_line, summed_up
from reconciler.reports.symbols import LEGEND, TONES, Mark


def plan_text(plan: Plan, style: Style = PLAIN) -> str:
    """The whole plan as text, ending in its summary line and a newline.

    Order: power and access, changes by customer, refusals, portal edits, unmanaged, coming departures, warnings.
    """
    blocks = [
        _power(plan, style),
        *(_section(section, style) for section in sections(plan)),
        _refusals(plan, style),
        _edits(plan, style),
        _unmanaged(plan, style),
        _coming(plan, style),
        _warnings(plan, style),
        _earlier(plan, style),
    ]
    body = [block for block in map(list, blocks) if block]
    head = [_head(plan, style)] if body else []
    return "\n\n".join("\n".join(block) for block in [*head, *body, _tail(plan, style)]) + "\n"


def drift_text(plan: Plan, style: Style = PLAIN) -> str:
    """What was edited in the portal and what nobody manages; says nothing about what the files would change."""
    head = [style.paint(Tone.STRONG, f"Drift of {_where_and_when(plan)}")]
    body = [block for block in (list(_edits(plan, style)), list(_unmanaged(plan, style))) if block]
    tail = [style.paint(Tone.STRONG, edits_line(summed_up(plan)) or "Nothing was edited in the portal.")]
    return "\n\n".join("\n".join(block) for block in [head, *body, tail]) + "\n"


def _where_and_when(plan: Plan) -> str:
    commit = f", commit {told(plan.commit[:12])}" if plan.commit else ""
    return f"portal {told(plan.portal)} as of {told(plan.as_of)}{commit}"


def _head(plan: Plan, style: Style) -> list[str]:
    legend = "  ".join(f"{mark} {word}" for mark, word in LEGEND.items())
    return [
        style.paint(Tone.STRONG, f"Plan for {_where_and_when(plan)}"),
        style.paint(Tone.QUIET, legend),
    ]


def _power(plan: Plan, style: Style) -> Iterator[str]:
    lines = power_lines(plan)
    if lines:
        yield style.paint(Tone.STRONG, "Power and access")
    for line in lines:
        yield style.paint(Tone.ALARM, f"  {Mark.ALARM} {line}")


def _section(section: Section, style: Style) -> Iterator[str]:
    notes = f"  ({'; '.join(section.notes)})" if section.notes else ""
    yield style.paint(Tone.STRONG, section.title) + style.paint(Tone.ALARM, notes)
    for line in section.lines:
        yield _line(line, style)


def _line(line: Line, style: Style) -> str:
    if line.below:
        return style.paint(Tone.QUIET, f"      {line.mark} {line.text}")
    return style.paint(TONES[line.mark], f"  {line.mark} {line.text}")


def _refusals(plan: Plan, style: Style) -> Iterator[str]:
    for refusal in plan.refusals:
        yield style.paint(Tone.ALARM, f"refused: {refusal_text(refusal)}")
        if refusal.hint:
            yield f"  hint: {said(refusal.hint)}"


def _edits(plan: Plan, style: Style) -> Iterator[str]:
    if plan.portal_edits:
        yield style.paint(Tone.STRONG, "Edited in the portal; file → portal")
    for edit in plan.portal_edits:
        yield style.paint(TONES[Mark.EDIT], f"  {Mark.EDIT} {edit_text(edit)}")


def _unmanaged(plan: Plan, style: Style) -> Iterator[str]:
    if plan.unmanaged:
        yield style.paint(
            Tone.STRONG, f"Unmanaged: {counted(len(plan.unmanaged), 'object')} that no file names; never written"
        )
    for line in unmanaged_lines(plan.unmanaged):
        yield style.paint(Tone.QUIET, f"    {line}")


def _coming(plan: Plan, style: Style) -> Iterator[str]:
    if plan.upcoming_departures:
        yield style.paint(Tone.STRONG, "Coming")
    for departure in plan.upcoming_departures:
        yield style.paint(Tone.ALARM, f"  {Mark.REMOVE} {departure_text(departure)}")


def _warnings(plan: Plan, style: Style) -> Iterator[str]:
    for warning in plan.warnings:
        yield style.paint(Tone.CHANGE, f"warning: {refusal_text(warning)}")
        if warning.hint:
            yield f"  hint: {said(warning.hint)}"


def _earlier(plan: Plan, style: Style) -> Iterator[str]:
    if plan.pending_before:
        were = "was" if plan.pending_before == 1 else "were"
        yield style.paint(
            Tone.QUIET,
            f"  {Mark.SAME} {counted(plan.pending_before, 'change or refusal', 'changes and refusals')} {were} pending before; not shown",
        )


def _tail(plan: Plan, style: Style) -> list[str]:
    numbers = summed_up(plan)
    line = summary_line(plan)
    held = held_back_line(numbers) if line.startswith("Plan:") else ""
    return [*([style.paint(Tone.ALARM, held)] if held else []), style.paint(Tone.STRONG, line)]
