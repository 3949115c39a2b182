"""Queries of the pages about requests: the list with its filters, and the parts of one request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, TypeAlias

from sqlalchemy import ColumnElement, Connection, or_, select

from reconciler.portal.actions.quotes import is_overdue, price_of
from reconciler.portal.actions.row_scope import (
    check_in_scope,
    in_scope,
)
from reconciler.portal.actions.uploads import MAX_FILES, files_of_request
from reconciler.portal.i18n.catalogs import is_key
from reconciler.portal.pages.context import PageContext
from reconciler.portal.pages.queries.open_tasks import CONDITIONS
from reconciler.portal.pages.queries.paging import PAGE_SIZE, count_rows, read_page
from reconciler.portal.pages.queries.rows import (
    RowValues,
    contacts_of,
    names_of_customers,
    possible_heirs,
    project_managers_of,
)
from reconciler.portal.rules.audit import AuditAction
from reconciler.portal.rules.policy import grant_for
from reconciler.portal.rules.problems import Problem
from reconciler.portal.rules.request_numbers import number_in
from reconciler.portal.rules.requests import cost, possible_events
from reconciler.portal.rules.states import FileKind, RequestState
from reconciler.portal.rules.word_counts import is_counting
from reconciler.portal.store import tables as t

# The ids of uploads that belong to no request yet, by the field of the form that they came in.
PendingUploads: TypeAlias = Mapping[str, Sequence[str]]
_ACTIONS_OF_THE_PORTAL: Final = frozenset(
    {AuditAction.QUOTE_EXPIRED, AuditAction.REQUESTS_COUNT}
)
# The sentences of actions after which the portal went on by itself, by the state that it reached.
_AUTOMATIC_STEPS: Final[Mapping[tuple[str, str], str]] = {
    (AuditAction.POST_REQUESTS, RequestState.QUOTED): "event.sent-and-quoted",
    (AuditAction.POST_REQUESTS, RequestState.IN_PROGRESS): "event.sent-and-begun",
    (AuditAction.REQUESTS_COUNT, RequestState.QUOTED): "event.counted-and-quoted",
}
_FILTERS: Final = ("state", "service", "owner", "customer")


def read_requests(
    connection: Connection,
    context: PageContext,
    filter_values: Mapping[str, str],
    cursor: str | None,
) -> tuple[list[RowValues], str | None, int]:
    """Return a page of requests in scope, newest first, with names; the next cursor; the total."""
    c = t.requests.c
    criteria: list[ColumnElement[bool]] = [in_scope(connection, context.grant, t.requests)]
    criteria += [
        c[name] == filter_values[name] for name in _FILTERS if filter_values.get(name)
    ]
    if text := filter_values.get("q", "").strip():
        criteria.append(_search_criterion(text))
    if condition := CONDITIONS.get(filter_values.get("needs", "")):
        criteria.append(condition(context.store.clock()))
    statement = select(t.requests).where(*criteria)
    rows, next_cursor = read_page(
        connection,
        statement,
        [c.created_at, c.id],
        cursor,
        descending=True,
        limit=PAGE_SIZE,
    )
    return with_names(connection, rows), next_cursor, count_rows(connection, statement)


def _search_criterion(text: str) -> ColumnElement[bool]:
    """Return the condition for requests with this number, or this text in their title."""
    c, number = t.requests.c, number_in(text)
    by_title = c.title.icontains(text, autoescape=True)
    return by_title if number is None else or_(by_title, c.number == number)


def with_names(connection: Connection, rows: Sequence[RowValues]) -> list[RowValues]:
    """Return the requests with the names of owner, customer and service."""
    c, s = t.contacts.c, t.services.c
    owners = {row["owner"] for row in rows}
    codes = {row["service"] for row in rows if row["service"]}
    people = {
        row.id: row.name
        for row in connection.execute(select(c.id, c.name).where(c.id.in_(owners)))
    }
    services = {
        row.code: row.name
        for row in connection.execute(select(s.code, s.name).where(s.code.in_(codes)))
    }
    customers = names_of_customers(connection, {row["customer"] for row in rows})
    return [
        {
            **row,
            "owner_name": people[row["owner"]],
            "customer_name": customers[row["customer"]]["name"],
            "service_name": services.get(row["service"], row["service"]),
            "is_moved": row["requested_deadline"] not in {None, row["deadline"]},
        }
        for row in rows
    ]


@dataclass(frozen=True, slots=True)
class RequestDetails:
    """The parts of a request's page, and what this visitor may do with the request now."""

    row: RowValues
    files: list[RowValues]
    history: list[RowValues]
    events: list[str]
    heirs: list[tuple[str, str]]
    may_download: bool
    manual_cost: str | None
    """The cost of the quote; None if it is the one that the service's price gives."""
    next_step: str
    """The key of the sentence about what happens next."""
    files_being_counted: int
    """The number of source files whose words are being counted."""
    pending_uploads: dict[str, list[RowValues]]
    """The files of a refused delivery, by the field of the form that they came in."""
    file_limits: Mapping[str, int]
    project_managers: list[tuple[str, str]]
    """Name and address; the name is empty if nobody of the staff has the address."""
    now: str


