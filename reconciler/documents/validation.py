"""One document's value checked against its type: the typed document, or problems at their places.

pydantic validates; this module finds the place of each error, and `validation_messages` its words.
Rule ids: `unknown-key`, `missing-key`, or the name of the field whose value is invalid (`role`,
`email`, …). A file with very many problems shows the first ones and the number of the others, so
that it is finished quickly.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from reconciler.documents.field_types import Document
from reconciler.documents.positions import Composed, Path, Span
from reconciler.documents.readable_part import readable_part
from reconciler.documents.types import DOCUMENTS
from reconciler.documents.validation_messages import (
    HINTS,
    SHOWN_LENGTH,
    error_hint,
    error_sentence,
    quoted,
)
from reconciler.model.problems import Problem, Severity
from reconciler.model.rules import RuleId
from reconciler.model.sentences import Sentence

# The number of problems shown for one file.
MAX_PROBLEMS: Final = 100


@dataclass(frozen=True, slots=True)
class Source:
    """One composed file, able to point at its parts."""

    path: str
    lines: tuple[str, ...]
    composed: Composed

    def problem(
        self,
        rule: RuleId | str,
        span: Span,
        message: str | Sentence,
        *,
        at: Path = (),
        hint: str | Sentence | None = None,
        severity: Severity = Severity.ERROR,
    ) -> Problem:
        """Return a problem of this file at a span, with its source line.

        A plan shows warnings to reviewers in their language, if message and hint are sentences.
        """
        source = self.lines[span.line - 1] if span.line <= len(self.lines) else None
        pointer = "".join(
            f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in at
        )
        return Problem(
            rule,
            severity,
            self.path,
            span.line,
            span.column,
            str(message),
            pointer,
            None if hint is None else str(hint),
            span.length,
            source,
            message if isinstance(message, Sentence) else None,
            hint if isinstance(hint, Sentence) else None,
        )

    def span(self, at: Path) -> Span:
        """Return the place of the value at a path, or of its nearest existing parent."""
        while at and at not in self.composed.values:
            at = at[:-1]
        return self.composed.values.get(at, Span(1, 1))


@dataclass(frozen=True, slots=True)
class Verdict:
    """The typed document, and every problem of its value.

    With problems, `document` is what is readable of it, or None.
    """

    document: Document | None
    problems: tuple[Problem, ...] = ()


def validate_value(kind: str, source: Source) -> Verdict:
    """Return the verdict on a file's value as a document of that kind."""
    if not isinstance(source.composed.value, dict):
        message = (
            "the file is empty; it must hold keys and values"
            if source.composed.value is None
            else ("the file must hold keys and values at its top level")
        )
        hint = "see the examples in customers/README.md"
        problem = source.problem(RuleId.DOCUMENT, Span(1, 1), message, hint=hint)
        return Verdict(None, (problem,))
    try:
        return Verdict(DOCUMENTS[kind].model_validate(source.composed.value))
    except ValidationError as error:
        details = error.errors(include_url=False)
        part = _readable_part(kind, source, details)
        return Verdict(part, tuple(_problems(DOCUMENTS[kind], source, details)))


def _readable_part(
    kind: str, source: Source, details: list[ErrorDetails]
) -> Document | None:
    unknown_keys, invalid_keys = set(), set()
    for detail in details:
        at = _path(source, detail)
        if detail["type"] == "extra_forbidden":
            unknown_keys.add(at)
        elif at:
            invalid_keys.add(str(at[0]))
    value = source.composed.value
    return readable_part(DOCUMENTS[kind], value, unknown_keys, invalid_keys)


def _problems(
    kind: type[BaseModel], source: Source, details: Iterable[ErrorDetails]
) -> Iterator[Problem]:
    """Yield one problem per place: several errors of a union about one value become one problem."""
    by_place: dict[tuple[Path, str], list[ErrorDetails]] = {}
    for detail in details:
        problem_kind = (
            detail["type"] if detail["type"] in {"extra_forbidden", "missing"} else "value"
        )
        by_place.setdefault((_path(source, detail), problem_kind), []).append(detail)
    # For a union, pydantic reports each alternative that fails: an error about a list as a
    # whole beside those in its items. The deeper ones say what to correct.
    parents = {at[:length] for at, _ in by_place for length in range(len(at))}
    problem_places = [
        (at, problem_kind)
        for at, problem_kind in by_place
        if problem_kind != "value" or at not in parents
    ]
    problem_places.sort(key=lambda entry: _before(source, entry[0]))
    for at, problem_kind in problem_places[:MAX_PROBLEMS]:
        if problem_kind == "extra_forbidden":
            yield _unknown_key(kind, source, at)
        elif problem_kind == "missing":
            yield _missing_key(source, at)
        else:
            yield _invalid_value(source, at, by_place[at, problem_kind])
    if len(problem_places) > MAX_PROBLEMS:
        span = source.span(problem_places[MAX_PROBLEMS][0])
        message = f"{len(problem_places) - MAX_PROBLEMS} more problems from here on"
        yield source.problem(
            RuleId.MORE_PROBLEMS, span, message, hint="fix the ones above first"
        )


