"""Whether a JSON document conforms to one of the schemas that we publish in `schemas/`.

Our own schemas use few keywords, and a plan may have 50 MB. So each schema is compiled once into
plain functions: they judge such a plan in three seconds, where jsonschema takes a minute, and stop
at the first finding. `tests/documents/test_published.py` holds every verdict against jsonschema's.
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

_NOTES: Final = frozenset({"$schema", "$id", "$defs", "title", "description", "examples", "default"})


@dataclass(frozen=True, slots=True)
class Finding:
    """What a value must be, and where it stands below the value that was judged."""

    demand: str
    at: tuple[str | int, ...] = ()

    def below(self, part: str | int) -> Finding:
        """The same finding as the value above sees it."""
        return Finding(self.demand, (part, *self.at))

    @property
    def sentence(self) -> str:
        """A sentence with a JSON pointer."""
        parts = (str(part).replace("~", "~0").replace("/", "~1") for part in self.at)
        pointer = "".join(f"/{part}" for part in parts)
        return f"{pointer or 'the document'} must {self.demand}"


Check: TypeAlias = Callable[[Any], Finding | None]
_Build: TypeAlias = Callable[[Any, Mapping[str, Any], "_Compiler"], Check]


@lru_cache(maxsize=16)
def validator_for(name: str) -> Callable[[object], str | None]:
    """What finds a document's first fault under `schemas/NAME.schema.json`, None if it conforms."""
    schema = json.loads((schemas_folder() / f"{name}.schema.json").read_text("utf-8"))
    check = _Compiler(schema).check(schema)

    def first_finding(document: object) -> str | None:
        finding = check(document)
        return finding.sentence if finding else None

    return first_finding


class _Compiler:
    """Turns the parts of one schema into checks; what a `$ref` leads to is compiled once."""

    def __init__(self, root: Mapping[str, Any]) -> None:
        self._definitions = root.get("$defs", {})
        self._compiled: dict[str, Check] = {}

    def check(self, schema: Any) -> Check:
        """The check of one schema: its keywords in the order in which they are written."""
        if isinstance(schema, bool):
            return _anything if schema else _nothing
        checks = [_KEYWORDS[name](asked, schema, self) for name, asked in schema.items() if name not in _NOTES]
        if len(checks) == 1:
            return checks[0]

        def all_of(value: Any) -> Finding | None:
            for check in checks:
                if finding := check(value):
                    return finding
            return None

        return all_of

    def definition(self, reference: str) -> Check:
        """The check that a reference such as `#/$defs/Problem` leads to."""
        if reference not in self._compiled:
            self._compiled[reference] = self.check(self._definitions[reference.removeprefix("#/$defs/")])
        return self._compiled[reference]


def _anything(_value: Any) -> Finding | None:
    return None


def _nothing(_value: Any) -> Finding | None:
    return Finding("not be there")


def _is_integer(value: Any) -> bool:
    whole = isinstance(value, int) or (isinstance(value, float) and value.is_integer())
    return whole and not isinstance(value, bool)


