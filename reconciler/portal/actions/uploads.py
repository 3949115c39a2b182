"""Acts on files: bytes that came get a row, rows become part of a request, what nobody used is forgotten."""

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
from reconciler.portal.uploads.vault import Kept
from reconciler.portal.uploads.words import kind_of

MOST_FILES: Final = 50
"""Files of one kind in one request."""
MOST_WAITING: Final = 200
"""Uploads of one person that belong to no request yet."""
MOST_WAITING_BYTES: Final = 2 * 1024 * 1024 * 1024
HOURS: Final = 24
"""After which an upload that no request took is forgotten."""

File = Mapping[str, Any]


def must_have_room(store: Store, principal: Principal) -> None:
    """A `rate-limited` problem when too much of what this person uploaded waits for a request already.

    Asked before bytes are read, so that they are not read in vain; `note` judges it again when they are there.
    """
    try:
        with store.read() as connection:
            _must_have_room(connection, principal, 1)
            _customer_must_have_room(connection, principal, store.limits, 1)
    except LimitReached:
        with store.write(principal):  # which keeps a trace of it
            raise


def _must_have_room(connection: Connection, principal: Principal, more: int) -> None:
    """A `rate-limited` problem when an upload of `more` bytes would be more than may wait."""
    statement = select(func.count(), func.coalesce(func.sum(t.files.c.size), 0)).where(*_waiting_of(principal))
    number, size = connection.execute(statement).one()
    if number >= MOST_WAITING or size + more > MOST_WAITING_BYTES:
        told = f"{number} uploads with {int(size):,} bytes wait for a request; {MOST_WAITING} and {MOST_WAITING_BYTES:,} may"
        raise Problem("rate-limited", told, headers={"Retry-After": "3600"})


def _customer_must_have_room(connection: Connection, principal: Principal, limits: Limits, more: int) -> None:
    """A `LimitReached` when somebody of a customer uploads more than may lie here for all of it.

    What the provider delivers counts, and is not refused.
    """
    if principal.customer is None:
        return
    window = limits.windows[Limit.CUSTOMER_GIB]
    if _bytes_of(connection, principal.customer) + more > window.most * GIB:
        raise LimitReached(Limit.CUSTOMER_GIB, "customer", principal.customer, window, DAY_S)


def _bytes_of(connection: Connection, customer: str) -> int:
    """Bytes of all requests of the customer, and of its people's uploads that wait for one."""
    c = t.files.c
    requests = select(t.requests.c.id).where(t.requests.c.customer == customer)
    people = select(t.contacts.c.id).where(t.contacts.c.customer == customer)
    sums = [
        select(func.coalesce(func.sum(c.size), 0)).where(theirs)
        for theirs in (c.request.in_(requests), and_(c.request.is_(None), c.person.in_(people)))
    ]
    return sum(int(connection.execute(each).scalar_one()) for each in sums)


def _waiting_of(principal: Principal) -> list[ColumnElement[bool]]:
    c = t.files.c
    return [c.request.is_(None), c.person == principal.person if principal.person else c.person.is_(None)]


def note(work: Work, kept: Kept, name: str) -> dict[str, Any]:
    """The row of bytes that are in the vault; it belongs to no request yet, and is `rate-limited` like those before it.

    Its words are counted later (`actions.word_counts`).
    """
    _must_have_room(work.connection, work.principal, kept.size)
    name = neutral_name(name)
    countable = kind_of(name) is not None
    _customer_must_have_room(work.connection, work.principal, work.limits, kept.size)
    row = {
        "id": kept.id, "request": None, "kind": None, "language": None, "name": name, "size": kept.size,
        "sha256": kept.sha256, "words": None, "uncounted": None if countable else "other-kind",
        "count_at": work.now if countable else None, "count_tries": 0, "person": work.principal.person,
        "by": work.principal.name, "created_at": work.now,
    }  # fmt: skip
    work.connection.execute(insert(t.files).values(row))
    return row


def waiting(work: Work, ids: Sequence[str]) -> list[File]:
    """The uploads with these ids, in this order; those of others are not found."""
    if len(ids) > MOST_FILES:
        raise Problem("too-large", f"{len(ids)} files of one kind; a request takes {MOST_FILES}")
    if len(set(ids)) != len(ids):
        raise Problem("unprocessable", "one upload stands twice among the files")
    statement = select(t.files).where(t.files.c.id.in_(ids), *_waiting_of(work.principal))
    found = {row["id"]: dict(row) for row in work.connection.execute(statement).mappings()}
    if missing := [id for id in ids if id not in found]:
        raise Problem("not-found", f"there is no upload '{missing[0]}'")
    return [found[id] for id in ids]


def one_waiting(store: Store, principal: Principal, id: str) -> File:
    """The upload with this id, when it waits for a request of this person; else a `not-found` problem."""
    with store.read() as connection:
        statement = select(t.files).where(t.files.c.id == id, *_waiting_of(principal))
        found = connection.execute(statement).mappings().first()
    if found is None:
        raise Problem("not-found", f"there is no upload '{id}'")
    return dict(found)


def attach(work: Work, files: Sequence[File], request: Row, kind: FileKind, language: str | None = None) -> None:
    """The uploads are files of the request from now on."""
    if not files:
        return
    work.flush()
    work.connection.execute(
        update(t.files).where(t.files.c.id.in_([each["id"] for each in files]))
        .values(request=request.id, kind=kind, language=language)
    )  # fmt: skip


def of_request(connection: Connection, request: str) -> list[File]:
    """The files of a request: sources, references, deliveries, each kind in the order in which they came."""
    order = list(FileKind)
    rows = connection.execute(select(t.files).where(t.files.c.request == request)).mappings()
    return sorted(
        map(dict, rows), key=lambda row: (order.index(row["kind"]), row["created_at"], row["name"], row["id"])
    )


def forget(store: Store) -> int:
    """Uploads that no request took in a day are gone; how many there were.

    Rows go first: what is killed in between leaves bytes, which `sweep` finds.
    """
    with store.read() as connection:
        due = _unused(connection, store.clock())
    if due:
        with store.write(SYSTEM) as work:
            due = _unused(work.connection, work.now)
            work.connection.execute(delete(t.files).where(t.files.c.id.in_(due)))
        for id in due:
            store.vault.discard(id)
    return len(due)


def _unused(connection: Connection, now: str) -> list[str]:
    c = t.files.c
    statement = select(c.id).where(c.request.is_(None), c.created_at < later(now, hours=-HOURS)).order_by(c.id)
    return list(connection.execute(statement.limit(500)).scalars())


def sweep(store: Store) -> int:
    """Bytes without a row that are older than any upload takes are gone, looked for once an hour; how many."""
    if not store.vault.to_be_swept(3600):
        return 0
    left = store.vault.leftovers(HOURS * 3600)
    with store.read() as connection:
        for start in range(0, len(left), 500):
            some = left[start : start + 500]
            known = set(connection.execute(select(t.files.c.id).where(t.files.c.id.in_(some))).scalars())
            left[start : start + 500] = ["" if name in known else name for name in some]
    lost = [name for name in left if name]
    store.vault.sweep(lost)
    return len(lost)
