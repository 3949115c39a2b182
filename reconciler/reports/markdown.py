"""A plan as one comment on a pull request: the numbers first, details folded.

Data appears only in code spans and fenced blocks, which it cannot close: no name becomes a link, a
mention, a bot command or a heading. Addresses that only the portal knows are masked.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from reconciler.model.plan import Plan, Refusal
from reconciler.model.sentences import (
    SEMICOLON,
    Argument,
    Listing,
    Sentence,
    layout,
    plural_sentence,
    sentence,
)
from reconciler.reports.as_json import plan_digest
from reconciler.reports.capabilities import capability_lines
from reconciler.reports.change_lines import (
    Section,
    departure_text,
    edit_text,
    first_unmanaged_lines,
    first_warnings,
    refusal_text,
    sections,
    warning_text,
)
from reconciler.reports.formatting import escape_sentence
from reconciler.reports.redaction import mask_addresses
from reconciler.reports.summary import commit_name, summary_sentence
from reconciler.reports.wording import ENGLISH, Wording

# The first line of every such comment; a pipeline finds the comment to edit by it.
MARKER: Final = "<!-- reconciler plan -->"
LONGEST: Final = 65_536
# The room for the parts: below the limit by what the note and the foot take in any language.
_ROOM: Final = LONGEST - 2_000


def plan_markdown(plan: Plan, wording: Wording = ENGLISH) -> str:
    """Return the comment in the language of its reviewers.

    It is truncated, with a note, where it would exceed the forge's limit.
    """
    comment = _Comment(wording, plan.file_addresses)
    title = wording.text(sentence("plan", "Plan"))
    summary = wording.text(summary_sentence(plan))
    parts = [f"{MARKER}\n### {title}\n\n**{summary}**\n"]
    size = len(parts[0])
    for part in comment.parts(plan):
        if size + len(part) > _ROOM:
            parts.append(comment.cut_note())
            break
        parts.append(part)
        size += len(part)
    return "\n".join([*parts, comment.foot(plan)])


@dataclass(frozen=True, slots=True)
class _Comment:
    """The parts of a comment in one language.

    `shown_addresses`: those that reviewers see in the files too; all others are masked.
    """

    wording: Wording
    shown_addresses: frozenset[str]

    def parts(self, plan: Plan) -> Iterator[str]:
        """Yield the parts that the plan has, the most important first."""
        yield from self._refusals(plan)
        if lines := capability_lines(plan):
            title = self._line(sentence("plan", "Power and access"))
            texts = (f"! {self._line(line.sentence)}" for line in lines)
            yield f"#### {title}\n\n" + _fence(texts)
        for section in sections(plan):
            yield self._section(section)
        yield from self._lists(plan)

    def _refusals(self, plan: Plan) -> Iterator[str]:
        if plan.refusals:
            title = self._line(sentence("plan", "Refused"))
            yield f"#### {title}\n\n" + "".join(map(self._refusal, plan.refusals))

    def _lists(self, plan: Plan) -> Iterator[str]:
        if plan.portal_edits:
            title = plural_sentence(
                "plan",
                "{count:,} portal edit; file → portal",
                "{count:,} portal edits; file → portal",
                len(plan.portal_edits),
            )
            yield self._details(title, "? ", map(edit_text, plan.portal_edits))
        if plan.upcoming_departures:
            title = plural_sentence(
                "plan",
                "{count:,} upcoming departure",
                "{count:,} upcoming departures",
                len(plan.upcoming_departures),
            )
            yield self._details(title, "- ", map(departure_text, plan.upcoming_departures))
        if plan.warnings:
            title = plural_sentence(
                "plan", "{count:,} warning", "{count:,} warnings", len(plan.warnings)
            )
            lines = map(warning_text, first_warnings(plan.warnings))
            yield self._details(title, "", lines)
        if plan.notes:
            title = plural_sentence(
                "plan", "{count:,} note", "{count:,} notes", len(plan.notes)
            )
            yield self._details(title, "", map(warning_text, first_warnings(plan.notes)))
        if plan.unmanaged:
            title = plural_sentence(
                "plan",
                "{count:,} object in the portal without a file",
                "{count:,} objects in the portal without a file",
                len(plan.unmanaged),
            )
            yield self._details(title, "", first_unmanaged_lines(plan.unmanaged))

    def _section(self, section: Section) -> str:
        notes = Listing(section.notes, SEMICOLON)
        title = plural_sentence(
            "plan",
            "{title}: {count:,} line",
            "{title}: {count:,} lines",
            sum(not line.is_detail for line in section.lines),
            title=layout("{title} ({notes})", title=section.title, notes=notes)
            if section.notes
            else section.title,
        )
        lines = (
            f"{'    ' if line.is_detail else ''}{line.symbol} {self._line(line.text)}"
            for line in section.lines
        )
        return _folded(self._line(title), _fence(lines))

    def _details(self, title: Sentence, symbol: str, lines: Iterable[Sentence]) -> str:
        texts = (f"{symbol}{self._line(line)}" for line in lines)
        return _folded(self._line(title), _fence(texts))

    def _refusal(self, refusal: Refusal) -> str:
        line = f"- {_code(self._line(refusal_text(refusal)))}\n"
        if refusal.hint is None:
            return line
        to_do = self._line(sentence("plan", "what to do:"))
        return f"{line}  - {to_do} {_code(self._line(refusal.hint))}\n"

    def cut_note(self) -> str:
        """Return the note that the comment was cut."""
        note = sentence(
            "plan",
            "The rest does not fit here: the whole plan is plan.json in the artifacts of the "
            "pipeline, and reconciler plan prints it.",
        )
        return f"\n_{self._line(note)}_\n"

    def foot(self, plan: Plan) -> str:
        """Return the plan's origin and its digest, by which a reviewed plan is recognised."""
        facts = [
            sentence(
                "plan", "Portal {portal} as of {date}", portal=plan.portal, date=plan.as_of
            )
        ]
        if plan.commit:
            facts.append(sentence("plan", "commit {commit}", commit=commit_name(plan)))
        origin: Sentence = layout("{facts}", facts=Listing(tuple(facts)))
        if plan.pending_before:
            origin = plural_sentence(
                "plan",
                "{origin}; {count:,} change or refusal pending before",
                "{origin}; {count:,} changes and refusals pending before",
                plan.pending_before,
                origin=origin,
            )
        foot = sentence(
            "plan",
            "{origin}. Digest {digest}.",
            origin=origin,
            digest=plan_digest(plan)[:16],
        )
        return f"\n{self.wording.text(foot, self._code_span)}\n"

    def _line(self, text: Argument) -> str:
        return self.wording.text(text, self._masked)

    def _masked(self, text: str) -> str:
        return escape_sentence(mask_addresses(text, self.shown_addresses))

    def _code_span(self, text: str) -> str:
        return _code(self._masked(text))


def _folded(title: str, block: str) -> str:
    return f"<details><summary>{_html(title)}</summary>\n\n{block}\n</details>\n"


def _fence(lines: Iterable[str]) -> str:
    """Return a fenced block that none of its lines can close."""
    text = "\n".join(lines)
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}text\n{text}\n{fence}\n"


def _code(text: str) -> str:
    """Return a code span that its text cannot close."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    ticks = "`" * (longest + 1)
    pad = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{ticks}{pad}{text}{pad}{ticks}"


def _html(text: str) -> str:
    """Return text for inside a tag: every character with a meaning in Markdown or HTML as a
    number.
    """
    # Not html.escape: it leaves `@` and `#`, which make mentions and references.
    return "".join(
        char if char.isalnum() or char in " ,.:;…()" else f"&#{ord(char)};" for char in text
    )
