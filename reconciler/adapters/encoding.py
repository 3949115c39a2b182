"""Changes as the operations of a batch.

The one `match` over all kinds on the writing side: a new kind does not type-check until it is here.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import Any, assert_never

from reconciler.model.changes import Change, Kind, ObjectRef
from reconciler.model.fields import is_memo
from reconciler.model.plan import Expects
from reconciler.model.values import FieldChange, Value


def idempotency_key(changes: Iterable[Change]) -> str:
    """The same for the same changes of the same versions of the same objects; then they are one
    write.
    """
    parts = [
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
    """The operation that carries out the change."""
    return {
        "op": str(change.kind),
        "change": change.id,
        **_members(change),
        **_applied(change),
    }


def expectation(expects: Expects) -> dict[str, Any] | None:
    """What must be unchanged for the batch to be carried out; None when nothing must."""
    rows = [
        {"kind": str(kind), "id": id, "version": version}
        for kind, id, version in expects.rows
    ]
    people = expects.people_at
    watched = (
        None
        if people == ()
        else {"customers": people and list(people), "revision": expects.revision}
    )
    return {"rows": rows, "people": watched} if rows or watched else None


# one case per kind, and assert_never at its end
def _members(change: Change) -> dict[str, Any]:  # noqa: C901, PLR0912
    match change.kind:
        case Kind.CREATE_CUSTOMER:
            return {"key": change.customer, "fields": _fields(change)}
        case Kind.CREATE_SERVICE:
            return {"key": change.service, "fields": _fields(change)}
        case Kind.UPDATE_SERVICE | Kind.ADOPT_SERVICE:
            return {**_target(change), "key": change.service, "fields": _fields(change)}
        case Kind.RENAME_SERVICE:
            return {**_target(change), "key": change.service}
        case Kind.UPDATE_SETTINGS | Kind.ADOPT_SETTINGS:
            return {"version": change.target.version, "fields": _fields(change)}
        case Kind.ADOPT_CUSTOMER:
            return {**_target(change), "key": change.customer, "fields": _fields(change)}
        case Kind.RENAME_CUSTOMER:
            return {**_target(change), "key": change.customer}
        case Kind.ADOPT_CONTACT:
            return {**_target(change), "key": change.contact, "fields": _fields(change)}
        case Kind.RENAME_CONTACT:
            return {**_target(change), "key": change.contact}
        case Kind.UPDATE_CUSTOMER | Kind.RESTORE_CUSTOMER:
            return {**_target(change), "fields": _fields(change)}
        case (
            Kind.UPDATE_CONTACT
            | Kind.CHANGE_ROLE
            | Kind.CHANGE_EMAIL
            | Kind.RESTORE_CONTACT
        ):
            return {**_target(change), "fields": _fields(change)}
        case Kind.ARCHIVE_CUSTOMER:
            return {**_target(change), "reason": change.reason or "other"}
        case Kind.RELEASE_CUSTOMER | Kind.RELEASE_CONTACT | Kind.REMOVE_SERVICE:
            return _target(change)
        case Kind.CREATE_CONTACT:
            return {
                "customer": _home(change),
                "key": change.contact,
                "generation": change.target.life,
                "fields": _fields(change),
            }
        case Kind.APPROVE_REGISTRATION:
            return {
                "registration": change.registration,
                "fingerprint": change.fingerprint,
                "version": change.target.version,
                "customer": _home(change),
                "key": change.contact,
                "fields": _fields(change),
            }
        case Kind.REJECT_REGISTRATION:
            return {
                "registration": change.registration,
                "version": change.target.version,
                "reason": change.reason or "other",
            }
        case Kind.HAND_OVER_WORK:
            return {**_target(change), "work_to": _reference(change.effects.work_to)}
        case Kind.REMOVE_CONTACT:
            return {
                **_target(change),
                "work_to": _reference(change.effects.work_to),
                "reason": change.reason or "other",
            }
        case Kind.RECORD:
            return {"object": str(change.object), **_target(change)}
    assert_never(change.kind)


def _target(change: Change) -> dict[str, Any]:
    return {"id": change.target.id, "version": change.target.version}


def _home(change: Change) -> dict[str, Any]:
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
    """A merge patch in the row's own shape; what is only remembered stays out of it."""
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
    nested: dict[str, Any] = patch.setdefault(outer, {})
    nested[inner] = _plain(field.after)


def _plain(value: Value) -> bool | int | str | list[str] | None:
    return list(value) if isinstance(value, tuple) else value
