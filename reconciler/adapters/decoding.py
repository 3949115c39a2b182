"""The portal's rows as values of the model; a row that breaks the contract is `NotUnderstood`."""

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
    FormerKey,
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
from reconciler.model.portal import OwnToken
from reconciler.model.roles import Role
from reconciler.model.values import Value, as_set

Row = Mapping[str, Any]


def settings(row: Row) -> LiveSettings:
    """Return the portal's settings."""
    _text(row, "sign_up")
    for outer in groups_of(ObjectKind.SETTINGS):
        _object(row, outer)
    kind = ObjectKind.SETTINGS
    return LiveSettings(
        fields=_fields(kind, row), last_commits=_last_commits(row), **_common(kind, row)
    )


def _last_commits(row: Row) -> Mapping[str, str]:
    # an older portal does not send this member
    commits = _object(row, "last_commits") if "last_commits" in row else {}
    return {owner: _text(commits, owner) for owner in commits}


def service(row: Row) -> LiveObject:
    """Return a service; customers and contacts refer to its `code`."""
    kind = ObjectKind.SERVICE
    code = {"code": _text(row, "code")}
    return LiveObject(fields=_fields(kind, row) | code, **_common(kind, row))


def customer(row: Row) -> LiveCustomer:
    """Return a customer, archived or not."""
    kind = ObjectKind.CUSTOMER
    archived = row.get("archived")
    # both members say the same; a portal that contradicts itself must not decide who is removed
    if (row.get("status") == "archived") is not (archived is not None):
        raise NotUnderstood(
            f"customer '{row.get('id')}' is {row.get('status')!r}, which contradicts 'archived'"
        )
    return LiveCustomer(
        fields=_fields(kind, row),
        removal=_removal(archived),
        last_commit=_optional(row, "last_commit"),
        **_common(kind, row),
    )


def contact(row: Row) -> LiveContact:
    """Return a contact or a tombstone."""
    kind = ObjectKind.CONTACT
    _one_of(row, "role", Role)
    status = Status(_one_of(row, "status", Status))
    removal = _removal(row.get("removed"))
    if (status is Status.REMOVED) is not (removal is not None):
        raise NotUnderstood(
            f"contact '{row.get('id')}' is {status}, which contradicts 'removed'"
        )
    return LiveContact(
        fields=_fields(kind, row),
        customer_id=_optional(row, "customer") or "",
        status=status,
        removal=removal,
        registration=_registration_of(row),
        **_common(kind, row),
    )


def _registration_of(contact: Row) -> str | None:
    """Return the id of the sign-up that the contact began as."""
    is_registered = contact.get("registration") is not None
    return _text(_object(contact, "registration"), "id") if is_registered else None


def registration(row: Row) -> Registration:
    """Return a pending registration."""
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
    """Return an open request."""
    return OpenRequest(
        _text(row, "id"),
        _text(row, "customer"),
        _text(row, "owner"),
        _text(row, "state"),
        _optional(row, "service"),
    )


def former_key(row: Row) -> FormerKey:
    """Return a key that a row lost."""
    return FormerKey(_text(row, "object"), _text(row, "home"), _text(row, "key"))


def _fields(kind: ObjectKind, row: Row) -> dict[str, Value]:
    """Return the values of the fields that the portal has for this kind of object."""
    return {field.name: _field(field, row) for field in portal_fields_of(kind)}


def _field(field: Field, row: Row) -> Value:
    outer, dot, inner = field.name.partition(".")
    raw_value = row.get(outer)
    if dot and raw_value is not None:
        raw_value = _object(row, outer).get(inner)
    value = _value(field.name, raw_value)
    if not field.shape.holds(value) or (field.is_required and value is None):
        place = f"'{row.get('id')}' has {field.name}"
        raise NotUnderstood(f"{place} {raw_value!r:.80}, which is not {field.shape}")
    return value


def _common(kind: ObjectKind, row: Row) -> dict[str, Any]:
    touched = {name: _touch(value) for name, value in _object(row, "touched").items()}
    # the portal records who edited `branding`; plans compare `branding.logo`
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
        # rows of settings have no life: nothing creates or restores them
        "life": _number(row, "life") if "life" in row else 1,
    }


def _applied(row: Row) -> Applied | None:
    applied = row.get("applied")
    if applied is None:
        return None
    if not isinstance(applied, dict) or not isinstance(applied.get("present"), bool):
        raise NotUnderstood(f"'{row.get('id')}' has an invalid 'applied': {applied!r:.80}")
    return Applied(
        applied["present"],
        _values(_object(applied, "fields")),
        _optional(applied, "commit"),
        _optional(applied, "run"),
    )


def _removal(value: Any) -> Removal | None:
    if value is None:
        return None
    if not isinstance(value, dict):
        raise NotUnderstood(f"a removal is an object, not {value!r:.80}")
    return Removal(
        _touch(value),
        instant(value, "restorable_until"),
        _text(value, "reason"),
        bool(value.get("with_customer")),
    )


def _touch(value: Any) -> Touch:
    if not isinstance(value, dict):
        raise NotUnderstood(f"the author of an edit is an object, not {value!r:.80}")
    return Touch(
        _text(value, "by"), Actor(_one_of(value, "actor", Actor)), instant(value, "at")
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
            f"'{row.get('id', '?')}' has {value!r:.80} as '{name}', which is not text"
        )
    return value


def instant(row: Row, name: str) -> str:
    """Return the time in the member `name`, as text."""
    text = _text(row, name)
    try:
        datetime.datetime.fromisoformat(text)
    except ValueError:
        raise NotUnderstood(
            f"'{row.get('id', '?')}' has {name} '{text:.80}', which is not a time"
        ) from None
    return text


def own_token(row: Row) -> OwnToken:
    """Return the caller's token from `meta`, as far as the portal says."""
    token = _object(row, "token") if row.get("token") is not None else {}
    end = instant(token, "expires_at") if token.get("expires_at") is not None else None
    return OwnToken(_optional(token, "scope"), _optional(token, "owner"), end)


def _optional(row: Row, name: str) -> str | None:
    return None if row.get(name) is None else _text(row, name)


def _number(row: Row, name: str) -> int:
    value = row.get(name)
    # `True` is an int in Python, and `true` no number in JSON
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise NotUnderstood(
            f"'{row.get('id', '?')}' has {value!r:.80} as '{name}', which is not a number"
        )
    return value


def _object(row: Row, name: str) -> dict[str, Any]:
    value = row.get(name)
    if not isinstance(value, dict):
        raise NotUnderstood(
            f"'{row.get('id', '?')}' has {value!r:.80} as '{name}', which is not an object"
        )
    return value


def _one_of(row: Row, name: str, kinds: type[Role | Status | Actor]) -> str:
    value = _text(row, name)
    if value not in {str(kind) for kind in kinds}:
        raise NotUnderstood(
            f"'{row.get('id', '?')}' has {name} '{value}', which this version does not know"
        )
    return value
