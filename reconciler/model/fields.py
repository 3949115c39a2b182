"""Questions about fields, answered by the catalogue.

Planning asks by name alone: fields of one name agree in shape and in whether they are remembered,
whatever kind of object they belong to.
"""

from __future__ import annotations

from functools import cache
from typing import Final

from reconciler.model.catalogue import CATALOGUE, Field
from reconciler.model.changes import ObjectKind
from reconciler.model.equality import address_key
from reconciler.model.sentences import Sentence
from reconciler.model.values import Value

_BY_NAME: Final = {field.name: field for field in CATALOGUE}
_BY_OBJECT_AND_NAME: Final = {(field.object, field.name): field for field in CATALOGUE}

# Checked on import, so that a row that breaks the assumption of this module fails every
# test.
for _field in CATALOGUE:
    _named_alike = _BY_NAME[_field.name]
    if (_field.shape, _field.remembered) != (_named_alike.shape, _named_alike.remembered):
        raise AssertionError(
            f"the rows of '{_field.name}' differ in shape or in 'remembered'"
        )

# The fields that a person may set for themselves.
OWN: Final = frozenset(field.name for field in CATALOGUE if field.own)


@cache
def fields_of(kind: ObjectKind) -> tuple[Field, ...]:
    """Return the fields of this kind of object, in the catalogue's order."""
    return tuple(field for field in CATALOGUE if field.object is kind)


@cache
def portal_fields_of(kind: ObjectKind) -> tuple[Field, ...]:
    """Return the fields that the portal has for this kind of object: all but the remembered
    ones.
    """
    return tuple(field for field in fields_of(kind) if not field.remembered)


@cache
def groups_of(kind: ObjectKind) -> tuple[str, ...]:
    """Return the objects around the nested fields that the portal has, such as `languages`."""
    outers = (field.name.partition(".") for field in portal_fields_of(kind))
    return tuple(dict.fromkeys(outer for outer, dot, _ in outers if dot))


def find(object: ObjectKind, name: str) -> Field | None:
    """Return the row of a field, None when this kind of object has no such field."""
    return _BY_OBJECT_AND_NAME.get((object, name))


def is_memo(field: str) -> bool:
    """Return whether only the base holds the field: its live value is the last applied one."""
    return field in _BY_NAME and _BY_NAME[field].remembered


def same_value(field: str, first: Value, second: Value) -> bool:
    """Return whether two values of a field mean the same; addresses compare as logins, sets as
    sets.
    """
    return comparable(field, first) == comparable(field, second)


def comparable(field: str, value: Value) -> Value:
    """Return the value in a form in which equal values of this field are identical."""
    is_address = field in _BY_NAME and _BY_NAME[field].shape.is_address
    # Sorted after the addresses are mapped: their spellings can sort in another order.
    if isinstance(value, tuple):
        return tuple(sorted({address_key(item) if is_address else item for item in value}))
    return address_key(value) if is_address and isinstance(value, str) else value


def power_noun(object: ObjectKind, name: str) -> Sentence | None:
    """Return the noun of a field that gives or takes power, None for any other field."""
    row = find(object, name)
    return row.power if row else None


def is_masked(object: ObjectKind, name: str) -> bool:
    """Return whether reports without personal data hide every value of the field."""
    row = find(object, name)
    return row is not None and row.masked


def loosens(object: ObjectKind, name: str, before: Value, after: Value) -> bool:
    """Return whether the change makes the policy less strict; None stands for the field's
    default.
    """
    row = find(object, name)
    return row is not None and _looseness(row, after) > _looseness(row, before)


def stricter(object: ObjectKind, name: str, first: Value, second: Value) -> Value:
    """Return the stricter of two values; `first` when the field has no stricter value.

    None stands for the field's default, and so does a value that the field cannot have: a damaged
    base lifts no limit.
    """
    row = find(object, name)
    if row is None or row.stricter is None:
        return first
    return min(
        _sound(row, first), _sound(row, second), key=lambda value: _looseness(row, value)
    )


def _sound(row: Field, value: Value) -> Value:
    """Return the value if the field can have it, else the field's default."""
    is_allowed = row.stricter == "less" or value in (row.stricter or ())
    return (
        value
        if is_allowed and value is not None and row.shape.holds(value)
        else row.default
    )


def _looseness(row: Field, value: Value) -> int:
    """Return the distance of the value from the strictest one; 0 for fields without a stricter
    value.
    """
    if row.stricter is None:
        return 0
    sound = _sound(row, value)
    if row.stricter == "less":
        return sound if isinstance(sound, int) else 0
    return row.stricter.index(sound)
