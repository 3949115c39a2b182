"""Who uses which service after a plan: what stands against removing one, or against naming one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from reconciler.model.changes import Change, Effects, Kind
from reconciler.model.desired import DesiredState
from reconciler.model.live import LiveContact, LiveCustomer, LiveState
from reconciler.model.roles import may_hold_work
from reconciler.model.values import ALL, Value
from reconciler.planning.circumstances import Case
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
    after = _after(changes)
    rows: list[LiveCustomer | LiveContact] = [row for row in live.customers.values() if not row.archived]
    rows += [row for row in live.contacts.values() if row.living and row.customer_id not in after.away]
    found: list[LiveCustomer | LiveContact | str] = [
        row for row in rows if row.id not in after.away and service in _codes("services", after.services(row))
    ]
    return found + [request.id for request in live.requests.values() if request.service == service]


def with_reach(changes: list[Change], cases: Iterable[Case], index: Index) -> list[Change]:
    """The changes; those that open a service to everybody, or to everybody no more, with what they give or take.

    It is taken from whoever may request it now and has it in no list that the plan leaves. A service that goes is
    taken from nobody: whoever names one keeps it alive, and `all` is all that there is.
    """
    if not any(_is_moved(change) for change in changes):
        return changes
    after, known = _after(changes), {case.customer.live.id: case for case in cases if case.customer.live}
    people = [
        row for row in index.live.contacts.values()
        if row.living and may_hold_work(row.role) and not {row.id, row.customer_id} & after.away
    ]  # fmt: skip
    named = [(row, after.services(row), after.services(index.live.customers[row.customer_id])) for row in people]
    made = []
    for change in changes:
        if _is_moved(change):
            taken = [row for row, *lists in named if _takes(change, lists)]
            called = (known[r.customer_id].called(r) if r.customer_id in known else index.person(r) for r in taken)
            made.append(replace(change, effects=_reach(change, tuple(sorted(called)))))
        else:
            made.append(change)
    return made


def _reach(change: Change, people: tuple[str, ...]) -> Effects:
    words = (f"service {change.service}",)
    return Effects(loses=words if people else (), gains=words if _openness(change)[1] else (), people=people)


def _is_moved(change: Change) -> bool:
    """Whether a service is opened to everybody, or is not any more."""
    before, after = _openness(change)
    return before is not after


def _takes(change: Change, lists: Iterable[Value]) -> bool:
    before, after = _openness(change)
    listed = all(value in {ALL, None} or change.service in _codes("services", value) for value in lists)
    return before and not after and not listed


def _openness(change: Change) -> tuple[bool, bool]:
    """Whether every customer may order a service, before and after a change of just that."""
    moved = next((f for f in change.fields if f.name == "available_to_all"), None)
    return (bool(moved.before), bool(moved.after)) if moved else (False, False)


@dataclass(frozen=True, slots=True)
class _After:
    """Of the rows that changes write: which are gone, and what the others' lists of services are then."""

    away: set[str] = field(default_factory=set)
    said: dict[str, Value] = field(default_factory=dict)

    def services(self, row: LiveCustomer | LiveContact) -> Value:
        return self.said.get(row.id, row.fields.get("services"))


def _after(changes: Iterable[Change]) -> _After:
    found = _After()
    for change in changes:
        if change.target.id is None:
            continue
        if change.kind in {Kind.ARCHIVE_CUSTOMER, Kind.REMOVE_CONTACT}:
            found.away.add(change.target.id)
        for moved in change.fields:
            if moved.name == "services":
                found.said[change.target.id] = moved.after
    return found


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
