"""The rows that a grant covers: as a condition for lists, and as a check of one row."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Table, and_, false, select, true

from reconciler.portal.rules.equality import same_address_form
from reconciler.portal.rules.policy import Grant, RowScope
from reconciler.portal.rules.problems import Problem
from reconciler.portal.rules.states import ContactStatus, CustomerStatus
from reconciler.portal.store import tables as t
from reconciler.portal.store.unit_of_work import Row, Work

# Scopes in which registrations are hidden: only administrators see them.
SCOPES_WITHOUT_REGISTRATIONS: Final = frozenset({RowScope.CUSTOMER, RowScope.TEAM})


def in_scope(connection: Connection, grant: Grant, table: Table) -> ColumnElement[bool]:
    """Return the condition for rows of `requests` or `contacts` that the grant covers."""
    principal, owner_column = (
        grant.principal,
        table.c.owner if table is t.requests else table.c.id,
    )
    approved = true() if table is t.requests else table.c.status != ContactStatus.UNAPPROVED
    match grant.row_scope:
        case RowScope.ALL:
            return true()
        case RowScope.OWN:
            return owner_column == principal.person if principal.person else false()
        case RowScope.CUSTOMER:
            return (
                and_(table.c.customer == principal.customer, approved)
                if principal.customer
                else false()
            )
        case RowScope.TEAM:
            return (
                and_(
                    table.c.customer == principal.customer,
                    owner_column != principal.contact,
                    approved,
                )
                if principal.customer
                else false()
            )
        case RowScope.ASSIGNED:
            return table.c.customer.in_(
                customers_managed_by(connection, principal.address or "")
            )


def customers_managed_by(connection: Connection, address: str) -> list[str]:
    """Return the ids of the active customers that name this address as a project manager."""
    c = t.customers.c
    # filtered in Python: SQL cannot compute the form in which addresses are compared
    rows = connection.execute(
        select(c.id, c.project_managers)
        .where(c.status == CustomerStatus.ACTIVE)
        .order_by(c.id)
    )
    return [row.id for row in rows if address in address_forms(row.project_managers)]


def address_forms(addresses: list[str]) -> frozenset[str]:
    """Return the addresses in the form in which they are compared."""
    return frozenset(same_address_form(address) for address in addresses)


def check_in_scope(connection: Connection, grant: Grant, row: Mapping[str, Any]) -> None:
    """Raise a `not-found` problem unless the grant covers the row, as if it did not exist."""
    managers: frozenset[str] = frozenset()
    if grant.row_scope is RowScope.ASSIGNED and row["customer"]:
        c = t.customers.c
        home = connection.execute(
            select(c.project_managers).where(c.id == row["customer"])
        ).scalar_one()
        managers = address_forms(home)
    kind, owner = (
        ("request", row["owner"]) if "target_languages" in row else ("contact", row["id"])
    )
    hidden = (
        kind == "contact"
        and row["status"] == ContactStatus.UNAPPROVED
        and grant.row_scope in SCOPES_WITHOUT_REGISTRATIONS
    )
    if hidden or not grant.covers(customer=row["customer"], owner=owner, managers=managers):
        raise _not_found(kind, row["id"])


def row_in_scope(
    connection: Connection, grant: Grant, table: Table, id: str
) -> Mapping[str, Any]:
    """Return the request or contact with this id if the grant covers it; else `not-found`."""
    row = connection.execute(select(table).where(table.c.id == id)).mappings().first()
    if row is None:
        raise _not_found("request" if table is t.requests else "contact", id)
    check_in_scope(connection, grant, dict(row))
    return dict(row)


def get_in_scope(work: Work, grant: Grant, kind: str, id: str) -> Row:
    """Return the row to act on if the grant covers it; else `not-found`."""
    row = work.get(kind, id)
    check_in_scope(work.connection, grant, row.values)
    return row


def heir_of(work: Work, grant: Grant, id: str) -> Row:
    """Return the contact who receives work; managers may name only people of their customer."""
    heir = work.get("contact", id)
    foreign = (
        heir["customer"] != grant.principal.customer
        or heir["status"] == ContactStatus.UNAPPROVED
    )
    if grant.row_scope is RowScope.TEAM and foreign:
        raise _not_found("contact", id)
    return heir


def _not_found(kind: str, id: str) -> Problem:
    """Return the same problem as `Work.get`, so hidden and missing rows look alike."""
    return Problem("not-found", f"there is no {kind} '{id}'")
