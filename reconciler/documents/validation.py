"""One document's value checked against its type: the typed document, or problems at their places.

pydantic validates; this module turns its errors into sentences. Rule ids: `unknown-key`,
`missing-key`, or the name of the field whose value is invalid (`role`, `email`, …). A file with
very many problems shows the first ones and the number of the others, so that it is finished
quickly.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from reconciler.documents.field_types import Document
from reconciler.documents.positions import Composed, Path, Span
from reconciler.documents.types import DOCUMENTS
from reconciler.model.catalogue import CATALOGUE
from reconciler.model.problems import Problem, Severity
from reconciler.model.rules import RuleId

# The number of problems shown for one file.
MAX_PROBLEMS: Final = 100

# What a value must be, by its key; the keys below are not fields of the catalogue.
_NOUNS: Final[Mapping[str, str]] = {
    **{field.path[-1]: field.noun for field in CATALOGUE if field.noun},
    "registration": "a registration's id",
    "owner": "a key",
    "previously": "a key",
    "schema_version": "a schema version that this program knows",
    "id": "a registration's id",
    "fingerprint": "a fingerprint",
    "portal": "a portal's id",
    "time_zone": "a time zone",
    "rules": "a path",
}
_SHOWN_LENGTH: Final = 60
_CHOICES: Final = frozenset({"literal_error", "enum"})
_FREE: Final = frozenset({"name", "description", "template", "portal"})
_BOUNDS: Final = frozenset(
    {"string_too_long", "too_long", "too_short", "greater_than_equal", "less_than_equal"}
)
_FORMS: Final[Mapping[str, str]] = {
    **{field.path[-1]: field.hint for field in CATALOGUE if field.hint},
    "registration": "write the line that plan shows, or write none",
    "time_zone": "write one as Europe/Berlin",
    "leaves": "write {on: 2027-03-31, reason: left}",
    "owner": "use lower-case letters, digits and single hyphens",
    "previously": "use lower-case letters, digits and single hyphens",
    "rules": "write a list of paths: [policy/contact.schema.json]",
}


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
        message: str,
        *,
        at: Path = (),
        hint: str | None = None,
        severity: Severity = Severity.ERROR,
    ) -> Problem:
        """Return a problem of this file at a span, with its source line."""
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
            message,
            pointer,
            hint,
            span.length,
            source,
        )

    def span(self, at: Path) -> Span:
        """Return the place of the value at a path, or of its nearest existing parent."""
        while at and at not in self.composed.values:
            at = at[:-1]
        return self.composed.values.get(at, Span(1, 1))


def validate_value(kind: str, source: Source) -> Document | tuple[Problem, ...]:
    """Return the typed document of that kind, or every problem of the value."""
    if not isinstance(source.composed.value, dict):
        message = (
            "the file is empty; it must hold keys and values"
            if source.composed.value is None
            else ("the file must hold keys and values at its top level")
        )
        return (
            source.problem(
                RuleId.DOCUMENT,
                Span(1, 1),
                message,
                hint="see the examples in customers/README.md",
            ),
        )
    try:
        return DOCUMENTS[kind].model_validate(source.composed.value)
    except ValidationError as error:
        return tuple(_problems(DOCUMENTS[kind], source, error.errors(include_url=False)))


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
    near = difflib.get_close_matches(key[:_SHOWN_LENGTH], known_keys, 1, 0.6)
    hint = f"did you mean '{near[0]}'?" if near else f"keys are {', '.join(known_keys)}"
    return source.problem(
        RuleId.UNKNOWN_KEY,
        source.composed.keys[at],
        f"{_quoted(key)} is not a key here",
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
        _sentence(field, value, errors),
        at=at,
        hint=_hint(field, value, errors),
    )


def _invalid_service(source: Source, at: Path, errors: list[ErrorDetails]) -> Problem:
    """Return the problem of a portal service: its key or its mapping, both chosen by the file's
    author.
    """
    if errors[0]["loc"][-1] == "[key]":
        message = f"{_quoted(at[-1])} is not a service key"
        return source.problem(
            RuleId.SERVICES, source.composed.keys[at], message, at=at, hint=_FORMS["owner"]
        )
    hint = "write a line 'name: …' below it"
    return source.problem(
        RuleId.SERVICES,
        source.span(at),
        _sentence("", errors[0]["input"], errors),
        at=at,
        hint=hint,
    )


def _sentence(field: str, value: Any, errors: list[ErrorDetails]) -> str:
    quoted = _quoted(value)
    if bounded := [detail for detail in errors if detail["type"] in _BOUNDS]:
        return _out_of_bounds(bounded[0]["type"], value, bounded[0]["ctx"])
    match errors[0]["type"]:
        case "bool_type":
            return f"{quoted} is neither true nor false"
        case "int_type":
            return f"{quoted} is not a whole number"
        case "list_type" if field not in _NOUNS:
            return f"{quoted} is not a list"
        case "string_type" if value is None:
            return "null is not allowed here"
        case "model_type" | "dict_type" | "model_attributes_type":
            return f"{quoted} is not a mapping of keys and values"
    return f"{quoted} is not {_NOUNS.get(field, 'a text')}"


def _out_of_bounds(kind: str, value: Any, bounds: Mapping[str, Any]) -> str:
    match kind:
        case "string_too_long":
            return f"{len(value)} characters; the limit is {bounds['max_length']}"
        case "too_long":
            return f"{len(value)} items; the limit is {bounds['max_length']}"
        case "greater_than_equal":
            return f"{_quoted(value)} is too small; the minimum is {bounds['ge']}"
        case "less_than_equal":
            return f"{_quoted(value)} is too large; the limit is {bounds['le']}"
    return "the list is empty; name at least one"


def _hint(field: str, value: Any, errors: list[ErrorDetails]) -> str | None:
    kinds = {detail["type"] for detail in errors}
    if kinds & _BOUNDS:
        return None
    if "bool_type" in kinds:
        return "write true or false"
    if isinstance(value, int) and "string_type" in kinds and field in _FREE:
        return "put it into double quotes if it is text"
    choices = [
        word
        for detail in errors
        if detail["type"] in _CHOICES
        for word in _literals(detail)
    ]
    if not choices:
        return _FORMS.get(field)
    near = (
        difflib.get_close_matches(value[:_SHOWN_LENGTH].lower(), choices, 1, 0.5)
        if isinstance(value, str)
        else []
    )
    if len(choices) == 1 and "dict_type" not in kinds:
        return _FORMS.get(field, f"write {choices[0]}")
    choice_list = f"{_plural(field)} are {', '.join(choices)}"
    return f"did you mean '{near[0]}'? {choice_list}" if near else choice_list


def _literals(detail: ErrorDetails) -> list[str]:
    return [
        word.strip().strip("'")
        # pydantic gives the alternatives as one text: 'a', 'b' or 'c'.
        for word in str(detail["ctx"]["expected"]).replace(" or ", ", ").split(",")
    ]


def _plural(field: str) -> str:
    plurals = {
        "portal_edits": "choices",
        "unreviewed": "choices",
        "sign_up": "modes",
        "workflows": "workflows",
    }
    return plurals.get(field, f"{field}s")


def _quoted(value: Any) -> str:
    match value:
        # A pattern compares these three by identity, so 1 and 0 do not match.
        case None | True | False:
            return {None: "null", True: "true", False: "false"}[value]
        case str():
            return f"'{value if len(value) <= _SHOWN_LENGTH else value[: _SHOWN_LENGTH - 1] + '…'}'"
        case dict():
            return "a mapping"
        case list():
            return "a list"
    return str(value) if abs(value) < 10**18 else "a very long number"
