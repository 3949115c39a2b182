"""Ownership checks of a batch (`rules.ownership`): named rows, and rows that follow them."""

from __future__ import annotations

from collections.abc import Iterable

from reconciler.portal.rules.ownership import Owners, check_ownership
from reconciler.portal.rules.states import ContactStatus
from reconciler.portal.store.unit_of_work import Row, Work


def check_not_of_another_owner(owner: str, row: Row) -> None:
    """Raise an `other-owner` problem for another owner's row, before the operation."""
    check_ownership(owner, f"{row.kind} '{row.id}'", _owners(row), None, follows=True)


def check_named_row(work: Work, owner: str, row: Row) -> None:
    """Raise an `other-owner` problem unless the row is or was the owner's.

    The check runs after the last operation: work may be handed over before its holder is adopted.
    Only a sign-up that this batch approved or rejected may have no owner.
    """
    waited = row.first is not None and row.first.get("status") == ContactStatus.UNAPPROVED
    decided = waited and row["status"] != ContactStatus.UNAPPROVED
    _check_ownership(work, owner, row, follows=decided)


def check_following_rows(work: Work, owner: str, named_rows: Iterable[Row]) -> None:
    """Check the other written rows: contacts and requests follow their customer."""
    checked_ids = set(map(id, named_rows))
    for row in list(work.rows.values()):
        if row.values != row.first and id(row) not in checked_ids:
            _check_ownership(work, owner, row, follows=row.kind in {"contact", "request"})


def _check_ownership(work: Work, owner: str, row: Row, *, follows: bool) -> None:
    customer = row.values.get("customer")
    home = _owners(work.get("customer", customer)) if customer else None
    check_ownership(owner, f"{row.kind} '{row.id}'", _owners(row), home, follows=follows)


def _owners(row: Row) -> Owners:
    if row.kind == "request":  # its `owner` is a person
        return Owners(None, None)
    return Owners((row.first or {}).get("owner"), row["owner"])
