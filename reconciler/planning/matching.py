"""Identity: which live customer a folder is, which live contact a file is.

A one-to-one matching in passes; what one pass took no later pass sees. The key comes first, the
address late, and nothing is guessed from an address or a name alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from reconciler.model.desired import DesiredContact, DesiredCustomer, DesiredState
from reconciler.model.equality import address_key, name_key
from reconciler.model.live import Applied, LiveContact, LiveCustomer, Registration, Status
from reconciler.planning.dates import instant
from reconciler.planning.index import Index, contact_order


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

    `base`: what was last applied. `generation`: the life that a creation starts. `rejects`: the
    pending sign-ups of the address, which `registration: none` turns down.
    """

    how: How
    desired: DesiredContact | None
    live: LiveContact | None
    base: Applied | None = None
    registration: Registration | None = None
    rejects: tuple[Registration, ...] = ()
    generation: int = 1


def match_customers(desired: DesiredState, index: Index) -> list[CustomerMatch]:
    """Every desired customer and every one of ours in the portal, in exactly one match, by key.

    A folder that releases its customer matches only one that is managed now.
    """
    rows = index.customers_in_order()
    ours = _by_key(row for row in rows if index.manages(row) and not row.archived)
    free = {name_key(row.name): row for row in rows if row.owner is None and not row.archived}
    over = {key: row for key, row in _by_key(r for r in rows if index.manages(r)).items() if row.archived}
    passes: list[tuple[How, Callable[[DesiredCustomer], Iterable[LiveCustomer | None]]]] = [
        (How.SAME, lambda d: [ours.get(d.key)]),
        (How.RENAMED, lambda d: [ours.get(key) for key in d.previously]),
        (How.ADOPTED, lambda d: [] if d.release else [free.get(name_key(d.name))]),
        (How.AWAY, lambda d: [row for row in [over.get(d.key)] if row and _by_others(row.applied)]),
        (
            How.RESTORED,
            lambda d: [row for row in [over.get(d.key)] if row and not d.release and _restorable(row, index)],
        ),
    ]
    matches: dict[str, CustomerMatch] = {}
    taken: set[str] = set()
    for how, fitting in passes:
        for key, customer in sorted(desired.customers.items()):
            found = next((row for row in fitting(customer) if row is not None and row.id not in taken), None)
            if key not in matches and found is not None:
                taken.add(found.id)
                matches[key] = CustomerMatch(how, customer, found)
    created = [CustomerMatch(How.CREATED, c, None) for key, c in desired.customers.items() if key not in matches]
    last = [*ours.values(), *over.values()]
    gone = [CustomerMatch(How.GONE, None, row) for row in last if row.id not in taken]
    return sorted([*matches.values(), *created, *gone], key=lambda m: (m.key, m.how))


def _by_key(rows: Iterable[LiveCustomer]) -> dict[str, LiveCustomer]:
    """The first row of each key; of archived ones that is the last one archived."""
    found: dict[str, LiveCustomer] = {}
    for row in rows:
        found.setdefault(row.external_key or "", row)
    return found


def rows_of(customer: CustomerMatch, index: Index) -> list[LiveContact]:
    """The contacts that the plan finds at the customer, tombstones too; the last life of a key first.

    Of a customer that is restored, whom its archive took out counts as invited again.
    """
    rows = index.contacts[customer.live.id] if customer.live else []
    if customer.how is not How.RESTORED:
        return rows
    return sorted((_back_again(row) for row in rows), key=contact_order)


def _back_again(row: LiveContact) -> LiveContact:
    if row.removal is None or not row.removal.with_customer:
        return row
    base = replace(row.applied, present=True) if row.applied else None
    return replace(row, status=Status.INVITED, removal=None, applied=base)


def match_contacts(customer: CustomerMatch, index: Index) -> list[ContactMatch]:
    """Every contact file of a customer and every one of its contacts of ours, each in one match."""
    wanted = customer.desired
    rows = rows_of(customer, index)
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
                matches[key] = _without_living(contact, tombstone, _Home(customer, rows, index))
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
    """The last life that this key had, if it is over."""
    return next((r for r in rows if not r.living and index.manages(r) and r.external_key == contact.key), None)


def _last_of_its_key(row: LiveContact, rows: list[LiveContact]) -> bool:
    """Whether no later life of the key is known; the rows stand with the last one first."""
    return next(r for r in rows if r.external_key == row.external_key and r.owner == row.owner).id == row.id


def _recreated(match: ContactMatch, tombstone: LiveContact | None) -> ContactMatch:
    """Removed and created anew by somebody else: the base of the old row is that of the new one."""
    if match.how is How.ADOPTED and tombstone and _by_others(tombstone.applied):
        return ContactMatch(How.RECREATED, match.desired, match.live, tombstone.applied)
    return match


@dataclass(frozen=True, slots=True)
class _Home:
    """Where a contact without a living row would live."""

    customer: CustomerMatch
    rows: list[LiveContact]
    index: Index


def _without_living(contact: DesiredContact, tombstone: LiveContact | None, home: _Home) -> ContactMatch:
    index = home.index
    generation = 1 + max((row.generation for row in home.rows if row.external_key == contact.key), default=0)
    found = index.live.registrations.get(contact.registration.id) if contact.registration else None
    if found is None and tombstone and _by_others(tombstone.applied):
        return ContactMatch(How.AWAY, contact, tombstone, tombstone.applied)
    if contact.registration:
        return ContactMatch(How.APPROVED, contact, None, registration=found, generation=generation)
    pending = index.registrations_by_address[address_key(contact.email)]
    rejects = tuple(registration for registration in pending if could_be(registration, home.customer))
    if tombstone and _same_address(contact, tombstone) and _restorable(tombstone, index):
        return ContactMatch(How.RESTORED, contact, tombstone, tombstone.applied, rejects=rejects)
    return ContactMatch(How.CREATED, contact, None, rejects=rejects, generation=generation)


def could_be(registration: Registration, customer: CustomerMatch) -> bool:
    """Whether the registration is of this customer, or of none yet."""
    return registration.customer_id is None or (
        customer.live is not None and registration.customer_id == customer.live.id
    )


def _by_others(applied: Applied | None) -> bool:
    """Whether a removed row was present to us to the last: somebody else took it out."""
    return applied is not None and applied.present


def _restorable(row: LiveContact | LiveCustomer, index: Index) -> bool:
    return row.removal is not None and instant(index.live.now) < instant(row.removal.restorable_until)
