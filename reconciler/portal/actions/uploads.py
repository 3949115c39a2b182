"""Actions on files: store an upload, attach it to a request, forget unused ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, and_, delete, func, insert, select, update

from reconciler.portal.rules.principals import SYSTEM, Principal
from reconciler.portal.rules.problems import Problem
from reconciler.portal.rules.states import FileKind
from reconciler.portal.rules.throttle import DAY_S, GIB, Limit, Limits
from reconciler.portal.store import tables as t
from reconciler.portal.store.clock import later
from reconciler.portal.store.limits import LimitReached
from reconciler.portal.store.store import Store
from reconciler.portal.store.unit_of_work import Row, Work
from reconciler.portal.uploads.names import neutral_name
from reconciler.portal.uploads.vault import StoredFile
from reconciler.portal.uploads.words import kind_of

# Files of one kind in one request.
MAX_FILES: Final = 50
# Uploads of one person that belong to no request yet.
MAX_PENDING: Final = 200
MAX_PENDING_BYTES: Final = 2 * 1024 * 1024 * 1024
# After this time an upload that no request took is forgotten.
UNUSED_HOURS: Final = 24

File = Mapping[str, Any]


def check_room(store: Store, principal: Principal) -> None:
    """Raise a `rate-limited` problem if too many uploads of this person are pending.

    Called before the bytes are read; `record_upload` checks again afterwards.
    """
    try:
        with store.read() as connection:
            _check_room(connection, principal, 1)
            _check_customer_room(connection, principal, store.limits, 1)
    except LimitReached:
        with store.write(principal):  # records the refusal
            raise


def _check_room(connection: Connection, principal: Principal, more: int) -> None:
    """Raise a `rate-limited` problem if `more` bytes would exceed the limit of pending uploads."""
    statement = select(func.count(), func.coalesce(func.sum(t.files.c.size), 0)).where(
        *_pending_of(principal)
    )
    number, size = connection.execute(statement).one()
    if number >= MAX_PENDING or size + more > MAX_PENDING_BYTES:
        detail = (
            f"{number} uploads ({int(size):,} bytes) are pending; the limit is "
            f"{MAX_PENDING} uploads and {MAX_PENDING_BYTES:,} bytes"
        )
        raise Problem("rate-limited", detail, headers={"Retry-After": "3600"})


def _check_customer_room(
    connection: Connection, principal: Principal, limits: Limits, more: int
) -> None:
    """Raise `LimitReached` if a customer's upload would exceed the customer's limit.

    Deliveries by the provider count towards the limit but are not refused.
    """
    if principal.customer is None:
        return
    window = limits.windows[Limit.CUSTOMER_GIB]
    if _bytes_of(connection, principal.customer) + more > window.max_amount * GIB:
        raise LimitReached(
            Limit.CUSTOMER_GIB, "customer", principal.customer, window, DAY_S
        )


def _bytes_of(connection: Connection, customer: str) -> int:
    """Return the bytes of all requests of the customer and of its people's pending uploads."""
    c = t.files.c
    requests = select(t.requests.c.id).where(t.requests.c.customer == customer)
    people = select(t.contacts.c.id).where(t.contacts.c.customer == customer)
    sums = [
        select(func.coalesce(func.sum(c.size), 0)).where(condition)
        for condition in (
            c.request.in_(requests),
            and_(c.request.is_(None), c.person.in_(people)),
        )
    ]
    return sum(int(connection.execute(statement).scalar_one()) for statement in sums)


def _pending_of(principal: Principal) -> list[ColumnElement[bool]]:
    c = t.files.c
    return [
        c.request.is_(None),
        c.person == principal.person if principal.person else c.person.is_(None),
    ]


