"""A plan as one comment under a pull request: the numbers first, details folded.

Data stands in code spans and fenced blocks only, which it cannot close: nothing in a name becomes a
link, a mention, a command of a bot or a heading. Addresses are masked whatever the caller does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from reconciler.model.plan import Plan
from reconciler.reports.as_json import plan_digest
from reconciler.reports.capabilities import power_lines
from reconciler.reports.change_lines import Section, departure_text, edit_text, refusal_text, sections, unmanaged_lines
from reconciler.reports.formatting import counted, said, told
from reconciler.reports.redaction import masked
from reconciler.reports.summary import summary_line, summed_up

MARKER: Final = "<!-- reconciler plan -->"
"""The first line of every such comment: by it a pipeline finds the one to edit."""
LONGEST: Final = 65_536
_ROOM: Final = LONGEST - 2_000
_CUT: Final = "\n_The rest does not fit here: it is in the plan that the pipeline keeps._\n"


def plan_markdown(plan: Plan) -> str:
    """The comment; shortened, and saying so, where it would be longer than a forge takes."""
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
    if power := power_lines(plan):
        yield "#### Power and access\n\n" + _fence([f"! {line}" for line in power])
    for section in sections(plan):
        yield _section(section)
    if plan.portal_edits:
        yield _details(
            f"{counted(len(plan.portal_edits), 'portal edit')}; file → portal",
            [f"? {edit_text(edit)}" for edit in plan.portal_edits],
        )
    if plan.upcoming_departures:
        yield _details(
            counted(len(plan.upcoming_departures), "coming departure"),
            [f"- {departure_text(each)}" for each in plan.upcoming_departures],
        )
    if plan.warnings:
        yield _details(counted(len(plan.warnings), "warning"), [refusal_text(warning) for warning in plan.warnings])
    if plan.unmanaged:
        yield _details(
            f"{counted(len(plan.unmanaged), 'object')} in the portal that no file names",
            list(unmanaged_lines(plan.unmanaged)),
        )


def _section(section: Section) -> str:
    notes = f" ({'; '.join(section.notes)})" if section.notes else ""
    lines = [f"    {line.mark} {line.text}" if line.below else f"{line.mark} {line.text}" for line in section.lines]
    return _details(f"{section.title}{notes}: {counted(sum(not line.below for line in section.lines), 'line')}", lines)


def _details(title: str, lines: list[str]) -> str:
    return f"<details><summary>{_html(title)}</summary>\n\n{_fence(lines)}\n</details>\n"


def _refusal(text: str, hint: str | None) -> str:
    return f"- {_code(text)}\n" + (f"  - what to do: {_code(said(hint))}\n" if hint else "")


def _foot(plan: Plan) -> str:
    numbers = summed_up(plan)
    earlier = (
        f"; {counted(numbers.earlier, 'change or refusal', 'changes and refusals')} pending before"
        if plan.pending_before
        else ""
    )
    commit = f", commit {_code(plan.commit[:12])}" if plan.commit else ""
    return f"\nPortal {_code(told(plan.portal))} as of {plan.as_of}{commit}{earlier}. Digest {_code(plan_digest(plan)[:16])}.\n"


def _strong(text: str) -> str:
    return f"**{text}**"


def _fence(lines: list[str]) -> str:
    """A fenced block that no line in it can close."""
    text = "\n".join(masked(line) for line in lines)
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}text\n{text}\n{fence}\n"


def _code(text: str) -> str:
    """A code span that its text cannot close."""
    text = masked(text).replace("\n", " ")
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    ticks = "`" * (longest + 1)
    pad = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{ticks}{pad}{text}{pad}{ticks}"


def _html(text: str) -> str:
    """Text inside a tag: every character that means something to Markdown or HTML as a number."""
    return "".join(char if char.isalnum() or char in " ,.:;…()" else f"&#{ord(char)};" for char in masked(text))
