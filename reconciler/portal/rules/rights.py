"""Entries of the audit feed that may change what somebody may do."""

from __future__ import annotations

from collections.abc import Mapping, Set
from typing import Any, Final

_PEOPLE: Final = frozenset({"customer", "contact"})
# Fields of services, customers and contacts that no right depends on; every other field counts. A
# different address suspends access, and its entry also has `status`. `owner` is the managing owner,
# or the person whose work was handed over.
_FIELDS_WITHOUT_RIGHTS: Final = frozenset(
    {
        "name",
        "email",
        "language",
        "description",
        "email_domains",
        "external_key",
        "owner",
        "requests",
        "reason",
        "password",
        "registration_code",
        "erased",
        "values",
        "template",
        "workflows",
        "price",
        "limit",
    }
)


def changes_rights(entry: Mapping[str, Any]) -> bool:
    """Return whether the entry may have given or taken a right; True if unclear."""
    before, after = entry["before"], entry["after"]
    if entry["object"] not in {*_PEOPLE, "service"}:
        # `seed` fills a portal with people who have no entries of their own
        return bool(entry["what"] == "seed")
    if entry["what"] == "sign-up" and "status" not in (after or {}):
        return False  # waits for approval
    if before is None or after is None:
        return True
    if (before.get("status"), after.get("status")) == ("unapproved", "removed"):
        return False  # never had access
    differ = {name for name in {*before, *after} if before.get(name) != after.get(name)}
    return not differ <= _FIELDS_WITHOUT_RIGHTS


def concerns(entry: Mapping[str, Any], customers: Set[str] | None) -> bool:
    """Return whether the entry is about one of these customers (None: any) or their people.

    `home` is the customer of the entry, or of its contact; None if unknown.
    """
    if customers is None or entry["home"] is None:
        return True
    mentioned = {(entry[side] or {}).get("customer") for side in ("before", "after")}
    return not customers.isdisjoint({entry["home"], *mentioned})
