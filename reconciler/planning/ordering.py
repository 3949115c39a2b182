"""Groups, and the order in which a group's changes are applied."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import assert_never

from reconciler.model.changes import Change, Kind, ObjectKind
from reconciler.model.plan import Group, Stage
from reconciler.model.roles import Role, may_hold_work
from reconciler.planning.plan_items import CustomerLink
from reconciler.planning.portal import closes


# one case per kind, and assert_never at its end
def rank(change: Change) -> int:  # noqa: C901, PLR0912
    """Return the place of a change in its group: dependencies first, handovers before removals."""
    match change.kind:
        case Kind.CREATE_SERVICE | Kind.RENAME_SERVICE:
            return 0
        case Kind.ADOPT_SERVICE | Kind.UPDATE_SERVICE:
            return 1
        case Kind.ADOPT_SETTINGS | Kind.UPDATE_SETTINGS:
            return 2
        case Kind.ARCHIVE_CUSTOMER:
            return 5  # frees names and addresses, and depends on nothing
        case (
            Kind.CREATE_CUSTOMER
            | Kind.ADOPT_CUSTOMER
            | Kind.RESTORE_CUSTOMER
            | Kind.RENAME_CUSTOMER
        ):
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
        case Kind.UPDATE_CONTACT:
            return 24
        # After the language, which its mails are in: a large group is several transactions.
        case Kind.CHANGE_EMAIL:
            return 25
        case Kind.CHANGE_ROLE:
            return 31 if _ends_holding_work(change) else 26
        # After additions, so that a new contact can be the heir, and before anybody leaves.
        case Kind.HAND_OVER_WORK:
            return 30
        case Kind.REMOVE_CONTACT:
            return 40
        case Kind.RELEASE_CONTACT:
            return 41
        case Kind.RELEASE_CUSTOMER:
            return 51
        case Kind.REBASE_HISTORY:
            return 55
        case Kind.RECORD:
            return 60
        case Kind.REMOVE_SERVICE:
            return 90
    assert_never(change.kind)


def _ends_holding_work(change: Change) -> bool:
    """Return whether the person may hold no work afterwards, so that their work goes to an heir
    first.
    """
    return any(
        field.name == "role" and not may_hold_work(Role(str(field.after)))
        for field in change.fields
    )


def in_order(changes: list[Change]) -> tuple[Change, ...]:
    """Return the changes of one group by dependency, then by key; no row id decides."""
    return tuple(
        sorted(
            changes,
            key=lambda c: (
                rank(c),
                c.customer or "",
                c.contact or "",
                c.service or "",
                c.kind,
                c.id,
            ),
        )
    )


def make_groups(changes: Iterable[Change], links: Iterable[CustomerLink]) -> list[Group]:
    """Return the groups by stage, then by smallest key; linked customers are one group."""
    root = _representatives(links)
    by_subject: dict[tuple[Stage, str], list[Change]] = defaultdict(list)
    for change in changes:
        customer, service = change.customer or "", change.service or ""
        by_subject[stage_of(change), root.get(customer, customer) or service].append(change)
    groups: list[Group] = []
    for (stage, _), group_changes in sorted(by_subject.items()):
        customers = {
            change.customer for change in group_changes if change.customer is not None
        }
        groups.append(
            Group(
                tuple(sorted(customers)),
                in_order(group_changes),
                stage=stage,
                service=group_changes[0].service,
            )
        )
    return groups


def stage_of(change: Change) -> Stage:
    """Return the stage of a change; services open before the customers and close after them."""
    match change.object:
        case ObjectKind.SETTINGS:
            return Stage.SETTINGS
        case ObjectKind.CUSTOMER | ObjectKind.CONTACT:
            return Stage.CUSTOMERS
        case ObjectKind.SERVICE:
            closing = change.kind is Kind.REMOVE_SERVICE or any(map(closes, change.fields))
            return Stage.CLOSING if closing else Stage.OPENING
    assert_never(change.object)


def _representatives(links: Iterable[CustomerLink]) -> dict[str, str]:
    """Return the representative of each linked customer: the smallest key among those linked with
    it.
    """
    root: dict[str, str] = {}

    def find(key: str) -> str:
        while root.setdefault(key, key) != key:
            key = root[key]
        return key

    for link in links:
        # The smaller key is the root, so the result does not depend on the order of the
        # links.
        low, high = sorted((find(link.customer), find(link.other_customer)))
        root[high] = low
    return {key: find(key) for key in list(root)}
