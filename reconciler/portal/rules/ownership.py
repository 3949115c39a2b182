"""Whose rows a batch may write: judged from a row's owners, whatever the operation is called."""

from __future__ import annotations

from dataclasses import dataclass

from reconciler.portal.rules.problems import Problem


@dataclass(frozen=True, slots=True)
class Owners:
    """The owner of a row before a batch and after it; None: nobody manages it, or it is new."""

    before: str | None
    after: str | None


def must_be_own(owner: str, subject: str, row: Owners, home: Owners | None, *, follows: bool) -> None:
    """An `other-owner` problem unless a batch of this owner may write the row.

    `home`: the customer of a contact or of a request. `follows`: the row may belong to nobody,
    because it only follows its customer (people of an archived one, requests that change hands),
    or because it is a sign-up that is decided. Another owner's row is never written: a take-over
    would be allowed here.
    """
    for other in (row.before, row.after):
        if other not in {None, owner}:
            raise Problem("other-owner", f"{subject} belongs to '{other}'")
    if owner not in {row.before, row.after} and not follows:
        raise Problem("other-owner", f"{subject} belongs to nobody: adopt it first")
    if home is None:
        return
    of_customer = {home.after} if row.after == owner else {home.before, home.after}
    if owner not in of_customer:
        whose = f"to '{home.after}'" if home.after else "to nobody"
        raise Problem("other-owner", f"{subject} is of a customer that belongs {whose}")
