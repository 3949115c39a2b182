"""The snapshot: all rows for a planner, at one revision, as NDJSON with a checksum."""

from __future__ import annotations

import hashlib
import zlib
from collections import Counter
from collections.abc import Generator, Iterator
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Table, and_, func, select

from reconciler.portal.rules.problems import Problem
from reconciler.portal.rules.states import OPEN, ContactStatus
from reconciler.portal.store import tables as t
from reconciler.portal.web.responses import json_bytes
from reconciler.portal.web.serialization import as_json, registration

CHUNK: Final = 64 * 1024

# The kinds of rows, in their order.
_KINDS: Final = (
    "settings",
    "service",
    "customer",
    "contact",
    "registration",
    "request",
    "former_key",
)


def snapshot_lines(
    connection: Connection, head: Any, now: str, since: int | None
) -> Iterator[bytes]:
    """Yield the lines of a snapshot: header, rows, trailer. `head` is the row of `portal`."""
    digest = hashlib.sha256()
    # with zeros, so that a reader can tell a kind without rows from a line that was lost
    counts = Counter(dict.fromkeys(_KINDS, 0))
    header = {
        "kind": "header",
        "portal": head.id,
        "epoch": head.epoch,
        "revision": head.revision,
        "now": now,
        "since": since,
        "head": head.head,
        # Only for people who wait: a reader trusts the trailer.
        "rows": _row_count(connection) if since is None else None,
    }
    first = json_bytes(header) + b"\n"
    digest.update(first)
    yield first
    for kind, row in _rows(connection, since):
        line = json_bytes({"kind": kind, **row}) + b"\n"
        digest.update(line)
        counts[kind] += 1
        yield line
    # the hash covers all lines before this one: without a trailer, the answer was cut off
    yield (
        json_bytes(
            {"kind": "trailer", "counts": dict(counts), "sha256": digest.hexdigest()}
        )
        + b"\n"
    )


def _row_count(connection: Connection) -> int:
    """Return the number of rows to come: a moment's work, beside reading them."""
    criteria = {t.requests: [t.requests.c.state.in_(OPEN)]}
    tables = (t.settings, t.services, t.customers, t.contacts, t.requests, t.lives)
    return sum(
        connection.execute(
            select(func.count()).select_from(table).where(*criteria.get(table, []))
        ).scalar_one()
        for table in tables
    )


def _rows(
    connection: Connection, since: int | None
) -> Iterator[tuple[str, dict[str, Any]]]:
    keys: dict[str, str | None] = {
        row.id: row.external_key
        for row in connection.execute(select(t.customers.c.id, t.customers.c.external_key))
    }
    c, r = t.contacts.c, t.requests.c
    for kind, table in (
        ("settings", t.settings),
        ("service", t.services),
        ("customer", t.customers),
    ):
        for row in _read(connection, table, since):
            yield kind, as_json(kind, row)
    for row in _read(connection, t.contacts, since, c.status != ContactStatus.UNAPPROVED):
        yield "contact", as_json("contact", row, keys)
    # with `since` also decided registrations and closed requests, which the reader has to drop
    criterion = (
        c.registration.is_not(None)
        if since is not None
        else and_(c.status == ContactStatus.UNAPPROVED)
    )
    for row in _read(connection, t.contacts, since, criterion):
        value = registration(row)
        yield "registration", value if since is not None else {**value, "status": "pending"}
    for row in _read(
        connection, t.requests, since, *([] if since is not None else [r.state.in_(OPEN)])
    ):
        yield "request", as_json("request", row)
    # all of them also with `since`: a key that was lost once has no revision
    past = t.lives.c
    columns = (past.object, past.home, past.key)
    former_keys = select(*columns).order_by(*columns)
    streaming = connection.execution_options(yield_per=2000)
    for row in streaming.execute(former_keys).mappings():
        yield "former_key", dict(row)


def _read(
    connection: Connection, table: Table, since: int | None, *criteria: ColumnElement[bool]
) -> Iterator[Any]:
    statement = select(table).where(*criteria).order_by(table.c.id)
    if since is not None:
        # the subquery makes SQLite use the index on the revision instead of walking all rows in
        # order
        statement = statement.where(
            table.c.id.in_(select(table.c.id).where(table.c.revision > since))
        )
    streaming = connection.execution_options(yield_per=2000)
    yield from streaming.execute(statement).mappings()


def chunks(parts: Iterator[bytes], *, gzip: bool) -> Generator[bytes, None, None]:
    """Yield the lines in larger pieces, compressed if requested."""
    # 31: with the header of gzip instead of zlib's; level 1 is the fastest
    packer = zlib.compressobj(1, zlib.DEFLATED, 31) if gzip else None
    pending: list[bytes] = []
    size = 0
    for part in parts:
        pending.append(part)
        size += len(part)
        if size >= CHUNK:
            whole = b"".join(pending)
            yield packer.compress(whole) if packer else whole
            pending, size = [], 0
    rest = b"".join(pending)
    yield packer.compress(rest) + packer.flush() if packer else rest


def check_epoch(head: object, since: int | None, epoch: str | None) -> None:
    """Raise a `gone` problem for a revision of another epoch, or one that does not exist yet."""
    now_epoch, revision = getattr(head, "epoch", ""), getattr(head, "revision", 0)
    if epoch is not None and epoch != now_epoch:
        raise Problem("gone", "this revision is of another epoch; read everything again")
    # the client has seen revisions that this database lacks: it is an older copy
    if since is not None and since > revision:
        raise Problem("gone", f"there is no revision {since} yet; read everything again")
