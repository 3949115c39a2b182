"""Validation of a JSON document against one of the schemas that we publish in `schemas/`.

Our own schemas use few keywords, and a plan may have 50 MB. So each schema is compiled once into
plain functions. They check such a plan in three seconds, where jsonschema takes a minute, and stop
at the first error. `tests/documents/test_published_schemas.py` compares every verdict with
jsonschema's.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, TypeAlias

from reconciler.shipped import schemas_folder

_NOTES: Final = frozenset(
    {"$schema", "$id", "$defs", "title", "description", "examples", "default"}
)


@dataclass(frozen=True, slots=True)
class SchemaError:
    """The constraint that a value violates, and the value's place below the checked value."""

    demand: str
    at: tuple[str | int, ...] = ()

    def below(self, part: str | int) -> SchemaError:
        """Return the same error as seen from the parent value."""
        return SchemaError(self.demand, (part, *self.at))

    @property
    def sentence(self) -> str:
        """The error as a sentence with a JSON pointer."""
        parts = (str(part).replace("~", "~0").replace("/", "~1") for part in self.at)
        pointer = "".join(f"/{part}" for part in parts)
        return f"{pointer or 'the document'} must {self.demand}"


Check: TypeAlias = Callable[[Any], SchemaError | None]
_Build: TypeAlias = Callable[[Any, Mapping[str, Any], "_Compiler"], Check]


@lru_cache(maxsize=16)
def validator_for(name: str) -> Callable[[object], str | None]:
    """Return a function that finds a document's first error under `schemas/NAME.schema.json`, None
    if it conforms.
    """
    schema = json.loads((schemas_folder() / f"{name}.schema.json").read_text("utf-8"))
    check = _Compiler(schema).check(schema)

    def first_error(document: object) -> str | None:
        error = check(document)
        return error.sentence if error else None

    return first_error


class _Compiler:
    """Turns the parts of one schema into checks; the target of a `$ref` is compiled once."""

    def __init__(self, root: Mapping[str, Any]) -> None:
        self._definitions = root.get("$defs", {})
        self._compiled: dict[str, Check] = {}

    def check(self, schema: Any) -> Check:
        """Return the check of one schema: its keywords in their written order."""
        if isinstance(schema, bool):
            return _accept if schema else _reject
        checks = [
            _KEYWORDS[name](constraint, schema, self)
            for name, constraint in schema.items()
            if name not in _NOTES
        ]
        # One call less for most values; a plan has millions.
        if len(checks) == 1:
            return checks[0]

        def all_of(value: Any) -> SchemaError | None:
            for check in checks:
                if error := check(value):
                    return error
            return None

        return all_of

    def definition(self, reference: str) -> Check:
        """Return the check that a reference such as `#/$defs/Problem` leads to."""
        # A schema that refers to itself would never be compiled; none of ours does.
        if reference not in self._compiled:
            self._compiled[reference] = self.check(
                self._definitions[reference.removeprefix("#/$defs/")]
            )
        return self._compiled[reference]


def _accept(_value: Any) -> SchemaError | None:
    return None


def _reject(_value: Any) -> SchemaError | None:
    return SchemaError("not be there")


def _is_integer(value: Any) -> bool:
    # In JSON Schema, 1.0 is an integer.
    whole = isinstance(value, int) or (isinstance(value, float) and value.is_integer())
    return whole and not isinstance(value, bool)


def _is_number(value: Any) -> bool:
    """Return whether the value is a JSON number: neither a boolean nor NaN."""
    return (
        isinstance(value, int | float)
        and not isinstance(value, bool)
        and math.isfinite(value)
    )


_TYPES: Final[Mapping[str, Callable[[Any], bool]]] = {
    "array": lambda value: isinstance(value, list),
    "boolean": lambda value: isinstance(value, bool),
    "integer": _is_integer,
    "null": lambda value: value is None,
    "number": _is_number,
    "object": lambda value: isinstance(value, dict),
    "string": lambda value: isinstance(value, str),
}


def _type(constraint: Any, _schema: Any, _compiler: _Compiler) -> Check:
    names = [constraint] if isinstance(constraint, str) else constraint
    tests = [_TYPES[name] for name in names]
    error = SchemaError(f"be of type {' or '.join(names)}")
    if len(tests) == 1:
        test = tests[0]
        return lambda value: None if test(value) else error
    return lambda value: None if any(test(value) for test in tests) else error


