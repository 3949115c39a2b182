"""Resolves the rows that an operation of a batch refers to, by id or by the keys of its owner."""

from __future__ import annotations

from typing import Final

from sqlalchemy import literal_column

from reconciler.portal.actions.operations import Reference
from reconciler.portal.rules.problems import Problem
from reconciler.portal.store import tables as t
from reconciler.portal.store.unit_of_work import Row, Work

# literal as in the partial indexes: SQLite does not use them for a parameter
_CUSTOMER_IS_HERE: Final = t.customers.c.status != literal_column("'archived'")
_CONTACT_IS_HERE: Final = t.contacts.c.status != literal_column("'removed'")


def customers_called(work: Work, owner: str, key: str) -> list[Row]:
    """Return the owner's customers with this key that are not archived."""
    c = t.customers.c
    return work.where(
        "customer", c.owner == owner, c.external_key == key, _CUSTOMER_IS_HERE
    )


def contacts_called(work: Work, customer: str, key: str) -> list[Row]:
    """Return the contacts of a customer with this key that are not removed."""
    c = t.contacts.c
    return work.where(
        "contact", c.customer == customer, c.external_key == key, _CONTACT_IS_HERE
    )


def customer(work: Work, owner: str, reference: Reference) -> Row:
    """Return the customer that an operation refers to; else `not-found` or `stale`."""
    if reference.id is None:
        return _first(
            customers_called(work, owner, reference.customer or ""),
            f"customer '{reference.customer}'",
        )
    row = work.get("customer", reference.id)
    if (
        reference.version is not None
        and row.first
        and row.first["version"] != reference.version
    ):
        raise Problem("stale", f"customer '{row.id}' has version {row.first['version']}")
    return row


def heir(work: Work, owner: str, reference: Reference) -> Row:
    """Return the contact that receives work; else `not-found`."""
    if reference.id is not None:
        return work.get("contact", reference.id)
    home = _first(
        customers_called(work, owner, reference.customer or ""),
        f"customer '{reference.customer}'",
    )
    called = contacts_called(work, home.id, reference.key or "")
    return _first(called, f"contact '{reference.customer}/{reference.key}'")


def _first(rows: list[Row], subject: str) -> Row:
    if not rows:
        raise Problem("not-found", f"there is no {subject}")
    return rows[0]
