"""The rows of a batch, judged by `rules.ownership`: those that operations name, and what follows."""

from __future__ import annotations

from collections.abc import Iterable

from reconciler.portal.rules.ownership import Owners, must_be_own
from reconciler.portal.rules.states import ContactStatus
from reconciler.portal.store.unit_of_work import Row, Work


def not_anothers(owner: str, row: Row) -> None:
    """An `other-owner` problem for another owner's row, before anything is done with it."""
    must_be_own(owner, f"{row.kind} '{row.id}'", _owners(row), None, follows=True)


def is_own(work: Work, owner: str, row: Row) -> None:
    """An `other-owner` problem unless the row that an operation named is or was the owner's.

    It is judged after the last operation: work may be handed over before its holder is adopted.
    Only a sign-up that was approved or rejected just now may be nobody's.
    """
    waited = row.first is not None and row.first.get("status") == ContactStatus.UNAPPROVED
    decided = waited and row["status"] != ContactStatus.UNAPPROVED
    _must_be_own(work, owner, row, follows=decided)


def followers_are_own(work: Work, owner: str, named: Iterable[Row]) -> None:
    """Judge what was written besides the named rows: people and requests follow their customer."""
    judged = set(map(id, named))
    for row in list(work.rows.values()):
        if row.values != row.first and id(row) not in judged:
            _must_be_own(work, owner, row, follows=row.kind in {"contact", "request"})


def _must_be_own(work: Work, owner: str, row: Row, *, follows: bool) -> None:
    customer = row.values.get("customer")
    home = _owners(work.one("customer", customer)) if customer else None
    must_be_own(owner, f"{row.kind} '{row.id}'", _owners(row), home, follows=follows)


def _owners(row: Row) -> Owners:
    if row.kind == "request":  # its `owner` is a person
        return Owners(None, None)
    return Owners((row.first or {}).get("owner"), row["owner"])
