"""Identity: which live customer a folder is, which live contact a file is.

A one-to-one matching in passes; what one pass took no later pass sees. The key comes first, the
address late, and nothing is guessed from an address or a name alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

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

    `base`: what was last applied. `life`: the one that a creation begins. `rejects`: the pending
    sign-ups of the address, which `registration: none` turns down.
    """

    how: How
    desired: DesiredContact | None
    live: LiveContact | None
    base: Applied | None = None
    registration: Registration | None = None
    rejects: tuple[Registration, ...] = ()
    life: int = 1


@dataclass(frozen=True, slots=True)
class _CustomerRows:
    """The portal's customers in the ways that the passes look for them."""

    ours: Mapping[str, LiveCustomer]
    unmanaged: Mapping[str, LiveCustomer]
    archived: Mapping[str, LiveCustomer]
    index: Index


def match_customers(desired: DesiredState, index: Index) -> list[CustomerMatch]:
    """Every desired customer and every one of ours in the portal, in exactly one match, by key."""
    rows = _customer_rows(index)
    matches: dict[str, CustomerMatch] = {}
    taken: set[str] = set()
    for how, candidates in _CUSTOMER_PASSES:
        for key, customer in sorted(desired.customers.items()):
            if key in matches:
                continue
            row = next((row for row in candidates(customer, rows) if row.id not in taken), None)
            if row is not None:
                taken.add(row.id)
                matches[key] = CustomerMatch(how, customer, row)
    created = [
        CustomerMatch(How.CREATED, customer, None) for key, customer in desired.customers.items() if key not in matches
    ]
    known = [*rows.ours.values(), *rows.archived.values()]
    gone = [CustomerMatch(How.GONE, None, row) for row in known if row.id not in taken]
    return sorted([*matches.values(), *created, *gone], key=lambda match: (match.key, match.how))


def _customer_rows(index: Index) -> _CustomerRows:
    rows = index.customers_in_order()
    managed = [row for row in rows if index.manages(row)]
    return _CustomerRows(
        _first_of_each_key(row for row in managed if not row.archived),
        {name_key(row.name): row for row in rows if row.owner is None and not row.archived},
        {key: row for key, row in _first_of_each_key(managed).items() if row.archived},
        index,
    )


def _same_key(customer: DesiredCustomer, rows: _CustomerRows) -> list[LiveCustomer]:
    return _present(rows.ours.get(customer.key))


def _former_key(customer: DesiredCustomer, rows: _CustomerRows) -> list[LiveCustomer]:
    return [rows.ours[key] for key in customer.previously if key in rows.ours]


def _unmanaged_name(customer: DesiredCustomer, rows: _CustomerRows) -> list[LiveCustomer]:
    return [] if customer.release else _present(rows.unmanaged.get(name_key(customer.name)))


def _archived_by_others(customer: DesiredCustomer, rows: _CustomerRows) -> list[LiveCustomer]:
    return [row for row in _present(rows.archived.get(customer.key)) if _by_others(row.applied)]


def _archived_by_us(customer: DesiredCustomer, rows: _CustomerRows) -> list[LiveCustomer]:
    found = [] if customer.release else _present(rows.archived.get(customer.key))
    return [row for row in found if _restorable(row, rows.index)]


_CUSTOMER_PASSES: Final = (
    (How.SAME, _same_key),
    (How.RENAMED, _former_key),
    (How.ADOPTED, _unmanaged_name),
    (How.AWAY, _archived_by_others),
    (How.RESTORED, _archived_by_us),
)


def _present(row: LiveCustomer | None) -> list[LiveCustomer]:
    return [] if row is None else [row]


def _first_of_each_key(rows: Iterable[LiveCustomer]) -> dict[str, LiveCustomer]:
    """The first row of each key; of archived rows that is the last one archived."""
    first: dict[str, LiveCustomer] = {}
    for row in rows:
        first.setdefault(row.external_key or "", row)
    return first


def rows_of(customer: CustomerMatch, index: Index) -> list[LiveContact]:
    """The contacts that the plan finds at the customer, tombstones too; the last life of a key first.

    Contacts whom the archive of a restored customer took out count as invited again.
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
    desired = customer.desired
    rows = rows_of(customer, index)
    matches: dict[str, ContactMatch] = {}
    taken: set[str] = set()
    if desired:
        for how, fits in _living_passes(desired, index):
            for key, contact in sorted(desired.contacts.items()):
                free = (row for row in rows if row.living and row.id not in taken)
                row = next((row for row in free if fits(contact, row)), None)
                if key not in matches and row:
                    taken.add(row.id)
                    base = None if how is How.ADOPTED else row.applied
                    matches[key] = ContactMatch(how, contact, row, base)
        for key, contact in sorted(desired.contacts.items()):
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
    customer: DesiredCustomer, index: Index
) -> Iterable[tuple[How, Callable[[DesiredContact, LiveContact], bool]]]:
    def file_gone(row: LiveContact) -> bool:
        return row.external_key not in customer.contacts and row.external_key not in customer.farewells

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
    life = 1 + max((row.life for row in home.rows if row.external_key == contact.key), default=0)
    reference = contact.registration
    registration = index.live.registrations.get(reference.id) if reference else None
    if registration is None and tombstone and _by_others(tombstone.applied):
        return ContactMatch(How.AWAY, contact, tombstone, tombstone.applied)
    if reference:
        return ContactMatch(How.APPROVED, contact, None, registration=registration, life=life)
    pending = index.registrations_by_address[address_key(contact.email)]
    rejects = tuple(pending_one for pending_one in pending if could_be(pending_one, home.customer))
    if tombstone and _same_address(contact, tombstone) and _restorable(tombstone, index):
        return ContactMatch(How.RESTORED, contact, tombstone, tombstone.applied, rejects=rejects)
    return ContactMatch(How.CREATED, contact, None, rejects=rejects, life=life)


def could_be(registration: Registration, customer: CustomerMatch) -> bool:
    """Whether the registration belongs to this customer, or to none yet."""
    return registration.customer_id is None or (
        customer.live is not None and registration.customer_id == customer.live.id
    )


def _by_others(applied: Applied | None) -> bool:
    """Whether a removed row was present to us to the last: somebody else took it out."""
    return applied is not None and applied.present


def _restorable(row: LiveContact | LiveCustomer, index: Index) -> bool:
    return row.removal is not None and instant(index.live.now) < instant(row.removal.restorable_until)
