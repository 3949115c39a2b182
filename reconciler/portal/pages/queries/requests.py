"""Queries of the pages about requests: lists, one request with its parts, services to order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, TypeAlias

from sqlalchemy import ColumnElement, Connection, select

from reconciler.portal.actions.offers import orderable_services
from reconciler.portal.actions.quotes import is_overdue, price_of
from reconciler.portal.actions.row_scope import (
    customers_managed_by,
    in_scope,
    must_be_in_scope,
)
from reconciler.portal.actions.uploads import files_of_request
from reconciler.portal.i18n.catalogs import is_key
from reconciler.portal.pages.context import Visit
from reconciler.portal.pages.queries.checkout import (
    PAGE,
    Found,
    colleagues,
    heirs,
    homes,
    how_many,
    names_of_customers,
    one_page,
)
from reconciler.portal.pages.queries.todo import CONDITIONS
from reconciler.portal.rules.audit import Verb
from reconciler.portal.rules.policy import RowScope, grant_for
from reconciler.portal.rules.problems import Problem
from reconciler.portal.rules.requests import cost, possible_events
from reconciler.portal.rules.states import FileKind, RequestState
from reconciler.portal.rules.word_counts import is_counting
from reconciler.portal.store import tables as t

# The ids of what was uploaded just now, by the field that it came in.
Kept: TypeAlias = Mapping[str, Sequence[str]]
_BY_THE_PORTAL: Final = frozenset({Verb.QUOTE_EXPIRED, Verb.REQUESTS_COUNT})
_ASKED: Final = ("state", "service", "owner", "customer")


def list_of_requests(
    connection: Connection, visit: Visit, chosen: Mapping[str, str], after: str | None
) -> tuple[list[Found], str | None, int]:
    """Return requests in scope, newest first, with names; the next cursor; and the total."""
    c = t.requests.c
    criteria: list[ColumnElement[bool]] = [in_scope(connection, visit.grant, t.requests)]
    criteria += [c[name] == chosen[name] for name in _ASKED if chosen.get(name)]
    if waits := CONDITIONS.get(chosen.get("needs", "")):
        criteria.append(waits(visit.store.clock()))
    statement = select(t.requests).where(*criteria)
    rows, following = one_page(
        connection, statement, [c.created_at, c.id], after, descending=True, limit=PAGE
    )
    return with_names(connection, rows), following, how_many(connection, statement)


def with_names(connection: Connection, rows: Sequence[Found]) -> list[Found]:
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
    known_homes = names_of_customers(connection, {row["customer"] for row in rows})
    return [
        {
            **row,
            "owner_name": people[row["owner"]],
            "customer_name": known_homes[row["customer"]]["name"],
            "service_name": services.get(row["service"], row["service"]),
        }
        for row in rows
    ]


@dataclass(frozen=True, slots=True)
class Filters:
    """The choices by which a visitor may filter requests: pairs of value and name, or none."""

    services: list[tuple[str, str]]
    owners: list[tuple[str, str]]
    customers: list[tuple[str, str]]

    def owner(self, wished: str) -> str:
        """Return the contact to filter by; empty if they belong to another customer."""
        return (
            wished
            if not self.customers or not self.owners or wished in dict(self.owners)
            else ""
        )


def filters(connection: Connection, visit: Visit, customer: str | None) -> Filters:
    """Return the visitor's filters; the provider's people choose a customer before a contact."""
    grant = visit.grant
    services = connection.execute(
        select(t.services.c.code, t.services.c.name).order_by(t.services.c.name)
    )
    named = [(row.code, row.name) for row in services]
    if grant.row_scope is RowScope.OWN:
        return Filters(
            _own_services(connection, grant.principal.contact or "", named), [], []
        )
    if grant.row_scope is RowScope.CUSTOMER:
        return Filters(named, _people(connection, grant.principal.customer), [])
    within = homes(connection)
    if grant.row_scope is RowScope.THEIRS:
        theirs = set(customers_managed_by(connection, grant.principal.address or ""))
        within = [(id, name) for id, name in within if id in theirs]
    return Filters(
        named, _people(connection, customer) if customer in dict(within) else [], within
    )


def _own_services(
    connection: Connection, contact: str, named: Sequence[tuple[str, str]]
) -> list[tuple[str, str]]:
    """Return the services that the contact may order, or that one of their requests names."""
    r = t.requests.c
    codes = set(
        connection.execute(select(r.service).where(r.owner == contact).distinct()).scalars()
    )
    codes |= {service["code"] for service in orderable_services(connection, contact)}
    return [(code, name) for code, name in named if code in codes]


def _people(connection: Connection, customer: str | None) -> list[tuple[str, str]]:
    """Return everybody who sent or may send requests, including people who left."""
    return [
        (person["id"], person["name"])
        for person in colleagues(connection, customer, removed=True)
    ]


@dataclass(frozen=True, slots=True)
class OneRequest:
    """A request with the parts of its page, and what this visitor may do with it now."""

    row: Found
    files: list[Found]
    history: list[Found]
    events: list[str]
    heirs: list[tuple[str, str]]
    may_download: bool
    own_cost: str | None
    """What the quote costs, where that is not what the service's price says."""
    next: str
    """Which sentence says what happens next."""
    counting: int
    """How many of its files are being counted."""
    kept: dict[str, list[Found]]
    """The uploads of a delivery that was not taken yet, by the field that they came in."""


