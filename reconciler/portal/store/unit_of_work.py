"""The unit of work: rows in memory while one transaction is open, written together.

Acts ask it for rows, change them as plain values, and tell it what to audit and to mail. `flush`
writes what changed, many rows a statement. Nothing is committed here: that is the caller's `with`.
"""

from __future__ import annotations

import secrets
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from sqlalchemy import ColumnElement, Connection, Table, bindparam, delete, insert, or_, select, update

from reconciler.portal.rules.audit import Verb
from reconciler.portal.rules.principals import Principal
from reconciler.portal.rules.problems import Problem
from reconciler.portal.rules.search import sought_by
from reconciler.portal.rules.states import MailState
from reconciler.portal.rules.throttle import Limits
from reconciler.portal.store import tables as t
from reconciler.portal.store.chain import chained
from reconciler.portal.store.database import mark_traces

_KIND: Final = {
    "settings": t.settings, "service": t.services, "customer": t.customers, "contact": t.contacts,
    "request": t.requests, "staff": t.staff,
}  # fmt: skip
"""The table of every kind of row, in the order in which they refer to each other."""
KINDS: Final = {table.name: kind for kind, table in _KIND.items()}
"""The kind of the rows of a table, by the table's name."""
Change: TypeAlias = Callable[[Mapping[str, Any]], dict[str, Any]]
"""What becomes of some columns of a row."""
_PREFIX: Final = {"service": "svc", "customer": "cus", "contact": "con", "request": "req", "staff": "stf"}


@dataclass(eq=False)
class Row:
    """A row in memory: its values, and those that the database has (None: it is new)."""

    kind: str
    values: dict[str, Any]
    stored: dict[str, Any] | None
    first: dict[str, Any] | None = None
    """The values before this unit of work; None when the row is new in it."""
    dirty: dict[int, Row] = field(default_factory=dict, repr=False)
    """Where a row that was written waits for the next flush. Values are replaced, never changed in place."""
    unjudged: dict[int, Row] = field(default_factory=dict, repr=False)
    """Where a row that was written waits for the guard (`store.guard`)."""
    gone: bool = False
    """Whether the row was deleted for good."""

    def __getitem__(self, name: str) -> Any:
        return self.values[name]

    def __setitem__(self, name: str, value: Any) -> None:
        self.update(**{name: value})

    def update(self, **values: Any) -> None:
        """Write several values."""
        self.values.update(values)
        self.dirty[id(self)] = self.unjudged[id(self)] = self

    def know(self, values: Mapping[str, Any]) -> None:
        """Take over values that the database has by now, as if they had always been there."""
        for state in (self.values, self.stored, self.first):
            if state is not None:
                state.update(values)

    @property
    def id(self) -> str:
        return str(self.values["id"])

    @property
    def changed(self) -> dict[str, Any]:
        """The values that the database does not have yet."""
        if self.stored is None:
            return self.values
        return {name: value for name, value in self.values.items() if value != self.stored[name]}


