"""Groups, and the order in which a group's changes are carried out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import assert_never

from reconciler.model.changes import Change, Kind, ObjectKind
from reconciler.model.plan import Group, Stage
from reconciler.model.roles import Role, may_hold_work
from reconciler.planning.plan_items import Tie
from reconciler.planning.portal import closes


def rank(change: Change) -> int:  # noqa: C901, PLR0912  one case per kind, and assert_never at its end
    """The place of a change in its group: dependencies first, handovers before removals."""
    match change.kind:
        case Kind.CREATE_SERVICE | Kind.RENAME_SERVICE:
            return 0
        case Kind.ADOPT_SERVICE | Kind.UPDATE_SERVICE:
            return 1
        case Kind.ADOPT_SETTINGS | Kind.UPDATE_SETTINGS:
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
            return 90
    assert_never(change.kind)


def _ends_holding_work(change: Change) -> bool:
    """Whether the person may hold no work afterwards: their work goes to an heir before that."""
    return any(field.name == "role" and not may_hold_work(Role(str(field.after))) for field in change.fields)


def in_order(changes: list[Change]) -> tuple[Change, ...]:
    """The changes of one group, by dependency, then by key; no row id decides."""
    return tuple(
        sorted(changes, key=lambda c: (rank(c), c.customer or "", c.contact or "", c.service or "", c.kind, c.id))
    )


def make_groups(changes: Iterable[Change], ties: Iterable[Tie]) -> list[Group]:
    """Groups by stage, then by smallest key; tied customers are one group."""
    root = _united(ties)
    by_subject: dict[tuple[Stage, str], list[Change]] = defaultdict(list)
    for change in changes:
        customer, service = change.customer or "", change.service or ""
        by_subject[stage_of(change), root.get(customer, customer) or service].append(change)
    groups: list[Group] = []
    for (stage, _), own in sorted(by_subject.items()):
        customers = {change.customer for change in own if change.customer is not None}
        groups.append(Group(tuple(sorted(customers)), in_order(own), stage=stage, service=own[0].service))
    return groups


def stage_of(change: Change) -> Stage:
    """The stage in which a change is carried out; services open before the customers and close after them."""
    match change.object:
        case ObjectKind.SETTINGS:
            return Stage.SETTINGS
        case ObjectKind.CUSTOMER | ObjectKind.CONTACT:
            return Stage.CUSTOMERS
        case ObjectKind.SERVICE:
            closing = change.kind is Kind.REMOVE_SERVICE or any(map(closes, change.fields))
            return Stage.CLOSING if closing else Stage.OPENING
    assert_never(change.object)


def _united(ties: Iterable[Tie]) -> dict[str, str]:
    """Each tied customer's representative: the smallest key among those tied with it."""
    root: dict[str, str] = {}

    def find(key: str) -> str:
        while root.setdefault(key, key) != key:
            key = root[key]
        return key

    for tie in ties:
        low, high = sorted((find(tie.customer), find(tie.other)))
        root[high] = low
    return {key: find(key) for key in list(root)}
