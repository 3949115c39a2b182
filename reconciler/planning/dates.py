"""Time: today by the portal's clock, and the people whose last day has come.

A due `leaves` changes the desired state, never the plan: from that day the file counts as a
farewell.
"""

from __future__ import annotations

import datetime
from dataclasses import replace
from zoneinfo import ZoneInfo

from reconciler.model.desired import DesiredContact, DesiredCustomer, DesiredState, Farewell

SOON = datetime.timedelta(days=14)


def today(now: str, time_zone: str) -> datetime.date:
    """Return the day of an instant (ISO 8601, UTC) in a time zone."""
    return instant(now).astimezone(ZoneInfo(time_zone)).date()


def instant(text: str) -> datetime.datetime:
    """Return the instant of an ISO 8601 text; UTC unless the text has an offset."""
    parsed = datetime.datetime.fromisoformat(text)
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=datetime.UTC)


def with_due_departures(desired: DesiredState, day: datetime.date) -> DesiredState:
    """Return the desired state of a day: contacts whose `leaves.on` has come are farewells."""
    customers = {
        key: _customer_of_day(customer, day) for key, customer in desired.customers.items()
    }
    return replace(desired, customers=customers)


def leaving_soon(desired: DesiredState, day: datetime.date) -> list[DesiredContact]:
    """Return the contacts who leave within 14 days after that day, by customer and key."""
    return [
        contact
        for _, customer in sorted(desired.customers.items())
        for _, contact in sorted(customer.contacts.items())
        if contact.leaves
        and day < datetime.date.fromisoformat(contact.leaves.on) <= day + SOON
    ]


def _customer_of_day(customer: DesiredCustomer, day: datetime.date) -> DesiredCustomer:
    due = {key: contact for key, contact in customer.contacts.items() if _due(contact, day)}
    if not due:
        return customer
    farewells = {
        name: _farewell(contact)
        for key, contact in due.items()
        # Under former keys too: the row may not have been renamed yet when the day comes.
        for name in (*contact.previously, key)
        # A farewell that somebody wrote overrules the one that the date implies.
    } | dict(customer.farewells)
    staying = {key: contact for key, contact in customer.contacts.items() if key not in due}
    return replace(customer, contacts=staying, farewells=farewells)


def _due(contact: DesiredContact, day: datetime.date) -> bool:
    return (
        contact.leaves is not None and datetime.date.fromisoformat(contact.leaves.on) <= day
    )


def _farewell(contact: DesiredContact) -> Farewell:
    reason = contact.leaves.reason if contact.leaves else "left"
    place = contact.places.get("leaves", contact.place)
    leaves_on = contact.leaves.on if contact.leaves else None
    return Farewell(
        contact.customer, contact.key, place, contact.heir, reason, leaves_on=leaves_on
    )