def _before(source: Source, at: Path) -> tuple[int, int]:
    span = source.span(at)
    return span.line, span.column


def _path(source: Source, detail: ErrorDetails) -> Path:
    """Return the error's place without the union branches that pydantic inserts."""
    at: Path = ()
    # pydantic mixes the names of alternatives and validators into the path; only parts that
    # the file has, or lacks, are places.
    for part in detail["loc"]:
        if (*at, part) in source.composed.values or (
            detail["type"] == "missing" and part == detail["loc"][-1]
        ):
            at = (*at, part)
    return at


def _unknown_key(kind: type[BaseModel], source: Source, at: Path) -> Problem:
    key = str(at[-1])
    known_keys = sorted(_known_keys(kind, at[:-1]))
    # Cut, because the comparison takes quadratic time and a key may have 64 KiB.
    near = difflib.get_close_matches(key[:SHOWN_LENGTH], known_keys, 1, 0.6)
    hint = f"did you mean '{near[0]}'?" if near else f"keys are {', '.join(known_keys)}"
    return source.problem(
        RuleId.UNKNOWN_KEY,
        source.composed.keys[at],
        f"{quoted(key)} is not a key here",
        at=at,
        hint=hint,
    )


def _known_keys(kind: type[BaseModel], at: Path) -> set[str]:
    schema = _schema(kind)
    node = schema
    for part in at:
        node = _resolve(schema, node)
        patterns = node.get("patternProperties", {}) or {
            "": node.get("additionalProperties", {})
        }
        node = node.get("properties", {}).get(part) or next(iter(patterns.values()))
    return set(_resolve(schema, node).get("properties", {}))


@lru_cache
def _schema(kind: type[BaseModel]) -> dict[str, Any]:
    return kind.model_json_schema()


def _resolve(schema: dict[str, Any], node: dict[str, Any]) -> dict[str, Any]:
    for option in [node, *node.get("anyOf", [])]:
        if "$ref" in option:
            return dict(schema["$defs"][option["$ref"].rsplit("/", 1)[-1]])
    return node


def _missing_key(source: Source, at: Path) -> Problem:
    key = str(at[-1])
    where = source.composed.keys.get(at[:-1]) or Span(1, 1)
    return source.problem(
        RuleId.MISSING_KEY,
        where,
        f"'{key}' is missing",
        at=at[:-1],
        hint=f"add a line '{key}: …'",
    )


def _invalid_value(source: Source, at: Path, errors: list[ErrorDetails]) -> Problem:
    names = [part for part in at if isinstance(part, str)]
    field = names[-1] if names else "document"
    value = errors[-1]["input"]
    if len(at) > 1 and at[-2:] == ("services", field):
        return _invalid_service(source, at, errors)
    # A ValueError here is a field without a rule; `tests/house/test_rules.py` finds it
    # first.
    rule = RuleId(field.replace("_", "-"))
    return source.problem(
        rule,
        source.span(at),
        error_sentence(field, value, errors),
        at=at,
        hint=error_hint(field, value, errors),
    )


def _invalid_service(source: Source, at: Path, errors: list[ErrorDetails]) -> Problem:
    """Return the problem of a portal service: its key or its mapping, both chosen by the file's
    author.
    """
    if errors[0]["loc"][-1] == "[key]":
        message = f"{quoted(at[-1])} is not a service key"
        return source.problem(
            RuleId.SERVICES, source.composed.keys[at], message, at=at, hint=HINTS["owner"]
        )
    hint = "write a line 'name: …' below it"
    return source.problem(
        RuleId.SERVICES,
        source.span(at),
        error_sentence("", errors[0]["input"], errors),
        at=at,
        hint=hint,
    )
