"""The unit of work: rows in memory during one transaction, written together.

Actions ask it for rows, change them as plain values, and add history entries and mails. `flush`
writes the changes, many rows per statement. The caller's `with` commits.
"""

from __future__ import annotations

import secrets
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from sqlalchemy import (
    ColumnElement,
    Connection,
    Table,
    bindparam,
    delete,
    insert,
    or_,
    select,
    update,
)

from reconciler.portal.rules.audit import AuditAction
from reconciler.portal.rules.principals import Principal
from reconciler.portal.rules.problems import Problem
from reconciler.portal.rules.search import row_search_form
from reconciler.portal.rules.throttle import Limits
from reconciler.portal.store import tables as t
from reconciler.portal.store.chain import chain_entries
from reconciler.portal.store.queued_mails import Composer, QueuedMail, outbox_rows
from reconciler.portal.store.row import Row
from reconciler.portal.store.vacuum import mark_for_vacuum

__all__ = ["KINDS", "Change", "Row", "Work"]

# The table of each kind of row, in the order of their references.
_TABLES: Final = {
    "settings": t.settings,
    "service": t.services,
    "customer": t.customers,
    "contact": t.contacts,
    "request": t.requests,
    "staff": t.staff,
}
# The kind of row by table name.
KINDS: Final = {table.name: kind for kind, table in _TABLES.items()}
# Returns new values for some columns of a row.
Change: TypeAlias = Callable[[Mapping[str, Any]], dict[str, Any]]
_ID_PREFIXES: Final = {
    "service": "svc",
    "customer": "cus",
    "contact": "con",
    "request": "req",
    "staff": "stf",
}


