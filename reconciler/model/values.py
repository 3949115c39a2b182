"""Field values as both states carry them, and the pairs in which a field moves.

A value is plain data that compares and serialises the same everywhere. Lists are sets to the
reconciler, so they are kept sorted and without repeats from the moment they enter the model.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

Value: TypeAlias = bool | int | str | tuple[str, ...] | None
"""Nothing, a flag, a number, a text, or a set of texts (sorted, distinct)."""

Fields: TypeAlias = Mapping[str, Value]
"""Managed fields by name. A name that is missing is unmanaged; a name with `None` is emptied."""

ALL: Final = "all"
"""What stands in `services` for "every service there is"."""


def as_set(items: Iterable[str]) -> tuple[str, ...]:
    """The items as a set value: sorted, without repeats."""
    return tuple(sorted(set(items)))


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field of one object, from what the portal has to what it shall have."""

    name: str
    before: Value
    after: Value
