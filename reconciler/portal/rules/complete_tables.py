"""Tables that must have an entry for every member of an enum."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeVar

Key = TypeVar("Key")
Value = TypeVar("Value")


def covering(table: Mapping[Key, Value], keys: Iterable[Key]) -> Mapping[Key, Value]:
    """Return the table; a `LookupError` that names the keys without an entry.

    Modules call it as they are imported, so a server with an incomplete table does not start.
    """
    if missing := sorted(str(key) for key in keys if key not in table):
        raise LookupError(f"no entry for {', '.join(missing)}")
    return table
