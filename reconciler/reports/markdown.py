"""A plan as one comment on a pull request: the numbers first, details folded.

Data appears only in code spans and fenced blocks, which it cannot close: no name becomes a link, a
mention, a bot command or a heading. Addresses are always masked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from reconciler.model.plan import Plan
from reconciler.reports.as_json import plan_digest
from reconciler.reports.capabilities import capability_lines
from reconciler.reports.change_lines import (
    Section,
    departure_text,
    edit_text,
    refusal_text,
    sections,
    unmanaged_lines,
)
from reconciler.reports.formatting import count_noun, escape, escape_sentence
from reconciler.reports.redaction import mask_addresses
from reconciler.reports.summary import summarize, summary_line

# The first line of every such comment; a pipeline finds the comment to edit by it.
MARKER: Final = "<!-- reconciler plan -->"
LONGEST: Final = 65_536
_ROOM: Final = LONGEST - 2_000
_CUT: Final = "\n_The rest does not fit here; see the plan in the pipeline's artifacts._\n"


def plan_markdown(plan: Plan) -> str:
    """Return the comment; truncated, with a note, where it would exceed the forge's limit."""
    parts = [f"{MARKER}\n### Plan\n\n{_strong(summary_line(plan))}\n"]
    size = len(parts[0])
    for part in _parts(plan):
        if size + len(part) > _ROOM:
            parts.append(_CUT)
            break
        parts.append(part)
        size += len(part)
    return "\n".join([*parts, _foot(plan)])


def _parts(plan: Plan) -> Iterator[str]:
    if refusals := [_refusal(refusal_text(r), r.hint) for r in plan.refusals]:
        yield "#### Refused\n\n" + "".join(refusals)
    if capability_texts := capability_lines(plan):
        yield "#### Power and access\n\n" + _fence(
            [f"! {line}" for line in capability_texts]
        )
    for section in sections(plan):
        yield _section(section)
    if plan.portal_edits:
        yield _details(
            f"{count_noun(len(plan.portal_edits), 'portal edit')}; file → portal",
            [f"? {edit_text(edit)}" for edit in plan.portal_edits],
        )
    if plan.upcoming_departures:
        yield _details(
            count_noun(len(plan.upcoming_departures), "upcoming departure"),
            [f"- {departure_text(departure)}" for departure in plan.upcoming_departures],
        )
    if plan.warnings:
        yield _details(
            count_noun(len(plan.warnings), "warning"),
            [refusal_text(warning) for warning in plan.warnings],
        )
    if plan.unmanaged:
        yield _details(
            f"{count_noun(len(plan.unmanaged), 'object')} in the portal without a file",
            list(unmanaged_lines(plan.unmanaged)),
        )


def _section(section: Section) -> str:
    notes = f" ({'; '.join(section.notes)})" if section.notes else ""
    lines = [
        f"    {line.symbol} {line.text}" if line.is_detail else f"{line.symbol} {line.text}"
        for line in section.lines
    ]
    return _details(
        f"{section.title}{notes}: "
        f"{count_noun(sum(not line.is_detail for line in section.lines), 'line')}",
        lines,
    )


def _details(title: str, lines: list[str]) -> str:
    return f"<details><summary>{_html(title)}</summary>\n\n{_fence(lines)}\n</details>\n"


def _refusal(text: str, hint: str | None) -> str:
    return f"- {_code(text)}\n" + (
        f"  - what to do: {_code(escape_sentence(hint))}\n" if hint else ""
    )


def _foot(plan: Plan) -> str:
    numbers = summarize(plan)
    earlier = (
        f"; {count_noun(numbers.earlier, 'change or refusal', 'changes and refusals')} pending "
        f"before"
        if plan.pending_before
        else ""
    )
    commit = f", commit {_code(plan.commit[:12])}" if plan.commit else ""
    return (
        f"\nPortal {_code(escape(plan.portal))} as of {plan.as_of}{commit}{earlier}. Digest "
        f"{_code(plan_digest(plan)[:16])}.\n"
    )


def _strong(text: str) -> str:
    return f"**{text}**"


def _fence(lines: list[str]) -> str:
    """Return a fenced block that none of its lines can close."""
    text = "\n".join(mask_addresses(line) for line in lines)
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}text\n{text}\n{fence}\n"


def _code(text: str) -> str:
    """Return a code span that its text cannot close."""
    text = mask_addresses(text).replace("\n", " ")
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    ticks = "`" * (longest + 1)
    pad = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{ticks}{pad}{text}{pad}{ticks}"


def _html(text: str) -> str:
    """Return text for inside a tag: every character with a meaning in Markdown or HTML as a
    number.
    """
    return "".join(
        char if char.isalnum() or char in " ,.:;…()" else f"&#{ord(char)};"
        for char in mask_addresses(text)
    )
