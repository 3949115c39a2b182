"""A plan as text for a terminal or a log.

A pure view of the value. Power and access come first, the one stable summary line last. Data enters
only through `formatting.escape`, so that it cannot control the terminal.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from reconciler.model.plan import Plan
from reconciler.model.sentences import Sentence
from reconciler.reports.capabilities import capability_lines
from reconciler.reports.change_lines import (
    Line,
    Section,
    departure_text,
    edit_text,
    first_unmanaged_lines,
    first_warnings,
    refusal_text,
    sections,
    unmanaged_lines,
    warning_text,
)
from reconciler.reports.formatting import count_noun, escape
from reconciler.reports.style import PLAIN, Style, Tone
from reconciler.reports.summary import (
    commit_name,
    edits_sentence,
    has_changes,
    held_back_sentence,
    summarize,
    summary_line,
)
from reconciler.reports.symbols import LEGEND, TONES, Symbol
from reconciler.reports.wording import ENGLISH

# A terminal is English, like the help, the errors and the hints around it.
text = ENGLISH.text


def plan_text(plan: Plan, style: Style = PLAIN) -> str:
    """Return the whole plan as text, ending in its summary line and a newline.

    Order: power and access, changes by customer, refusals, portal edits, unmanaged, upcoming
    departures, warnings, notes.
    """
    blocks = [
        _capabilities(plan, style),
        *(_section(section, style) for section in sections(plan)),
        _refusals(plan, style),
        _edits(plan, style),
        _unmanaged(plan, first_unmanaged_lines(plan.unmanaged), style),
        _upcoming_departures(plan, style),
        _warnings(plan, style),
        _notes(plan, style),
        _earlier(plan, style),
    ]
    body = [block for block in map(list, blocks) if block]
    head = [_head(plan, style)] if body else []
    return (
        "\n\n".join("\n".join(block) for block in [*head, *body, _tail(plan, style)]) + "\n"
    )


def drift_text(plan: Plan, style: Style = PLAIN) -> str:
    """Return the portal edits and the unmanaged objects, without the changes that the files
    demand.
    """
    head = [style.paint(Tone.STRONG, f"Drift of {_where_and_when(plan)}")]
    unmanaged = _unmanaged(plan, unmanaged_lines(plan.unmanaged), style)
    body = [block for block in (list(_edits(plan, style)), list(unmanaged)) if block]
    edits = edits_sentence(summarize(plan))
    last_line = str(edits) if edits else "Nothing was edited in the portal."
    tail = [style.paint(Tone.STRONG, last_line)]
    return "\n\n".join("\n".join(block) for block in [head, *body, tail]) + "\n"


def _where_and_when(plan: Plan) -> str:
    commit = f", commit {escape(commit_name(plan))}" if plan.commit else ""
    return f"portal {escape(plan.portal)} as of {escape(plan.as_of)}{commit}"


def _head(plan: Plan, style: Style) -> list[str]:
    legend = "  ".join(f"{symbol} {word}" for symbol, word in LEGEND.items())
    return [
        style.paint(Tone.STRONG, f"Plan for {_where_and_when(plan)}"),
        style.paint(Tone.QUIET, legend),
    ]


def _capabilities(plan: Plan, style: Style) -> Iterator[str]:
    lines = capability_lines(plan)
    if lines:
        yield style.paint(Tone.STRONG, "Power and access")
    for line in lines:
        yield style.paint(Tone.ALARM, f"  {Symbol.ALARM} {text(line.sentence)}")


def _section(section: Section, style: Style) -> Iterator[str]:
    notes = f"  ({'; '.join(map(text, section.notes))})" if section.notes else ""
    yield style.paint(Tone.STRONG, text(section.title)) + style.paint(Tone.ALARM, notes)
    for line in section.lines:
        yield _line(line, style)


def _line(line: Line, style: Style) -> str:
    if line.is_detail:
        return style.paint(Tone.QUIET, f"      {line.symbol} {text(line.text)}")
    return style.paint(TONES[line.symbol], f"  {line.symbol} {text(line.text)}")


def _refusals(plan: Plan, style: Style) -> Iterator[str]:
    for refusal in plan.refusals:
        yield style.paint(Tone.ALARM, f"refused: {text(refusal_text(refusal))}")
        if refusal.hint:
            yield f"  hint: {text(refusal.hint)}"


def _edits(plan: Plan, style: Style) -> Iterator[str]:
    if plan.portal_edits:
        yield style.paint(Tone.STRONG, "Edited in the portal; file → portal")
    for edit in plan.portal_edits:
        yield style.paint(TONES[Symbol.EDIT], f"  {Symbol.EDIT} {text(edit_text(edit))}")


def _unmanaged(plan: Plan, lines: Iterable[Sentence], style: Style) -> Iterator[str]:
    if plan.unmanaged:
        yield style.paint(
            Tone.STRONG,
            f"Unmanaged: {count_noun(len(plan.unmanaged), 'object')} without a file; never written",
        )
    for line in lines:
        yield style.paint(Tone.QUIET, f"    {text(line)}")


def _upcoming_departures(plan: Plan, style: Style) -> Iterator[str]:
    if plan.upcoming_departures:
        yield style.paint(Tone.STRONG, "Upcoming")
    for departure in plan.upcoming_departures:
        line = text(departure_text(departure))
        yield style.paint(Tone.ALARM, f"  {Symbol.REMOVE} {line}")


def _warnings(plan: Plan, style: Style) -> Iterator[str]:
    for warning in first_warnings(plan.warnings):
        yield style.paint(Tone.CHANGE, f"warning: {text(warning_text(warning))}")
        if warning.hint:
            yield f"  hint: {text(warning.hint)}"


def _notes(plan: Plan, style: Style) -> Iterator[str]:
    for note in first_warnings(plan.notes):
        yield style.paint(Tone.QUIET, f"note: {text(warning_text(note))}")
        if note.hint:
            yield f"  hint: {text(note.hint)}"


def _earlier(plan: Plan, style: Style) -> Iterator[str]:
    if plan.pending_before:
        count = count_noun(plan.pending_before, "change or refusal", "changes and refusals")
        were = "was" if plan.pending_before == 1 else "were"
        yield style.paint(
            Tone.QUIET, f"  {Symbol.SAME} {count} {were} pending before; not shown"
        )


def _tail(plan: Plan, style: Style) -> list[str]:
    numbers = summarize(plan)
    held_back = held_back_sentence(numbers) if has_changes(numbers) else None
    return [
        *([style.paint(Tone.ALARM, str(held_back))] if held_back else []),
        style.paint(Tone.STRONG, summary_line(plan)),
    ]