def _is_equal(first: Any, second: Any) -> bool:
    """Return whether two JSON values are equal; in Python, `True == 1`."""
    return bool(first == second) and isinstance(first, bool) == isinstance(second, bool)


def _const(constraint: Any, _schema: Any, _compiler: _Compiler) -> Check:
    error = SchemaError(f"be {json.dumps(constraint)}")
    return lambda value: None if _is_equal(value, constraint) else error


def _enum(constraint: Any, _schema: Any, _compiler: _Compiler) -> Check:
    error = SchemaError(f"be one of {', '.join(map(json.dumps, constraint))}")
    # Texts alone can be looked up in a set; with numbers, `True` would be found as 1.
    if all(isinstance(choice, str) for choice in constraint):
        texts = frozenset(constraint)
        return lambda value: None if isinstance(value, str) and value in texts else error
    return lambda value: (
        None if any(_is_equal(value, choice) for choice in constraint) else error
    )


def _pattern(constraint: Any, _schema: Any, _compiler: _Compiler) -> Check:
    # Safe, since these patterns are our own; those of a provider go to RE2.
    search = re.compile(constraint).search
    error = SchemaError(f"match {constraint}")
    return lambda value: None if not isinstance(value, str) or search(value) else error


def _min_length(constraint: Any, _schema: Any, _compiler: _Compiler) -> Check:
    error = SchemaError(f"have at least {constraint} characters")
    return lambda value: (
        error if isinstance(value, str) and len(value) < constraint else None
    )


def _minimum(constraint: Any, _schema: Any, _compiler: _Compiler) -> Check:
    error = SchemaError(f"be at least {constraint}")
    return lambda value: error if _is_number(value) and value < constraint else None


def _maximum(constraint: Any, _schema: Any, _compiler: _Compiler) -> Check:
    error = SchemaError(f"be at most {constraint}")
    return lambda value: error if _is_number(value) and value > constraint else None


def _required_keys(constraint: Any, _schema: Any, _compiler: _Compiler) -> Check:
    def check_required(value: Any) -> SchemaError | None:
        if isinstance(value, dict):
            for key in constraint:
                if key not in value:
                    return SchemaError(f"have the member '{key}'")
        return None

    return check_required


def _properties(constraint: Any, _schema: Any, compiler: _Compiler) -> Check:
    checks = [(key, compiler.check(schema)) for key, schema in constraint.items()]

    def properties(value: Any) -> SchemaError | None:
        if isinstance(value, dict):
            for key, check in checks:
                if key in value and (error := check(value[key])):
                    return error.below(key)
        return None

    return properties


def _additional(constraint: Any, schema: Any, compiler: _Compiler) -> Check:
    declared = frozenset(schema.get("properties", {}))
    check = compiler.check(constraint)

    def additional(value: Any) -> SchemaError | None:
        if isinstance(value, dict) and not declared.issuperset(value):
            for key in value:
                if key not in declared and (error := check(value[key])):
                    return error.below(key)
        return None

    return additional


def _items(constraint: Any, _schema: Any, compiler: _Compiler) -> Check:
    check = compiler.check(constraint)

    def items(value: Any) -> SchemaError | None:
        if isinstance(value, list):
            for index, item in enumerate(value):
                if error := check(item):
                    return error.below(index)
        return None

    return items


def _any_of(constraint: Any, _schema: Any, compiler: _Compiler) -> Check:
    """Return a check that reports the alternative that matched furthest into the value."""
    checks = [compiler.check(schema) for schema in constraint]

    def any_of(value: Any) -> SchemaError | None:
        furthest: SchemaError | None = None
        for check in checks:
            error = check(value)
            if error is None:
                return None
            if furthest is None or len(error.at) > len(furthest.at):
                furthest = error
        return furthest

    return any_of


def _reference(constraint: Any, _schema: Any, compiler: _Compiler) -> Check:
    return compiler.definition(constraint)


# The keywords that our published schemas may use; any other fails when a schema is
# compiled.
_KEYWORDS: Final[Mapping[str, _Build]] = {
    "$ref": _reference,
    "additionalProperties": _additional,
    "anyOf": _any_of,
    "const": _const,
    "enum": _enum,
    "items": _items,
    "maximum": _maximum,
    "minLength": _min_length,
    "minimum": _minimum,
    "pattern": _pattern,
    "properties": _properties,
    "required": _required_keys,
    "type": _type,
}