def request_details(
    connection: Connection,
    context: PageContext,
    row: Mapping[str, Any],
    pending_uploads: PendingUploads = MappingProxyType({}),
) -> RequestDetails:
    """Return the parts of a request's page; `pending_uploads` are the files of a refused form."""
    events = possible_events(
        row["state"], lambda operation: _may_do(connection, context, operation, row)
    )
    # A job ends expired quotes. Until it runs, the state alone would still offer the button.
    if is_overdue(row, context.store.clock()):
        events = [event for event in events if event != "accept"]
    people = (
        contacts_of(connection, row["customer"], include_removed=False)
        if "reassign" in events
        else []
    )
    files = [dict(file) for file in files_of_request(connection, row["id"])]
    files.sort(key=lambda file: file["kind"] != FileKind.DELIVERY)  # what people came for
    return RequestDetails(
        with_names(connection, [dict(row)])[0],
        files,
        _history(connection, row["id"]),
        events,
        [(person["id"], person["name"]) for person in possible_heirs(people, row["owner"])],
        _may_do(connection, context, "requests.download", row),
        _manual_cost(connection, row),
        _next_step(context, row, events),
        sum(is_counting(file) for file in files if file["kind"] == FileKind.SOURCE),
        {
            name: pending_uploads_of(connection, context, ids)
            for name, ids in pending_uploads.items()
        },
        file_limits(context),
        project_managers_of(connection, row["customer"]),
        context.store.clock(),
    )


def _next_step(context: PageContext, row: Mapping[str, Any], events: Sequence[str]) -> str:
    """Return the key of the next step for the provider, a decider, the owner, or an onlooker."""
    state = row["state"]
    if context.grant.principal.staff:
        return f"next.{state}.provider"
    if state == RequestState.QUOTED and "accept" in events:
        return "next.quoted.decides"
    return (
        f"next.{state}.owner"
        if row["owner"] == context.grant.principal.contact
        else f"next.{state}.watches"
    )


def _manual_cost(connection: Connection, row: Mapping[str, Any]) -> str | None:
    """Return the cost that a person entered; None if the service's price gives the same."""
    list_cost, _ = cost(
        row["words"], price_of(connection, row["service"]), len(row["target_languages"])
    )
    return row["cost"] if row["cost"] != list_cost else None


def _may_do(
    connection: Connection, context: PageContext, operation: str, row: Mapping[str, Any]
) -> bool:
    """Return whether the visitor may do the operation with this request."""
    try:
        grant = grant_for(context.principal, operation)
        if grant is not None:
            check_in_scope(connection, grant, row)
    except Problem:
        return False
    return True


def _history(connection: Connection, id: str) -> list[RowValues]:
    """Return the events of the request, oldest first, each with its sentence and its `owners`.

    `owners` are the names of the old and the new owner; empty for other events.
    """
    c, people = t.changes.c, t.contacts.c
    columns = (
        select(c.at, c.by, c.what, c.before, c.after)
        .where(c.id == id)
        .order_by(c.revision, c.seq)
    )
    entries = [dict(row) for row in connection.execute(columns).mappings()]
    owners = [_owners(entry) for entry in entries]
    statement = select(people.id, people.name).where(
        people.id.in_({id for pair in owners for id in pair})
    )
    names = {row.id: row.name for row in connection.execute(statement)}
    return [
        {
            **entry,
            "sentence": _event_sentence(entry),
            "progress": (entry["after"] or {}).get("progress"),
            "deadline": _agreed_deadline(entry),
            "owners": [names.get(id, id) for id in pair],
            "by_portal": entry["what"] in _ACTIONS_OF_THE_PORTAL,
        }
        for entry, pair in zip(entries, owners, strict=True)
    ]


def _owners(entry: RowValues) -> list[str]:
    """Return the ids of old and new owner; empty if the event changes no owner."""
    before, after = entry["before"] or {}, entry["after"] or {}
    return (
        [before["owner"], after["owner"]]
        if before.get("owner") and after.get("owner")
        else []
    )


def _agreed_deadline(entry: RowValues) -> str | None:
    """Return the deadline that the provider set in this event; None if it set none."""
    # The request itself shows the deadline that the customer asked for.
    is_request = entry["what"] == AuditAction.POST_REQUESTS
    return None if is_request else (entry["after"] or {}).get("deadline")


def _event_sentence(entry: RowValues) -> str:
    action, state = entry["what"], (entry["after"] or {}).get("state")
    if step := _AUTOMATIC_STEPS.get((action, str(state))):
        return step
    return f"event.{action}" if is_key(f"event.{action}") else "event.other"


def file_limits(context: PageContext) -> dict[str, int]:
    """Return the most bytes of a file, and the most files of one kind."""
    return {"bytes": context.store.vault.max_bytes, "files": MAX_FILES}


def pending_uploads_of(
    connection: Connection, context: PageContext, ids: Sequence[str]
) -> list[RowValues]:
    """Return those of these uploads that are the visitor's own and belong to no request yet."""
    c = t.files.c
    # The ids come from a form or an address: without this condition, anybody could read names and
    # sizes of other people's files.
    is_own = c.person == context.grant.principal.person
    rows = connection.execute(
        select(t.files)
        .where(c.id.in_(ids), c.request.is_(None), is_own)
        .order_by(c.name, c.id)
    )
    return [dict(row) for row in rows.mappings()]
