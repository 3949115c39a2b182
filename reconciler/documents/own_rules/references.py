"""The schemas inside a schema, and the targets of its references.

Every `$ref` is followed before anything is evaluated. A circle is allowed as long as each turn
descends into the value. A circle that stays at the same value would never end, and is refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import unquote

from reconciler.documents.own_rules.evaluation import KEYWORDS, SUBSCHEMA
from reconciler.documents.positions import DocumentError, Path
from reconciler.documents.validation import Source
from reconciler.model.problems import Problem
from reconciler.model.rules import RuleId

# The maximum number of schemas that lead to one another for one value; a thousand would
# overflow the stack.
MAX_CHAIN_LENGTH: Final = 16

_REFERENCE: Final = RuleId.RULE_REFERENCE
_SCHEMA_ARRAY: Final = {"$ref": "#/$defs/schemaArray"}
# Keywords whose schemas apply to the value itself, and not to a part of it.
_SAME_VALUE: Final = (
    "allOf",
    "anyOf",
    "oneOf",
    "not",
    "if",
    "then",
    "else",
    "dependentSchemas",
)
_OF_THE_FILE: Final = frozenset({"$schema", "$id"})


@dataclass(frozen=True, slots=True)
class Subschema:
    """One schema inside a rule, the rule itself included, and its place."""

    at: Path
    schema: Any


def without_identifiers(value: Mapping[str, Any]) -> dict[str, Any]:
    """Return the schema without `$schema` and `$id`: a `$schema` inside would select another
    evaluator.
    """
    return {key: part for key, part in value.items() if key not in _OF_THE_FILE}


def subschemas(value: Any, at: Path = ()) -> Iterator[Subschema]:
    """Yield the schema and all schemas inside it, the outer ones first."""
    yield Subschema(at, value if at else without_identifiers(value))
    if isinstance(value, dict):
        for keyword, part in value.items():
            for below, schema in _members(keyword, part):
                yield from subschemas(schema, (*at, keyword, *below))


def _members(keyword: str, value: Any) -> list[tuple[Path, Any]]:
    """Return the schemas directly under a keyword; none where the value has another form."""
    constraint = KEYWORDS.get(keyword, {})
    if constraint == SUBSCHEMA:
        return [((), value)]
    if constraint == _SCHEMA_ARRAY and isinstance(value, list):
        return [((index,), item) for index, item in enumerate(value)]
    if (
        isinstance(constraint, dict)
        and constraint.get("additionalProperties") == SUBSCHEMA
        and isinstance(value, dict)
    ):
        return [((key,), item) for key, item in value.items()]
    return []


def resolve(
    source: Source, all_subschemas: list[Subschema]
) -> tuple[dict[str, Any], list[Problem]]:
    """Return the target of each reference, and the problems of those that have none or form a
    circle.
    """
    by_path = {
        subschema.at: subschema.schema
        for subschema in all_subschemas
        if isinstance(subschema.schema, dict | bool)
    }
    names, problems = _names(source, by_path)
    places: dict[str, Path] = {}
    for at, schema in by_path.items():
        reference = schema.get("$ref") if isinstance(schema, dict) else None
        if not isinstance(reference, str):
            continue
        # A pointer in a fragment is percent-encoded (RFC 6901, 6).
        target = names.get(unquote(reference[1:])) if reference.startswith("#") else None
        if target is None:
            problems.append(_leads_nowhere(source, (*at, "$ref"), reference))
        else:
            places[reference] = target
    if not problems:
        try:
            _Chains(source, by_path, places).check()
        except DocumentError as refusal:
            problems.append(
                source.problem(
                    refusal.rule, refusal.span, refusal.message, hint=refusal.hint
                )
            )
    return {reference: by_path[at] for reference, at in places.items()}, problems


def _names(
    source: Source, by_path: Mapping[Path, Any]
) -> tuple[dict[str, Path], list[Problem]]:
    """Return the texts that a reference may have after the `#`: pointers and anchors."""
    # An anchor begins with a letter or `_` and a pointer with `/`, so they cannot be
    # confused.
    names = {_pointer(at): at for at in by_path}
    problems = []
    for at, schema in by_path.items():
        anchor = schema.get("$anchor") if isinstance(schema, dict) else None
        if not isinstance(anchor, str):
            continue
        if names.setdefault(anchor, at) != at:
            place = (*at, "$anchor")
            problems.append(
                source.problem(
                    _REFERENCE,
                    source.span(place),
                    f"the anchor '{anchor[:40]}' occurs twice",
                    at=place,
                )
            )
    return names, problems


def _pointer(at: Path) -> str:
    return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in at)


def _leads_nowhere(source: Source, at: Path, reference: str) -> Problem:
    if reference.startswith("#"):
        message = f"'{reference[:80]}' does not lead to a schema in this file"
        hint = "write a path such as #/$defs/NAME"
    else:
        message = f"'{reference[:80]}' leads out of this file; references are not fetched"
        hint = "copy it into '$defs'"
    return source.problem(_REFERENCE, source.span(at), message, at=at, hint=hint)


class _Chains:
    """Follows the chains of schemas that apply to the same value."""

    def __init__(
        self, source: Source, by_path: Mapping[Path, Any], places: Mapping[str, Path]
    ) -> None:
        self._source = source
        self._by_path = by_path
        self._places = places
        self._lengths: dict[Path, int] = {}

    def check(self) -> None:
        """Raise DocumentError for the first chain that never ends or is too long."""
        for at in self._by_path:
            self._length(at, ())

    def _length(self, at: Path, above: tuple[Path, ...]) -> int:
        """Return the number of schemas in the longest chain from here."""
        if at not in self._lengths:
            below = (
                self._below(place, target, (*above, at)) for place, target in self._next(at)
            )
            self._lengths[at] = 1 + max(below, default=0)
        return self._lengths[at]

    def _below(self, place: Path, target: Path, above: tuple[Path, ...]) -> int:
        span = self._source.span(place)
        if target in above:
            message = "the references form a circle that never descends into the value"
            raise DocumentError(
                _REFERENCE, message, span, "lead the circle through properties or items"
            )
        length = self._length(target, above) if len(above) <= MAX_CHAIN_LENGTH else 1
        if len(above) + length > MAX_CHAIN_LENGTH:
            message = (
                f"more than {MAX_CHAIN_LENGTH} schemas in a row apply to the same value"
            )
            raise DocumentError(_REFERENCE, message, span)
        return length

    def _next(self, at: Path) -> Iterator[tuple[Path, Path]]:
        """Yield the schemas that apply to the same value next, each with the place that refers to
        it.
        """
        schema = self._by_path[at]
        if not isinstance(schema, dict):
            return
        reference = schema.get("$ref")
        if isinstance(reference, str) and reference in self._places:
            yield (*at, "$ref"), self._places[reference]
        for keyword in _SAME_VALUE:
            for below, _ in _members(keyword, schema.get(keyword)):
                target = (*at, keyword, *below)
                if target in self._by_path:
                    yield target, target
