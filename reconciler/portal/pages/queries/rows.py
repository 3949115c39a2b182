"""Rows that several pages show, with their related rows; each page reads in one transaction."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, func, select

from reconciler.portal.rules.equality import same_address_form
from reconciler.portal.rules.problems import Problem
from reconciler.portal.rules.roles import WORK_ROLES
from reconciler.portal.rules.states import (
    LIVING,
    OPEN,
    ContactStatus,
    CustomerStatus,
    StaffStatus,
)
from reconciler.portal.store import tables as t

# The columns of a row by name, and what a query adds to them.
RowValues = dict[str, Any]


def customer_of(connection: Connection, id: str | None) -> RowValues:
    """Return the customer with this id; raise a `not-found` problem if there is none."""
    row = (
        connection.execute(select(t.customers).where(t.customers.c.id == (id or "")))
        .mappings()
        .first()
    )
    if row is None:
        raise Problem("not-found", f"there is no customer '{id}'")
    return dict(row)


def contacts_of(
    connection: Connection, customer: str | None, *, include_removed: bool
) -> list[RowValues]:
    """Return the contacts of a customer by name, removed ones last, each with `open`."""
    c = t.contacts.c
    states = (*LIVING, ContactStatus.REMOVED) if include_removed else LIVING
    rows = connection.execute(
        select(t.contacts)
        .where(c.customer == customer, c.status.in_(states))
        .order_by(c.status == ContactStatus.REMOVED, c.name, c.id)
    )
    return with_open_work(connection, [dict(row) for row in rows.mappings()])


def with_open_work(connection: Connection, people: Sequence[RowValues]) -> list[RowValues]:
    """Return the people, each with the number of their open requests as `open`."""
    c = t.requests.c
    ids = [person["id"] for person in people]
    rows = connection.execute(
        select(c.owner, func.count())
        .where(c.owner.in_(ids), c.state.in_(OPEN))
        .group_by(c.owner)
    )
    # A row is no pair to a type checker, so `dict(rows)` has no type.
    counts = {owner: count for owner, count in rows}  # noqa: C416
    return [{**person, "open": counts.get(person["id"], 0)} for person in people]


def contact_with_heirs(
    connection: Connection, contact: Mapping[str, Any]
) -> tuple[RowValues, list[RowValues]]:
    """Return the contact with `open`, and the colleagues to choose an heir from, if it has work."""
    (leaver,) = with_open_work(connection, [dict(contact)])
    if not leaver["open"]:
        return leaver, []
    return leaver, contacts_of(connection, leaver["customer"], include_removed=False)


def possible_heirs(
    people: Sequence[Mapping[str, Any]], leaver: str
) -> list[Mapping[str, Any]]:
    """Return those of the people who may receive the work of the leaver."""
    return [
        person
        for person in people
        if person["id"] != leaver
        and person["status"] in LIVING
        and person["role"] in WORK_ROLES
    ]


def names_of_customers(
    connection: Connection, ids: Collection[str | None]
) -> dict[str, RowValues]:
    """Return name, key and owner of customers by id; archived ones too."""
    c = t.customers.c
    rows = connection.execute(
        select(c.id, c.name, c.external_key, c.owner).where(
            c.id.in_({id for id in ids if id})
        )
    )
    return {row.id: dict(row._mapping) for row in rows}


def active_customers(connection: Connection) -> list[tuple[str, str]]:
    """Return id and name of every active customer, by name."""
    c = t.customers.c
    rows = connection.execute(
        select(c.id, c.name).where(c.status == CustomerStatus.ACTIVE).order_by(c.name, c.id)
    )
    return [(row.id, row.name) for row in rows]


def all_services(connection: Connection) -> list[RowValues]:
    """Return the services by name."""
    rows = connection.execute(select(t.services).order_by(t.services.c.name))
    return [dict(row) for row in rows.mappings()]


def project_managers(
    connection: Connection, addresses: Sequence[str]
) -> tuple[list[tuple[str, str]], list[str]]:
    """Return address and name of the provider's people, and those addresses that are not theirs.

    `addresses` are the project managers of a customer, as they are stored.
    """
    c = t.staff.c
    # An address may be written in several ways, such as with capitals. The stored one stays, so
    # that saving an unchanged form changes nothing.
    addresses_by_form = {same_address_form(address): address for address in addresses}
    rows = connection.execute(
        select(c.name, c.email, c.address_form)
        .where(c.status != StaffStatus.REMOVED)
        .order_by(c.name, c.id)
    ).all()
    staff = [(addresses_by_form.pop(row.address_form, row.email), row.name) for row in rows]
    return staff, sorted(addresses_by_form.values())


def project_managers_of(connection: Connection, customer: str) -> list[tuple[str, str]]:
    """Return name and address of a customer's project managers; a stranger has no name."""
    addresses = customer_of(connection, customer)["project_managers"]
    c = t.staff.c
    rows = connection.execute(
        select(c.address_form, c.name).where(
            c.address_form.in_(map(same_address_form, addresses)),
            c.status != StaffStatus.REMOVED,
        )
    )
    names = {row.address_form: row.name for row in rows}
    return [
        (names.get(same_address_form(address), ""), str(address)) for address in addresses
    ]


def git_path_of(
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
