"""What must hold after every unit of work, asked for the customers that it concerned."""

from __future__ import annotations

from collections.abc import Collection

from reconciler.portal.rules.contacts import no_heir
from reconciler.portal.rules.problems import Problem
from reconciler.portal.rules.states import CustomerStatus
from reconciler.portal.store.invariants import customers_with_manager, work_without_owner
from reconciler.portal.store.unit_of_work import Row, Work


def touched_customers(work: Work) -> set[str]:
    """The customers of which this work changed something or somebody."""
    changed = [row for row in work.rows.values() if row.first is None or row.values != row.first]
    return {_customer(row) for row in changed if _customer(row)}


def _customer(row: Row) -> str:
    if row.kind == "customer":
        return row.id
    return str(row.values.get("customer") or "")


def work_has_owners(work: Work) -> None:
    """A `no-heir` problem when an open request would be nobody's."""
    work.flush()
    touched = sorted(touched_customers(work))
    for start in range(0, len(touched), 500):
        lost = work_without_owner(work.connection, touched[start : start + 500])
        if lost:
            owner = lost[0][1]
            raise no_heir([{"id": id} for id, found in lost if found == owner], owner)


def managers_stay(work: Work, before: Collection[str]) -> None:
    """A `last-manager` problem when a customer had a manager before and has none now."""
    work.flush()
    now = customers_with_manager(work.connection, before)
    for id in sorted(set(before) - now):
        customer = work.one("customer", id)
        remembered = (customer["applied"] or {}).get("fields", {})
        if customer["status"] == CustomerStatus.ACTIVE and not remembered.get("manager_optional"):
            raise Problem("last-manager", f"customer '{customer['external_key'] or id}' would have no manager")
