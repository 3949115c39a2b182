"""One object's fields compared three ways: the file's value, the portal's, and the last applied
one.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from reconciler.model.fields import OWN, is_memo, same_value
from reconciler.model.live import Actor, Applied, LiveObject, Touch
from reconciler.model.values import FieldChange, Fields, Value


class FieldState(StrEnum):
    """The relation of a field's three values."""

    SAME = "same"
    CHANGE = "change"
    EDIT = "edit"
    CONFLICT = "conflict"
    PERSONAL = "personal"


@dataclass(frozen=True, slots=True)
class Comparison:
    """The fields of one object by state; changes and edits sorted by name.

    `memos`: fields that only the base holds and that change (heirs, limits, policy). `undone`:
    names of portal edits that became changes back to the file's value.
    """

    changes: tuple[FieldChange, ...] = ()
    edits: tuple[FieldChange, ...] = ()
    conflicts: tuple[FieldChange, ...] = ()
    memos: tuple[FieldChange, ...] = ()
    record: bool = False
    reverted_names: frozenset[str] = frozenset()

    @property
    def is_changed(self) -> bool:
        """True if the file says something else than when it was last applied."""
        return bool(self.changes or self.memos or self.conflicts)

    @property
    def written_fields(self) -> tuple[FieldChange, ...]:
        """The fields that a change of the object shows: those of the portal and of the base."""
        return tuple(sorted((*self.changes, *self.memos), key=lambda change: change.name))


def classify_field(
    field: str,
    desired: Value,
    live: Value,
    base: Applied | None,
    touch: Touch | None,
) -> FieldState:
    """Return the state of one field that the file manages and the portal shows.

    A value that a person sets for themselves (`fields.OWN`) is never an edit: it counts as
    unmanaged until the file changes.
    """
    if same_value(field, desired, live):
        return FieldState.SAME
    # Never managed before: the file decides, and a note names who set the portal's value.
    if base is None or field not in base.fields:
        return FieldState.CHANGE
    applied = base.fields[field]
    if same_value(field, live, applied):
        return FieldState.CHANGE
    personal = field in OWN and touch is not None and touch.actor is Actor.SELF
    if same_value(field, desired, applied):
        return FieldState.PERSONAL if personal else FieldState.EDIT
    # The file changed too, so a person's own name or language yields to it.
    return FieldState.CHANGE if personal else FieldState.CONFLICT


def compare(
    desired: Fields, live: Fields, base: Applied | None, touched: Mapping[str, Touch]
) -> Comparison:
    """Return all fields of one object by state; `record`: the base must change even if nothing else
    does.

    An edit or conflict is (field, the file's value, the portal's value).
    """
    by_state: dict[FieldState, list[FieldChange]] = {state: [] for state in FieldState}
    for field in sorted(desired):
        if is_memo(field):
            continue
        state = classify_field(
            field, desired[field], live.get(field), base, touched.get(field)
        )
        as_edit = state in {FieldState.EDIT, FieldState.CONFLICT}
        before, after = (
            (desired[field], live.get(field))
            if as_edit
            else (live.get(field), desired[field])
        )
        by_state[state].append(FieldChange(field, before, after))
    return Comparison(
        tuple(by_state[FieldState.CHANGE]),
        tuple(by_state[FieldState.EDIT]),
        tuple(by_state[FieldState.CONFLICT]),
        _memos(desired, base),
        base_moves(desired, base),
    )


def _memos(desired: Fields, base: Applied | None) -> tuple[FieldChange, ...]:
    """Return the fields that only the base holds and that change; without a base all of them are
    new.
    """
    applied_fields = base.fields if base else {}
    pairs = [
        (name, applied_fields.get(name), desired.get(name))
        for name in sorted({*desired, *applied_fields})
    ]
    return tuple(
        FieldChange(name, before, after)
        for name, before, after in pairs
        if is_memo(name) and not same_value(name, before, after)
    )


def restored_fields(desired: Fields, live: LiveObject) -> tuple[FieldChange, ...]:
    """Return the fields that a restoration writes, and those that the base will hold anew."""
    applied_fields = live.applied.fields if live.applied else {}
    pairs = (
        (name, applied_fields if is_memo(name) else live.fields, value)
        for name, value in sorted(desired.items())
    )
    return tuple(
        FieldChange(name, current_values.get(name), value)
        for name, current_values, value in pairs
        if not same_value(name, current_values.get(name), value)
    )


def with_reverted_edits(
    comparison: Comparison, edits_to_revert: Collection[FieldChange]
) -> Comparison:
    """Return the comparison where git wins over these edits: each becomes a change back to the
    file's value.
    """
    reverted = [FieldChange(edit.name, edit.after, edit.before) for edit in edits_to_revert]
    changes = sorted([*comparison.changes, *reverted], key=lambda change: change.name)
    edits = tuple(edit for edit in comparison.edits if edit not in edits_to_revert)
    names = frozenset(change.name for change in reverted)
    return replace(comparison, changes=tuple(changes), edits=edits, reverted_names=names)


def base_moves(desired: Fields, base: Applied | None) -> bool:
    """Return whether the last applied file differs from the current one."""
    # Other names of fields count: a line deleted from the file ends the management of its
    # field.
    if base is None or not base.present or set(desired) != set(base.fields):
        return True
    return any(
        not same_value(field, value, base.fields[field]) for field, value in desired.items()
    )
