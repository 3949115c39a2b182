"""Which fields the portal does not show, and when two values of a field are equal."""

from __future__ import annotations

from typing import Final

from reconciler.model.equality import address_key
from reconciler.model.values import Value

MEMOS: Final = frozenset({"heir", "manager_optional", "portal_edits", "rules"})
"""Remembered in `applied` only; a settings field `policy.*` is one too. See `is_memo`."""


def is_memo(field: str) -> bool:
    """Whether the portal has no such field of its own: its live value is the last applied one."""
    return field in MEMOS or field.startswith("policy.")


def same_value(field: str, one: Value, other: Value) -> bool:
    """Whether two values of a field mean the same; addresses compare as logins, sets as sets."""
    return comparable(field, one) == comparable(field, other)


def comparable(field: str, value: Value) -> Value:
    """The value in the form in which equal values of this field are identical."""
    if field == "email" and isinstance(value, str):
        return address_key(value)
    if field == "project_managers" and isinstance(value, tuple):
        return tuple(sorted({address_key(item) for item in value}))
    if isinstance(value, tuple):
        return tuple(sorted(set(value)))
    return value
