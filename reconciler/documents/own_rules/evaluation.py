"""A schema evaluated against a value, in a bounded number of steps. The only module that imports
jsonschema.

jsonschema evaluates. Everything that could take long or leave the schema is replaced here: patterns
are matched by the linear engine, `uniqueItems` compares canonical texts, references lead only to
places that were resolved before, and each call of a keyword spends steps. A step is about ten
microseconds, so `MAX_STEPS` is about 20 ms. Steps instead of a clock: the same commit gets the
same verdict on any machine and under any load, and a test does not have to wait.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from jsonschema import Draft202012Validator, ValidationError
from jsonschema.validators import extend
from jsonschema_specifications import REGISTRY

from reconciler.documents.own_rules.patterns import compile_pattern
from reconciler.documents.positions import Path

# The steps of one rule on one document.
MAX_STEPS: Final = 2_000

SUBSCHEMA: Final = {"type": ["object", "boolean"]}
_VOCABULARIES: Final = (
    "core",
    "applicator",
    "unevaluated",
    "validation",
    "meta-data",
    "format-annotation",
    "content",
)
# Keywords whose call visits each member of the value.
_ITERATING: Final = frozenset(
    {
        "items",
        "contains",
        "additionalProperties",
        "patternProperties",
        "propertyNames",
        "unevaluatedItems",
        "unevaluatedProperties",
        "uniqueItems",
    }
)

Keyword = Callable[[Any, Any, Any, Any], Iterator[ValidationError] | None]


class TooSlow(Exception):
    """The step budget was used up before there was a verdict."""


class Evaluator:
    """Evaluates one schema after the other; `references` says where each `$ref` leads."""

    def __init__(self) -> None:
        self._steps = 0
        self._sizes: dict[int, int] = {}
        self._references: Mapping[str, Any] = {}
        keywords: dict[str, Keyword] = {
            **Draft202012Validator.VALIDATORS,
            **self._own_keywords(),
        }
        metered = {name: self._metered(name, keyword) for name, keyword in keywords.items()}
        # the stubs leave `extend` untyped
        validator = extend(Draft202012Validator, metered)  # type: ignore[no-untyped-call]
        self._validator: Any = validator

    def findings(
        self, schema: Any, references: Mapping[str, Any], value: Any
    ) -> list[Path]:
        """Return the places of the value that the schema does not accept. Raises TooSlow."""
        self._steps = MAX_STEPS
        self._sizes = {}
        self._references = references
        errors = self._validator(schema).iter_errors(value)
        return list(dict.fromkeys(tuple(error.absolute_path) for error in errors))

    def first_fault(self, keyword: str, value: Any) -> tuple[Path, str, Any] | None:
        """Return why a keyword may not have this value: the place in it, and the constraint that
        fails.
        """
        self._steps = 1_000_000  # our own schema: linear in the rule file's size
        self._sizes = {}
        self._references = KEYWORD_REFERENCES
        error = next(self._validator(KEYWORDS[keyword]).iter_errors(value), None)
        if error is None:
            return None
        return tuple(error.absolute_path), str(error.validator), error.validator_value

    def _metered(self, name: str, keyword: Keyword) -> Keyword:
        def metered(
            validator: Any, constraint: Any, value: Any, schema: Any
        ) -> Iterator[ValidationError]:
            # jsonschema writes constraint and value into the message of every error, also
            # of errors that an `anyOf` drops, so a call costs what they are long.
            self._spend(1 + (self._size(constraint) + self._size(value)) // 20)
            if name in _ITERATING and isinstance(value, dict | list):
                self._spend(len(value))
            yield from keyword(validator, constraint, value, schema) or ()

        return metered

    def _spend(self, steps: int) -> None:
        self._steps -= steps
        if self._steps < 0:
            raise TooSlow

    def _size(self, value: Any) -> int:
        """Return the amount to compare or to quote: one for each part and each 32 characters."""
        if isinstance(value, str):
            return 1 + len(value) // 32
        if not isinstance(value, dict | list):
            return 1
        # By identity, which is safe: the values live as long as the evaluation.
        size = self._sizes.get(id(value))
        if size is None:
            parts: Any = [*value, *value.values()] if isinstance(value, dict) else value
            size = self._sizes[id(value)] = 1 + sum(self._size(part) for part in parts)
        return size

    def _own_keywords(self) -> dict[str, Keyword]:
        return {
            "$ref": self._reference,
            "pattern": self._pattern,
            "patternProperties": self._pattern_properties,
            "properties": _properties,
            "additionalProperties": self._additional_properties,
            "propertyNames": _property_names,
            "uniqueItems": _unique_items,
            "unevaluatedItems": self._unevaluated_items,
            "unevaluatedProperties": self._unevaluated_properties,
        }

    def _matches(self, pattern: str, text: str) -> bool:
        engine = compile_pattern(pattern)
        self._spend(engine.cost(text))
        return engine.matches(text)

    def _reference(
        self, validator: Any, reference: Any, value: Any, _schema: Any
    ) -> Iterator[ValidationError]:
        yield from _descend(validator, value, self._references[reference])

    def _pattern(
        self, _validator: Any, pattern: Any, value: Any, _schema: Any
    ) -> Iterator[ValidationError]:
        if isinstance(value, str) and not self._matches(pattern, value):
            yield ValidationError("the text does not match")

    def _pattern_properties(
        self, validator: Any, patterns: Any, value: Any, _schema: Any
    ) -> Iterator[ValidationError]:
        if isinstance(value, dict):
            for pattern, schema in patterns.items():
                for key in value:
                    if self._matches(pattern, key):
                        yield from _descend(validator, value[key], schema, key)

    def _additional_properties(
        self, validator: Any, constraint: Any, value: Any, schema: Any
    ) -> Iterator[ValidationError]:
        if isinstance(value, dict):
            # JSON Schema 2020-12: `additionalProperties` looks at these two beside it and
            # at nothing else.
            sibling_keywords = {
                name: schema.get(name, {}) for name in ("properties", "patternProperties")
            }
            evaluated = self._evaluated(validator, value, sibling_keywords)
            for key in value:
                if key not in evaluated:
                    yield from _descend(validator, value[key], constraint, key)

    def _unevaluated_properties(
        self, validator: Any, constraint: Any, value: Any, schema: Any
    ) -> Iterator[ValidationError]:
        if isinstance(value, dict):
            evaluated = self._evaluated(
                validator, value, _without(schema, "unevaluatedProperties")
            )
            for key in value:
                if key not in evaluated:
                    yield from _descend(validator, value[key], constraint, key)

    def _unevaluated_items(
        self, validator: Any, constraint: Any, value: Any, schema: Any
    ) -> Iterator[ValidationError]:
        if isinstance(value, list):
            evaluated = self._evaluated(
                validator, value, _without(schema, "unevaluatedItems")
            )
            for index, item in enumerate(value):
                if index not in evaluated:
                    yield from _descend(validator, item, constraint, index)

    def _evaluated(self, validator: Any, value: Any, schema: Any) -> set[str | int]:
        """Return the keys or indexes of the value that a schema which accepts it evaluates."""
        self._spend(1)
        if not isinstance(schema, dict):
            return set()
        evaluated: set[str | int] = set()
        for keyword, constraint in schema.items():
            evaluated |= self._evaluated_by(validator, value, keyword, constraint)
            for subschema in self._applied(validator, value, keyword, schema):
                evaluated |= self._evaluated(validator, value, subschema)
        return evaluated

    def _evaluated_by(
        self, validator: Any, value: Any, keyword: str, constraint: Any
    ) -> set[str | int]:
        """Return the keys or indexes that a keyword itself evaluates."""
        match value, keyword:
            case dict(), "properties":
                return {key for key in value if key in constraint}
            case dict(), "patternProperties":
                return {
                    key
                    for key in value
                    if any(self._matches(pattern, key) for pattern in constraint)
                }
            case dict(), "additionalProperties" | "unevaluatedProperties":
                return set(value)
            case list(), "prefixItems":
                return set(range(len(constraint)))
            case list(), "items" | "unevaluatedItems":
                return set(range(len(value)))
            case list(), "contains":
                return {
                    index
                    for index, item in enumerate(value)
                    if _accepted(validator, item, constraint)
                }
        return set()

    def _applied(
        self, validator: Any, value: Any, keyword: str, schema: Any
    ) -> Iterator[Any]:
        """Yield the schemas that a keyword applies to the value itself and that accept it."""
        constraint = schema[keyword]
        match keyword:
            case "$ref":
                yield self._references[constraint]
            case "allOf" | "anyOf" | "oneOf":
                yield from (
                    below for below in constraint if _accepted(validator, value, below)
                )
            case "if":
                accepted = _accepted(validator, value, constraint)
                yield from [constraint] if accepted else []
                # A missing branch is the schema `true`, which evaluates nothing.
                yield schema.get("then" if accepted else "else", True)
            case "dependentSchemas" if isinstance(value, dict):
                yield from (below for key, below in constraint.items() if key in value)


def _descend(
    validator: Any, value: Any, schema: Any, at: str | int | None = None
) -> Iterator[ValidationError]:
    """Yield the findings below. jsonschema loses the place of a value under the schema `false`."""
    if schema is False:
        yield ValidationError("no value is allowed here", path=() if at is None else (at,))
    else:
        yield from validator.descend(value, schema, path=at)


def _properties(
    validator: Any, properties: Any, value: Any, _schema: Any
) -> Iterator[ValidationError]:
    if isinstance(value, dict):
        for key, schema in properties.items():
            if key in value:
                yield from _descend(validator, value[key], schema, key)


def _property_names(
    validator: Any, names: Any, value: Any, _schema: Any
) -> Iterator[ValidationError]:
    if isinstance(value, dict):
        for key in value:
            if not _accepted(validator, key, names):
                yield ValidationError("the key is not allowed", path=(key,))


def _unique_items(
    _validator: Any, unique: Any, value: Any, _schema: Any
) -> Iterator[ValidationError]:
    if unique and isinstance(value, list):
        # Texts instead of Python's equality, for which `true` is 1. In JSON Schema 1.0 is 1
        # too, but documents have no fractions.
        different = {json.dumps(item, sort_keys=True) for item in value}
        if len(different) < len(value):
            yield ValidationError("an item occurs twice")


def _accepted(validator: Any, value: Any, schema: Any) -> bool:
    return bool(validator.evolve(schema=schema).is_valid(value))


def _without(schema: Mapping[str, Any], keyword: str) -> dict[str, Any]:
    return {name: part for name, part in schema.items() if name != keyword}


def _shallow(node: Any) -> Any:
    """Return a part of the meta-schema in which each subschema only has to be a schema; each is
    checked separately.
    """
    if isinstance(node, list):
        return [_shallow(item) for item in node]
    if not isinstance(node, dict):
        return node
    if node.get("$dynamicRef") == "#meta":
        return SUBSCHEMA
    return {key: _shallow(value) for key, value in node.items()}


def _meta(part: str) -> Iterator[tuple[str, Any]]:
    for name in _VOCABULARIES:
        yield from _shallow(
            REGISTRY.contents(f"https://json-schema.org/draft/2020-12/meta/{name}").get(
                part, {}
            )
        ).items()


KEYWORD_REFERENCES: Final[dict[str, Any]] = {
    f"#/$defs/{name}": schema for name, schema in _meta("$defs")
}
# Every keyword of JSON Schema 2020-12 with the schema of its value, from the official
# meta-schema.
KEYWORDS: Final[dict[str, Any]] = dict(_meta("properties"))
