"""Which entries of the audit feed may change what somebody may do."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final

_PEOPLE: Final = frozenset({"customer", "contact"})
_WITHOUT_RIGHTS: Final = frozenset({
    "name", "email", "language", "description", "email_domains", "external_key", "owner", "requests", "reason",
    "password", "registration_code", "erased",
})  # fmt: skip
"""What an entry on a customer or a contact may name and nobody's rights depend on; whatever else it names counts.

An address that really is another one takes access away: its entry names `status` too. `owner` is the file's, or
who had the work.
"""


def changes_rights(entry: Mapping[str, Any]) -> bool:
    """Whether the entry of the feed may have given or taken a right; true when nobody knows."""
    before, after = entry["before"], entry["after"]
    if entry["object"] not in _PEOPLE:
        return bool(entry["what"] == "seed")  # many customers and people, who have no entries of their own
    if entry["what"] == "sign-up" and "status" not in (after or {}):
        return False  # waits for approval
    if before is None or after is None:
        return True
    if (before.get("status"), after.get("status")) == ("unapproved", "removed"):
        return False  # was never let in
    differ = {name for name in {*before, *after} if before.get(name) != after.get(name)}
    return not differ <= _WITHOUT_RIGHTS


def concerns(entry: Mapping[str, Any], customers: Collection[str] | None) -> bool:
    """Whether the entry is about one of these customers or somebody there (None: any customer).

    `home` in it: the customer that it is about, or of its contact by now; None where nobody knows.
    """
    if customers is None or entry["home"] is None:
        return True
    named = {(entry[side] or {}).get("customer") for side in ("before", "after")}
    return entry["home"] in customers or any(customer in customers for customer in named if customer)
