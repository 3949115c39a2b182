"""Writes: idempotency, preconditions, one transaction, one answer.

The answer is stored in the same transaction as the write, so a key finds both or neither.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from typing import Any, Final

from fastapi import Request, Response
from sqlalchemy import Connection, insert, select

from reconciler.portal.actions.invariants import check_work_has_owners
from reconciler.portal.actions.sessions import write_as
from reconciler.portal.rules.policy import Grant
from reconciler.portal.rules.principals import Principal
from reconciler.portal.rules.problems import Problem
from reconciler.portal.store import tables as t
from reconciler.portal.store.store import Store
from reconciler.portal.store.unit_of_work import Row, Work
from reconciler.portal.web.responses import json_bytes
from reconciler.portal.web.security import store_of
from reconciler.portal.web.serialization import etag

_KEY: Final = re.compile(r"[!-~]{8,200}")
_ETAG: Final = re.compile(r'"(\d{1,15})"')

# Status, JSON value, headers.
WriteResult = tuple[int, Any, dict[str, str]]
# Status, body, headers.
StoredAnswer = tuple[int, bytes, dict[str, str]]


async def body_of(request: Request) -> bytes:
    """Return the raw body; routes depend on it to tell a replay from a different request."""
    return await request.body()


def write(
    request: Request, grant: Grant, body: bytes, action: Callable[[Work], WriteResult]
) -> Response:
    """Run a write once: a second request with the same key gets the first answer.

    A route whose preparation takes long first asks whether the request `is_answered`.
    """
    return _answer(
        run_once(
            store_of(request),
            grant.principal,
            _idempotency_key(request),
            _fingerprint(request, body),
            action,
        )
    )


def is_answered(request: Request, grant: Grant) -> bool:
    """Return whether the request's key has an answer, so that only `replay` is left to do."""
    return has_stored_answer(store_of(request), grant.principal, _idempotency_key(request))


def replay(request: Request, grant: Grant, body: bytes) -> Response:
    """Return the answer stored for the request's key; a problem if it is another request's."""
    result = stored_answer(
        store_of(request),
        grant.principal,
        _idempotency_key(request),
        _fingerprint(request, body),
    )
    if result is None:
        raise Problem(
            "unavailable",
            "the answer to this request is no longer stored; send the request again",
        )
    return _answer(result)


def _answer(result: StoredAnswer) -> Response:
    status, text, headers = result
    return Response(text, status, headers, "application/json" if text else None)


def has_stored_answer(store: Store, principal: Principal, key: str) -> bool:
    """Return whether an answer is stored for this key of the principal."""
    c = t.idempotency.c
    with store.read() as connection:
        statement = select(c.key).where(c.principal == principal.id, c.key == key)
        return connection.execute(statement).first() is not None


def stored_answer(
    store: Store, principal: Principal, key: str, fingerprint: str
) -> StoredAnswer | None:
    """Return the answer stored for this key; a problem if it belongs to another request."""
    with store.read() as connection:
        return _find_answer(connection, principal, key, fingerprint)


def run_once(
    store: Store,
    principal: Principal,
    key: str,
    fingerprint: str,
    action: Callable[[Work], WriteResult],
) -> StoredAnswer:
    """Return status, body and headers of an action that runs once per key, in one transaction."""
    with write_as(store, principal) as work:
        if answer := _find_answer(work.connection, principal, key, fingerprint):
            return answer
        status, value, headers = action(work)
        check_work_has_owners(work)
        text = json_bytes(value) if value is not None else b""
        work.connection.execute(
            insert(t.idempotency).values(
                principal=principal.id,
                key=key,
                fingerprint=fingerprint,
                status=status,
                body=text.decode(),
                headers=headers,
                created_at=work.now,
            )
        )
    return status, text, headers


def row_result(status: int, value: dict[str, Any]) -> WriteResult:
    """Return a row as the result, with its entity tag."""
    return status, value, {"ETag": etag(value["version"])}


def _target(request: Request) -> bytes:
    return f"{request.url.path}?{request.url.query}".encode()


def _fingerprint(request: Request, body: bytes) -> str:
    return hashlib.sha256(
        b"\n".join([request.method.encode(), _target(request), body])
    ).hexdigest()


def _idempotency_key(request: Request) -> str:
    keys = request.headers.getlist("idempotency-key")
    if len(keys) != 1 or not _KEY.fullmatch(keys[0]):
        raise Problem(
            "idempotency-key-required",
            "a write needs one Idempotency-Key header of 8 to 200 visible characters",
        )
    return keys[0]


def _find_answer(
    connection: Connection, principal: Principal, key: str, fingerprint: str
) -> StoredAnswer | None:
    c = t.idempotency.c
    row = connection.execute(
        select(t.idempotency).where(c.principal == principal.id, c.key == key)
    ).first()
    if row is None:
        return None
    if row.fingerprint != fingerprint:
        raise Problem(
            "idempotency-key-reused", "this Idempotency-Key was used for another request"
        )
    return row.status, row.body.encode(), {**row.headers, "Idempotency-Replayed": "true"}


def require_creation(request: Request) -> None:
    """Raise a problem unless the caller declares a creation (`If-None-Match: *`)."""
    if request.headers.getlist("if-none-match") != ["*"]:
        raise Problem(
            "precondition-required", "a creation needs the header If-None-Match: *"
        )


def require_version(request: Request, row: Row) -> Row:
    """Return the row if the caller has seen its current version (`If-Match`); else a problem."""
    tags = request.headers.getlist("if-match")
    if not tags:
        raise Problem(
            "precondition-required",
            "a write to an existing row needs the header If-Match with its ETag",
        )
    tag = _ETAG.fullmatch(tags[0]) if len(tags) == 1 else None
    if tag is None:
        raise Problem(
            "malformed", "If-Match must be one strong entity tag, as in the ETag header"
        )
    if int(tag[1]) != row["version"]:
        raise Problem("stale", f"'{row.id}' has version {row['version']}, not {tag[1]}")
    return row