def one_request(
    connection: Connection,
    visit: Visit,
    row: Mapping[str, Any],
    kept: Kept = MappingProxyType({}),
) -> OneRequest:
    """Return the parts of a request's page; `kept` are the files that were uploaded just now."""
    events = possible_events(
        row["state"], lambda operation: _within(connection, visit, operation, row)
    )
    if is_overdue(row, visit.store.clock()):
        events = [event for event in events if event != "accept"]
    people = (
        colleagues(connection, row["customer"], removed=False)
        if "reassign" in events
        else []
    )
    files = [dict(file) for file in files_of_request(connection, row["id"])]
    return OneRequest(
        with_names(connection, [dict(row)])[0],
        files,
        _history(connection, row["id"]),
        events,
        [(person["id"], person["name"]) for person in heirs(people, row["owner"])],
        _within(connection, visit, "requests.download", row),
        _own_cost(connection, row),
        _next(visit, row, events),
        sum(is_counting(file) for file in files if file["kind"] == FileKind.SOURCE),
        {name: kept_uploads(connection, visit, ids) for name, ids in kept.items()},
    )


def _next(visit: Visit, row: Mapping[str, Any], events: Sequence[str]) -> str:
    """Return the key of the next step, as seen by provider, decider, owner or observer."""
    state = row["state"]
    if visit.grant.principal.staff:
        return f"next.{state}.provider"
    if state == RequestState.QUOTED and "accept" in events:
        return "next.quoted.decides"
    return (
        f"next.{state}.owner"
        if row["owner"] == visit.grant.principal.contact
        else f"next.{state}.watches"
    )


def _own_cost(connection: Connection, row: Mapping[str, Any]) -> str | None:
    priced, _ = cost(
        row["words"], price_of(connection, row["service"]), len(row["target_languages"])
    )
    return row["cost"] if row["cost"] != priced else None


def _within(
    connection: Connection, visit: Visit, operation: str, row: Mapping[str, Any]
) -> bool:
    """Whether the visitor may do the operation with this request."""
    try:
        grant = grant_for(visit.principal, operation)
        if grant is not None:
            must_be_in_scope(connection, grant, row)
    except Problem:
        return False
    return True


def _history(connection: Connection, id: str) -> list[Found]:
    """Return the events of the request, oldest first; `moved` holds old and new owner by name."""
    c, people = t.changes.c, t.contacts.c
    columns = (
        select(c.at, c.by, c.what, c.before, c.after)
        .where(c.id == id)
        .order_by(c.revision, c.seq)
    )
    entries = [dict(row) for row in connection.execute(columns).mappings()]
    owners = [_owners(entry) for entry in entries]
    asked = select(people.id, people.name).where(
        people.id.in_({id for pair in owners for id in pair})
    )
    names = {row.id: row.name for row in connection.execute(asked)}
    return [
        {
            **entry,
            "said": _said(entry["what"]),
            "moved": [names.get(id, id) for id in pair],
            "by_portal": entry["what"] in _BY_THE_PORTAL,
        }
        for entry, pair in zip(entries, owners, strict=True)
    ]


def _owners(entry: Found) -> list[str]:
    """Return old and new owner; empty if the owner did not change or the request is new."""
    before, after = entry["before"] or {}, entry["after"] or {}
    return (
        [before["owner"], after["owner"]]
        if before.get("owner") and after.get("owner")
        else []
    )


def _said(what: str) -> str:
    return f"event.{what}" if is_key(f"event.{what}") else "event.other"


def kept_uploads(connection: Connection, visit: Visit, ids: Sequence[str]) -> list[Found]:
    """Return those of these uploads that are the visitor's own and belong to no request yet."""
    c = t.files.c
    mine = c.person == visit.grant.principal.person
    rows = connection.execute(
        select(t.files)
        .where(c.id.in_(ids), c.request.is_(None), mine)
        .order_by(c.name, c.id)
    )
    return [dict(row) for row in rows.mappings()]
