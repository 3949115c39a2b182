"""Identity: which live customer a folder is, which live contact a file is.

A one-to-one matching in passes; what one pass took no later pass sees. The key comes first, the
address late, and nothing is guessed from an address or a name alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final, TypeVar

from reconciler.model.desired import DesiredContact, DesiredCustomer, DesiredState
from reconciler.model.equality import address_key, name_key
from reconciler.model.live import Applied, LiveContact, LiveCustomer, Registration, Status
from reconciler.planning.dates import instant
from reconciler.planning.index import Index, contact_order

Row = TypeVar("Row", LiveCustomer, LiveContact)


class How(StrEnum):
    """The relation of a file and a row, or of one without a partner."""

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
    sign-ups of the address, which `registration: none` turns down. `former`: the name of the person
    who had this key and address until lately, when the file names another one.
    """

    how: How
    desired: DesiredContact | None
    live: LiveContact | None
    base: Applied | None = None
    registration: Registration | None = None
    rejects: tuple[Registration, ...] = ()
    life: int = 1
    former: str | None = None


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
    rows_at_key = [] if customer.release else _present(rows.archived.get(customer.key))
    return [row for row in rows_at_key if _restorable(row, rows.index)]


_CUSTOMER_PASSES: Final = (
    (How.SAME, _same_key),
    (How.RENAMED, _former_key),
    (How.ADOPTED, _unmanaged_name),
    (How.AWAY, _archived_by_others),
    (How.RESTORED, _archived_by_us),
)


def _present(row: Row | None) -> list[Row]:
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
    home = _home(customer, index)
    matches: dict[str, ContactMatch] = {}
    taken: set[str] = set()
    if desired:
        contacts = sorted(desired.contacts.items())
        for how, candidates in _CONTACT_PASSES:
            for key, contact in contacts:
                if key in matches:
                    continue
                row = next((row for row in candidates(contact, home) if row.id not in taken), None)
                if row is not None:
                    taken.add(row.id)
                    base = None if how is How.ADOPTED else row.applied
                    matches[key] = ContactMatch(how, contact, row, base)
        for key, contact in contacts:
            tombstone = home.tombstones.get(key)
            if key in matches:
                matches[key] = _recreated(matches[key], tombstone)
            else:
                matches[key] = _without_living(contact, tombstone, home)
            if tombstone:
                taken.add(tombstone.id)
    gone = [
        ContactMatch(How.GONE, None, row, row.applied)
        for row in home.rows
        if row.id not in taken and index.manages(row) and (row.living or home.is_last_life(row))
    ]
    return [*(matches[key] for key in sorted(matches)), *gone]


@dataclass(frozen=True, slots=True)
class _Home:
    """A customer's contacts in the ways that the passes look for them.

    `ours`, `tombstones`: the living ones and the last life that is over, by key. `by_address`: the
    living ones. `lives`: the highest life of each key, whoever manages it.
    """

    customer: CustomerMatch
    index: Index
    rows: list[LiveContact]
    ours: Mapping[str, LiveContact]
    tombstones: Mapping[str, LiveContact]
    by_address: Mapping[str, LiveContact]
    lives: Mapping[str, int]

    def is_last_life(self, row: LiveContact) -> bool:
        """Whether no later life of the key of this removed contact is known."""
        key = row.external_key or ""
        return key not in self.ours and self.tombstones[key].id == row.id


def _home(customer: CustomerMatch, index: Index) -> _Home:
    rows = rows_of(customer, index)
    ours: dict[str, LiveContact] = {}
    tombstones: dict[str, LiveContact] = {}
    lives: dict[str, int] = {}
    for row in rows:
        key = row.external_key or ""
        lives[key] = max(row.life, lives.get(key, 0))
        if index.manages(row):
            (ours if row.living else tombstones).setdefault(key, row)
    by_address = {address_key(row.email): row for row in reversed(rows) if row.living}
    return _Home(customer, index, rows, ours, tombstones, by_address, lives)


def _own_key(contact: DesiredContact, home: _Home) -> list[LiveContact]:
    return _present(home.ours.get(contact.key))


def _own_former_key(contact: DesiredContact, home: _Home) -> list[LiveContact]:
    return [home.ours[key] for key in contact.previously if key in home.ours]


def _own_address_and_name(contact: DesiredContact, home: _Home) -> list[LiveContact]:
    """The contact of ours without a file that has the same address and the same name."""
    desired = home.customer.desired
    return [
        row
        for row in _present(home.by_address.get(address_key(contact.email)))
        if home.index.manages(row)
        and name_key(contact.name) == name_key(row.name)
        and not (desired and (row.external_key in desired.contacts or row.external_key in desired.farewells))
    ]


def _unmanaged_address(contact: DesiredContact, home: _Home) -> list[LiveContact]:
    row = home.by_address.get(address_key(contact.email))
    return [row] if row is not None and row.owner is None else []


_CONTACT_PASSES: Final = (
    (How.SAME, _own_key),
    (How.RENAMED, _own_former_key),
    (How.RENAMED, _own_address_and_name),
    (How.ADOPTED, _unmanaged_address),
)


def _same_address(contact: DesiredContact, row: LiveContact) -> bool:
    return address_key(contact.email) == address_key(row.email)


def _recreated(match: ContactMatch, tombstone: LiveContact | None) -> ContactMatch:
    """Removed and created anew by somebody else: the base of the old row is that of the new one."""
    if match.how is How.ADOPTED and tombstone and _by_others(tombstone.applied):
        return ContactMatch(How.RECREATED, match.desired, match.live, tombstone.applied)
    return match


def _without_living(contact: DesiredContact, tombstone: LiveContact | None, home: _Home) -> ContactMatch:
    index = home.index
    life = 1 + home.lives.get(contact.key, 0)
    reference = contact.registration
    registration = index.live.registrations.get(reference.id) if reference else None
    if registration is None and tombstone and _by_others(tombstone.applied):
        return ContactMatch(How.AWAY, contact, tombstone, tombstone.applied)
    if reference:
        return ContactMatch(How.APPROVED, contact, None, registration=registration, life=life)
    pending = index.registrations_by_address[address_key(contact.email)]
    rejects = tuple(registration for registration in pending if could_be(registration, home.customer))
    if tombstone and _same_address(contact, tombstone) and _restorable(tombstone, index):
        if name_key(contact.name) == name_key(tombstone.name):
            return ContactMatch(How.RESTORED, contact, tombstone, tombstone.applied, rejects=rejects)
        return ContactMatch(How.CREATED, contact, None, rejects=rejects, life=life, former=tombstone.name)
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
