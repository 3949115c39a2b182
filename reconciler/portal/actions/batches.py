"""Carrying out a batch: all its operations in one transaction on behalf of an owner."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Final, get_args

from reconciler.portal.actions import (
    contacts,
    customers,
    expectations,
    generations,
    invariants,
    ownership,
    references,
    registrations,
    services,
)
from reconciler.portal.actions import operations as op
from reconciler.portal.actions.contacts import Audited
from reconciler.portal.actions.fields import set_fields
from reconciler.portal.actions.leases import scopes_of
from reconciler.portal.rules.audit import VERBS, Verb
from reconciler.portal.rules.principals import Actor
from reconciler.portal.rules.problems import Problem
from reconciler.portal.rules.states import ContactStatus
from reconciler.portal.store import tables as t
from reconciler.portal.store.guard import keep_protected
from reconciler.portal.store.invariants import customers_with_manager
from reconciler.portal.store.unit_of_work import Row, Work

_VERBS: Final[dict[type[op.Operation], Verb]] = {
    operation: VERBS[get_args(operation.model_fields["op"].annotation)[0]]
    for operation in get_args(get_args(op.AnyOperation)[0])
}
"""How the history calls each operation: by its `op`; one that is no verb fails the import."""


@dataclass
class Run:
    """A batch being carried out."""

    work: Work
    batch: op.Batch
    scopes: frozenset[str]
    had_manager: set[str] = field(default_factory=set)


def carry_out(work: Work, batch: op.Batch) -> dict[str, Any]:
    """The revision and a result for every operation, in order; a `Problem` and nothing at all else."""
    if work.principal.owner not in {None, batch.owner}:
        raise Problem("forbidden", f"this token is for '{work.principal.owner}', not for '{batch.owner}'")
    work.run, work.commit = batch.run, batch.commit
    work.principal = replace(work.principal, actor=Actor.RECONCILER)
    run = Run(work, batch, scopes_of(work, batch.lease, batch.token))
    expectations.must_hold(work, batch.expects, batch.run)
    _load(run)
    done = [_one(run, index, operation) for index, operation in enumerate(batch.operations)]
    _judge_owners(run, done)
    _last_commit(run, done)
    invariants.work_has_owners(work)
    invariants.managers_stay(work, run.had_manager)
    results = [{"change": change, "id": row.id, "version": row["version"]} for change, row in done]
    return {"revision": work.revision, "results": results}


def _load(run: Run) -> None:
    """Read the rows that operations name, and set free the addresses and keys that they give away."""
    work, writes = run.work, [each for each in run.batch.operations if isinstance(each, op.Write)]
    people = [each for each in writes if op.kind_of(each) == "contact"]
    work.load("contact", [each.id for each in people])
    work.load("customer", [each.id for each in writes if op.kind_of(each) == "customer"])
    homes = {row["customer"] for row in work.rows.values() if row.kind == "contact"}
    work.load("customer", [home for home in homes if home])
    concerned = [row.id for row in work.rows.values() if row.kind == "customer"]
    for start in range(0, len(concerned), 500):
        run.had_manager |= customers_with_manager(work.connection, concerned[start : start + 500])

    def rows(kind: str, *kinds: type[op.Write]) -> list[Row]:
        named = [(kind, each.id) for each in writes if isinstance(each, kinds)]
        return [work.rows[name] for name in named if name in work.rows]

    people_renamed, customers_renamed = rows("contact", op.RenameContact), rows("customer", op.RenameCustomer)
    generations.remember(work, people_renamed + customers_renamed)
    work.park("contact", "address_form", rows("contact", op.RemoveContact, op.ChangeEmail))
    work.park("contact", "external_key", people_renamed)
    work.park("customer", "external_key", customers_renamed)


def _one(run: Run, index: int, operation: op.AnyOperation) -> tuple[str, Row]:
    """Carry out one operation."""
    with _naming(index, operation.change):
        row, (before, after) = _carry_out(run, operation)
        _remember(run, row, operation)
        if not isinstance(operation, op.RemoveService):
            run.work.written(row)
        run.work.audit(_VERBS[type(operation)], row, before, after, operation.change)
        keep_protected(run.work)
    return operation.change, row


def _judge_owners(run: Run, done: Sequence[tuple[str, Row]]) -> None:
    """An `other-owner` problem unless all rows are the owner's now: one may be adopted by a later operation."""
    for index, (change, row) in enumerate(done):
        with _naming(index, change):
            ownership.is_own(run.work, run.batch.owner, row)
    ownership.followers_are_own(run.work, run.batch.owner, [row for _, row in done])


