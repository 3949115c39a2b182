"""Tables that must have an entry for every member of an enum."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeVar

Key = TypeVar("Key")
Value = TypeVar("Value")


def require_all(table: Mapping[Key, Value], keys: Iterable[Key]) -> Mapping[Key, Value]:
    """Return the table; a `LookupError` names the keys without an entry.

    Modules call it on import, so a server with an incomplete table does not start.
    """
    if absent := sorted(str(key) for key in keys if key not in table):
        raise LookupError(f"no entry for {', '.join(absent)}")
    return table
