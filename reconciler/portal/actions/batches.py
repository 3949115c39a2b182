"""Batches: all operations of one are applied in one transaction, on behalf of one owner."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Final, get_args

from reconciler.portal.actions import (
    contacts,
    customers,
    expectations,
    invariants,
    lives,
    ownership,
    references,
    registrations,
    services,
)
from reconciler.portal.actions import operations as op
from reconciler.portal.actions.batch_rows import (
    BatchRun,
    check_lease,
    check_lease_scope,
    check_unowned,
    load_rows,
    manage,
    row_of,
    set_key,
)
from reconciler.portal.actions.contacts import AuditValues
from reconciler.portal.actions.fields import set_fields
from reconciler.portal.actions.leases import scopes_of
from reconciler.portal.rules.audit import AUDIT_ACTIONS, AuditAction
from reconciler.portal.rules.principals import Actor
from reconciler.portal.rules.problems import Problem
from reconciler.portal.rules.states import ContactStatus
from reconciler.portal.store import tables as t
from reconciler.portal.store.guard import check_protection
from reconciler.portal.store.unit_of_work import Row, Work

# The action in the history for each `op`. The import fails for an operation without one.
_AUDIT_ACTIONS: Final[dict[type[op.Operation], AuditAction]] = {
    operation: AUDIT_ACTIONS[get_args(operation.model_fields["op"].annotation)[0]]
    for operation in get_args(get_args(op.AnyOperation)[0])
}


def apply_batch(work: Work, batch: op.Batch) -> dict[str, Any]:
    """Return the revision and one result per operation; on a `Problem` nothing is written."""
    if work.principal.owner not in {None, batch.owner}:
        raise Problem(
            "forbidden",
            f"this token is for '{work.principal.owner}', not for '{batch.owner}'",
        )
    work.run, work.commit = batch.run, batch.commit
    # an administrator's token may apply too: `touched` must still say that files wrote the row
    work.principal = replace(work.principal, actor=Actor.RECONCILER)
    # the lease comes first: once it is lost, differing versions are only a consequence
    run = BatchRun(work, batch, scopes_of(work, batch.lease, batch.token))
    expectations.check_expectations(work, batch.expects, batch.run)
    load_rows(run)
    outcomes = [
        _apply_operation(run, index, operation)
        for index, operation in enumerate(batch.operations)
    ]
    _check_owners(run, outcomes)
    _store_last_commit(run, outcomes)
    # only the end counts: within the batch one manager may leave before the next one comes
    invariants.check_work_has_owners(work)
    invariants.check_managers_remain(work, run.had_manager)
    results = [
        {"change": change, "id": row.id, "version": row["version"]}
        for change, row in outcomes
    ]
    return {"revision": work.revision, "results": results}


def _apply_operation(
    run: BatchRun, index: int, operation: op.AnyOperation
) -> tuple[str, Row]:
    """Apply one operation and record it in the history."""
    with _located_problems(index, operation.change):
        row, (before, after) = _apply_to_row(run, operation)
        _store_applied(run, row, operation)
        if not isinstance(operation, op.RemoveService):
            run.work.count_version(row)
        run.work.audit(
            _AUDIT_ACTIONS[type(operation)], row, before, after, operation.change
        )
        # the commit would check it too, but could not name the operation
        check_protection(run.work)
    return operation.change, row


def _check_owners(run: BatchRun, outcomes: Sequence[tuple[str, Row]]) -> None:
    """Raise an `other-owner` problem unless the owner owns all rows at the end.

    The check comes last because a later operation may adopt a row.
    """
    for index, (change, row) in enumerate(outcomes):
        with _located_problems(index, change):
            ownership.check_named_row(run.work, run.batch.owner, row)
    ownership.check_following_rows(run.work, run.batch.owner, [row for _, row in outcomes])


@contextmanager
def _located_problems(index: int, change: str) -> Iterator[None]:
    """Add the operation's index and its change to every problem raised in the block."""
    try:
        yield
    except Problem as problem:
        problem.members = {"operation": index, "change": change, **problem.members}
        raise


def _apply_to_row(run: BatchRun, operation: op.AnyOperation) -> tuple[Row, AuditValues]:
    match operation:
        case op.CreateService() | op.CreateCustomer() | op.CreateContact():
            return _create(run, operation)
        case op.ApproveRegistration() | op.RejectRegistration():
            return _decide_registration(run, operation)
        case op.SettingsWrite():
            row = row_of(run, "settings", "settings", operation.version)
            if isinstance(operation, op.AdoptSettings):
                check_unowned(row)
            return manage(run, row, "settings"), set_fields(
                run.work, row, operation.fields.sent_fields()
            )
        case _:
            row = row_of(run, op.kind_of(operation), operation.id, operation.version)
            return row, _write(run, row, operation)


def _create(
    run: BatchRun, operation: op.CreateService | op.CreateCustomer | op.CreateContact
) -> tuple[Row, AuditValues]:
    work, fields = run.work, operation.fields.sent_fields()
    match operation:
        case op.CreateService():
            row = services.create(work, operation.key, fields)
            check_lease_scope(run, "settings")
        case op.CreateCustomer():
            row = customers.create(work, fields)
        case op.CreateContact():
            home = references.customer(run.work, run.batch.owner, operation.customer)
            check_lease(run, home)
            # another person may have come and gone under this key since the plan was made
            if (
                lives.highest_shown_life(work, "contact", home.id, operation.key) + 1
                != operation.generation
            ):
                raise Problem(
                    "stale",
                    f"'{operation.key}' does not begin generation {operation.generation}",
                )
            row = contacts.add(work, home, fields)
    return manage(run, row, operation.key), (None, fields)


