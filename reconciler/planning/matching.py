"""Identity: which live customer a folder is, and which live contact a file is.

A one-to-one matching in passes: a row that one pass matched is not available to later passes. The
key comes first and the address late; an address or a name alone never decides.
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


class MatchKind(StrEnum):
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

    kind: MatchKind
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
    registrations of the address, which `registration: none` rejects. `former`: the name of the
    person who recently had this key and address, when the file names another person.
    """

    kind: MatchKind
    desired: DesiredContact | None
    live: LiveContact | None
    base: Applied | None = None
    registration: Registration | None = None
    rejects: tuple[Registration, ...] = ()
    life: int = 1
    former: str | None = None


@dataclass(frozen=True, slots=True)
class _CustomerRows:
    """The portal's customers, indexed for the passes."""

    managed: Mapping[str, LiveCustomer]
    unmanaged: Mapping[str, LiveCustomer]
    archived: Mapping[str, LiveCustomer]
    index: Index


def match_customers(desired: DesiredState, index: Index) -> list[CustomerMatch]:
    """Return every desired and every managed live customer in exactly one match, by key."""
    rows = _customer_rows(index)
    matches: dict[str, CustomerMatch] = {}
    matched_ids: set[str] = set()
    for kind, candidates in _CUSTOMER_PASSES:
        for key, customer in sorted(desired.customers.items()):
            if key in matches:
                continue
            row = next(
                (row for row in candidates(customer, rows) if row.id not in matched_ids),
                None,
            )
            if row is not None:
                matched_ids.add(row.id)
                matches[key] = CustomerMatch(kind, customer, row)
    created = [
        CustomerMatch(MatchKind.CREATED, customer, None)
        for key, customer in desired.customers.items()
        if key not in matches
    ]
    managed_rows = [*rows.managed.values(), *rows.archived.values()]
    unmatched = [
        CustomerMatch(MatchKind.GONE, None, row)
        for row in managed_rows
        if row.id not in matched_ids
    ]
    return sorted(
        [*matches.values(), *created, *unmatched], key=lambda match: (match.key, match.kind)
    )


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
    return _as_list(rows.managed.get(customer.key))


def _former_key(customer: DesiredCustomer, rows: _CustomerRows) -> list[LiveCustomer]:
    return [rows.managed[key] for key in customer.previously if key in rows.managed]


def _unmanaged_name(customer: DesiredCustomer, rows: _CustomerRows) -> list[LiveCustomer]:
    return [] if customer.release else _as_list(rows.unmanaged.get(name_key(customer.name)))


def _archived_by_others(
    customer: DesiredCustomer, rows: _CustomerRows
) -> list[LiveCustomer]:
    return [
        row for row in _as_list(rows.archived.get(customer.key)) if _by_others(row.applied)
    ]


def _archived_by_us(customer: DesiredCustomer, rows: _CustomerRows) -> list[LiveCustomer]:
    rows_at_key = [] if customer.release else _as_list(rows.archived.get(customer.key))
    return [row for row in rows_at_key if _restorable(row, rows.index)]


_CUSTOMER_PASSES: Final = (
    (MatchKind.SAME, _same_key),
    (MatchKind.RENAMED, _former_key),
    (MatchKind.ADOPTED, _unmanaged_name),
    (MatchKind.AWAY, _archived_by_others),
    (MatchKind.RESTORED, _archived_by_us),
)


def _as_list(row: Row | None) -> list[Row]:
    return [] if row is None else [row]


def _first_of_each_key(rows: Iterable[LiveCustomer]) -> dict[str, LiveCustomer]:
    """Return the first row of each key; of archived rows that is the last one archived."""
    first: dict[str, LiveCustomer] = {}
    for row in rows:
        first.setdefault(row.external_key or "", row)
    return first


def rows_of(customer: CustomerMatch, index: Index) -> list[LiveContact]:
    """Return the customer's contacts as the plan sees them, tombstones included; per key the last
    life first.

    Contacts who were removed with a customer that is now restored count as invited again.
    """
    rows = index.contacts[customer.live.id] if customer.live else []
    if customer.kind is not MatchKind.RESTORED:
        return rows
    return sorted((_back_again(row) for row in rows), key=contact_order)


def _back_again(row: LiveContact) -> LiveContact:
    if row.removal is None or not row.removal.with_customer:
        return row
    base = replace(row.applied, present=True) if row.applied else None
    return replace(row, status=Status.INVITED, removal=None, applied=base)


def match_contacts(customer: CustomerMatch, index: Index) -> list[ContactMatch]:
    """Return every contact file of a customer and every managed contact of it, each in one
    match.
    """
    desired = customer.desired
    rows = _contact_rows(customer, index)
    matches: dict[str, ContactMatch] = {}
    matched_ids: set[str] = set()
    if desired:
        contacts = sorted(desired.contacts.items())
        for kind, candidates in _CONTACT_PASSES:
            for key, contact in contacts:
                if key in matches:
                    continue
                row = next(
                    (row for row in candidates(contact, rows) if row.id not in matched_ids),
                    None,
                )
                if row is not None:
                    matched_ids.add(row.id)
                    base = None if kind is MatchKind.ADOPTED else row.applied
                    matches[key] = ContactMatch(kind, contact, row, base)
        for key, contact in contacts:
            tombstone = rows.tombstones.get(key)
            if key in matches:
                matches[key] = _recreated(matches[key], tombstone)
            else:
                matches[key] = _match_without_living(contact, tombstone, rows)
            if tombstone:
                matched_ids.add(tombstone.id)
    unmatched = [
        ContactMatch(MatchKind.GONE, None, row, row.applied)
        for row in rows.rows
        if row.id not in matched_ids
        and index.manages(row)
        and (row.living or rows.is_last_life(row))
    ]
    return [*(matches[key] for key in sorted(matches)), *unmatched]


