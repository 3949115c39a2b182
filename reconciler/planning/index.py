"""The live state, indexed the way planning asks: by key, by address, by owner."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import fields

from reconciler.model.desired import Policy
from reconciler.model.equality import address_key, name_key
from reconciler.model.live import (
    LiveContact,
    LiveCustomer,
    LiveObject,
    LiveState,
    OpenRequest,
    Registration,
    Removal,
)
from reconciler.planning.dates import instant


class Index:
    """The look-ups over one live state; row ids decide no order alone, as they differ by portal."""

    def __init__(
        self, live: LiveState, owner: str, renamed_services: Mapping[str, str] | None = None
    ) -> None:
        self.live = live
        self.owner = owner
        self.renamed_services = renamed_services or {}
        self.contacts: dict[str, list[LiveContact]] = defaultdict(list)
        self.by_address: dict[str, LiveContact] = {}
        # Archived customers are left out: their names are free.
        self.by_name = {
            name_key(row.name): row for row in live.customers.values() if not row.archived
        }
        # Of our customers, by key: a key may have been used, archived and used again.
        self.customer_lives: dict[str, list[LiveCustomer]] = defaultdict(list)
        for row in filter(self.manages, live.customers.values()):
            self.customer_lives[row.external_key or ""].append(row)
        self.foreign: dict[str, list[LiveCustomer]] = defaultdict(list)
        for row in self.by_name.values():
            if row.external_key is not None and row.owner not in {None, owner}:
                self.foreign[row.external_key].append(row)
        # By code and not by `external_key`: an unmanaged service has no key, but its code
        # is taken.
        self.services = {str(row.fields["code"]): row for row in live.services.values()}
        self.policy = applied_policy(live, owner)
        self.requests: dict[str, list[OpenRequest]] = defaultdict(list)
        self.requests_of_customer: dict[str, list[OpenRequest]] = defaultdict(list)
        self.registrations_by_address: dict[str, list[Registration]] = defaultdict(list)
        # By the kind of object and its home, as the portal scopes keys.
        self.former_keys: dict[tuple[str, str], set[str]] = defaultdict(set)
        for former in live.former_keys:
            self.former_keys[former.object, former.home].add(former.key)
        for contact in sorted(live.contacts.values(), key=contact_order):
            self.contacts[contact.customer_id].append(contact)
            if contact.living:
                self.by_address[address_key(contact.email)] = contact
        for request in sorted(live.requests.values(), key=lambda r: r.id):
            self.requests[request.owner_id].append(request)
            self.requests_of_customer[request.customer_id].append(request)
        for registration in sorted(live.registrations.values(), key=lambda r: r.id):
            self.registrations_by_address[address_key(registration.email)].append(
                registration
            )

    def manages(self, row: LiveObject) -> bool:
        """Return whether the object carries our owner."""
        return row.owner == self.owner and row.external_key is not None

    def living(self, customer: LiveCustomer) -> list[LiveContact]:
        """Return the customer's living contacts, managed and unmanaged."""
        return [contact for contact in self.contacts[customer.id] if contact.living]

    def last_lives(self, customer_id: str) -> dict[str, LiveContact]:
        """Return the last life of each managed contact of the customer, by key."""
        rows: dict[str, LiveContact] = {}
        # In this order the first row of a key is its last life.
        for row in self.contacts[customer_id]:
            if self.manages(row):
                rows.setdefault(row.external_key or "", row)
        return rows

    def open_work(self, contact: LiveContact) -> list[OpenRequest]:
        """Return the open requests that the contact owns."""
        return self.requests[contact.id]

    def customer_key(self, customer_id: str) -> str:
        """Return the display name of a live customer: its key when managed, else its name."""
        customer = self.live.customers[customer_id]
        return (
            customer.external_key
            if self.manages(customer) and customer.external_key
            else customer.name
        )

    def own_name(self, contact: LiveContact) -> str:
        """Return a live contact's key when managed, else the address."""
        return (contact.external_key if self.manages(contact) else None) or contact.email

    def person(self, contact: LiveContact) -> str:
        """Return the display name of a live contact: `customer/key` when managed, else
        `customer/address`.
        """
        return f"{self.customer_key(contact.customer_id)}/{self.own_name(contact)}"

    def customers_in_order(self) -> list[LiveCustomer]:
        """Return all customers: archived last, then by key or name; per key the last archived
        first.
        """
        return sorted(
            self.live.customers.values(),
            key=lambda c: (
                c.archived,
                c.external_key or "",
                # The latest archive first: that is the customer whom a folder with this key
                # brings back.
                -_removal_time(c.removal),
                name_key(c.name),
                c.id,
            ),
        )


def applied_policy(live: LiveState, owner: str) -> Policy:
    """Return the policy that this owner applied last; the defaults where there is none."""
    applied = live.settings.applied if live.settings.owner == owner else None
    applied_fields = applied.fields if applied else {}
    numbers = {
        f.name: applied_fields[f"policy.{f.name}"]
        for f in fields(Policy)
        if f"policy.{f.name}" in applied_fields
    }
    return Policy(**numbers)  # type: ignore[arg-type]  # the portal returns what a typed file said


def contact_order(contact: LiveContact) -> tuple[bool, str, float, int, str, str]:
    """Return the sort key of a contact: living first, then by key; per key the last life first.

    The end of a life decides before its number: a contact who signed up or was adopted starts at 1
    again.
    """
    key, removal_time = contact.external_key or "", -_removal_time(contact.removal)
    return (
        not contact.living,
        key,
        removal_time,
        -contact.life,
        address_key(contact.email),
        contact.id,
    )


def _removal_time(removal: Removal | None) -> float:
    return instant(removal.touch.at).timestamp() if removal else 0.0
