"""The table of writable fields of each kind of row, and how a merge patch changes them.

Defaults, sets, the members of API answers and the fields that an erasure empties are derived from
it. `tests/portal/test_fields.py` compares the table with the schemas, the database columns, the
answers and the labels of the history.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Field:
    """One writable field of one kind of row; a nested field has a dotted name.

    `default`: the value of a new row if the caller sends none. `is_set`: a list without order and
    duplicates. `personal`: personal data, which an erasure empties.
    """

    kind: str
    name: str
    default: Any = None
    is_set: bool = False
    personal: bool = False


FIELDS: Final = (
    Field("settings", "sign_up", "approval_required"),
    Field("settings", "languages.source", [], is_set=True),
    Field("settings", "languages.target", [], is_set=True),
    Field("settings", "offers.expire_after_days", 30),
    Field("settings", "branding.primary_color"),
    Field("settings", "branding.logo"),
    Field("settings", "activation.expire_after_days", 14),
    Field("service", "code"),
    Field("service", "name"),
    Field("service", "description"),
    Field("service", "template"),
    Field("service", "workflows", ["pm_quote_manual"], is_set=True),
    Field("service", "available_to_all", default=False),
    Field("service", "price.currency"),
    Field("service", "price.per_word"),
    Field("customer", "name"),
    Field("customer", "description"),
    Field("customer", "language", "en"),
    Field("customer", "project_managers", [], is_set=True, personal=True),
    Field("customer", "services", [], is_set=True),
    Field("customer", "email_domains", [], is_set=True),
    Field("customer", "protected", default=False),
    Field("contact", "name", personal=True),
    Field("contact", "email", personal=True),
    Field("contact", "role"),
    Field("contact", "services", "all", is_set=True),
    Field("contact", "language"),
    Field("contact", "protected", default=False),
)
# Nested fields that are null together: a service without a price is quoted by hand.
_NULLABLE_OBJECTS: Final = frozenset({"price"})
_SETS: Final = frozenset((field.kind, field.name) for field in FIELDS if field.is_set)


@cache
def members(kind: str) -> tuple[str, ...]:
    """Return the members of a row's JSON that hold its fields; nested fields share one."""
    outers = (field.name.partition(".")[0] for field in FIELDS if field.kind == kind)
    return tuple(dict.fromkeys(outers))


@cache
def personal_fields(kind: str) -> Mapping[str, Any]:
    """Return the personal fields of a kind of row, with their defaults."""
    return {
        field.name: field.default
        for field in FIELDS
        if field.kind == kind and field.personal
    }


def _defaults(kind: str) -> Row:
    defaults: Row = {}
    for field in FIELDS:
        outer, dot, inner = field.name.partition(".")
        if field.kind != kind:
            continue
        if outer in _NULLABLE_OBJECTS:
            defaults[outer] = None
        elif dot:
            defaults.setdefault(outer, {})[inner] = field.default
        else:
            defaults[outer] = field.default
    return defaults


_KINDS: Final = tuple(dict.fromkeys(field.kind for field in FIELDS))
# The defaults of new rows; the names are the writable fields of each kind.
DEFAULTS: Final[Mapping[str, Row]] = {kind: _defaults(kind) for kind in _KINDS}


def apply_patch(row: Mapping[str, Any], patch: Mapping[str, Any], kind: str) -> Row:
    """Return the writable fields that the merge patch changes, with their new values.

    RFC 7396, one level deep for nested fields; `null` restores the default. Sets are sorted and
    free of duplicates, so equal sets are equal values.
    """
    defaults = DEFAULTS[kind]
    changes = {}
    for name, value in patch.items():
        new = _value(row.get(name), value, defaults[name], (kind, name))
        if new != row.get(name):
            changes[name] = new
    return changes


def _value(before: Any, patch: Any, default: Any, field: tuple[str, str]) -> Any:
    if patch is None:
        return default
    if not isinstance(patch, dict):
        return _sorted(patch, field)
    kind, name = field
    merged = {**(before if isinstance(before, dict) else default or {}), **patch}
    nested = default if isinstance(default, dict) else {}
    return {
        key: nested.get(key) if value is None else _sorted(value, (kind, f"{name}.{key}"))
        for key, value in merged.items()
    }


def _sorted(value: Any, field: tuple[str, str]) -> Any:
    return sorted(set(value)) if field in _SETS and isinstance(value, list) else value
