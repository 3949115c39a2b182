"""Problems in files as text for a terminal, and as JSON.

Problems and counts come in, text goes out. The caller decides order and number: nothing is sorted,
merged or omitted here. The JSON is pure ASCII, so no terminal, log or pipe can misread it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final

from reconciler.model.formats import JSON_VERSION
from reconciler.model.problems import Counts, Problem, Severity
from reconciler.reports.escaping import escape_invisible
from reconciler.reports.formatting import count_noun, escape, isolate_direction, width
from reconciler.reports.style import Style, Tone

# The maximum number of characters of a source line; of a longer one, those around the
# place.
WIDEST: Final = 120

_TONES: Final = {
    Severity.ERROR: Tone.ALARM,
    Severity.WARNING: Tone.CHANGE,
    Severity.NOTE: Tone.QUIET,
}


def problems_text(problems: Sequence[Problem], counts: Counts, style: Style) -> str:
    """Return every problem with its source line, a caret and its hint, and a summary line."""
    parts = [_diagnostic(problem, style) for problem in problems]
    return "\n".join([*parts, _summary(problems, counts) + "\n"])


def problems_json(problems: Sequence[Problem], counts: Counts) -> str:
    """Return the same as `schemas/problems.schema.json` defines it."""
    document = {
        "schema_version": JSON_VERSION,
        "problems": [_row(problem) for problem in problems],
        "summary": {
            "files": counts.files,
            "customers": counts.customers,
            "contacts": counts.contacts,
            "errors": _number(problems, Severity.ERROR),
            "warnings": _number(problems, Severity.WARNING),
        },
    }
    return json.dumps(document, indent=2) + "\n"


def problem_line(problem: Problem) -> str:
    """Return a problem in one line, without colors: place, severity, rule, message."""
    place = f"{escape(problem.path)}:{problem.line}:{problem.column}"
    return f"{place}: {problem.severity}[{escape(problem.rule)}]: {escape(problem.message)}"


def _row(problem: Problem) -> dict[str, Any]:
    names = ("rule", "severity", "path", "line", "column", "pointer", "message", "hint")
    return {name: getattr(problem, name) for name in names}


def _number(problems: Sequence[Problem], severity: Severity) -> int:
    return sum(problem.severity is severity for problem in problems)


def _diagnostic(problem: Problem, style: Style) -> str:
    tone = _TONES[problem.severity]
    place = style.paint(
        Tone.STRONG, f"{escape(problem.path)}:{problem.line}:{problem.column}"
    )
    label = style.paint(tone, f"{problem.severity}[{escape(problem.rule)}]")
    lines = [f"{place}: {label}: {escape(problem.message)}"]
    gutter = " " * (1 if problem.source is None else len(str(problem.line)))
    if problem.source is not None:
        shown_source, caret = _source_and_caret(problem, problem.source)
        lines += [
            f"{gutter} |",
            f"{problem.line} | {shown_source}",
            f"{gutter} | {style.paint(tone, caret)}",
        ]
    if problem.hint:
        lines.append(f"{gutter} = {escape(problem.hint)}")
    # An empty source line leaves a space behind its bar.
    return "".join(f"{line.rstrip()}\n" for line in lines)


def _source_and_caret(problem: Problem, source: str) -> tuple[str, str]:
    """Return the source line as shown, and the line of carets below it."""
    start = min(problem.column - 1, len(source))
    first = max(0, min(start - WIDEST // 2, len(source) - WIDEST))
    pieces = _pieces(source[first : first + WIDEST])
    lead = "…" if first else ""
    tail = "…" if first + WIDEST < len(source) else ""
    before = lead + "".join(pieces[: start - first])
    underlined = "".join(pieces[start - first : start - first + problem.length])
    caret = " " * width(before) + "^" * max(1, width(underlined))
    return isolate_direction(lead + "".join(pieces) + tail), caret


def _pieces(text: str) -> list[str]:
    """Return each character as shown; `##` is broken up as in `formatting.escape`."""
    # Each character with the one before it: only the second `#` of a pair is escaped.
    pairs = zip(text, " " + text, strict=False)
    return [
        "\\u{23}" if (char, before) == ("#", "#") else escape_invisible(char)
        for char, before in pairs
    ]


def _summary(problems: Sequence[Problem], counts: Counts) -> str:
    scope_text = (
        f"{count_noun(counts.customers, 'customer')}, "
        f"{count_noun(counts.contacts, 'contact')}"
    )
    if not problems:
        order = "is valid" if counts.files == 1 else "are valid"
        return f"{count_noun(counts.files, 'file')} {order}: {scope_text}"
    numbers = [(_number(problems, severity), severity) for severity in Severity]
    counts_text = [count_noun(number, severity) for number, severity in numbers if number]
    where = f" in {count_noun(counts.files, 'file')}: {scope_text}" if counts.files else ""
    return ", ".join(counts_text) + where
