"""The rows that a batch may write, decided by the owners of a row, not by the operation."""

from __future__ import annotations

from dataclasses import dataclass

from reconciler.portal.rules.problems import Problem


@dataclass(frozen=True, slots=True)
class Owners:
    """The owner of a row before and after a batch; None for an unmanaged or a new row."""

    before: str | None
    after: str | None


def check_ownership(
    owner: str, subject: str, row: Owners, home: Owners | None, *, follows: bool
) -> None:
    """Raise an `other-owner` problem unless a batch of this owner may write the row.

    `home`: the customer of a contact or request. `follows`: the row may be unmanaged, because it
    only follows its customer (contacts of an archived one, reassigned requests) or because it is a
    decided sign-up. A row of another owner is never written.
    """
    for row_owner in (row.before, row.after):
        if row_owner not in {None, owner}:
            raise Problem("other-owner", f"{subject} belongs to '{row_owner}'")
    if owner not in {row.before, row.after} and not follows:
        raise Problem("other-owner", f"{subject} has no owner; adopt it first")
    if home is None:
        return
    of_customer = {home.after} if row.after == owner else {home.before, home.after}
    if owner not in of_customer:
        customer_owner = f"belongs to '{home.after}'" if home.after else "has no owner"
        raise Problem("other-owner", f"the customer of {subject} {customer_owner}")
