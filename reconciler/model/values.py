"""Field values of both states, and the pair of values of a changed field.

A value is plain data that compares and serialises the same everywhere. The reconciler treats lists
as sets, so they are sorted and without duplicates from the moment they enter the model.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

# Nothing, a flag, a number, a text, or a set of texts (sorted, distinct).
Value: TypeAlias = bool | int | str | tuple[str, ...] | None

# Managed fields by name. A name that is missing is unmanaged; a name with `None` is
# emptied.
Fields: TypeAlias = Mapping[str, Value]

# The value of `services` for every service.
ALL: Final = "all"


def as_set(items: Iterable[str]) -> tuple[str, ...]:
    """Return the items as a set value: sorted, without duplicates."""
    return tuple(sorted(set(items)))


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field of one object, with its value in the portal and its new value."""

    name: str
    before: Value
    after: Value