def record_upload(work: Work, stored_file: StoredFile, name: str) -> dict[str, Any]:
    """Insert the row of a stored file without a request; limits apply as in `check_room`.

    Its words are counted later (`actions.word_counts`).
    """
    _check_room(work.connection, work.principal, stored_file.size)
    name = neutral_name(name)
    countable = kind_of(name) is not None
    _check_customer_room(work.connection, work.principal, work.limits, stored_file.size)
    row = {
        "id": stored_file.id,
        "request": None,
        "kind": None,
        "language": None,
        "name": name,
        "size": stored_file.size,
        "sha256": stored_file.sha256,
        "words": None,
        "uncounted": None if countable else "other-kind",
        "count_at": work.now if countable else None,
        "count_tries": 0,
        "person": work.principal.person,
        "by": work.principal.name,
        "created_at": work.now,
    }
    work.connection.execute(insert(t.files).values(row))
    return row


def pending_uploads(work: Work, ids: Sequence[str]) -> list[File]:
    """Return the caller's pending uploads with these ids, in this order; others are not found."""
    if len(ids) > MAX_FILES:
        raise Problem(
            "too-large",
            f"{len(ids)} files of one kind; the limit per request is {MAX_FILES}",
        )
    if len(set(ids)) != len(ids):
        raise Problem("unprocessable", "the same upload is listed twice")
    statement = select(t.files).where(t.files.c.id.in_(ids), *_pending_of(work.principal))
    by_id = {row["id"]: dict(row) for row in work.connection.execute(statement).mappings()}
    if unknown_ids := [id for id in ids if id not in by_id]:
        raise Problem("not-found", f"there is no upload '{unknown_ids[0]}'")
    return [by_id[id] for id in ids]


def pending_upload(store: Store, principal: Principal, id: str) -> File:
    """Return the caller's pending upload with this id; else a `not-found` problem."""
    with store.read() as connection:
        statement = select(t.files).where(t.files.c.id == id, *_pending_of(principal))
        row = connection.execute(statement).mappings().first()
    if row is None:
        raise Problem("not-found", f"there is no upload '{id}'")
    return dict(row)


def attach(
    work: Work,
    files: Sequence[File],
    request: Row,
    kind: FileKind,
    language: str | None = None,
) -> None:
    """Attach the uploads to the request."""
    if not files:
        return
    work.flush()
    work.connection.execute(
        update(t.files)
        .where(t.files.c.id.in_([file["id"] for file in files]))
        .values(request=request.id, kind=kind, language=language)
    )


def files_of_request(connection: Connection, request: str) -> list[File]:
    """Return the files of a request: sources, references, deliveries, each in order of arrival."""
    order = list(FileKind)
    rows = connection.execute(
        select(t.files).where(t.files.c.request == request)
    ).mappings()
    return sorted(
        map(dict, rows),
        key=lambda row: (
            order.index(row["kind"]),
            row["created_at"],
            row["name"],
            row["id"],
        ),
    )


def forget_unused(store: Store) -> int:
    """Delete uploads that no request took within a day; return how many there were.

    Rows are deleted first: a crash in between leaves bytes without a row, which `sweep` deletes.
    """
    with store.read() as connection:
        due = _unused(connection, store.clock())
    if due:
        with store.write(SYSTEM) as work:
            # again under the write lock: a request may have taken an upload meanwhile
            due = _unused(work.connection, work.now)
            work.connection.execute(delete(t.files).where(t.files.c.id.in_(due)))
        for id in due:
            store.vault.discard(id)
    return len(due)


def _unused(connection: Connection, now: str) -> list[str]:
    c = t.files.c
    statement = (
        select(c.id)
        .where(c.request.is_(None), c.created_at < later(now, hours=-UNUSED_HOURS))
        .order_by(c.id)
    )
    return list(connection.execute(statement.limit(500)).scalars())


def sweep(store: Store) -> int:
    """Delete old bytes without a row, at most once an hour; return how many there were."""
    if not store.vault.needs_sweep(3600):
        return 0
    # only old ones: bytes that are just arriving have no row yet
    names = store.vault.leftovers(UNUSED_HOURS * 3600)
    with store.read() as connection:
        for start in range(0, len(names), 500):
            chunk = names[start : start + 500]
            with_row = set(
                connection.execute(
                    select(t.files.c.id).where(t.files.c.id.in_(chunk))
                ).scalars()
            )
            names[start : start + 500] = [
                "" if name in with_row else name for name in chunk
            ]
    orphans = [name for name in names if name]
    store.vault.sweep(orphans)
    return len(orphans)
