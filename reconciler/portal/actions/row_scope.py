"""With which rows a grant may be used: as a condition on lists, and as a judgement of one row."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Table, and_, false, select, true

from reconciler.portal.rules.equality import same_address_form
from reconciler.portal.rules.policy import Grant, Reach
from reconciler.portal.rules.problems import Problem
from reconciler.portal.rules.states import ContactStatus, CustomerStatus
from reconciler.portal.store import tables as t
from reconciler.portal.store.unit_of_work import Row, Work

FOR_MANAGERS: Final = frozenset({Reach.CUSTOMER, Reach.TEAM})
"""Whose contacts are those who were let in: registrants are between them and the administrators."""


def reachable(connection: Connection, grant: Grant, table: Table) -> ColumnElement[bool]:
    """The condition that rows of `requests` or `contacts` meet when they are within reach."""
    who, own = grant.principal, table.c.owner if table is t.requests else table.c.id
    admitted = true() if table is t.requests else table.c.status != ContactStatus.UNAPPROVED
    match grant.reach:
        case Reach.ALL:
            return true()
        case Reach.OWN:
            return own == who.person if who.person else false()
        case Reach.CUSTOMER:
            return and_(table.c.customer == who.customer, admitted) if who.customer else false()
        case Reach.TEAM:
            return and_(table.c.customer == who.customer, own != who.contact, admitted) if who.customer else false()
        case Reach.THEIRS:
            return table.c.customer.in_(looked_after(connection, who.address or ""))


def looked_after(connection: Connection, address: str) -> list[str]:
    """The ids of the active customers that name this address among their project managers."""
    c = t.customers.c
    rows = connection.execute(select(c.id, c.project_managers).where(c.status == CustomerStatus.ACTIVE).order_by(c.id))
    return [row.id for row in rows if address in managers_of(row.project_managers)]


def managers_of(addresses: list[str]) -> frozenset[str]:
    """The addresses in the form in which they compare."""
    return frozenset(same_address_form(address) for address in addresses)


def must_reach(connection: Connection, grant: Grant, row: Mapping[str, Any]) -> None:
    """A `not-found` problem unless the request or the contact is within reach, as if it were not there."""
    managers: frozenset[str] = frozenset()
    if grant.reach is Reach.THEIRS and row["customer"]:
        c = t.customers.c
        home = connection.execute(select(c.project_managers).where(c.id == row["customer"])).scalar_one()
        managers = managers_of(home)
    kind, owner = ("request", row["owner"]) if "target_languages" in row else ("contact", row["id"])
    hidden = kind == "contact" and row["status"] == ContactStatus.UNAPPROVED and grant.reach in FOR_MANAGERS
    if hidden or not grant.covers(customer=row["customer"], owner=owner, managers=managers):
        raise _absent(kind, row["id"])


def reached(connection: Connection, grant: Grant, table: Table, id: str) -> Mapping[str, Any]:
    """The request or contact of this id, when it is within reach; a `not-found` problem otherwise."""
    row = connection.execute(select(table).where(table.c.id == id)).mappings().first()
    if row is None:
        raise _absent("request" if table is t.requests else "contact", id)
    must_reach(connection, grant, dict(row))
    return dict(row)


def within(work: Work, grant: Grant, kind: str, id: str) -> Row:
    """The row to act on, when it is within reach; a `not-found` problem otherwise."""
    row = work.one(kind, id)
    must_reach(work.connection, grant, row.values)
    return row


def heir_of(work: Work, grant: Grant, id: str) -> Row:
    """The contact who is to receive work: anybody of a manager's customer, herself too; whoever, for others."""
    heir = work.one("contact", id)
    foreign = heir["customer"] != grant.principal.customer or heir["status"] == ContactStatus.UNAPPROVED
    if grant.reach is Reach.TEAM and foreign:
        raise _absent("contact", id)
    return heir


def _absent(kind: str, id: str) -> Problem:
    """The same sentence as `Work.one` says it: words do not tell what is out of reach from what is not there."""
    return Problem("not-found", f"there is no {kind} '{id}'")