@contextmanager
def _naming(index: int, change: str) -> Iterator[None]:
    """A problem in the block names the operation's place and the change behind it."""
    try:
        yield
    except Problem as problem:
        problem.members = {"operation": index, "change": change, **problem.members}
        raise


def _carry_out(run: Run, operation: op.AnyOperation) -> tuple[Row, Audited]:
    match operation:
        case op.CreateService() | op.CreateCustomer() | op.CreateContact():
            return _create(run, operation)
        case op.ApproveRegistration() | op.RejectRegistration():
            return _decide(run, operation)
        case op.OnSettings():
            row = _row(run, "settings", "settings", operation.version)
            if isinstance(operation, op.AdoptSettings):
                _unowned(row)
            return _manage(run, row, "settings"), set_fields(run.work, row, operation.fields.sent())
        case _:
            row = _row(run, op.kind_of(operation), operation.id, operation.version)
            return row, _write(run, row, operation)


def _create(run: Run, operation: op.CreateService | op.CreateCustomer | op.CreateContact) -> tuple[Row, Audited]:
    work, fields = run.work, operation.fields.sent()
    match operation:
        case op.CreateService():
            row = services.create(work, operation.key, fields)
            _covered(run, "settings")
        case op.CreateCustomer():
            row = customers.create(work, fields)
        case op.CreateContact():
            home = references.customer(run.work, run.batch.owner, operation.customer)
            _in_scope(run, home)
            if generations.shown_life(work, "contact", home.id, operation.key) + 1 != operation.generation:
                raise Problem("stale", f"'{operation.key}' does not begin its life number {operation.generation}")
            row = contacts.add(work, home, fields)
    return _manage(run, row, operation.key), (None, fields)


def _decide(run: Run, operation: op.ApproveRegistration | op.RejectRegistration) -> tuple[Row, Audited]:
    row = registrations.pending(run.work, operation.registration)
    if row["version"] != operation.version:
        raise Problem("registration-changed", f"registration '{operation.registration}' is of version {row['version']}")
    if isinstance(operation, op.RejectRegistration):
        if row["customer"]:
            _in_scope(run, run.work.one("customer", row["customer"]))
        return row, registrations.reject(run.work, row, operation.reason)
    home = references.customer(run.work, run.batch.owner, operation.customer)
    _in_scope(run, home)
    audited = registrations.approve(run.work, row, home, operation.fields.sent(), operation.fingerprint)
    return _manage(run, row, operation.key), audited


def _write(run: Run, row: Row, operation: op.AnyOperation) -> Audited:
    work = run.work
    match operation:
        case op.OnService():
            if isinstance(operation, op.AdoptService):
                _unowned(row)
                services.must_have_code(row, operation.key)
            _manage(run, row, operation.key)
            return set_fields(work, row, operation.fields.sent())
        case op.RenameService():
            audited = services.rename(work, row, operation.key)
            _call(run, row, operation.key)
            return audited
        case op.RemoveService():
            return services.remove(work, row)
        case op.Record():
            return {}, {}
        case op.ReleaseCustomer():
            c = t.contacts.c
            people = work.where("contact", c.customer == row.id, c.owner == row["owner"])
            return customers.release(work, row, people)
        case op.ReleaseContact():
            return customers.release(work, row)
        case op.RenameCustomer() | op.RenameContact():
            before = (row.first or {}).get("external_key")
            _call(run, row, operation.key)
            return {"external_key": before}, {"external_key": operation.key}
        case op.OnCustomer() | op.ArchiveCustomer():
            return _write_customer(run, row, operation)
        case _:
            return _write_contact(run, row, operation)


def _write_customer(run: Run, row: Row, operation: op.OnCustomer | op.ArchiveCustomer) -> Audited:
    work = run.work
    if isinstance(operation, op.ArchiveCustomer):
        audited = customers.archive(work, row, operation.reason)
        row["applied"] = row["applied"] and {**row["applied"], "present": False}
        _presence_with_customer(run, row, present=False)
        return audited
    if isinstance(operation, op.RestoreCustomer):
        audited = customers.restore(work, row, operation.fields.sent())
        _presence_with_customer(run, row, present=True)
        return audited
    if isinstance(operation, op.AdoptCustomer):
        _manage(run, row, operation.key)
    return customers.edit(work, row, operation.fields.sent())


