"""Which entries of the audit feed may change what somebody may do."""

from __future__ import annotations

from collections.abc import Mapping, Set
from typing import Any, Final

_PEOPLE: Final = frozenset({"customer", "contact"})
_WITHOUT_RIGHTS: Final = frozenset({
    "name", "email", "language", "description", "email_domains", "external_key", "owner", "requests",
    "reason", "password", "registration_code", "erased", "values", "template", "workflows", "price",
    "limit",
})  # fmt: skip
"""The fields of a service, customer or contact that nobody's rights depend on; every other field counts.

An address that is really another one takes access away, and its entry has `status` as well. `owner` is
who manages the row by files, or who had the work that was handed over.
"""


def changes_rights(entry: Mapping[str, Any]) -> bool:
    """Whether the entry of the feed may have given or taken a right; true when nobody knows."""
    before, after = entry["before"], entry["after"]
    if entry["object"] not in {*_PEOPLE, "service"}:
        # `seed` fills a portal with people who have no entries of their own
        return bool(entry["what"] == "seed")
    if entry["what"] == "sign-up" and "status" not in (after or {}):
        return False  # waits for approval
    if before is None or after is None:
        return True
    if (before.get("status"), after.get("status")) == ("unapproved", "removed"):
        return False  # was never let in
    differ = {name for name in {*before, *after} if before.get(name) != after.get(name)}
    return not differ <= _WITHOUT_RIGHTS


def concerns(entry: Mapping[str, Any], customers: Set[str] | None) -> bool:
    """Whether the entry is about one of these customers or somebody there (None: any customer).

    Its `home` is the customer that it is about, or the customer of its contact; None if unknown.
    """
    if customers is None or entry["home"] is None:
        return True
    named = {(entry[side] or {}).get("customer") for side in ("before", "after")}
    return not customers.isdisjoint({entry["home"], *named})
