"""One object's fields compared three ways: the file's, the portal's, and the last applied ones."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from reconciler.model.fields import OWN, is_memo, same_value
from reconciler.model.live import Actor, Applied, LiveObject, Touch
from reconciler.model.values import FieldChange, Fields, Value


class Verdict(StrEnum):
    """The relation of a field's three values."""

    SAME = "same"
    CHANGE = "change"
    EDIT = "edit"
    CONFLICT = "conflict"
    PERSONAL = "personal"


@dataclass(frozen=True, slots=True)
class Compared:
    """The fields of one object by verdict; changes and edits sorted by name.

    `memos`: fields that only the base remembers and that move (heirs, limits, policy).
    `undone`: names of portal edits that became changes back to the file's value.
    """

    changes: tuple[FieldChange, ...] = ()
    edits: tuple[FieldChange, ...] = ()
    conflicts: tuple[FieldChange, ...] = ()
    memos: tuple[FieldChange, ...] = ()
    record: bool = False
    undone: frozenset[str] = frozenset()

    @property
    def written(self) -> tuple[FieldChange, ...]:
        """The fields that a change of the object shows: those of the portal and of the base."""
        return tuple(sorted((*self.changes, *self.memos), key=lambda change: change.name))


def judge_field(
    field: str,
    desired: Value,
    live: Value,
    base: Applied | None,
    touch: Touch | None,
) -> Verdict:
    """The verdict on one field that the file manages and the portal shows.

    What a person sets for themselves (`fields.OWN`) is never an edit: it counts as unmanaged until
    the file moves.
    """
    if same_value(field, desired, live):
        return Verdict.SAME
    if base is None or field not in base.fields:
        return Verdict.CHANGE
    applied = base.fields[field]
    if same_value(field, live, applied):
        return Verdict.CHANGE
    personal = field in OWN and touch is not None and touch.actor is Actor.SELF
    if same_value(field, desired, applied):
        return Verdict.PERSONAL if personal else Verdict.EDIT
    return Verdict.CHANGE if personal else Verdict.CONFLICT


def compare(desired: Fields, live: Fields, base: Applied | None, touched: Mapping[str, Touch]) -> Compared:
    """All fields of one object; `record`: the base must move even if nothing else does.

    An edit or conflict is (field, the file's value, the portal's value).
    """
    by_verdict: dict[Verdict, list[FieldChange]] = {verdict: [] for verdict in Verdict}
    for field in sorted(desired):
        if is_memo(field):
            continue
        verdict = judge_field(field, desired[field], live.get(field), base, touched.get(field))
        as_edit = verdict in {Verdict.EDIT, Verdict.CONFLICT}
        before, after = (desired[field], live.get(field)) if as_edit else (live.get(field), desired[field])
        by_verdict[verdict].append(FieldChange(field, before, after))
    return Compared(
        tuple(by_verdict[Verdict.CHANGE]),
        tuple(by_verdict[Verdict.EDIT]),
        tuple(by_verdict[Verdict.CONFLICT]),
        _memos(desired, base),
        base_moves(desired, base),
    )


def _memos(desired: Fields, base: Applied | None) -> tuple[FieldChange, ...]:
    """The fields that only the base remembers and that move; without a base all of them are new."""
    known = base.fields if base else {}
    pairs = [(name, known.get(name), desired.get(name)) for name in sorted({*desired, *known})]
    return tuple(
        FieldChange(name, before, after)
        for name, before, after in pairs
        if is_memo(name) and not same_value(name, before, after)
    )


def restored_fields(desired: Fields, live: LiveObject) -> tuple[FieldChange, ...]:
    """The fields that a restoration writes, and those that the base will remember anew."""
    remembered = live.applied.fields if live.applied else {}
    pairs = ((name, remembered if is_memo(name) else live.fields, value) for name, value in sorted(desired.items()))
    return tuple(
        FieldChange(name, known.get(name), value)
        for name, known, value in pairs
        if not same_value(name, known.get(name), value)
    )


def settled(compared: Compared, back: Collection[FieldChange]) -> Compared:
    """The comparison where git wins over these edits: each becomes a change back to the file's value."""
    undone = [FieldChange(edit.name, edit.after, edit.before) for edit in back]
    changes = sorted([*compared.changes, *undone], key=lambda change: change.name)
    edits = tuple(edit for edit in compared.edits if edit not in back)
    names = frozenset(change.name for change in undone)
    return replace(compared, changes=tuple(changes), edits=edits, undone=names)


def base_moves(desired: Fields, base: Applied | None) -> bool:
    """Whether what was last applied is not what the file says now."""
    if base is None or not base.present or set(desired) != set(base.fields):
        return True
    return any(not same_value(field, value, base.fields[field]) for field, value in desired.items())
