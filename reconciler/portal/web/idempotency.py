"""Writes: idempotency, preconditions, one transaction, one answer.

The record of an answer is committed with what it answers for: the same key finds both or neither.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from typing import Any, Final

from fastapi import Request, Response
from sqlalchemy import Connection, delete, insert, select

from reconciler.portal.actions.invariants import work_has_owners
from reconciler.portal.actions.sessions import write_as
from reconciler.portal.rules.policy import Grant
from reconciler.portal.rules.principals import Principal
from reconciler.portal.rules.problems import Problem
from reconciler.portal.store import tables as t
from reconciler.portal.store.clock import later
from reconciler.portal.store.store import Store
from reconciler.portal.store.unit_of_work import Row, Work
from reconciler.portal.web.responses import json_bytes
from reconciler.portal.web.security import store_of
from reconciler.portal.web.serialization import etag

KEPT_DAYS: Final = 30
_KEY: Final = re.compile(r"[!-~]{8,200}")
_ETAG: Final = re.compile(r'"(\d{1,15})"')

Done = tuple[int, Any, dict[str, str]]
"""Status, JSON value, headers."""
StoredAnswer = tuple[int, bytes, dict[str, str]]
"""Status, body, headers."""


async def body_of(request: Request) -> bytes:
    """The body as it came; routes ask for it so that a replay can be told from another request."""
    return await request.body()


def write(request: Request, grant: Grant, body: bytes, act: Callable[[Work], Done]) -> Response:
    """Carry out a write once: a second request with the same key gets the first one's answer.

    A route that prepares a write by work that takes long asks first whether it was answered (`was_answered`).
    """
    return _answer(
        keyed(store_of(request), grant.principal, _idempotency_key(request), _fingerprint(request, body), act)
    )


def was_answered(request: Request, grant: Grant) -> bool:
    """Whether there is an answer under the request's key: then nothing is to be done but to `replay` it."""
    return answered(store_of(request), grant.principal, _idempotency_key(request))


def replay(request: Request, grant: Grant, body: bytes) -> Response:
    """The answer that is kept under the request's key; a problem when the key was used for another request."""
    kept = kept_answer(store_of(request), grant.principal, _idempotency_key(request), _fingerprint(request, body))
    if kept is None:
        raise Problem("unavailable", "the answer to this request is not kept any more: send it again")
    return _answer(kept)


def _answer(kept: StoredAnswer) -> Response:
    status, text, headers = kept
    return Response(text, status, headers, "application/json" if text else None)


def answered(store: Store, principal: Principal, key: str) -> bool:
    """Whether there is an answer under a key of somebody's."""
    c = t.idempotency.c
    with store.read() as connection:
        asked = select(c.key).where(c.principal == principal.id, c.key == key)
        return connection.execute(asked).first() is not None


def kept_answer(store: Store, principal: Principal, key: str, fingerprint: str) -> StoredAnswer | None:
    """The answer under a key of somebody's; a problem when it is that to another request."""
    with store.read() as connection:
        return _kept(connection, principal, key, fingerprint)


def keyed(store: Store, principal: Principal, key: str, fingerprint: str, act: Callable[[Work], Done]) -> StoredAnswer:
    """Status, body and headers of an act that is carried out once for its key, in one transaction."""
    with write_as(store, principal) as work:
        if kept := _kept(work.connection, principal, key, fingerprint):
            return kept
        status, value, headers = act(work)
        work_has_owners(work)
        text = json_bytes(value) if value is not None else b""
        _forget_old(work)
        work.connection.execute(
            insert(t.idempotency).values(
                principal=principal.id, key=key, fingerprint=fingerprint, status=status, body=text.decode(),
                headers=headers, created_at=work.now,
            )
        )  # fmt: skip
    return status, text, headers


def row_done(status: int, value: dict[str, Any]) -> Done:
    """A row as the answer, with its entity tag."""
    return status, value, {"ETag": etag(value["version"])}


def _target(request: Request) -> bytes:
    return f"{request.url.path}?{request.url.query}".encode()


def _fingerprint(request: Request, body: bytes) -> str:
    return hashlib.sha256(b"\n".join([request.method.encode(), _target(request), body])).hexdigest()


def _idempotency_key(request: Request) -> str:
    keys = request.headers.getlist("idempotency-key")
    if len(keys) != 1 or not _KEY.fullmatch(keys[0]):
        raise Problem("idempotency-key-required", "a write needs one Idempotency-Key of 8 to 200 visible characters")
    return keys[0]


def _kept(connection: Connection, principal: Principal, key: str, fingerprint: str) -> StoredAnswer | None:
    c = t.idempotency.c
    found = connection.execute(select(t.idempotency).where(c.principal == principal.id, c.key == key)).first()
    if found is None:
        return None
    if found.fingerprint != fingerprint:
        raise Problem("idempotency-key-reused", "this Idempotency-Key was used for another request")
    return found.status, found.body.encode(), {**found.headers, "Idempotency-Replayed": "true"}


def _forget_old(work: Work) -> None:
    if work.revision % 100 == 0:
        work.connection.execute(
            delete(t.idempotency).where(t.idempotency.c.created_at < later(work.now, days=-KEPT_DAYS))
        )


def creates(request: Request) -> None:
    """A problem unless the caller says that she means to create (`If-None-Match: *`)."""
    if request.headers.getlist("if-none-match") != ["*"]:
        raise Problem("precondition-required", "a creation needs If-None-Match: *")


def matches(request: Request, row: Row) -> Row:
    """The row, when the caller has seen its present version (`If-Match`)."""
    tags = request.headers.getlist("if-match")
    if not tags:
        raise Problem("precondition-required", "a write to what exists needs If-Match with its ETag")
    found = _ETAG.fullmatch(tags[0]) if len(tags) == 1 else None
    if found is None:
        raise Problem("malformed", "If-Match is one strong entity tag, as in the ETag of the answer")
    if int(found[1]) != row["version"]:
        raise Problem("stale", f"'{row.id}' is of version {row['version']}, not {found[1]}")
    return row
