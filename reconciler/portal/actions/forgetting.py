"""Takes a person's values out of every column of every table that may hold text.

The columns are those of the tables. `KEPT` names the few that say who or what a row is, which are not
searched; a new column is searched without being named anywhere.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, Final

from sqlalchemy import JSON, Column, ColumnElement, Select, Table, Text, and_, cast, false, func, or_, select, update

from reconciler.portal.actions.outbox import FORGOTTEN
from reconciler.portal.mail.kinds import MailKind
from reconciler.portal.rules import chain
from reconciler.portal.rules.principals import Actor
from reconciler.portal.rules.traces import AS_PERSON, IDENTITIES, Traces
from reconciler.portal.store import tables as t
from reconciler.portal.store.unit_of_work import KINDS, Work

NAMES_OTHERS: Final = frozenset({MailKind.ACCEPTED, MailKind.REGISTERED, MailKind.SUBMITTED, MailKind.WORK_RECEIVED})
"""Mails that say to one person what another did: there a single word that is a name means the person."""
KEPT: Final = frozenset(
    (table.name, name)
    for table in (t.portal, t.services, t.customers, t.contacts, t.staff, t.sign_ups)
    for name in IDENTITIES
) | {("outbox", "to"), ("outbox", "message_id"), ("contacts", "password"), ("staff", "password")}
"""Columns that say who or what a row is: they belong to others, or the person's own are emptied by name."""
_JSON_TEXTS: Final = frozenset({("idempotency", "body")})


def forget_everywhere(work: Work, traces: Traces) -> None:
    """Take the person out of all tables but the history, which is chained."""
    work.flush()
    for table in t.metadata.sorted_tables:
        if table is not t.changes:
            _forget_in(work, table, traces)


def forget_in_history(work: Work, traces: Traces) -> list[str]:
    """Erase what the history says of the person; the names of the values that went (`rules.chain.named`)."""
    c, names = t.changes.c, []
    theirs = or_(c.person == traces.id, c.id == traces.id, _may_hold([c.by, c.before, c.after], traces))
    rows = work.connection.execute(select(t.changes).where(theirs).order_by(c.revision, c.seq)).mappings()
    for entry in [dict(row) for row in rows]:
        seals = entry["seals"]
        paths = [path for path in sorted(seals) if _tells(traces, entry, path)]
        if paths:
            one = and_(c.revision == entry["revision"], c.seq == entry["seq"])
            work.connection.execute(update(t.changes).where(one).values(**chain.without(entry, paths)))
            names += [chain.named(entry, path) for path in paths]
    return names


def _tells(traces: Traces, entry: Mapping[str, Any], path: str) -> bool:
    """Whether a sealed value that is still there says something of the person."""
    if path in chain.erased_paths(entry["seals"]):
        return False
    own = entry["id"] == traces.id
    if path == chain.BY:
        unknown = entry["person"] is None and entry["actor"] in AS_PERSON
        acts = (own and entry["actor"] == Actor.SELF) or entry["by"] in traces.texts
        return entry["person"] == traces.id or (unknown and acts)
    side, _, name = path.partition(".")
    if own and name in traces.replaced:
        return True
    if not own and name in IDENTITIES and entry["object"] != "token":
        return False
    return bool(traces.clean(entry[side][name], own=own) != entry[side][name])


def _forget_in(work: Work, table: Table, traces: Traces) -> None:
    columns = [column for column in table.columns if _is_searched(table, column)]
    if not columns:
        return
    found = select(table).where(_may_hold(columns, traces))
    if table is t.outbox:
        found = found.where(or_(table.c.contact.is_(None), table.c.contact.not_in(_homonyms(traces))))
    for row in [dict(row) for row in work.connection.execute(found).mappings()]:
        if changed := _changed(table, columns, row, traces):
            _write(work, table, row, changed)


def _homonyms(traces: Traces) -> Select[Any]:
    """The ids of others who are called the same: a mail to them says their own name."""
    c = t.contacts.c
    return select(c.id).where(c.name.in_(traces.texts), c.id != traces.id)


def _is_searched(table: Table, column: Column[Any]) -> bool:
    return isinstance(column.type, Text | JSON) and (table.name, column.name) not in KEPT


def _may_hold(columns: Iterable[ColumnElement[Any]], traces: Traces) -> ColumnElement[bool]:
    """Whether one of the columns has the letters of a value, however it is encoded there."""
    return or_(false(), *(
        and_(*(func.lower(cast(column, Text)).contains(run, autoescape=True) for run in runs))
        for column in columns for runs in traces.needles
    ))  # fmt: skip


def _changed(
    table: Table, columns: Iterable[Column[Any]], row: Mapping[str, Any], traces: Traces
) -> dict[str, Any]:  # fmt: skip
    """The columns that differ once the person is taken out of them."""
    loose = table is t.outbox and row["kind"] in NAMES_OTHERS
    clean = {
        column.name: _cleaned(table, column, row, traces, loose=loose)
        for column in columns
        if not (column.name == chain.BY and row.get("person") not in {None, traces.id})
    }
    changed = {name: value for name, value in clean.items() if value != row[name]}
    # nobody reads on in a mail that was sent
    return dict(FORGOTTEN) if changed and table is t.outbox and row["forget_at"] is not None else changed


def _cleaned(table: Table, column: Column[Any], row: Mapping[str, Any], traces: Traces, *, loose: bool) -> Any:
    value, own = row[column.name], table is t.contacts and row["id"] == traces.id
    if (table.name, column.name) in _JSON_TEXTS and value:
        read = json.loads(value)
        clean = traces.clean(read, own=own)
        return value if clean == read else json.dumps(clean, ensure_ascii=False, separators=(",", ":"))
    if isinstance(value, str):
        return traces.without(value, loose=loose)
    return traces.clean(value, own=own)


def _write(work: Work, table: Table, row: Mapping[str, Any], changed: Mapping[str, Any]) -> None:
    if table.name in KINDS:
        before = {name: row[name] for name in changed}
        work.rewrite(KINDS[table.name], {row["id"]: before}, lambda _: dict(changed))
        return
    one = and_(*(column == row[column.name] for column in table.primary_key))
    work.connection.execute(update(table).where(one).values(**changed))
