"""Invariants that are checked after each unit of work, for the customers that it touched."""

from __future__ import annotations

from collections.abc import Collection

from reconciler.portal.rules.contacts import no_heir
from reconciler.portal.rules.problems import Problem
from reconciler.portal.rules.states import CustomerStatus
from reconciler.portal.store.invariants import customers_with_manager, work_without_owner
from reconciler.portal.store.unit_of_work import Row, Work


def touched_customers(work: Work) -> set[str]:
    """Return the ids of the customers whose rows, contacts or requests this work changed."""
    changed_rows = [
        row for row in work.rows.values() if row.first is None or row.values != row.first
    ]
    return {_customer(row) for row in changed_rows if _customer(row)}


def _customer(row: Row) -> str:
    if row.kind == "customer":
        return row.id
    return str(row.values.get("customer") or "")


def check_work_has_owners(work: Work) -> None:
    """Raise a `no-heir` problem if an open request has no valid owner."""
    work.flush()
    touched = sorted(touched_customers(work))
    for start in range(0, len(touched), 500):
        orphans = work_without_owner(work.connection, touched[start : start + 500])
        if orphans:
            owner = orphans[0][1]
            raise no_heir(
                [{"id": id} for id, request_owner in orphans if request_owner == owner],
                owner,
            )


def check_managers_remain(work: Work, before: Collection[str]) -> None:
    """Raise a `last-manager` problem if a customer had a manager before and has none now."""
    work.flush()
    now = customers_with_manager(work.connection, before)
    for id in sorted(set(before) - now):
        customer = work.get("customer", id)
        # files may declare that a customer needs no manager (`manager_optional`)
        remembered = (customer["applied"] or {}).get("fields", {})
        if customer["status"] == CustomerStatus.ACTIVE and not remembered.get(
            "manager_optional"
        ):
            raise Problem(
                "last-manager",
                f"customer '{customer['external_key'] or id}' would have no manager",
            )
