"""One document's value checked against its type: the typed document, or problems at their places.

pydantic validates; this module finds the place of each error, and `validation_messages` its words.
Rule ids: `unknown-key`, `missing-key`, or the name of the field whose value is invalid (`role`,
`email`, …). A file with very many problems shows the first ones and the number of the others, so
that it is finished quickly.
"""

from __future__ import annotations

import unicodedata
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
from reconciler.documents.typing_slips import item_without_space, unusual_characters
from reconciler.documents.validation_messages import (
    ADDRESS_FIELDS,
    BOUNDS,
    HINTS,
    SHOWN_LENGTH,
    address_in,
    error_hint,
    error_sentence,
    example_of,
    quoted,
)
from reconciler.model.problems import Problem, Severity
from reconciler.model.rules import RuleId
from reconciler.model.sentences import Sentence
from reconciler.model.spelling import closest

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
    misspelt = _misspelt_keys(kind, problem_places)
    problem_places = [
        (at, problem_kind)
        for at, problem_kind in problem_places
        if problem_kind != "missing" or at not in misspelt
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


def _misspelt_keys(kind: type[BaseModel], places: Iterable[tuple[Path, str]]) -> set[Path]:
    """Return the keys that unknown keys of the file are meant to be: these are not missing."""
    nearest = (
        (at[:-1], _nearest_key(kind, at))
        for at, problem_kind in places
        if problem_kind == "extra_forbidden"
    )
    return {(*parent, key) for parent, key in nearest if key is not None}


def _nearest_key(kind: type[BaseModel], at: Path) -> str | None:
    """Return the known key that an unknown one is like, also in other letters of the same shape."""
    # Cut, because the comparison takes quadratic time and a key may have 64 KiB.
    key = unicodedata.normalize("NFKC", str(at[-1])[:SHOWN_LENGTH]).lower()
    return closest(key, _known_keys(kind, at[:-1]))


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
    key, near = str(at[-1]), _nearest_key(kind, at)
    known_keys = sorted(_known_keys(kind, at[:-1]))
    hint = f"did you mean '{near}'?" if near else f"keys are {', '.join(known_keys)}"
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


def required_hint(kind: str, at: Path) -> str | None:
    """Return what to do about an empty value of a key that a document needs; None for others."""
    fields = DOCUMENTS[kind].model_fields
    key = str(at[0]) if len(at) == 1 else ""
    is_required = key in fields and fields[key].is_required()
    return f"write the value, as in {example_of(key)}" if is_required else None


def _invalid_value(source: Source, at: Path, errors: list[ErrorDetails]) -> Problem:
    names = [part for part in at if isinstance(part, str)]
    field = names[-1] if names else "document"
    value = errors[-1]["input"]
    if len(at) > 1 and at[-2:] == ("services", field):
        return _invalid_service(source, at, errors)
    # A ValueError here is a field without a rule; `tests/house/test_rules.py` finds it
    # first.
    rule = RuleId(field.replace("_", "-"))
    slip = _slip(source, at, field, errors)
    message, hint = slip or (
        error_sentence(field, value, errors),
        error_hint(field, value, errors),
    )
    return source.problem(rule, source.span(at), message, at=at, hint=hint)


def _slip(
    source: Source, at: Path, field: str, errors: list[ErrorDetails]
) -> tuple[str, str] | None:
    """Return what was typed by mistake instead of a valid value, and what to type; None if the
    value is simply another one.
    """
    value = errors[-1]["input"]
    if not isinstance(value, str) or any(error["type"] in BOUNDS for error in errors):
        return None
    span = source.span(at)
    sign = source.lines[span.line - 1][span.column - 1 : span.column]
    if value.endswith("\n") and sign in {"|", ">"}:
        message = f"a text after '{sign}' ends in a line break"
        return message, f"write it in one line: {field}: {' '.join(value.split())}"
    is_list_expected = any(error["type"] == "list_type" for error in errors)
    if is_list_expected and (item := item_without_space(value)) is not None:
        message = f"{quoted(value)} is a text and not an item of a list"
        return message, f"write - {item}, with a hyphen and a space"
    if address := address_in(value) if field in ADDRESS_FIELDS else None:
        return f"{quoted(value)} is more than an e-mail address", f"write {address}"
    return unusual_characters(value)


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