@dataclass(eq=False)
class Work:
    """One write transaction on behalf of a principal, at one time of the portal's clock."""

    connection: Connection
    portal: dict[str, Any]
    principal: Principal
    now: str
    base_url: str = "http://127.0.0.1:8000"
    run: str | None = None
    commit: str | None = None
    rows: dict[tuple[str, str], Row] = field(default_factory=dict)
    dirty: dict[int, Row] = field(default_factory=dict)
    unchecked: dict[int, Row] = field(default_factory=dict)
    protected_contacts: dict[str, Row] = field(default_factory=dict)
    """The protected contacts that were written, by id."""
    deleted: list[Row] = field(default_factory=list)
    audit_entries: list[dict[str, Any]] = field(default_factory=list)
    mails: list[QueuedMail] = field(default_factory=list)
    erases: bool = False
    """Whether a person's data is erased, so that the database's free space must be cleared."""
    limits: Limits = field(default_factory=Limits)
    counted_attempts: list[tuple[str, int]] = field(default_factory=list)
    """The subjects and amounts counted for the person (`store.limits`)."""

    @property
    def revision(self) -> int:
        """The revision that this transaction makes, if it changes anything."""
        return int(self.portal["revision"]) + 1

    def get(self, kind: str, id: str) -> Row:
        """Return the row with this id; else a `not-found` problem."""
        row = self.rows.get((kind, id)) or next(
            iter(self.where(kind, _TABLES[kind].c.id == id)), None
        )
        if row is None:
            raise Problem("not-found", f"there is no {kind} '{id}'")
        return row

    def where(self, kind: str, *criteria: ColumnElement[bool]) -> list[Row]:
        """Return the rows that meet the criteria, sorted by id, including changes of this work."""
        self.flush()
        statement = select(_TABLES[kind]).where(*criteria).order_by(_TABLES[kind].c.id)
        return [
            self._row_of(kind, dict(values))
            for values in self.connection.execute(statement).mappings()
        ]

    def _row_of(self, kind: str, values: dict[str, Any]) -> Row:
        key = (kind, str(values["id"]))
        if key not in self.rows:
            self.rows[key] = Row(
                kind, values, dict(values), dict(values), self.dirty, self.unchecked
            )
        return self.rows[key]

    def load(self, kind: str, ids: Iterable[str]) -> None:
        """Read many rows at once that are needed one by one later."""
        sorted_ids = sorted(set(ids))
        for start in range(0, len(sorted_ids), 500):
            self.where(kind, _TABLES[kind].c.id.in_(sorted_ids[start : start + 500]))

    def new(self, kind: str, values: Mapping[str, Any]) -> Row:
        """Return a new row with a random id."""
        id = f"{_ID_PREFIXES[kind]}_{secrets.token_hex(10)}"
        row = Row(
            kind,
            {"id": id, "version": 0, "revision": self.revision, **values},
            None,
            None,
            self.dirty,
            self.unchecked,
        )
        row["version"] = 0
        self.rows[(kind, id)] = row
        return row

    def remove(self, row: Row) -> None:
        """Delete a row for good; nothing may refer to it, and it must own no open work."""
        self.flush()
        self.connection.execute(
            delete(_TABLES[row.kind]).where(_TABLES[row.kind].c.id == row.id)
        )
        del self.rows[(row.kind, row.id)]
        self.dirty.pop(id(row), None)
        row.is_deleted = True
        self.deleted.append(row)
        self.unchecked[id(row)] = row

    def touch(self, row: Row, *fields: str) -> None:
        """Record who wrote these fields, and count the row's version."""
        by = {"by": self.principal.name, "actor": str(self.principal.actor), "at": self.now}
        row["touched"] = {**row["touched"], **dict.fromkeys(fields, by)}
        self.count_version(row)

    def count_version(self, row: Row) -> None:
        """Increase the row's version, once per unit of work."""
        row["version"] = (row.first["version"] if row.first else 0) + 1

    def audit(
        self,
        action: AuditAction,
        row: Row,
        before: Mapping[str, Any] | None,
        after: Mapping[str, Any] | None,
        change: str | None = None,
    ) -> None:
        """Add an entry to the history."""
        self.audit_entries.append(
            {
                "revision": self.revision,
                "seq": len(self.audit_entries),
                "at": self.now,
                "by": self.principal.name,
                "actor": str(self.principal.actor),
                "what": str(action),
                "object": row.kind,
                "id": row.id,
                "before": dict(before) if before is not None else None,
                "after": dict(after) if after is not None else None,
                "change": change,
                "run": self.run,
                "commit": self.commit,
                "person": self.principal.person,
            }
        )

    def mail(self, compose: Composer, opens: str | None = None) -> None:
        """Queue a mail, which is sent only if the transaction is committed.

        It is composed at the end: a batch may change a person's language or role after the
        operation that mails them. `end_access` withdraws a mail that `opens` the person's access.
        """
        self.mails.append(QueuedMail(compose, opens))

    def flush(self) -> None:
        """Write all changes in memory without committing them."""
        dirty = [
            row
            for row in self.dirty.values()
            if row.saved is None or row.values != row.saved
        ]
        self.dirty.clear()
        for table in _TABLES.values():
            self._write(table, [row for row in dirty if _TABLES[row.kind] is table])

    def _write(self, table: Table, rows: list[Row]) -> None:
        by_columns: dict[tuple[str, ...], list[Row]] = defaultdict(list)
        for row in rows:
            row.values["revision"] = self.revision
            if (form := row_search_form(row.kind, row.values)) is not None:
                row.values["sought"] = form
            by_columns[() if row.saved is None else tuple(row.unsaved)].append(row)
        for columns, group in by_columns.items():
            self._statement(table, columns, group)
        for row in rows:
            row.saved = dict(row.values)

    def _statement(self, table: Table, columns: tuple[str, ...], rows: list[Row]) -> None:
        if not columns:
            self.connection.execute(insert(table), [row.values for row in rows])
            return
        self._update(table, columns, {row.id: row.values for row in rows})

    def _update(
        self, table: Table, columns: Iterable[str], rows: Mapping[str, Mapping[str, Any]]
    ) -> None:
        statement = update(table).where(table.c.id == bindparam("row_id"))
        statement = statement.values(
            {name: bindparam(f"new_{name}", type_=table.c[name].type) for name in columns}
        )
        self.connection.execute(
            statement,
            [
                {"row_id": id, **{f"new_{name}": row[name] for name in columns}}
                for id, row in rows.items()
            ],
        )

    def rewrite(
        self, kind: str, rows: Mapping[str, Mapping[str, Any]], change: Change
    ) -> None:
        """Apply `change` to the columns of many rows, by id, in one statement.

        Versions stay, because nobody wrote these rows; revisions move, so `since` shows them. The
        values before this work change alike, so that comparisons stay valid.
        """
        self.flush()
        changes = {id: change(values) for id, values in rows.items()}
        new = {
            id: {**values, "revision": self.revision}
            for id, values in changes.items()
            if values != rows[id]
        }
        if new:
            self._update(_TABLES[kind], next(iter(new.values())), new)
        for id, values in new.items():
            if row := self.rows.get((kind, id)):
                first = change(row.first) if row.first else {}
                row.adopt(values)
                (row.first or {}).update(first)

    def replace(self, kind: str, column: str, old: str, new: str) -> None:
        """Replace a value in all rows of a kind, in one statement.

        As with `rewrite`, versions stay and revisions move.
        """
        self.flush()
        table, values = _TABLES[kind], {column: new, "revision": self.revision}
        self.connection.execute(update(table).where(table.c[column] == old).values(values))
        for row in self.rows.values():
            if row.kind == kind and row[column] == old:
                row.adopt(values)

    def clear_unique_column(self, kind: str, column: str, rows: Iterable[Row]) -> None:
        """Clear a unique column of rows, so that they can exchange their values."""
        self.flush()
        table = _TABLES[kind]
        for row in rows:
            self.connection.execute(
                update(table).where(table.c.id == row.id).values({column: None})
            )
            row[column] = None
            if row.saved:
                row.saved[column] = None

    def finish(self) -> bool:
        """Write the remaining changes; return whether a new revision was made."""
        self.flush()
        mail_rows = outbox_rows(self.mails, self.revision, self.now)
        entries = chain_entries(self.portal["head"], self.audit_entries)
        for table, rows in ((t.changes, entries), (t.outbox, mail_rows)):
            if rows:
                self.connection.execute(insert(table), rows)
        wrote = bool(entries or any(row.first != row.values for row in self.rows.values()))
        if wrote:
            head = entries[-1]["hash"] if entries else self.portal["head"]
            self.connection.execute(
                update(t.portal).values(revision=self.revision, head=head)
            )
        return wrote

    def vacuum_afterwards(self) -> None:
        """Make sure that free space of the database contains nothing that was erased here."""
        self.erases = True
        mark_for_vacuum(self.connection)

    def end_access(self, person: str) -> None:
        """End all sessions, tokens and unused links of a person, and withdraw the mails of this
        work that contain such a link.
        """
        self.mails = [mail for mail in self.mails if mail.opens != person]
        s, links = t.sessions.c, t.links.c
        for table, owned in (
            (t.sessions, or_(s.contact == person, s.staff == person)),
            (t.tokens, t.tokens.c.contact == person),
        ):
            self.connection.execute(
                update(table)
                .where(owned, table.c.ended_at.is_(None))
                .values(ended_at=self.now)
            )
        # not deleted: the page of an ended link tells what became of it
        self.connection.execute(
            update(t.links)
            .where(
                or_(links.contact == person, links.staff == person), links.used_at.is_(None)
            )
            .values(used_at=self.now)
        )
