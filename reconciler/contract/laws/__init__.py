"""The laws, by subject. The order is the order of the report."""

from __future__ import annotations

from typing import Final

from reconciler.contract.law import Law
from reconciler.contract.laws import (
    batches,
    errors,
    feed,
    leases,
    lists,
    people,
    preconditions,
    registrations,
    repeats,
    scopes,
    snapshots,
)

LAWS: Final[tuple[Law, ...]] = (
    *snapshots.LAWS,
    *lists.LAWS,
    *preconditions.LAWS,
    *repeats.LAWS,
    *errors.LAWS,
    *scopes.LAWS,
    *leases.LAWS,
    *batches.LAWS,
    *people.LAWS,
    *registrations.LAWS,
    *feed.LAWS,
)
