"""The portal's rows as values of the model; whatever is outside of the contract is
`NotUnderstood`.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any

from reconciler.model.catalogue import Field
from reconciler.model.changes import ObjectKind
from reconciler.model.errors import NotUnderstood
from reconciler.model.fields import groups_of, portal_fields_of
from reconciler.model.live import (
    Actor,
    Applied,
    LiveContact,
    LiveCustomer,
    LiveObject,
    LiveSettings,
    OpenRequest,
    Registration,
    Removal,
    Status,
    Touch,
)
from reconciler.model.roles import Role
from reconciler.model.values import Value, as_set

Row = Mapping[str, Any]


def settings(row: Row) -> LiveSettings:
    """The portal's settings."""
    _text(row, "sign_up")
    for outer in groups_of(ObjectKind.SETTINGS):
        _object(row, outer)
    kind = ObjectKind.SETTINGS
    return LiveSettings(
        fields=_fields(kind, row), last_commits=_last_commits(row), **_common(kind, row)
    )


def _last_commits(row: Row) -> Mapping[str, str]:
    found = _object(row, "last_commits") if "last_commits" in row else {}
    return {owner: _text(found, owner) for owner in found}


def service(row: Row) -> LiveObject:
    """A service; `code` is what others refer to."""
    kind = ObjectKind.SERVICE
    code = {"code": _text(row, "code")}
    return LiveObject(fields=_fields(kind, row) | code, **_common(kind, row))


def customer(row: Row) -> LiveCustomer:
    """A customer, archived or not."""
    kind = ObjectKind.CUSTOMER
    gone = row.get("archived")
    if (row.get("status") == "archived") is not (gone is not None):
        raise NotUnderstood(
            f"customer '{row.get('id')}' is {row.get('status')!r}, but its removal says otherwise"
        )
    return LiveCustomer(
        fields=_fields(kind, row),
        removal=_removal(gone),
        last_commit=_optional(row, "last_commit"),
        **_common(kind, row),
    )


def contact(row: Row) -> LiveContact:
    """A contact or the tombstone of one."""
    kind = ObjectKind.CONTACT
    _one_of(row, "role", Role)
    status = Status(_one_of(row, "status", Status))
    gone = row.get("removed")
    if (status is Status.REMOVED) is not (gone is not None):
        raise NotUnderstood(
            f"contact '{row.get('id')}' is {status}, but its removal says otherwise"
        )
    return LiveContact(
        fields=_fields(kind, row),
        customer_id=_optional(row, "customer") or "",
        status=status,
        removal=_removal(gone),
        **_common(kind, row),
    )


def registration(row: Row) -> Registration:
    """A pending sign-up."""
    return Registration(
        _text(row, "id"),
        _text(row, "contact"),
        _number(row, "version"),
        _optional(row, "customer"),
        _text(row, "name"),
        _text(row, "email"),
        Role(_one_of(row, "role", Role)),
        _optional(row, "language"),
        _text(row, "fingerprint"),
    )


def request(row: Row) -> OpenRequest:
    """An open request."""
    return OpenRequest(
        _text(row, "id"),
        _text(row, "customer"),
        _text(row, "owner"),
        _text(row, "state"),
        _optional(row, "service"),
    )


def _fields(kind: ObjectKind, row: Row) -> dict[str, Value]:
    """The values of the fields that the portal has for this kind of object."""
    return {field.name: _field(field, row) for field in portal_fields_of(kind)}


def _field(field: Field, row: Row) -> Value:
    outer, dot, inner = field.name.partition(".")
    found = row.get(outer)
    if dot and found is not None:
        found = _object(row, outer).get(inner)
    value = _value(field.name, found)
    if not field.shape.holds(value) or (field.is_required and value is None):
        place = f"'{row.get('id')}' has {field.name}"
        raise NotUnderstood(f"{place} {found!r:.80}, which is not {field.shape}")
    return value


def _common(kind: ObjectKind, row: Row) -> dict[str, Any]:
    touched = {name: _touch(value) for name, value in _object(row, "touched").items()}
    for field in portal_fields_of(kind):
        outer, dot, _ = field.name.partition(".")
        if dot and outer in touched:
            touched[field.name] = touched[outer]
    return {
        "id": _text(row, "id"),
        "version": _number(row, "version"),
        "external_key": _optional(row, "external_key"),
        "owner": _optional(row, "owner"),
        "applied": _applied(row),
        "touched": touched,
        "life": _number(row, "life") if "life" in row else 1,
    }


def _applied(row: Row) -> Applied | None:
    found = row.get("applied")
    if found is None:
        return None
    if not isinstance(found, dict) or not isinstance(found.get("present"), bool):
        raise NotUnderstood(f"'{row.get('id')}' has no 'applied' of ours: {found!r:.80}")
    return Applied(
        found["present"],
        _values(_object(found, "fields")),
        _optional(found, "commit"),
        _optional(found, "run"),
    )


def _removal(found: Any) -> Removal | None:
    if found is None:
        return None
    if not isinstance(found, dict):
        raise NotUnderstood(f"a removal is an object, not {found!r:.80}")
    return Removal(
        _touch(found),
        instant(found, "restorable_until"),
        _text(found, "reason"),
        bool(found.get("with_customer")),
    )


def _touch(found: Any) -> Touch:
    if not isinstance(found, dict):
        raise NotUnderstood(f"who touched a field is an object, not {found!r:.80}")
    return Touch(
        _text(found, "by"), Actor(_one_of(found, "actor", Actor)), instant(found, "at")
    )


def _values(fields: Mapping[str, Any]) -> dict[str, Value]:
    return {name: _value(name, value) for name, value in fields.items()}


def _value(name: str, value: Any) -> Value:
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return as_set(value)
    if value is None or isinstance(value, bool | int | str):
        return value
    raise NotUnderstood(
        f"{name} is neither text, number nor a list of texts: {value!r:.80}"
    )


def _text(row: Row, name: str) -> str:
    value = row.get(name)
    if not isinstance(value, str):
        raise NotUnderstood(
            f"'{row.get('id', '?')}' has no text '{name}' but {value!r:.80}"
        )
    return value


def instant(row: Row, name: str) -> str:
    """The row's text of this name, which is a time as planning reads it."""
    text = _text(row, name)
    try:
        datetime.datetime.fromisoformat(text)
    except ValueError:
        raise NotUnderstood(
            f"'{row.get('id', '?')}' has {name} '{text:.80}', which is no time"
        ) from None
    return text


def end_of_token(row: Row) -> str | None:
    """When the caller's token ends, as the portal's `meta` says it; None where it does not."""
    found = _object(row, "token") if row.get("token") is not None else {}
    return instant(found, "expires_at") if found.get("expires_at") is not None else None


def _optional(row: Row, name: str) -> str | None:
    return None if row.get(name) is None else _text(row, name)


def _number(row: Row, name: str) -> int:
    value = row.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise NotUnderstood(
            f"'{row.get('id', '?')}' has no number '{name}' but {value!r:.80}"
        )
    return value


def _object(row: Row, name: str) -> dict[str, Any]:
    value = row.get(name)
    if not isinstance(value, dict):
        raise NotUnderstood(
            f"'{row.get('id', '?')}' has no object '{name}' but {value!r:.80}"
        )
    return value


def _one_of(row: Row, name: str, kinds: type[Role | Status | Actor]) -> str:
    value = _text(row, name)
    if value not in {str(kind) for kind in kinds}:
        raise NotUnderstood(
            f"'{row.get('id', '?')}' has {name} '{value}', which is none that we know"
        )
    return value
