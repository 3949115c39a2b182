"""Identity: which live customer a folder is. `contact_matching` does the same for contacts.

A one-to-one matching in passes: a row that one pass matched is not available to later passes. The
key comes first and the address late; an address or a name alone never decides.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeVar

from reconciler.model.desired import DesiredContact, DesiredCustomer, DesiredState
from reconciler.model.equality import name_key
from reconciler.model.live import Applied, LiveContact, LiveCustomer, Registration
from reconciler.planning.dates import instant
from reconciler.planning.index import Index

Row = TypeVar("Row", LiveCustomer, LiveContact)


class MatchKind(StrEnum):
    """The relation of a file and a row, or of one without a partner.

    SAME, RENAMED, ADOPTED: a living row. RECREATED: somebody else removed the row and created
    another one. REMOVED_BY_OTHERS: the file is still there. APPROVED, RESTORED, CREATED: a file
    that gets a row. WITHOUT_FILE: a managed row whose file or folder was removed.
    """

    SAME = "same"
    RENAMED = "renamed"
    ADOPTED = "adopted"
    RECREATED = "recreated"
    APPROVED = "approved"
    REMOVED_BY_OTHERS = "removed-by-others"
    RESTORED = "restored"
    CREATED = "created"
    WITHOUT_FILE = "without-file"


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
        CustomerMatch(MatchKind.WITHOUT_FILE, None, row)
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
        # Living rows apart: a key may have been used, archived and used again.
        _first_of_each_key(row for row in managed if not row.archived),
        {name_key(row.name): row for row in rows if row.owner is None and not row.archived},
        {key: row for key, row in _first_of_each_key(managed).items() if row.archived},
        index,
    )


def _same_key(customer: DesiredCustomer, rows: _CustomerRows) -> list[LiveCustomer]:
    return as_list(rows.managed.get(customer.key))


def _former_key(customer: DesiredCustomer, rows: _CustomerRows) -> list[LiveCustomer]:
    return [rows.managed[key] for key in customer.previously if key in rows.managed]


def _unmanaged_name(customer: DesiredCustomer, rows: _CustomerRows) -> list[LiveCustomer]:
    return [] if customer.release else as_list(rows.unmanaged.get(name_key(customer.name)))


def _archived_by_others(
    customer: DesiredCustomer, rows: _CustomerRows
) -> list[LiveCustomer]:
    return [
        rows.archived[key]
        # A folder that was renamed meanwhile is still that customer.
        for key in (customer.key, *customer.previously)
        if key in rows.archived and removed_by_others(rows.archived[key].applied)
    ]


def _archived_by_us(customer: DesiredCustomer, rows: _CustomerRows) -> list[LiveCustomer]:
    rows_at_key = [] if customer.release else as_list(rows.archived.get(customer.key))
    return [row for row in rows_at_key if is_restorable(row, rows.index)]


# SPEC part 3, "Identity". A customer that somebody else archived matches too: it waits for
# a decision, and must not be created a second time.
_CUSTOMER_PASSES: Final = (
    (MatchKind.SAME, _same_key),
    (MatchKind.RENAMED, _former_key),
    (MatchKind.ADOPTED, _unmanaged_name),
    (MatchKind.REMOVED_BY_OTHERS, _archived_by_others),
    (MatchKind.RESTORED, _archived_by_us),
)


def as_list(row: Row | None) -> list[Row]:
    """Return a list of the row, empty for None."""
    return [] if row is None else [row]


def _first_of_each_key(rows: Iterable[LiveCustomer]) -> dict[str, LiveCustomer]:
    """Return the first row of each key; of archived rows that is the last one archived."""
    first: dict[str, LiveCustomer] = {}
    for row in rows:
        first.setdefault(row.external_key or "", row)
    return first


def is_restorable(row: LiveContact | LiveCustomer, index: Index) -> bool:
    """Return whether the removed row can still be brought back, by the portal's clock."""
    return row.removal is not None and instant(index.live.now) < instant(
        row.removal.restorable_until
    )


def removed_by_others(applied: Applied | None) -> bool:
    """Return whether somebody else removed the row: the last applied file had it."""
    return applied is not None and applied.present