def _presence_with_customer(run: Run, customer: Row, *, present: bool) -> None:
    """What went out or came back with the customer was meant to: its base says so."""
    for contact in run.work.where("contact", t.contacts.c.customer == customer.id):
        gone = (contact["removed"] or {}).get("with_customer", False)
        if contact["applied"] and gone is not present and (contact["status"] == ContactStatus.REMOVED) is not present:
            contact["applied"] = {**contact["applied"], "present": present}


def _write_contact(run: Run, row: Row, operation: op.AnyOperation) -> Audited:
    work = run.work
    match operation:
        case op.HandOverWork():
            return contacts.hand_over(work, row, references.heir(work, run.batch.owner, operation.work_to))
        case op.RemoveContact():
            heir = references.heir(work, run.batch.owner, operation.work_to) if operation.work_to else None
            audited = contacts.remove(work, row, heir, operation.reason)
            if row["applied"]:
                row["applied"] = {**row["applied"], "present": False}
            return audited
        case op.RestoreContact():
            before, after = contacts.restore(work, row)
            _, fields = set_fields(work, row, operation.fields.sent())
            return before, {**(after or {}), **fields}
        case op.AdoptContact():
            _manage(run, row, operation.key)
    fields = operation.fields.sent() if isinstance(operation, op.OnContact) else {}
    return contacts.edit(work, row, fields)


def _row(run: Run, kind: str, id: str, version: int) -> Row:
    """The row that an operation names: of this version, of nobody else, within the lease."""
    row = run.work.one(kind, id)
    known = row.first["version"] if row.first else row["version"]
    if known != version:
        raise Problem("stale", f"{kind} '{id}' is of version {known}, not {version}")
    ownership.not_anothers(run.batch.owner, row)
    _in_scope(run, row)
    return row


def _in_scope(run: Run, row: Row) -> None:
    if row.kind in {"settings", "service"}:
        _covered(run, "settings")
        return
    home = row if row.kind == "customer" else run.work.one("customer", row["customer"])
    keys = {home["external_key"], home.first["external_key"] if home.first else None} - {None}
    for key in keys:
        _covered(run, f"customer:{key}")


def _covered(run: Run, scope: str) -> None:
    if scope not in run.scopes:
        raise Problem("lease-fenced", f"the lease does not cover '{scope}'")


def _manage(run: Run, row: Row, key: str) -> Row:
    """Put the owner's name and key on a row."""
    row["owner"] = run.batch.owner
    return _call(run, row, key)


def _call(run: Run, row: Row, key: str) -> Row:
    """Put a key on a row."""
    if row["external_key"] != key and row.kind != "settings":
        _key_is_free(run, row, key)
        generations.begin(run.work, row, key)
    row["external_key"] = key
    if row.kind in {"customer", "contact"}:
        _in_scope(run, row)
    return row


def _key_is_free(run: Run, row: Row, key: str) -> None:
    match row.kind:
        case "customer":
            taken = references.customers_called(run.work, run.batch.owner, key)
        case "contact":
            taken = references.contacts_called(run.work, row["customer"], key)
        case _:
            return
    if any(other is not row for other in taken):
        raise Problem("key-taken", f"there is a {row.kind} '{key}' already")


def _unowned(row: Row) -> None:
    """A problem when the row had an owner before the batch: it is not there to be adopted."""
    if (row.first or row.values)["owner"] is not None:
        raise Problem("wrong-state", f"{row.kind} '{row.id}' has an owner already")


def _remember(run: Run, row: Row, operation: op.Operation) -> None:
    """Keep what the files say as the base of the next comparison."""
    if operation.applied is None:
        return
    row["applied"] = {
        **operation.applied.model_dump(), "commit": run.batch.commit, "run": run.batch.run, "at": run.work.now,
    }  # fmt: skip


def _last_commit(run: Run, done: Sequence[tuple[str, Row]]) -> None:
    """Remember the commit at each customer touched, and the owner's own for settings and services."""
    work, commit = run.work, run.batch.commit
    if commit is None:
        return
    for id in sorted(invariants.touched_customers(work)):
        customer = work.one("customer", id)
        if customer["owner"] is not None:
            customer["last_commit"] = commit
    if any(row.kind in {"settings", "service"} for _, row in done):
        settings = work.one("settings", "settings")
        settings["last_commits"] = {**settings["last_commits"], run.batch.owner: commit}
