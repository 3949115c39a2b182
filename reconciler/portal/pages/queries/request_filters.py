"""The filters of lists and statistics of requests: what each visitor may choose from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, select

from reconciler.portal.actions.offers import orderable_services
from reconciler.portal.actions.row_scope import customers_managed_by
from reconciler.portal.pages.context import PageContext
from reconciler.portal.pages.queries.rows import (
    active_customers,
    all_services,
    contacts_of,
    customer_of,
)
from reconciler.portal.rules.offers import is_open_to_customer
from reconciler.portal.rules.policy import RowScope
from reconciler.portal.store import tables as t


@dataclass(frozen=True, slots=True)
class FilterChoices:
    """The choices of the filters, as value and name; a filter without choices is not shown."""

    services: list[tuple[str, str]]
    owners: list[tuple[str, str]]
    customers: list[tuple[str, str]]

    def valid_owner(self, contact: str) -> str:
        """Return the contact to filter by; empty if they belong to another customer."""
        # When somebody chooses another customer, the form still sends the contact of the old one.
        is_offered = not self.customers or not self.owners or contact in dict(self.owners)
        return contact if is_offered else ""


def filter_choices(
    connection: Connection, context: PageContext, customer: str | None
) -> FilterChoices:
    """Return the filters of a visitor; the provider's people choose a customer before a contact.

    People of a customer are offered its own services only: the names of others would tell them
    what other customers order.
    """
    grant, r = context.grant, t.requests.c
    if grant.row_scope is RowScope.OWN:
        contact = grant.principal.contact or ""
        codes = [row["code"] for row in orderable_services(connection, contact)]
        return FilterChoices(_services_of(connection, r.owner == contact, codes), [], [])
    if grant.row_scope is RowScope.CUSTOMER:
        home = customer_of(connection, grant.principal.customer)
        codes = [
            row["code"]
            for row in all_services(connection)
            if is_open_to_customer(row, home["services"])
        ]
        return FilterChoices(
            _services_of(connection, r.customer == home["id"], codes),
            _owner_choices(connection, home["id"]),
            [],
        )
    customers = active_customers(connection)
    if grant.row_scope is RowScope.ASSIGNED:
        managed_ids = set(customers_managed_by(connection, grant.principal.address or ""))
        customers = [(id, name) for id, name in customers if id in managed_ids]
    return FilterChoices(
        [(row["code"], row["name"]) for row in all_services(connection)],
        _owner_choices(connection, customer) if customer in dict(customers) else [],
        customers,
    )


def _services_of(
    connection: Connection, is_visible: ColumnElement[bool], offered_codes: Sequence[str]
) -> list[tuple[str, str]]:
    """Return the services on offer, and those that a visible request names."""
    service = t.requests.c.service
    codes = {
        *offered_codes,
        *connection.execute(select(service).where(is_visible).distinct()).scalars(),
    }
    return [
        (row["code"], row["name"])
        for row in all_services(connection)
        if row["code"] in codes
    ]


def _owner_choices(connection: Connection, customer: str | None) -> list[tuple[str, str]]:
    """Return id and name of a customer's contacts, with removed ones: their requests remain."""
    return [
        (person["id"], person["name"])
        for person in contacts_of(connection, customer, include_removed=True)
    ]
