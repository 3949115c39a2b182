"""The rows of a batch: version, lease, owner and key of each row that its operations name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from reconciler.portal.actions import lives, ownership, references
from reconciler.portal.actions import operations as op
from reconciler.portal.rules.equality import same_name_form
from reconciler.portal.rules.problems import Problem
from reconciler.portal.store.invariants import customers_with_manager
from reconciler.portal.store.unit_of_work import Row, Work


@dataclass
class BatchRun:
    """A batch while it is applied."""

    work: Work
    batch: op.Batch
    scopes: frozenset[str]
    had_manager: set[str] = field(default_factory=set)


def load_rows(run: BatchRun) -> None:
    """Read the rows that the operations name; clear the addresses and keys that they give up."""
    work, operations = run.work, run.batch.operations
    writes = [operation for operation in operations if isinstance(operation, op.Write)]
    people = [operation for operation in writes if op.kind_of(operation) == "contact"]
    work.load("contact", [operation.id for operation in people])
    work.load(
        "customer",
        [operation.id for operation in writes if op.kind_of(operation) == "customer"],
    )
    homes = {row["customer"] for row in work.rows.values() if row.kind == "contact"}
    work.load("customer", [home for home in homes if home])
    concerned = [row.id for row in work.rows.values() if row.kind == "customer"]
    # in parts, because SQLite limits the parameters of one statement
    for start in range(0, len(concerned), 500):
        run.had_manager |= customers_with_manager(
            work.connection, concerned[start : start + 500]
        )

    def rows(kind: str, *kinds: type[op.Write]) -> list[Row]:
        keys = [
            (kind, operation.id) for operation in writes if isinstance(operation, kinds)
        ]
        return [work.rows[name] for name in keys if name in work.rows]

    people_renamed = rows("contact", op.RenameContact)
    customers_renamed = rows("customer", op.RenameCustomer)
    # before the keys are cleared, which the lives are stored under
    lives.store_lives(work, people_renamed + customers_renamed)
    # rows may exchange addresses or keys, and databases check unique indexes at each statement
    work.clear_unique_column(
        "contact", "address_form", rows("contact", op.RemoveContact, op.ChangeEmail)
    )
    work.clear_unique_column("contact", "external_key", people_renamed)
    work.clear_unique_column("customer", "external_key", customers_renamed)
    work.clear_unique_column("customer", "name_form", _rows_with_new_name(run, writes))


def _rows_with_new_name(run: BatchRun, writes: Sequence[op.Write]) -> list[Row]:
    """Return the customers that give up their name, so that customers can exchange names."""
    rows = []
    for operation in writes:
        row = run.work.rows.get(("customer", operation.id))
        if row is None or not isinstance(operation, op.UpdateCustomer | op.AdoptCustomer):
            continue
        name = operation.fields.sent_fields().get("name")
        if name is not None and same_name_form(name) != row["name_form"]:
            rows.append(row)
    return rows


def row_of(run: BatchRun, kind: str, id: str, version: int) -> Row:
    """Return the row that an operation names, if version, owner and lease allow the write."""
    row = run.work.get(kind, id)
    # all operations of a batch on one row name its version before the batch
    version_before = row.first["version"] if row.first else row["version"]
    if version_before != version:
        raise Problem("stale", f"{kind} '{id}' has version {version_before}, not {version}")
    ownership.check_not_of_another_owner(run.batch.owner, row)
    check_lease(run, row)
    return row


def check_lease(run: BatchRun, row: Row) -> None:
    """Raise a `lease-fenced` problem unless the lease covers the row, by its old and new key."""
    if row.kind in {"settings", "service"}:
        check_lease_scope(run, "settings")
        return
    home = row if row.kind == "customer" else run.work.get("customer", row["customer"])
    keys = {home["external_key"], home.first["external_key"] if home.first else None} - {
        None
    }
    for key in keys:
        check_lease_scope(run, f"customer:{key}")


def check_lease_scope(run: BatchRun, scope: str) -> None:
    """Raise a `lease-fenced` problem unless the lease covers the scope."""
    if scope not in run.scopes:
        raise Problem("lease-fenced", f"the lease does not cover '{scope}'")


def manage(run: BatchRun, row: Row, key: str) -> Row:
    """Set the owner and the key of a row."""
    row["owner"] = run.batch.owner
    return set_key(run, row, key)


def set_key(run: BatchRun, row: Row, key: str) -> Row:
    """Set the key of a row."""
    if row["external_key"] != key and row.kind != "settings":
        _check_key_is_free(run, row, key)
        lives.begin_life(run.work, row, key)
    row["external_key"] = key
    # under its new key the row may be another run's work, so the lease must cover that too
    if row.kind in {"customer", "contact"}:
        check_lease(run, row)
    return row


def _check_key_is_free(run: BatchRun, row: Row, key: str) -> None:
    match row.kind:
        case "customer":
            holders = references.customers_called(run.work, run.batch.owner, key)
        case "contact":
            holders = references.contacts_called(run.work, row["customer"], key)
        case _:
            return
    if any(holder is not row for holder in holders):
        raise Problem("key-taken", f"a {row.kind} '{key}' already exists")


def check_unowned(row: Row) -> None:
    """Raise a problem if the row had an owner before the batch: only unmanaged rows are adopted."""
    if (row.first or row.values)["owner"] is not None:
        raise Problem("wrong-state", f"{row.kind} '{row.id}' already has an owner")
