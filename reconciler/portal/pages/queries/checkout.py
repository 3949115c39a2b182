"""Queries of several pages: rows with related rows, in one reading transaction."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

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

from reconciler.portal.pages.rendering import COUNTED
from reconciler.portal.rules.equality import same_address_form
from reconciler.portal.rules.problems import Problem
from reconciler.portal.rules.roles import HOLDS_WORK
from reconciler.portal.rules.search import search_form
from reconciler.portal.rules.states import LIVING, OPEN, ContactStatus, CustomerStatus
from reconciler.portal.store import tables as t

Found = dict[str, Any]
PAGE: Final = 50


def customer_of(connection: Connection, id: str | None) -> Found:
    """Return the customer with this id; raise a `not-found` problem if there is none."""
    row = (
        connection.execute(select(t.customers).where(t.customers.c.id == (id or "")))
        .mappings()
        .first()
    )
    if row is None:
        raise Problem("not-found", f"there is no customer '{id}'")
    return dict(row)


def colleagues(
    connection: Connection, customer: str | None, *, removed: bool
) -> list[Found]:
    """Return the people of a customer by name, with their number of open requests."""
    c = t.contacts.c
    states = (*LIVING, ContactStatus.REMOVED) if removed else LIVING
    rows = connection.execute(
        select(t.contacts)
        .where(c.customer == customer, c.status.in_(states))
        .order_by(c.status == ContactStatus.REMOVED, c.name, c.id)
    )
    return with_open_work(connection, [dict(row) for row in rows.mappings()])


def with_open_work(connection: Connection, people: Sequence[Found]) -> list[Found]:
    """Return the people, each with the number of their open requests as `open`."""
    c = t.requests.c
    ids = [person["id"] for person in people]
    counted = connection.execute(
        select(c.owner, func.count())
        .where(c.owner.in_(ids), c.state.in_(OPEN))
        .group_by(c.owner)
    )
    # rows are not pairs to a type checker
    counts = {owner: count for owner, count in counted}  # noqa: C416
    return [{**person, "open": counts.get(person["id"], 0)} for person in people]


def with_heirs(
    connection: Connection, person: Mapping[str, Any]
) -> tuple[Found, list[Found]]:
    """Return the person with their number of open requests, and possible heirs for these."""
    (found,) = with_open_work(connection, [dict(person)])
    return found, colleagues(connection, found["customer"], removed=False) if found[
        "open"
    ] else []


def heirs(people: Sequence[Mapping[str, Any]], leaver: str) -> list[Mapping[str, Any]]:
    """Return those who may receive the work of the leaver."""
    return [
        person
        for person in people
        if person["id"] != leaver
        and person["status"] in LIVING
        and person["role"] in HOLDS_WORK
    ]


def names_of_customers(
    connection: Connection, ids: Collection[str | None]
) -> dict[str, Found]:
    """Return name and key of customers by id."""
    c = t.customers.c
    rows = connection.execute(
        select(c.id, c.name, c.external_key, c.owner).where(
            c.id.in_({id for id in ids if id})
        )
    )
    return {row.id: dict(row._mapping) for row in rows}


def homes(connection: Connection) -> list[tuple[str, str]]:
    """Return id and name of every active customer, by name."""
    c = t.customers.c
    rows = connection.execute(
        select(c.id, c.name).where(c.status == CustomerStatus.ACTIVE).order_by(c.name, c.id)
    )
    return [(row.id, row.name) for row in rows]


def all_services(connection: Connection) -> list[Found]:
    """Return the services by name."""
    return [
        dict(row)
        for row in connection.execute(
            select(t.services).order_by(t.services.c.name)
        ).mappings()
    ]


def project_managers(
    connection: Connection, named: Sequence[str]
) -> tuple[list[tuple[str, str]], list[str]]:
    """Return address and name of the provider's people by name, and the other named addresses.

    A person who is already named keeps the address as it is written there.
    """
    c = t.staff.c
    forms = {same_address_form(address): address for address in named}
    rows = connection.execute(
        select(c.name, c.email, c.address_form)
        .where(c.status != ContactStatus.REMOVED)
        .order_by(c.name, c.id)
    ).all()
    ours = [(forms.pop(row.address_form, row.email), row.name) for row in rows]
    return ours, sorted(forms.values())


def one_page(
    connection: Connection,
    statement: Select[Any],
    columns: Sequence[ColumnElement[Any]],
    after: str | None,
    *,
    descending: bool = False,
    limit: int = PAGE,
) -> tuple[list[Found], str | None]:
    """Return one page of rows in the order of these columns, and the cursor of the next page."""
    if after is not None:
        statement = statement.where(
            _beyond(columns, _read_mark(after, columns), descending=descending)
        )
    ordered = statement.order_by(
        *(column.desc() if descending else column for column in columns)
    ).limit(limit + 1)
    rows = [dict(row) for row in connection.execute(ordered).mappings()]
    if len(rows) <= limit:
        return rows, None
    return rows[:limit], _mark([rows[limit - 1][column.key or ""] for column in columns])


def how_many(connection: Connection, statement: Select[Any]) -> int:
    """Return the number of rows, at most one more than `COUNTED`."""
    some = (
        statement.with_only_columns(literal(1), maintain_column_froms=True)
        .limit(COUNTED + 1)
        .subquery()
    )
    return int(connection.execute(select(func.count()).select_from(some)).scalar_one())


def matching(statement: Select[Any], table: Table, text: str) -> Select[Any]:
    """Return the statement, limited to rows whose search form holds every typed word.

    The rows are found first and sorted afterwards: in the order of names, the database would
    have to read every row of a large portal.
    """
    words = search_form(text).split()
    if not words:
        return statement
    found = select(table.c.id).where(
        *(table.c.sought.contains(word, autoescape=True) for word in words)
    )
    return statement.where(table.c.id.in_(found))


def _beyond(
    columns: Sequence[ColumnElement[Any]], values: Sequence[Any], *, descending: bool
) -> ColumnElement[bool]:
    """Return the condition for rows after these values, compared column by column.

    Databases differ in how they compare rows of values.
    """
    cases = []
    for place, column in enumerate(columns):
        same = [
            earlier == value
            for earlier, value in zip(columns[:place], values, strict=False)
        ]
        cases.append(
            and_(*same, column < values[place] if descending else column > values[place])
        )
    return or_(*cases)


def _mark(values: Sequence[Any]) -> str:
    return (
        base64.urlsafe_b64encode(json.dumps(values, ensure_ascii=False).encode())
        .decode()
        .rstrip("=")
    )


def _read_mark(text: str, columns: Sequence[ColumnElement[Any]]) -> list[Any]:
    try:
        values = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (binascii.Error, ValueError, RecursionError):
        values = None
    if (
        not isinstance(values, list)
        or len(values) != len(columns)
        or not all(map(_may_be_of, columns, values))
    ):
        raise Problem("malformed", "this page mark is none of ours")
    return values


def _may_be_of(column: ColumnElement[Any], value: object) -> bool:
    """Whether a column can hold the value; databases refuse to compare it otherwise."""
    if type(value) is not column.type.python_type:
        return False
    if isinstance(value, str):
        return "\0" not in value and not any(
            "\ud800" <= character <= "\udfff" for character in value
        )
    return isinstance(value, int) and abs(value) < 2**63


def file_of(
    kind: str, row: Mapping[str, Any], customer: Mapping[str, Any] | None = None
) -> str | None:
    """Return the path of the file in git that manages a row; None if no file does."""
    if row["owner"] is None:
        return None
    match kind:
        case "contact":
            return (
                f"customers/{customer['external_key']}/contacts/{row['external_key']}.yaml"
                if customer
                else None
            )
        case "customer":
            return f"customers/{row['external_key']}/customer.yaml"
        case _:
            return "portal.yaml"
