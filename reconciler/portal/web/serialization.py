"""Database rows as the JSON of the contract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from reconciler.portal.rules.fields import members
from reconciler.portal.rules.word_counts import count_state

Row = Mapping[str, Any]

_MANAGED_MEMBERS: Final = ("id", "version", "external_key", "owner")
_UPLOAD_MEMBERS: Final = ("id", "name", "size", "sha256", "words", "count", "uncounted")
_MEMBERS: Final = {
    "settings": (*members("settings"), "last_commits"),
    "service": (*members("service"), "life"),
    "customer": (*members("customer"), "status", "archived", "last_commit", "life"),
    "contact": ("customer", *members("contact"), "status", "life", "removed"),
    "request": (
        "id",
        "version",
        "number",
        "customer",
        "owner",
        "title",
        "state",
        "service",
        "workflow",
        "source_language",
        "target_languages",
        "deadline",
        "requested_deadline",
        "comment",
        "created_at",
        "words",
        "cost",
        "currency",
        "expires_at",
        "progress",
        "reason",
        "accepted_at",
        "delivered_at",
    ),
    "upload": _UPLOAD_MEMBERS,
    "file": (*_UPLOAD_MEMBERS, "kind", "language", "by", "created_at"),
}
# Kinds that files do not manage.
_UNMANAGED_KINDS: Final = frozenset({"request", "upload", "file"})


def as_json(
    kind: str, row: Row, customer_keys: Mapping[str, str | None] | None = None
) -> dict[str, Any]:
    """Return the row as the API shows it; contacts need `customer_keys`, by customer id."""
    if kind in {"upload", "file"}:
        row = {**row, "count": count_state(row)}
    if kind in _UNMANAGED_KINDS:
        return {name: row[name] for name in _MEMBERS[kind]}
    result = {
        name: row[name]
        for name in (*_MANAGED_MEMBERS, *_MEMBERS[kind], "applied", "touched")
    }
    if kind == "contact":
        result["generation"] = row["life"]
        result["customer_key"] = (
            (customer_keys or {}).get(row["customer"]) if row["customer"] else None
        )
        result["registration"] = (
            {"id": row["registration"], "fingerprint": row["fingerprint"]}
            if row["registration"]
            else None
        )
    return result


def registration(row: Row) -> dict[str, Any]:
    """Return a contact's row as the registration that it is or was."""
    return {
        "id": row["registration"],
        "contact": row["id"],
        "version": row["version"],
        "customer": row["customer"],
        "name": row["name"],
        "email": row["email"],
        "role": row["role"],
        "language": row["language"],
        "fingerprint": row["fingerprint"],
        "status": row["decision"],
    }


def etag(version: int) -> str:
    """Return the strong entity tag of a version."""
    return f'"{version}"'
