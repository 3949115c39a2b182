"""Long lists: a page of rows, the cursor of the next page, the number of rows, and the search."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlencode

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Table,
    and_,
    func,
    literal,
    or_,
    select,
)

from reconciler.portal.pages.queries.rows import RowValues
from reconciler.portal.pages.rendering import MAX_EXACT_COUNT
from reconciler.portal.rules.problems import Problem
from reconciler.portal.rules.search import search_form

PAGE_SIZE: Final = 50


def read_page(
    connection: Connection,
    statement: Select[Any],
    columns: Sequence[ColumnElement[Any]],
    cursor: str | None,
    *,
    descending: bool = False,
    limit: int = PAGE_SIZE,
) -> tuple[list[RowValues], str | None]:
    """Return the page of rows after the cursor, in the order of these columns, and the next cursor.

    The columns must identify a row, so the last of them is unique. The next cursor is None on the
    last page.
    """
    # A cursor and no OFFSET: rows that come or go between two pages shift no row over the edge, and
    # the database reads no rows that it skips.
    if cursor is not None:
        values = _decode_cursor(cursor, columns)
        statement = statement.where(_rows_after(columns, values, descending=descending))
    # One row more than the page tells whether another page follows.
    page = statement.order_by(
        *(column.desc() if descending else column for column in columns)
    ).limit(limit + 1)
    rows = [dict(row) for row in connection.execute(page).mappings()]
    if len(rows) <= limit:
        return rows, None
    last = rows[limit - 1]
    return rows[:limit], _encode_cursor([last[column.key or ""] for column in columns])


def list_url(path: str, query: Mapping[str, str | None]) -> str:
    """Return the URL of a list with those of the parameters that have a value."""
    return f"{path}?{urlencode({name: value for name, value in query.items() if value})}"


def count_rows(connection: Connection, statement: Select[Any]) -> int:
    """Return the number of rows, at most one more than `MAX_EXACT_COUNT`."""
    limited_statement = (
        # Without `maintain_column_froms`, a literal as the only column removes the FROM clause,
        # and the number is always one.
        statement.with_only_columns(literal(1), maintain_column_froms=True)
        .limit(MAX_EXACT_COUNT + 1)
        .subquery()
    )
    return int(
        connection.execute(select(func.count()).select_from(limited_statement)).scalar_one()
    )


def with_words(statement: Select[Any], table: Table, text: str) -> Select[Any]:
    """Return the statement, limited to rows whose search form holds every typed word."""
    words = search_form(text).split()
    if not words:
        return statement
    # `autoescape`: a typed `%` or `_` is a character to search for, not a wildcard of LIKE.
    matches = select(table.c.id).where(
        *(table.c.sought.contains(word, autoescape=True) for word in words)
    )
    # A subquery finds the rows first and sorts them afterwards. With plain conditions, the database
    # follows the index of names and reads every row of a large portal.
    return statement.where(table.c.id.in_(matches))


def _rows_after(
    columns: Sequence[ColumnElement[Any]], values: Sequence[Any], *, descending: bool
) -> ColumnElement[bool]:
    """Return the condition for rows after these values, compared column by column."""
    # Not `(a, b) > (x, y)`: databases differ in how they compare rows of values.
    cases = []
    for index, column in enumerate(columns):
        equal = [
            earlier == value
            for earlier, value in zip(columns[:index], values, strict=False)
        ]
        is_after = column < values[index] if descending else column > values[index]
        cases.append(and_(*equal, is_after))
    return or_(*cases)


def _encode_cursor(values: Sequence[Any]) -> str:
    # Without padding: `=` would be escaped in links.
    return (
        base64.urlsafe_b64encode(json.dumps(values, ensure_ascii=False).encode())
        .decode()
        .rstrip("=")
    )


def _decode_cursor(text: str, columns: Sequence[ColumnElement[Any]]) -> list[Any]:
    """Return the values of a cursor; a `malformed` problem if it is not one of this list."""
    try:
        values = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    # A cursor is part of an address, so anybody can write one: `[[[[…` exhausts the stack of json.
    except (binascii.Error, ValueError, RecursionError):
        values = None
    if (
        not isinstance(values, list)
        or len(values) != len(columns)
        or not all(map(_fits, columns, values))
    ):
        raise Problem("malformed", "this page mark is none of ours")
    return values


def _fits(column: ColumnElement[Any], value: object) -> bool:
    """Return whether a column can hold the value; databases refuse to compare it otherwise."""
    # `type(…) is`, as `isinstance(True, int)` holds.
    if type(value) is not column.type.python_type:
        return False
    if isinstance(value, str):
        # json accepts a lone surrogate, which no driver can encode as UTF-8.
        return "\0" not in value and not any(
            "\ud800" <= character <= "\udfff" for character in value
        )
    # Integers of the databases have 64 bits; those of Python and JSON have no limit.
    return isinstance(value, int) and abs(value) < 2**63
