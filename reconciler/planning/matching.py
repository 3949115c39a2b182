"""Identity: which live customer a folder is, which live contact a file is.

A one-to-one matching in passes; what one pass took no later pass sees. The key comes first, the
address late, and nothing is guessed from an address or a name alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

from reconciler.model.desired import DesiredContact, DesiredCustomer, DesiredState
from reconciler.model.equality import address_key, name_key
from reconciler.model.live import Applied, LiveContact, LiveCustomer, Registration
from reconciler.planning.dates import instant
from reconciler.planning.index import Index


class How(StrEnum):
    """What a pair, or a file or row without a partner, turns out to be."""

    SAME = "same"
    RENAMED = "renamed"
    ADOPTED = "adopted"
    RECREATED = "recreated"
    APPROVED = "approved"
    AWAY = "away"
    RESTORED = "restored"
    CREATED = "created"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class CustomerMatch:
    """A folder and its live customer; one of them may be missing."""

    how: How
    desired: DesiredCustomer | None
    live: LiveCustomer | None

    @property
    def key(self) -> str:
        """The customer's key after the plan."""
        if self.desired:
            return self.desired.key
        return (self.live.external_key if self.live else None) or ""


@dataclass(frozen=True, slots=True)
class ContactMatch:
    """A file and its live contact; one of them may be missing.

    `base`: what was last applied. `generation`: the life that a creation starts. `rejects`: a
    pending sign-up that `registration: none` turns down.
    """

    how: How
    desired: DesiredContact | None
    live: LiveContact | None
    base: Applied | None = None
    registration: Registration | None = None
    rejects: Registration | None = None
    generation: int = 1


def match_customers(desired: DesiredState, index: Index) -> list[CustomerMatch]:
    """Every desired customer and every one of ours in the portal, in exactly one match, by key."""
    rows = index.customers_in_order()
    passes: list[tuple[How, Callable[[DesiredCustomer, LiveCustomer], bool]]] = [
        (How.SAME, lambda d, c: not c.archived and index.manages(c) and c.external_key == d.key),
        (How.RENAMED, lambda d, c: not c.archived and index.manages(c) and c.external_key in d.previously),
        (How.ADOPTED, lambda d, c: not c.archived and c.owner is None and name_key(c.name) == name_key(d.name)),
        (How.AWAY, lambda d, c: c.archived and index.manages(c) and c.external_key == d.key and _by_others(c.applied)),
        (
            How.RESTORED,
            lambda d, c: c.archived and index.manages(c) and c.external_key == d.key and _restorable(c, index),
        ),
    ]
    matches: dict[str, CustomerMatch] = {}
    taken: set[str] = set()
    for how, fits in passes:
        for key, customer in sorted(desired.customers.items()):
            if key not in matches:
                found = next((row for row in rows if row.id not in taken and fits(customer, row)), None)
                if found:
                    taken.add(found.id)
                    matches[key] = CustomerMatch(how, customer, found)
    created = [CustomerMatch(How.CREATED, c, None) for key, c in desired.customers.items() if key not in matches]
    gone = [CustomerMatch(How.GONE, None, r) for r in rows if r.id not in taken and index.manages(r)]
    return sorted([*matches.values(), *created, *gone], key=lambda m: (m.key, m.how))


def match_contacts(customer: CustomerMatch, index: Index) -> list[ContactMatch]:
    """Every contact file of a customer and every one of its contacts of ours, each in one match."""
    wanted = customer.desired
    rows = index.contacts[customer.live.id] if customer.live else []
    matches: dict[str, ContactMatch] = {}
    taken: set[str] = set()
    if wanted:
        for how, fits in _living_passes(wanted, index):
            for key, contact in sorted(wanted.contacts.items()):
                found = next((r for r in rows if r.living and r.id not in taken and fits(contact, r)), None)
                if key not in matches and found:
                    taken.add(found.id)
                    matches[key] = ContactMatch(how, contact, found, found.applied if how is not How.ADOPTED else None)
        for key, contact in sorted(wanted.contacts.items()):
            tombstone = _tombstone(contact, rows, index)
            if key in matches:
                matches[key] = _recreated(matches[key], tombstone)
            else:
                matches[key] = _without_living(contact, tombstone, customer, index)
            if tombstone:
                taken.add(tombstone.id)
    gone = [
        ContactMatch(How.GONE, None, row, row.applied)
        for row in rows
        if row.id not in taken and index.manages(row) and (row.living or _last_of_its_key(row, rows))
    ]
    return [*(matches[key] for key in sorted(matches)), *gone]


def _living_passes(
    wanted: DesiredCustomer, index: Index
) -> Iterable[tuple[How, Callable[[DesiredContact, LiveContact], bool]]]:
    def file_gone(row: LiveContact) -> bool:
        return row.external_key not in wanted.contacts and row.external_key not in wanted.farewells

    return [
        (How.SAME, lambda d, r: index.manages(r) and r.external_key == d.key),
        (How.RENAMED, lambda d, r: index.manages(r) and r.external_key in d.previously),
        (
            How.RENAMED,
            lambda d, r: (
                index.manages(r) and file_gone(r) and _same_address(d, r) and name_key(d.name) == name_key(r.name)
            ),
        ),
        (How.ADOPTED, lambda d, r: r.owner is None and _same_address(d, r)),
    ]


def _same_address(contact: DesiredContact, row: LiveContact) -> bool:
    return address_key(contact.email) == address_key(row.email)


def _tombstone(contact: DesiredContact, rows: list[LiveContact], index: Index) -> LiveContact | None:
    """The last life that this key had, if it is over. Rows are ordered by generation, last first."""
    return next((r for r in rows if not r.living and index.manages(r) and r.external_key == contact.key), None)


def _last_of_its_key(row: LiveContact, rows: list[LiveContact]) -> bool:
    return next(r for r in rows if r.external_key == row.external_key and r.owner == row.owner).id == row.id


def _recreated(match: ContactMatch, tombstone: LiveContact | None) -> ContactMatch:
    """Removed and created anew by somebody else: the base of the old row is that of the new one."""
    if match.how is How.ADOPTED and tombstone and _by_others(tombstone.applied):
        return ContactMatch(How.RECREATED, match.desired, match.live, tombstone.applied)
    return match


def _without_living(
    contact: DesiredContact, tombstone: LiveContact | None, customer: CustomerMatch, index: Index
) -> ContactMatch:
    if tombstone and _by_others(tombstone.applied):
        return ContactMatch(How.AWAY, contact, tombstone, tombstone.applied)
    generation = tombstone.generation + 1 if tombstone else 1
    if contact.registration:
        found = index.live.registrations.get(contact.registration.id)
        return ContactMatch(How.APPROVED, contact, None, registration=found, generation=generation)
    if tombstone and _same_address(contact, tombstone) and _restorable(tombstone, index):
        return ContactMatch(How.RESTORED, contact, tombstone, tombstone.applied)
    pending = [r for r in index.registrations_by_address[address_key(contact.email)] if _could_be(r, customer)]
    return ContactMatch(How.CREATED, contact, None, rejects=next(iter(pending), None), generation=generation)


def _could_be(registration: Registration, customer: CustomerMatch) -> bool:
    return registration.customer_id is None or (
        customer.live is not None and registration.customer_id == customer.live.id
    )


def _by_others(applied: Applied | None) -> bool:
    """Whether a removed row was present to us to the last: somebody else took it out."""
    return applied is not None and applied.present


def _restorable(row: LiveContact | LiveCustomer, index: Index) -> bool:
    return row.removal is not None and instant(index.live.now) < instant(row.removal.restorable_until)