def _decide_registration(
    run: BatchRun, operation: op.ApproveRegistration | op.RejectRegistration
) -> tuple[Row, AuditValues]:
    row = registrations.pending_registration(run.work, operation.registration)
    if row["version"] != operation.version:
        raise Problem(
            "registration-changed",
            f"registration '{operation.registration}' has version {row['version']}",
        )
    if isinstance(operation, op.RejectRegistration):
        if row["customer"]:
            check_lease(run, run.work.get("customer", row["customer"]))
        return row, registrations.reject(run.work, row, operation.reason)
    home = references.customer(run.work, run.batch.owner, operation.customer)
    check_lease(run, home)
    audited = registrations.approve(
        run.work, row, home, operation.fields.sent_fields(), operation.fingerprint
    )
    return manage(run, row, operation.key), audited


def _write(run: BatchRun, row: Row, operation: op.AnyOperation) -> AuditValues:
    work = run.work
    match operation:
        case op.ServiceWrite():
            if isinstance(operation, op.AdoptService):
                check_unowned(row)
                services.check_code(row, operation.key)
            manage(run, row, operation.key)
            return set_fields(work, row, operation.fields.sent_fields())
        case op.RenameService():
            audited = services.rename(work, row, operation.key)
            set_key(run, row, operation.key)
            return audited
        case op.RemoveService():
            return services.remove(work, row)
        case op.Record() | op.RebaseHistory():
            return {}, {}
        case op.ReleaseCustomer():
            c = t.contacts.c
            people = work.where("contact", c.customer == row.id, c.owner == row["owner"])
            return customers.release(work, row, people)
        case op.ReleaseContact():
            return customers.release(work, row)
        case op.RenameCustomer() | op.RenameContact():
            # not `row["external_key"]`, which `load_rows` has cleared
            before = (row.first or {}).get("external_key")
            set_key(run, row, operation.key)
            return {"external_key": before}, {"external_key": operation.key}
        case op.CustomerWrite() | op.ArchiveCustomer():
            return _write_customer(run, row, operation)
        case _:
            return _write_contact(run, row, operation)


def _write_customer(
    run: BatchRun, row: Row, operation: op.CustomerWrite | op.ArchiveCustomer
) -> AuditValues:
    work = run.work
    if isinstance(operation, op.ArchiveCustomer):
        audited = customers.archive(work, row, operation.reason)
        row["applied"] = row["applied"] and {**row["applied"], "present": False}
        _store_presence(run, row, present=False)
        return audited
    if isinstance(operation, op.RestoreCustomer):
        audited = customers.restore(work, row, operation.fields.sent_fields())
        _store_presence(run, row, present=True)
        return audited
    if isinstance(operation, op.AdoptCustomer):
        manage(run, row, operation.key)
    return customers.edit(work, row, operation.fields.sent_fields())


def _store_presence(run: BatchRun, customer: Row, *, present: bool) -> None:
    """Record in `applied` that contacts left or returned together with their customer."""
    for contact in run.work.where("contact", t.contacts.c.customer == customer.id):
        # contacts that were removed before the archive stay absent when the customer returns
        removed_with_customer = (contact["removed"] or {}).get("with_customer", False)
        if (
            contact["applied"]
            and removed_with_customer is not present
            and (contact["status"] == ContactStatus.REMOVED) is not present
        ):
            contact["applied"] = {**contact["applied"], "present": present}


def _write_contact(run: BatchRun, row: Row, operation: op.AnyOperation) -> AuditValues:
    work = run.work
    match operation:
        case op.HandOverWork():
            return contacts.hand_over(
                work, row, references.heir(work, run.batch.owner, operation.work_to)
            )
        case op.RemoveContact():
            heir = (
                references.heir(work, run.batch.owner, operation.work_to)
                if operation.work_to
                else None
            )
            audited = contacts.remove(work, row, heir, operation.reason)
            if row["applied"]:
                row["applied"] = {**row["applied"], "present": False}
            return audited
        case op.RestoreContact():
            before, after = contacts.restore(work, row)
            _, fields = set_fields(work, row, operation.fields.sent_fields())
            return before, {**(after or {}), **fields}
        case op.AdoptContact():
            manage(run, row, operation.key)
    fields = (
        operation.fields.sent_fields() if isinstance(operation, op.ContactWrite) else {}
    )
    return contacts.edit(work, row, fields)


def _store_applied(run: BatchRun, row: Row, operation: op.Operation) -> None:
    """Store what the files say, as the base of the next comparison."""
    if operation.applied is None:
        return
    row["applied"] = {
        **operation.applied.model_dump(),
        "commit": run.batch.commit,
        "run": run.batch.run,
        "at": run.work.now,
    }


def _store_last_commit(run: BatchRun, outcomes: Sequence[tuple[str, Row]]) -> None:
    """Store the commit at each customer touched, and per owner for settings and services."""
    work, commit = run.work, run.batch.commit
    if commit is None:
        return
    for id in sorted(invariants.touched_customers(work)):
        customer = work.get("customer", id)
        if customer["owner"] is not None:
            customer["last_commit"] = commit
    if any(row.kind in {"settings", "service"} for _, row in outcomes):
        settings = work.get("settings", "settings")
        settings["last_commits"] = {**settings["last_commits"], run.batch.owner: commit}