@dataclass(frozen=True, slots=True)
class _ContactRows:
    """A customer's contacts, indexed for the passes.

    `managed`, `tombstones`: the living ones and the last ended life, by key. `by_address`: the
    living ones. `lives`: the highest life of each key, whoever manages it.
    """

    customer: CustomerMatch
    index: Index
    rows: list[LiveContact]
    managed: Mapping[str, LiveContact]
    tombstones: Mapping[str, LiveContact]
    by_address: Mapping[str, LiveContact]
    lives: Mapping[str, int]

    def is_last_life(self, row: LiveContact) -> bool:
        """Whether this removed contact has no later life under its key."""
        key = row.external_key or ""
        return key not in self.managed and self.tombstones[key].id == row.id


def _contact_rows(customer: CustomerMatch, index: Index) -> _ContactRows:
    rows = rows_of(customer, index)
    managed: dict[str, LiveContact] = {}
    tombstones: dict[str, LiveContact] = {}
    lives: dict[str, int] = {}
    for row in rows:
        key = row.external_key or ""
        lives[key] = max(row.life, lives.get(key, 0))
        if index.manages(row):
            (managed if row.living else tombstones).setdefault(key, row)
    by_address = {address_key(row.email): row for row in reversed(rows) if row.living}
    return _ContactRows(customer, index, rows, managed, tombstones, by_address, lives)


def _own_key(contact: DesiredContact, rows: _ContactRows) -> list[LiveContact]:
    return _as_list(rows.managed.get(contact.key))


def _own_former_key(contact: DesiredContact, rows: _ContactRows) -> list[LiveContact]:
    return [rows.managed[key] for key in contact.previously if key in rows.managed]


def _own_address_and_name(contact: DesiredContact, rows: _ContactRows) -> list[LiveContact]:
    """Return the managed contact without a file that has the same address and the same name."""
    desired = rows.customer.desired
    return [
        row
        for row in _as_list(rows.by_address.get(address_key(contact.email)))
        if rows.index.manages(row)
        and name_key(contact.name) == name_key(row.name)
        and not (
            desired
            and (
                row.external_key in desired.contacts
                or row.external_key in desired.farewells
            )
        )
    ]


def _unmanaged_address(contact: DesiredContact, rows: _ContactRows) -> list[LiveContact]:
    row = rows.by_address.get(address_key(contact.email))
    return [row] if row is not None and row.owner is None else []


_CONTACT_PASSES: Final = (
    (MatchKind.SAME, _own_key),
    (MatchKind.RENAMED, _own_former_key),
    (MatchKind.RENAMED, _own_address_and_name),
    (MatchKind.ADOPTED, _unmanaged_address),
)


def _same_address(contact: DesiredContact, row: LiveContact) -> bool:
    return address_key(contact.email) == address_key(row.email)


def _recreated(match: ContactMatch, tombstone: LiveContact | None) -> ContactMatch:
    """Use the old row's base for a contact that somebody else removed and created again."""
    if match.kind is MatchKind.ADOPTED and tombstone and _by_others(tombstone.applied):
        return ContactMatch(
            MatchKind.RECREATED, match.desired, match.live, tombstone.applied
        )
    return match


def _match_without_living(
    contact: DesiredContact, tombstone: LiveContact | None, rows: _ContactRows
) -> ContactMatch:
    index = rows.index
    life = 1 + rows.lives.get(contact.key, 0)
    reference = contact.registration
    registration = index.live.registrations.get(reference.id) if reference else None
    if registration is None and tombstone and _by_others(tombstone.applied):
        return ContactMatch(MatchKind.AWAY, contact, tombstone, tombstone.applied)
    if reference:
        return ContactMatch(
            MatchKind.APPROVED, contact, None, registration=registration, life=life
        )
    pending = index.registrations_by_address[address_key(contact.email)]
    rejects = tuple(
        registration
        for registration in pending
        if may_belong_to(registration, rows.customer)
    )
    if tombstone and _same_address(contact, tombstone) and _restorable(tombstone, index):
        if name_key(contact.name) == name_key(tombstone.name):
            return ContactMatch(
                MatchKind.RESTORED, contact, tombstone, tombstone.applied, rejects=rejects
            )
        return ContactMatch(
            MatchKind.CREATED,
            contact,
            None,
            rejects=rejects,
            life=life,
            former=tombstone.name,
        )
    return ContactMatch(MatchKind.CREATED, contact, None, rejects=rejects, life=life)


def may_belong_to(registration: Registration, customer: CustomerMatch) -> bool:
    """Whether the registration belongs to this customer, or to none yet."""
    return registration.customer_id is None or (
        customer.live is not None and registration.customer_id == customer.live.id
    )


def _by_others(applied: Applied | None) -> bool:
    """Whether somebody else removed the row: the last applied file had it."""
    return applied is not None and applied.present


def _restorable(row: LiveContact | LiveCustomer, index: Index) -> bool:
    return row.removal is not None and instant(index.live.now) < instant(
        row.removal.restorable_until
    )
