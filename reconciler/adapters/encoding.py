"""Changes as the operations of a batch.

The only `match` over all kinds of changes on the writing side. A new kind fails to type-check until
it has a case here.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import Any, assert_never

from reconciler.model.changes import Change, Kind, ObjectKind, ObjectRef
from reconciler.model.fields import is_memo
from reconciler.model.plan import Expects
from reconciler.model.values import FieldChange, Value


def idempotency_key(changes: Iterable[Change], epoch: str, token: int) -> str:
    """Return the key of a batch: equal for equal changes of one run, and for nothing else.

    The portal answers a second batch with this key like the first, without a second write.
    `epoch` and the lease's fencing `token` tell runs apart: the same addition in a later run is a
    write of its own, because the row may have been removed in between.
    """
    # versions and lives are included: the same change to a newer row is another write
    parts: list[Any] = [[epoch, token]]
    parts += [
        [
            change.id,
            change.target.id,
            change.target.version,
            change.target.life,
            change.target.customer_id,
        ]
        for change in changes
    ]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def operation(change: Change) -> dict[str, Any]:
    """Return the operation that applies the change."""
    return {
        "op": str(change.kind),
        "change": change.id,
        **_members(change),
        **_applied(change),
    }


def expectation(expects: Expects) -> dict[str, Any] | None:
    """Return the preconditions of the batch; None if it has none."""
    rows = [
        {"kind": str(kind), "id": id, "version": version}
        for kind, id, version in expects.rows
    ]
    customers = expects.people_at
    people = None
    if customers != ():
        # null, unlike an empty list, means the people of all customers
        people = {"customers": customers and list(customers), "revision": expects.revision}
    return {"rows": rows, "people": people} if rows or people else None


# one case for each group of kinds with the same members, and assert_never at its end
def _members(change: Change) -> dict[str, Any]:  # noqa: C901, PLR0912
    match change.kind:
        case Kind.CREATE_CUSTOMER | Kind.CREATE_SERVICE:
            return {"key": _key(change), "fields": _fields(change)}
        case (
            Kind.UPDATE_SERVICE
            | Kind.ADOPT_SERVICE
            | Kind.ADOPT_CUSTOMER
            | Kind.ADOPT_CONTACT
        ):
            return {**_target(change), "key": _key(change), "fields": _fields(change)}
        case Kind.RENAME_SERVICE | Kind.RENAME_CUSTOMER | Kind.RENAME_CONTACT:
            return {**_target(change), "key": _key(change)}
        case Kind.UPDATE_SETTINGS | Kind.ADOPT_SETTINGS:
            return {"version": change.target.version, "fields": _fields(change)}
        case (
            Kind.UPDATE_CUSTOMER
            | Kind.RESTORE_CUSTOMER
            | Kind.UPDATE_CONTACT
            | Kind.CHANGE_ROLE
            | Kind.CHANGE_EMAIL
            | Kind.RESTORE_CONTACT
        ):
            return {**_target(change), "fields": _fields(change)}
        case Kind.ARCHIVE_CUSTOMER:
            return {**_target(change), "reason": _reason(change)}
        case Kind.RELEASE_CUSTOMER | Kind.RELEASE_CONTACT | Kind.REMOVE_SERVICE:
            return _target(change)
        case Kind.CREATE_CONTACT:
            return {**_new_contact(change), "generation": change.target.life}
        case Kind.APPROVE_REGISTRATION:
            # the fingerprint covers what the person entered: a later edit makes the approval fail
            fingerprint = {"fingerprint": change.fingerprint}
            return {**_registration(change), **fingerprint, **_new_contact(change)}
        case Kind.REJECT_REGISTRATION:
            return {**_registration(change), "reason": _reason(change)}
        case Kind.HAND_OVER_WORK:
            return {**_target(change), **_handover(change)}
        case Kind.REMOVE_CONTACT:
            return {**_target(change), **_handover(change), "reason": _reason(change)}
        case Kind.RECORD | Kind.REBASE_HISTORY:
            return {"object": str(change.object), **_target(change)}
    assert_never(change.kind)


def _key(change: Change) -> str | None:
    """Return the key of the object itself."""
    match change.object:
        case ObjectKind.SERVICE:
            return change.service
        case ObjectKind.CUSTOMER:
            return change.customer
        case ObjectKind.CONTACT:
            return change.contact
        case ObjectKind.SETTINGS:
            return None
    assert_never(change.object)


def _target(change: Change) -> dict[str, Any]:
    return {"id": change.target.id, "version": change.target.version}


def _new_contact(change: Change) -> dict[str, Any]:
    return {
        "customer": _customer(change),
        "key": change.contact,
        "fields": _fields(change),
    }


def _registration(change: Change) -> dict[str, Any]:
    return {"registration": change.registration, "version": change.target.version}


def _handover(change: Change) -> dict[str, Any]:
    return {"work_to": _reference(change.effects.work_to)}


def _reason(change: Change) -> str:
    # a deleted file states no reason
    return change.reason or "other"


def _customer(change: Change) -> dict[str, Any]:
    # a customer that this batch creates has no id yet, and is named by its key
    if change.target.customer_id is not None:
        return {"id": change.target.customer_id}
    return {"customer": change.customer}


def _reference(ref: ObjectRef | None) -> dict[str, Any] | None:
    if ref is None:
        return None
    return (
        {"id": ref.id} if ref.id is not None else {"customer": ref.customer, "key": ref.key}
    )


def _applied(change: Change) -> dict[str, Any]:
    if change.base is None:
        return {}
    fields = {name: _plain(value) for name, value in sorted(change.base.items())}
    return {"applied": {"present": change.present, "fields": fields}}


def _fields(change: Change) -> dict[str, Any]:
    """Return a merge patch (RFC 7396) of the row, without fields that only files have."""
    patch: dict[str, Any] = {}
    for field in change.fields:
        if not is_memo(field.name):
            _put(patch, field)
    return patch


def _put(patch: dict[str, Any], field: FieldChange) -> None:
    outer, dot, inner = field.name.partition(".")
    if not dot:
        patch[outer] = _plain(field.after)
        return
    # `branding.logo` and `branding.primary_color` are members of one object in the patch
    nested: dict[str, Any] = patch.setdefault(outer, {})
    nested[inner] = _plain(field.after)


def _plain(value: Value) -> bool | int | str | list[str] | None:
    return list(value) if isinstance(value, tuple) else value
