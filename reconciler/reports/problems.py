"""Findings in files as a person reads them on a terminal, and as a machine reads them.

Problems and counts come in, text goes out. Order and number are the caller's: nothing is sorted,
joined or left out here. The JSON is pure ASCII, so no terminal, log or pipe can misread it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final

from reconciler.model.problems import Counts, Problem, Severity
from reconciler.reports.escaping import neutral
from reconciler.reports.formatting import counted, isolated, told, width
from reconciler.reports.style import Style, Tone

SCHEMA_VERSION: Final = 1
WIDEST: Final = 120
"""Characters of a source line that are shown; of a longer one, those around the place."""

_TONES: Final = {Severity.ERROR: Tone.ALARM, Severity.WARNING: Tone.CHANGE}


def problems_text(problems: Sequence[Problem], counts: Counts, style: Style) -> str:
    """Every problem with its source line, a caret and its hint, and one line of numbers at the end."""
    parts = [_diagnostic(problem, style) for problem in problems]
    return "\n".join([*parts, _summary(problems, counts) + "\n"])


def problems_json(problems: Sequence[Problem], counts: Counts) -> str:
    """The same as `schemas/problems.schema.json` says it."""
    document = {
        "schema_version": SCHEMA_VERSION,
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
    """A problem in one line, without colours: place, severity, rule, message."""
    place = f"{told(problem.path)}:{problem.line}:{problem.column}"
    return f"{place}: {problem.severity}[{told(problem.rule)}]: {told(problem.message)}"


def _row(problem: Problem) -> dict[str, Any]:
    names = ("rule", "severity", "path", "line", "column", "pointer", "message", "hint")
    return {name: getattr(problem, name) for name in names}


def _number(problems: Sequence[Problem], severity: Severity) -> int:
    return sum(problem.severity is severity for problem in problems)


def _diagnostic(problem: Problem, style: Style) -> str:
    tone = _TONES[problem.severity]
    place = style.paint(Tone.STRONG, f"{told(problem.path)}:{problem.line}:{problem.column}")
    what = style.paint(tone, f"{problem.severity}[{told(problem.rule)}]")
    lines = [f"{place}: {what}: {told(problem.message)}"]
    gutter = " " * (1 if problem.source is None else len(str(problem.line)))
    if problem.source is not None:
        shown, caret = _pointed_at(problem, problem.source)
        lines += [f"{gutter} |", f"{problem.line} | {shown}", f"{gutter} | {style.paint(tone, caret)}"]
    if problem.hint:
        lines.append(f"{gutter} = {told(problem.hint)}")
    return "".join(f"{line.rstrip()}\n" for line in lines)


def _pointed_at(problem: Problem, source: str) -> tuple[str, str]:
    """The source line as it may be shown, and the line of carets below it."""
    start = min(problem.column - 1, len(source))
    first = max(0, min(start - WIDEST // 2, len(source) - WIDEST))
    pieces = _pieces(source[first : first + WIDEST])
    lead = "…" if first else ""
    tail = "…" if first + WIDEST < len(source) else ""
    before = lead + "".join(pieces[: start - first])
    marked = "".join(pieces[start - first : start - first + problem.length])
    caret = " " * width(before) + "^" * max(1, width(marked))
    return isolated(lead + "".join(pieces) + tail), caret


def _pieces(text: str) -> list[str]:
    """Each character as it may be shown; `##` is broken up as `words.told` does."""
    pairs = zip(text, " " + text, strict=False)
    return ["\\u{23}" if (char, before) == ("#", "#") else neutral(char) for char, before in pairs]


def _summary(problems: Sequence[Problem], counts: Counts) -> str:
    read = f"{counted(counts.customers, 'customer')}, {counted(counts.contacts, 'contact')}"
    if not problems:
        order = "is in order" if counts.files == 1 else "are in order"
        return f"{counted(counts.files, 'file')} {order}: {read}"
    errors, warnings = _number(problems, Severity.ERROR), _number(problems, Severity.WARNING)
    found = [counted(n, word) for n, word in ((errors, "error"), (warnings, "warning")) if n]
    where = f" in {counted(counts.files, 'file')}: {read}" if counts.files else ""
    return ", ".join(found) + where
