"""Every contact file of a customer and every managed contact of it, matched one to one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from reconciler.model.desired import DesiredContact
from reconciler.model.equality import address_key, name_key
from reconciler.model.live import LiveContact, Registration, Status
from reconciler.planning.index import Index, contact_order
from reconciler.planning.matching import (
    ContactMatch,
    CustomerMatch,
    MatchKind,
    as_list,
    is_restorable,
    removed_by_others,
)


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
    # The archive recorded them as absent. They come back with the customer, and not as a
    # portal edit that somebody made.
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
        # Pass by pass over all contacts, not contact by contact over all passes: a late
        # pass of one file must not take a row that an early pass of another file matches.
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
                    # Nobody applied a file to an unmanaged row, so each difference is a
                    # change and no edit.
                    base = None if kind is MatchKind.ADOPTED else row.applied
                    matches[key] = ContactMatch(kind, contact, row, base)
        for key, contact in contacts:
            own_tombstone = tombstone = rows.tombstones.get(key)
            if key in matches:
                matches[key] = _recreated(matches[key], tombstone)
            else:
                tombstone = _tombstone_of(contact, rows)
                matches[key] = _match_without_living(contact, tombstone, rows)
            # The last life of this key is accounted for, whichever way the file matched.
            matched_ids |= {row.id for row in (own_tombstone, tombstone) if row is not None}
    unmatched = [
        ContactMatch(MatchKind.WITHOUT_FILE, None, row, row.applied)
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
        """Return whether this removed contact has no later life under its key."""
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
    # Reversed, so that the first row in the stable order wins.
    by_address = {address_key(row.email): row for row in reversed(rows) if row.living}
    return _ContactRows(customer, index, rows, managed, tombstones, by_address, lives)


def _own_key(contact: DesiredContact, rows: _ContactRows) -> list[LiveContact]:
    return as_list(rows.managed.get(contact.key))


def _own_former_key(contact: DesiredContact, rows: _ContactRows) -> list[LiveContact]:
    return [rows.managed[key] for key in contact.previously if key in rows.managed]


def _own_address_and_name(contact: DesiredContact, rows: _ContactRows) -> list[LiveContact]:
    """Return the managed contact without a file that has the same address and the same name."""
    desired = rows.customer.desired
    return [
        row
        for row in as_list(rows.by_address.get(address_key(contact.email)))
        if rows.index.manages(row)
        and name_key(contact.name) == name_key(row.name)
        # A file or a farewell of its own says what becomes of that contact.
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


# The order of SPEC part 3, "Identity", passes 1 to 4: the key is the identity, an address
# alone never is.
_CONTACT_PASSES: Final = (
    (MatchKind.SAME, _own_key),
    (MatchKind.RENAMED, _own_former_key),
    (MatchKind.RENAMED, _own_address_and_name),
    (MatchKind.ADOPTED, _unmanaged_address),
)


def _same_address(contact: DesiredContact, row: LiveContact) -> bool:
    return address_key(contact.email) == address_key(row.email)


def _recreated(match: ContactMatch, tombstone: LiveContact | None) -> ContactMatch:
    """Return the match, with the old row's base if somebody else created the contact again."""
    if (
        match.kind is MatchKind.ADOPTED
        and tombstone
        and removed_by_others(tombstone.applied)
    ):
        return ContactMatch(
            MatchKind.RECREATED, match.desired, match.live, tombstone.applied
        )
    return match


def _tombstone_of(contact: DesiredContact, rows: _ContactRows) -> LiveContact | None:
    """Return the removed contact that the file is about.

    A file that was renamed meanwhile is about the contact that somebody else removed in the portal,
    so that another key does not give the access back, not even the key of an earlier life.
    """
    own = rows.tombstones.get(contact.key)
    if own is not None and removed_by_others(own.applied):
        return own
    desired = rows.customer.desired
    has_file = {*desired.contacts, *desired.farewells} if desired else set()
    former = [
        row
        for key, row in rows.tombstones.items()
        if removed_by_others(row.applied)
        and key not in rows.managed
        and (
            key in contact.previously
            or (
                key not in has_file
                and _same_address(contact, row)
                and name_key(contact.name) == name_key(row.name)
            )
        )
    ]
    return former[0] if former else own


def _match_without_living(
    contact: DesiredContact, tombstone: LiveContact | None, rows: _ContactRows
) -> ContactMatch:
    index = rows.index
    # Counted over all owners: a reviewed removal names the life, and must not fit another
    # person.
    life = 1 + rows.lives.get(contact.key, 0)
    reference = contact.registration
    registration = index.live.registrations.get(reference.id) if reference else None
    if registration is None and tombstone and removed_by_others(tombstone.applied):
        return ContactMatch(
            MatchKind.REMOVED_BY_OTHERS, contact, tombstone, tombstone.applied
        )
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
    if tombstone and _same_address(contact, tombstone) and is_restorable(tombstone, index):
        # With another name, a shared mailbox would hand a leaver's account to the next
        # person.
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
    """Return whether the registration belongs to this customer, or to none yet."""
    return registration.customer_id is None or (
        customer.live is not None and registration.customer_id == customer.live.id
    )