def _is_number(value: Any) -> bool:
    """Whether it is a number of JSON: neither a flag nor NaN."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


_TYPES: Final[Mapping[str, Callable[[Any], bool]]] = {
    "array": lambda value: isinstance(value, list),
    "boolean": lambda value: isinstance(value, bool),
    "integer": _is_integer,
    "null": lambda value: value is None,
    "number": _is_number,
    "object": lambda value: isinstance(value, dict),
    "string": lambda value: isinstance(value, str),
}


def _type(asked: Any, _schema: Any, _compiler: _Compiler) -> Check:
    names = [asked] if isinstance(asked, str) else asked
    tests = [_TYPES[name] for name in names]
    finding = Finding(f"be of type {' or '.join(names)}")
    if len(tests) == 1:
        test = tests[0]
        return lambda value: None if test(value) else finding
    return lambda value: None if any(test(value) for test in tests) else finding


def _same(one: Any, other: Any) -> bool:
    """Equality of JSON values: to Python, `True` is 1."""
    return bool(one == other) and isinstance(one, bool) == isinstance(other, bool)


def _const(asked: Any, _schema: Any, _compiler: _Compiler) -> Check:
    finding = Finding(f"be {json.dumps(asked)}")
    return lambda value: None if _same(value, asked) else finding


def _enum(asked: Any, _schema: Any, _compiler: _Compiler) -> Check:
    finding = Finding(f"be one of {', '.join(map(json.dumps, asked))}")
    if all(isinstance(allowed, str) for allowed in asked):
        texts = frozenset(asked)
        return lambda value: None if isinstance(value, str) and value in texts else finding
    return lambda value: None if any(_same(value, allowed) for allowed in asked) else finding


def _pattern(asked: Any, _schema: Any, _compiler: _Compiler) -> Check:
    search = re.compile(asked).search
    finding = Finding(f"match {asked}")
    return lambda value: None if not isinstance(value, str) or search(value) else finding


def _least_length(asked: Any, _schema: Any, _compiler: _Compiler) -> Check:
    finding = Finding(f"have at least {asked} characters")
    return lambda value: finding if isinstance(value, str) and len(value) < asked else None


def _minimum(asked: Any, _schema: Any, _compiler: _Compiler) -> Check:
    finding = Finding(f"be at least {asked}")
    return lambda value: finding if _is_number(value) and value < asked else None


def _maximum(asked: Any, _schema: Any, _compiler: _Compiler) -> Check:
    finding = Finding(f"be at most {asked}")
    return lambda value: finding if _is_number(value) and value > asked else None


def _required(asked: Any, _schema: Any, _compiler: _Compiler) -> Check:
    def required(value: Any) -> Finding | None:
        if isinstance(value, dict):
            for key in asked:
                if key not in value:
                    return Finding(f"have the member '{key}'")
        return None

    return required


def _properties(asked: Any, _schema: Any, compiler: _Compiler) -> Check:
    checks = [(key, compiler.check(schema)) for key, schema in asked.items()]

    def properties(value: Any) -> Finding | None:
        if isinstance(value, dict):
            for key, check in checks:
                if key in value and (finding := check(value[key])):
                    return finding.below(key)
        return None

    return properties


def _additional(asked: Any, schema: Any, compiler: _Compiler) -> Check:
    known = frozenset(schema.get("properties", {}))
    check = compiler.check(asked)

    def additional(value: Any) -> Finding | None:
        if isinstance(value, dict) and not known.issuperset(value):
            for key in value:
                if key not in known and (finding := check(value[key])):
                    return finding.below(key)
        return None

    return additional


def _items(asked: Any, _schema: Any, compiler: _Compiler) -> Check:
    check = compiler.check(asked)

    def items(value: Any) -> Finding | None:
        if isinstance(value, list):
            for index, item in enumerate(value):
                if finding := check(item):
                    return finding.below(index)
        return None

    return items


def _any_of(asked: Any, _schema: Any, compiler: _Compiler) -> Check:
    """The finding of the alternative that came furthest into the value."""
    checks = [compiler.check(schema) for schema in asked]

    def any_of(value: Any) -> Finding | None:
        furthest: Finding | None = None
        for check in checks:
            finding = check(value)
            if finding is None:
                return None
            if furthest is None or len(finding.at) > len(furthest.at):
                furthest = finding
        return furthest

    return any_of


def _reference(asked: Any, _schema: Any, compiler: _Compiler) -> Check:
    return compiler.definition(asked)


_KEYWORDS: Final[Mapping[str, _Build]] = {
    "$ref": _reference,
    "additionalProperties": _additional,
    "anyOf": _any_of,
    "const": _const,
    "enum": _enum,
    "items": _items,
    "maximum": _maximum,
    "minLength": _least_length,
    "minimum": _minimum,
    "pattern": _pattern,
    "properties": _properties,
    "required": _required,
    "type": _type,
}
"""The keywords that our published schemas may use; any other fails when a schema is compiled."""