@dataclass(eq=False)
class Work:
    """One writing transaction on behalf of somebody, at one time of the portal's clock."""

    connection: Connection
    portal: dict[str, Any]
    principal: Principal
    now: str
    base_url: str = "http://127.0.0.1:8000"
    run: str | None = None
    commit: str | None = None
    rows: dict[tuple[str, str], Row] = field(default_factory=dict)
    dirty: dict[int, Row] = field(default_factory=dict)
    unjudged: dict[int, Row] = field(default_factory=dict)
    guarded: dict[str, Row] = field(default_factory=dict)
    """The protected contacts that were written, by id, as the guard met them."""
    removed: list[Row] = field(default_factory=list)
    audited: list[dict[str, Any]] = field(default_factory=list)
    mails: list[dict[str, Any]] = field(default_factory=list)
    forgets: bool = False
    """Whether somebody's data is erased here, of which free space of the database is to hold nothing."""
    limits: Limits = field(default_factory=Limits)
    tries: list[tuple[str, int]] = field(default_factory=list)
    """What was counted of the person meanwhile, and how many times (`store.limits`)."""

    @property
    def revision(self) -> int:
        """The revision that this transaction makes, if it changes anything."""
        return int(self.portal["revision"]) + 1

    def one(self, kind: str, id: str) -> Row:
        """The row of this id; a `not-found` problem when there is none."""
        found = self.rows.get((kind, id)) or next(iter(self.where(kind, _KIND[kind].c.id == id)), None)
        if found is None:
            raise Problem("not-found", f"there is no {kind} '{id}'")
        return found

    def where(self, kind: str, *criteria: ColumnElement[bool]) -> list[Row]:
        """The rows that meet the criteria, sorted by id, with what this work changed already."""
        self.flush()
        statement = select(_KIND[kind]).where(*criteria).order_by(_KIND[kind].c.id)
        return [self._known(kind, dict(found)) for found in self.connection.execute(statement).mappings()]

    def _known(self, kind: str, values: dict[str, Any]) -> Row:
        key = (kind, str(values["id"]))
        if key not in self.rows:
            self.rows[key] = Row(kind, values, dict(values), dict(values), self.dirty, self.unjudged)
        return self.rows[key]

    def load(self, kind: str, ids: Iterable[str]) -> None:
        """Read many rows at once that will be asked for one by one."""
        wanted = sorted(set(ids))
        for start in range(0, len(wanted), 500):
            self.where(kind, _KIND[kind].c.id.in_(wanted[start : start + 500]))

    def new(self, kind: str, values: Mapping[str, Any]) -> Row:
        """A new row with an id nobody can guess."""
        id = f"{_PREFIX[kind]}_{secrets.token_hex(10)}"
        row = Row(
            kind, {"id": id, "version": 0, "revision": self.revision, **values}, None, None, self.dirty, self.unjudged
        )
        row["version"] = 0
        self.rows[(kind, id)] = row
        return row

    def remove(self, row: Row) -> None:
        """Delete a row for good; only what nobody refers to, and what leaves no work behind."""
        self.flush()
        self.connection.execute(delete(_KIND[row.kind]).where(_KIND[row.kind].c.id == row.id))
        del self.rows[(row.kind, row.id)]
        self.dirty.pop(id(row), None)
        row.gone = True
        self.removed.append(row)
        self.unjudged[id(row)] = row

    def touch(self, row: Row, *fields: str) -> None:
        """Note who wrote these fields; also counts the row's version, once in a unit of work."""
        by = {"by": self.principal.name, "actor": str(self.principal.actor), "at": self.now}
        row["touched"] = {**row["touched"], **dict.fromkeys(fields, by)}
        self.written(row)

    def written(self, row: Row) -> None:
        """Count a row's version, once in a unit of work however often it is written."""
        row["version"] = (row.first["version"] if row.first else 0) + 1

    def audit(
        self,
        verb: Verb,
        row: Row,
        before: Mapping[str, Any] | None,
        after: Mapping[str, Any] | None,
        change: str | None = None,
    ) -> None:
        """Note one act in the history."""
        self.audited.append({
            "revision": self.revision, "seq": len(self.audited), "at": self.now, "by": self.principal.name,
            "actor": str(self.principal.actor), "what": str(verb), "object": row.kind, "id": row.id,
            "before": dict(before) if before is not None else None,
            "after": dict(after) if after is not None else None,
            "change": change, "run": self.run, "commit": self.commit, "person": self.principal.person,
        })  # fmt: skip

    def mail(self, values: Mapping[str, Any]) -> None:
        """Put a mail into the outbox; it leaves only if the transaction is committed."""
        self.mails.append({
            "revision": self.revision, "created_at": self.now, "state": MailState.QUEUED, "tries": 0,
            "next_try_at": self.now, "last_error": None, "sent_at": None, "forget_at": None, **values,
        })  # fmt: skip

    def flush(self) -> None:
        """Write all that changed in memory, without committing it."""
        dirty = [row for row in self.dirty.values() if row.stored is None or row.values != row.stored]
        self.dirty.clear()
        for table in _KIND.values():
            self._write(table, [row for row in dirty if _KIND[row.kind] is table])

    def _write(self, table: Table, rows: list[Row]) -> None:
        by_columns: dict[tuple[str, ...], list[Row]] = defaultdict(list)
        for row in rows:
            row.values["revision"] = self.revision
            if (form := sought_by(row.kind, row.values)) is not None:
                row.values["sought"] = form
            by_columns[() if row.stored is None else tuple(row.changed)].append(row)
        for columns, group in by_columns.items():
            self._statement(table, columns, group)
        for row in rows:
            row.stored = dict(row.values)

    def _statement(self, table: Table, columns: tuple[str, ...], rows: list[Row]) -> None:
        if not columns:
            self.connection.execute(insert(table), [row.values for row in rows])
            return
        self._update(table, columns, {row.id: row.values for row in rows})

    def _update(self, table: Table, columns: Iterable[str], rows: Mapping[str, Mapping[str, Any]]) -> None:
        statement = update(table).where(table.c.id == bindparam("row_id"))
        statement = statement.values({name: bindparam(f"new_{name}", type_=table.c[name].type) for name in columns})
        self.connection.execute(
            statement, [{"row_id": id, **{f"new_{name}": row[name] for name in columns}} for id, row in rows.items()]
        )

    def rewrite(self, kind: str, rows: Mapping[str, Mapping[str, Any]], change: Change) -> None:
        """Write what `change` makes of the columns of many rows, by id, in one statement.

        Nobody wrote these rows, so their versions stay. Their revision moves: `since` shows them. What
        they were before this work changes alike, so that it still compares with what they are.
        """
        self.flush()
        changed = {id: change(values) for id, values in rows.items()}
        new = {id: {**values, "revision": self.revision} for id, values in changed.items() if values != rows[id]}
        if new:
            self._update(_KIND[kind], next(iter(new.values())), new)
        for id, values in new.items():
            if known := self.rows.get((kind, id)):
                first = change(known.first) if known.first else {}
                known.know(values)
                (known.first or {}).update(first)

    def replace(self, kind: str, column: str, old: str, new: str) -> None:
        """Put a value in place of another in all rows of a kind, in one statement.

        As with `rewrite`, versions stay and revisions move.
        """
        self.flush()
        table, values = _KIND[kind], {column: new, "revision": self.revision}
        self.connection.execute(update(table).where(table.c[column] == old).values(values))
        for row in self.rows.values():
            if row.kind == kind and row[column] == old:
                row.know(values)

    def park(self, kind: str, column: str, rows: Iterable[Row]) -> None:
        """Empty a unique column of rows that will get another value, so that values can be exchanged."""
        self.flush()
        table = _KIND[kind]
        for row in rows:
            self.connection.execute(update(table).where(table.c.id == row.id).values({column: None}))
            row[column] = None
            if row.stored:
                row.stored[column] = None

    def finish(self) -> bool:
        """Write the rest; whether a new revision was made."""
        self.flush()
        entries = chained(self.portal["head"], self.audited)
        for table, written in ((t.changes, entries), (t.outbox, self.mails)):
            if written:
                self.connection.execute(insert(table), written)
        wrote = bool(entries or any(row.first != row.values for row in self.rows.values()))
        if wrote:
            head = entries[-1]["hash"] if entries else self.portal["head"]
            self.connection.execute(update(t.portal).values(revision=self.revision, head=head))
        return wrote

    def leave_no_traces(self) -> None:
        """See to it that free space of the database holds nothing of what was erased here."""
        self.forgets = True
        mark_traces(self.connection)

    def end_access(self, person: str) -> None:
        """End all sessions and tokens of a contact or of one of the provider's people, and make the links useless."""
        s, links = t.sessions.c, t.links.c
        for table, whose in (
            (t.sessions, or_(s.contact == person, s.staff == person)),
            (t.tokens, t.tokens.c.contact == person),
        ):
            self.connection.execute(update(table).where(whose, table.c.ended_at.is_(None)).values(ended_at=self.now))
        self.connection.execute(
            delete(t.links).where(or_(links.contact == person, links.staff == person), links.used_at.is_(None))
        )
