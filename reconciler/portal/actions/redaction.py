"""The removal of a person's values from every column of every table that may hold text.

The columns come from the table definitions, so a new column is searched automatically.
`NOT_SEARCHED` lists the few exceptions: columns that say who or what a row is.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, Final

from sqlalchemy import (
    JSON,
    Column,
    ColumnElement,
    Select,
    Table,
    Text,
    and_,
    cast,
    false,
    func,
    or_,
    select,
    update,
)

from reconciler.portal.actions.outbox import EMPTIED_COLUMNS
from reconciler.portal.mail.kinds import MailKind
from reconciler.portal.rules import chain
from reconciler.portal.rules.erasure import IDENTITIES, PERSONAL_ACTORS, Erasure
from reconciler.portal.rules.principals import Actor
from reconciler.portal.store import tables as t
from reconciler.portal.store.unit_of_work import KINDS, Work

# Mails that tell one person what another did: a single word in them may mean the person.
KINDS_ABOUT_OTHERS: Final = frozenset(
    {MailKind.ACCEPTED, MailKind.REGISTERED, MailKind.SUBMITTED, MailKind.WORK_RECEIVED}
)
# Columns that identify a row: they belong to others, or are emptied by name for the person.
NOT_SEARCHED: Final = frozenset(
    (table.name, name)
    for table in (t.portal, t.services, t.customers, t.contacts, t.staff, t.sign_ups)
    for name in IDENTITIES
) | {
    ("outbox", "to"),
    ("outbox", "message_id"),
    ("contacts", "password"),
    ("staff", "password"),
}
_JSON_COLUMNS: Final = frozenset({("idempotency", "body")})


def redact_tables(work: Work, erasure: Erasure) -> None:
    """Remove the person from all tables except the history, which is chained."""
    # values still in memory would be written over the cleaned columns later
    work.flush()
    for table in t.metadata.sorted_tables:
        if table is not t.changes:
            _redact_table(work, table, erasure)


def redact_history(work: Work, erasure: Erasure) -> list[str]:
    """Erase what the history says about the person; return the names of the erased values."""
    c, names = t.changes.c, []
    candidates = or_(
        c.person == erasure.id,
        c.id == erasure.id,
        _may_hold([c.by, c.before, c.after], erasure),
    )
    rows = work.connection.execute(
        select(t.changes).where(candidates).order_by(c.revision, c.seq)
    ).mappings()
    for entry in [dict(row) for row in rows]:
        seals = entry["seals"]
        paths = [path for path in sorted(seals) if _identifies(erasure, entry, path)]
        if paths:
            entry_key = and_(c.revision == entry["revision"], c.seq == entry["seq"])
            work.connection.execute(
                update(t.changes)
                .where(entry_key)
                .values(**chain.erase_values(entry, paths))
            )
            names += [chain.value_name(entry, path) for path in paths]
    return names


def _identifies(erasure: Erasure, entry: Mapping[str, Any], path: str) -> bool:
    """Return whether a sealed value that is still stored says something about the person."""
    if path in chain.erased_paths(entry["seals"]):
        return False
    own = entry["id"] == erasure.id
    if path == chain.BY:
        unknown = entry["person"] is None and entry["actor"] in PERSONAL_ACTORS
        acts = (own and entry["actor"] == Actor.SELF) or entry["by"] in erasure.texts
        return entry["person"] == erasure.id or (unknown and acts)
    side, _, name = path.partition(".")
    if own and name in erasure.replaced:
        return True
    if not own and name in IDENTITIES and entry["object"] != "token":
        return False
    return bool(erasure.clean(entry[side][name], own=own) != entry[side][name])


def _redact_table(work: Work, table: Table, erasure: Erasure) -> None:
    columns = [column for column in table.columns if _is_searched(table, column)]
    if not columns:
        return
    candidates = select(table).where(_may_hold(columns, erasure))
    if table is t.outbox:
        candidates = candidates.where(
            or_(table.c.contact.is_(None), table.c.contact.not_in(_homonyms(erasure)))
        )
    for row in [dict(row) for row in work.connection.execute(candidates).mappings()]:
        if changes := _changes(table, columns, row, erasure):
            _write(work, table, row, changes)


def _homonyms(erasure: Erasure) -> Select[Any]:
    """Select the ids of other contacts with the same name: mails to them contain their own name."""
    c = t.contacts.c
    return select(c.id).where(c.name.in_(erasure.texts), c.id != erasure.id)


def _is_searched(table: Table, column: Column[Any]) -> bool:
    return (
        isinstance(column.type, Text | JSON)
        and (table.name, column.name) not in NOT_SEARCHED
    )


def _may_hold(
    columns: Iterable[ColumnElement[Any]], erasure: Erasure
) -> ColumnElement[bool]:
    """Return the condition that a column contains the letters of a value, in any encoding."""
    return or_(
        false(),
        *(
            and_(
                *(
                    func.lower(cast(column, Text)).contains(run, autoescape=True)
                    for run in runs
                )
            )
            for column in columns
            for runs in erasure.needles
        ),
    )


def _changes(
    table: Table, columns: Iterable[Column[Any]], row: Mapping[str, Any], erasure: Erasure
) -> dict[str, Any]:
    """Return the columns that differ after the person is removed from them."""
    loose = table is t.outbox and row["kind"] in KINDS_ABOUT_OTHERS
    clean = {
        column.name: _cleaned(table, column, row, erasure, loose=loose)
        for column in columns
        if not (column.name == chain.BY and row.get("person") not in {None, erasure.id})
    }
    changes = {name: value for name, value in clean.items() if value != row[name]}
    # a mail that was sent needs no text any more; one that waits is still sent, cleaned
    return (
        dict(EMPTIED_COLUMNS)
        if changes and table is t.outbox and row["forget_at"] is not None
        else changes
    )


def _cleaned(
    table: Table,
    column: Column[Any],
    row: Mapping[str, Any],
    erasure: Erasure,
    *,
    loose: bool,
) -> Any:
    value, own = row[column.name], table is t.contacts and row["id"] == erasure.id
    if (table.name, column.name) in _JSON_COLUMNS and value:
        read = json.loads(value)
        clean = erasure.clean(read, own=own)
        return (
            value
            if clean == read
            else json.dumps(clean, ensure_ascii=False, separators=(",", ":"))
        )
    if isinstance(value, str):
        return erasure.without(value, loose=loose)
    return erasure.clean(value, own=own)


def _write(
    work: Work, table: Table, row: Mapping[str, Any], changes: Mapping[str, Any]
) -> None:
    if table.name in KINDS:
        before = {name: row[name] for name in changes}
        work.rewrite(KINDS[table.name], {row["id"]: before}, lambda _: dict(changes))
        return
    row_key = and_(*(column == row[column.name] for column in table.primary_key))
    work.connection.execute(update(table).where(row_key).values(**changes))
