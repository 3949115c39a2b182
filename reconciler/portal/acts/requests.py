"""Acts on requests: send one, move it on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reconciler.portal.acts.contacts import Audited
from reconciler.portal.rules.contacts import must_live
from reconciler.portal.rules.problems import Problem
from reconciler.portal.rules.roles import HOLDS_WORK
from reconciler.portal.store import tables as t
from reconciler.portal.store.work import Row, Work

FIRST_STATE = {
    "pm_quote_manual": "quote_pending", "pm_quote_automatic": "quote_being_made",
    "automatic_quote": "quote_being_made", "automatic_project": "in_progress",
}  # fmt: skip
"""Where a request begins in each of the four workflows."""

NEW = dict.fromkeys(("words", "cost", "currency", "expires_at", "reason", "accepted_at", "delivered_at"))
NEW["progress"] = 0


def send(work: Work, owner: Row, fields: Mapping[str, Any]) -> Row:
    """A new request of a contact who may send one."""
    must_live(owner.values)
    if owner["role"] not in HOLDS_WORK:
        raise Problem("heir-may-not-hold-work", f"a {owner['role']} sends no requests")
    if fields["service"] is not None and not work.where("service", t.services.c.code == fields["service"]):
        raise Problem("unprocessable", f"there is no service '{fields['service']}'")
    request = work.new("request", {
        **fields, "customer": owner["customer"], "owner": owner.id, "state": FIRST_STATE[fields["workflow"]],
        "created_at": work.now, **NEW, "target_languages": sorted(set(fields["target_languages"])),
    })  # fmt: skip
    work.written(request)
    return request


def change(work: Work, request: Row, fields: Mapping[str, Any]) -> Audited:
    """Move a request to another state or deadline."""
    changed = {name: value for name, value in fields.items() if request[name] != value}
    before = {name: request[name] for name in changed}
    request.update(**changed)
    if changed:
        work.written(request)
    return before, changed
