"""A row in memory during one transaction (`store.unit_of_work`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(eq=False)
class Row:
    """A row in memory: its values, and those saved in the database (None for a new row)."""

    kind: str
    values: dict[str, Any]
    saved: dict[str, Any] | None
    first: dict[str, Any] | None = None
    """The values before this unit of work; None if the row is new in it."""
    dirty: dict[int, Row] = field(default_factory=dict, repr=False)
    """The work's rows to flush; a written row adds itself. Values are replaced, never mutated."""
    unchecked: dict[int, Row] = field(default_factory=dict, repr=False)
    """The rows that `store.guard` has to check; a written row adds itself."""
    is_deleted: bool = False
    """Whether the row was deleted for good."""

    def __getitem__(self, name: str) -> Any:
        return self.values[name]

    def __setitem__(self, name: str, value: Any) -> None:
        self.update(**{name: value})

    def update(self, **values: Any) -> None:
        """Set several values."""
        self.values.update(values)
        self.dirty[id(self)] = self.unchecked[id(self)] = self

    def adopt(self, values: Mapping[str, Any]) -> None:
        """Take over values that the database has by now, as if they had always been there."""
        for state in (self.values, self.saved, self.first):
            if state is not None:
                state.update(values)

    @property
    def id(self) -> str:
        return str(self.values["id"])

    @property
    def unsaved(self) -> dict[str, Any]:
        """The values that the database does not have yet."""
        if self.saved is None:
            return self.values
        return {
            name: value for name, value in self.values.items() if value != self.saved[name]
        }
