"""Who uses which service after a plan: what stands against removing one, or against naming one."""

from __future__ import annotations

from collections.abc import Iterable

from reconciler.model.changes import Change, Kind
from reconciler.model.desired import DesiredState
from reconciler.model.live import LiveContact, LiveCustomer, LiveState
from reconciler.model.values import Value
from reconciler.planning.drafts import Draft
from reconciler.planning.index import Index


def judge_services(changes: list[Change], desired: DesiredState, index: Index) -> Draft:
    """Refusals: a service that goes and is still used, and one that is named and is nowhere."""
    draft = Draft()
    for change in changes:
        if change.kind is Kind.REMOVE_SERVICE and change.service is not None:
            users = users_after(change.service, changes, index.live)
            if users:
                called = ", ".join(sorted({_called(user, index) for user in users}))
                message = f"service {change.service} is gone from portal.yaml, but still used by {called}"
                draft.refuse("service-in-use", None, None, message, "keep it until nobody needs it")
    known = index.codes | set(desired.services or {})
    for change in changes:
        unknown = sorted({code for field in change.fields for code in _codes(field.name, field.after)} - known)
        if unknown and change.customer is not None:
            message = f"the portal has no service '{unknown[0]}'"
            hint = "write a service that it has, or declare this one in portal.yaml"
            draft.refuse("service-unknown", change.customer, change.contact, message, hint)
    return draft


def users_after(service: str, changes: Iterable[Change], live: LiveState) -> list[LiveCustomer | LiveContact | str]:
    """Customers and contacts that name the service once these changes are carried out, and open requests (ids)."""
    gone = {Kind.ARCHIVE_CUSTOMER, Kind.REMOVE_CONTACT}
    written = [change for change in changes if change.target.id is not None]
    away = {change.target.id for change in written if change.kind in gone}
    said = {change.target.id: f.after for change in written for f in change.fields if f.name == "services"}
    rows: list[LiveCustomer | LiveContact] = [row for row in live.customers.values() if not row.archived]
    rows += [row for row in live.contacts.values() if row.living and row.customer_id not in away]
    found: list[LiveCustomer | LiveContact | str] = [
        row
        for row in rows
        if row.id not in away and service in _codes("services", said.get(row.id, row.fields.get("services")))
    ]
    return found + [request.id for request in live.requests.values() if request.service == service]


def _called(user: LiveCustomer | LiveContact | str, index: Index) -> str:
    match user:
        case str():
            return f"{index.customer_key(index.live.requests[user].customer_id)} ({user})"
        case LiveContact():
            return index.person(user)
        case _:
            return index.customer_key(user.id)


def _codes(field: str, value: Value) -> tuple[str, ...]:
    return value if field == "services" and isinstance(value, tuple) else ()
