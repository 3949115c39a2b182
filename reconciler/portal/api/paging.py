"""Paged lists: sorted by id, with a cursor that is bound to the epoch."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping
from typing import Annotated, Any

from fastapi import Depends, Query, Request, Response
from sqlalchemy import ColumnElement, Connection, Table, select

from reconciler.portal.actions.row_scope import in_scope
from reconciler.portal.rules.policy import Grant
from reconciler.portal.rules.problems import Problem
from reconciler.portal.store import tables as t
from reconciler.portal.web.responses import answer
from reconciler.portal.web.security import store_of
from reconciler.portal.web.serialization import as_json, etag

Limit = Annotated[int, Query(ge=1, le=200)]
Cursor = Annotated[str | None, Query(max_length=200)]


class Paging:
    """The two parameters of every list."""

    def __init__(self, limit: Limit = 50, cursor: Cursor = None) -> None:
        self.limit = limit
        self.cursor = cursor


Pages = Annotated[Paging, Depends()]


def page(
    request: Request,
    paging: Paging,
    table: Table,
    criteria: list[ColumnElement[bool]],
    to_json: Callable[[Connection, list[Mapping[str, Any]]], list[dict[str, Any]]],
    *,
    grant: Grant | None = None,
) -> Response:
    """Return one page of the rows that meet the criteria and are in scope, at one revision."""
    with store_of(request).read() as connection:
        head = connection.execute(select(t.portal)).one()
        scope = [] if grant is None else [in_scope(connection, grant, table)]
        statement = (
            select(table)
            .where(*criteria, *scope)
            # by id and not by offset, so that rows that come or go meanwhile shift no page
            .order_by(table.c.id)
            # one row more tells whether there is a next page
            .limit(paging.limit + 1)
        )
        if paging.cursor is not None:
            statement = statement.where(table.c.id > _last_id(paging.cursor, head.epoch))
        rows: list[Mapping[str, Any]] = [
            dict(row) for row in connection.execute(statement).mappings()
        ]
        items = to_json(connection, rows[: paging.limit])
    more = len(rows) > paging.limit
    following = _cursor(head.epoch, rows[paging.limit - 1]["id"]) if more else None
    return answer(
        {"items": items, "next": following, "revision": head.revision, "epoch": head.epoch}
    )


def _cursor(epoch: str, last: str) -> str:
    return base64.urlsafe_b64encode(f"{epoch}:{last}".encode()).decode().rstrip("=")


def _last_id(cursor: str, epoch: str) -> str:
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("ascii")
    except (binascii.Error, ValueError):
        raise Problem("malformed", "this cursor is not valid") from None
    cursor_epoch, colon, last = text.partition(":")
    # only forged cursors have other characters; PostgreSQL fails on a NUL in a parameter
    if not colon or not last.replace("_", "").isalnum():
        raise Problem("malformed", "this cursor is not valid")
    # after a restore, rows that a client has seen may be gone: it has to begin again
    if cursor_epoch != epoch:
        raise Problem(
            "gone", "this cursor is of another epoch; start again without a cursor"
        )
    return last


def row_answer(request: Request, kind: str, id: str) -> Response:
    """Return the row with this kind and id, with its `ETag`; else a `not-found` problem."""
    table = {"settings": t.settings, "service": t.services, "customer": t.customers}[kind]
    with store_of(request).read() as connection:
        row: Any = (
            connection.execute(select(table).where(table.c.id == id)).mappings().first()
        )
    if row is None:
        raise Problem("not-found", f"there is no {kind} '{id}'")
    return answer(as_json(kind, row), headers={"ETag": etag(row["version"])})
