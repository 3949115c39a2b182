"""Groups, and the order in which a group's changes are carried out."""

from __future__ import annotations

from collections import defaultdict
from typing import assert_never

from reconciler.model.changes import Change, Kind
from reconciler.model.plan import Group
from reconciler.model.roles import Role, may_hold_work

_LAST = 90


def rank(change: Change) -> int:  # noqa: C901, PLR0912  one case per kind, and assert_never at its end
    """Where a change stands in its group: what others depend on first, handovers before removals."""
    match change.kind:
        case Kind.CREATE_SERVICE:
            return 0
        case Kind.UPDATE_SERVICE:
            return 1
        case Kind.UPDATE_SETTINGS:
            return 2
        case Kind.ARCHIVE_CUSTOMER:
            return 5  # sets free names and addresses, and needs nothing before it
        case Kind.CREATE_CUSTOMER | Kind.ADOPT_CUSTOMER | Kind.RESTORE_CUSTOMER | Kind.RENAME_CUSTOMER:
            return 10
        case Kind.UPDATE_CUSTOMER:
            return 11
        case Kind.REJECT_REGISTRATION:
            return 20
        case Kind.RENAME_CONTACT:
            return 21
        case Kind.ADOPT_CONTACT:
            return 31 if _ends_holding_work(change) else 22
        case Kind.RESTORE_CONTACT | Kind.APPROVE_REGISTRATION | Kind.CREATE_CONTACT:
            return 23
        case Kind.CHANGE_EMAIL:
            return 24
        case Kind.UPDATE_CONTACT:
            return 25
        case Kind.CHANGE_ROLE:
            return 31 if _ends_holding_work(change) else 26
        case Kind.HAND_OVER_WORK:
            return 30
        case Kind.REMOVE_CONTACT:
            return 40
        case Kind.RELEASE_CONTACT:
            return 41
        case Kind.RELEASE_CUSTOMER:
            return 51
        case Kind.RECORD:
            return 60
        case Kind.REMOVE_SERVICE:
            return _LAST
    assert_never(change.kind)


def _ends_holding_work(change: Change) -> bool:
    """Whether the person may hold no work afterwards: then hers goes first, and to whom it goes can already."""
    return any(field.name == "role" and not may_hold_work(Role(str(field.after))) for field in change.fields)


def in_order(changes: list[Change]) -> tuple[Change, ...]:
    """The changes of one group, by dependency, then by key; no row id decides."""
    return tuple(
        sorted(changes, key=lambda c: (rank(c), c.customer or "", c.contact or "", c.service or "", c.kind, c.id))
    )


def make_groups(changes: list[Change], ties: list[tuple[str, str]]) -> list[Group]:
    """Settings and services first, customers by smallest key, services that go last."""
    root = _united(ties)
    by_root: dict[str, list[Change]] = defaultdict(list)
    first = [change for change in changes if change.customer is None and rank(change) != _LAST]
    last = [change for change in changes if rank(change) == _LAST]
    for change in changes:
        if change.customer is not None:
            by_root[root.get(change.customer, change.customer)].append(change)
    groups = [Group((), in_order(first))] if first else []
    for name in sorted(by_root):
        own = by_root[name]
        customers = {str(change.customer) for change in own}
        groups.append(Group(tuple(sorted(customers)), in_order(own)))
    groups += [Group((), in_order(last))] if last else []
    return groups


def _united(ties: list[tuple[str, str]]) -> dict[str, str]:
    """Each tied customer's representative: the smallest key among those it is tied with."""
    root: dict[str, str] = {}

    def find(key: str) -> str:
        while root.setdefault(key, key) != key:
            key = root[key]
        return key

    for one, other in ties:
        low, high = sorted((find(one), find(other)))
        root[high] = low
    return {key: find(key) for key in list(root)}
