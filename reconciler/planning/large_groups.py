"""Groups that do not fit one batch: which of their changes may be committed before the rest."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from reconciler.model.changes import Change, Kind, ObjectKind
from reconciler.model.equality import address_key, name_key
from reconciler.model.plan import Group
from reconciler.planning.index import Index

# A group of at most so many changes is one batch, and so is what may be split off a larger one.
ONE_BATCH: Final = 5_000

# A restored customer is not among them. It brings people back, and other changes of the group may
# remove them again, or free the addresses that they need.
_CREATIONS: Final = frozenset(
    {
        Kind.CREATE_CUSTOMER,
        Kind.CREATE_CONTACT,
        Kind.APPROVE_REGISTRATION,
        Kind.RESTORE_CONTACT,
    }
)
_ADOPTIONS: Final = frozenset({Kind.ADOPT_CUSTOMER, Kind.ADOPT_CONTACT})
# They change nothing for anybody.
_REMARKS: Final = frozenset({Kind.RECORD, Kind.REBASE_HISTORY})


def with_independent_changes_first(group: Group, index: Index) -> Group:
    """Return the group with its independent additions first, if it does not fit one batch.

    They take nothing from anybody and need no name, address or key that the group frees. So a kill
    between two batches leaves everything as it was, with a part of the additions.
    """
    if len(group.changes) <= ONE_BATCH:
        return group
    freed = _freed(group.changes, index)
    held_customers = {
        change.customer
        for change in group.changes
        if change.object is ObjectKind.CUSTOMER
        and not _is_independent(change, freed, index)
    }
    independent: list[Change] = []
    dependent: list[Change] = []
    for change in group.changes:
        stands_alone = change.customer not in held_customers and _is_independent(
            change, freed, index
        )
        (independent if stands_alone else dependent).append(change)
    return replace(
        group, changes=(*independent, *dependent), independent_count=len(independent)
    )


@dataclass(frozen=True, slots=True)
class _Freed:
    """The addresses, customers' names and keys that changes of a group give up.

    `keys`: (customer, contact); also of contacts whose registration is rejected.
    """

    addresses: frozenset[str]
    names: frozenset[str]
    keys: frozenset[tuple[str | None, str | None]]


def _freed(changes: Iterable[Change], index: Index) -> _Freed:
    addresses: set[str] = set()
    names: set[str] = set()
    keys: set[tuple[str | None, str | None]] = set()
    for change in changes:
        row_id = change.target.id or ""
        match change.kind:
            case Kind.REMOVE_CONTACT | Kind.CHANGE_EMAIL:
                addresses.add(address_key(index.live.contacts[row_id].email))
                keys.add((change.customer, change.contact))
            # Once the contact exists, no later plan would reject the registration.
            case Kind.REJECT_REGISTRATION:
                keys.add((change.customer, change.contact))
            case Kind.RENAME_CONTACT:
                keys.add((change.customer, change.previous_key))
            case Kind.RENAME_CUSTOMER:
                keys.add((change.previous_key, None))
            case Kind.ARCHIVE_CUSTOMER:
                people = index.contacts[row_id]
                addresses |= {address_key(row.email) for row in people if row.living}
                keys.add((change.customer, None))
                names.add(name_key(index.live.customers[row_id].name))
            case Kind.UPDATE_CUSTOMER | Kind.ADOPT_CUSTOMER:
                names |= {
                    name_key(str(field.before))
                    for field in change.fields
                    if field.name == "name"
                }
            case _:
                pass
    return _Freed(frozenset(addresses), frozenset(names), frozenset(keys))


def _is_independent(change: Change, freed: _Freed, index: Index) -> bool:
    if change.kind in _REMARKS:
        return True
    is_addition = change.kind in _CREATIONS or (
        change.kind in _ADOPTIONS and not change.fields
    )
    if not is_addition or change.other_end is not None:
        return False
    if (change.customer, change.contact) in freed.keys:
        return False
    texts = {field.name: str(field.after) for field in change.fields}
    if change.object is ObjectKind.CUSTOMER:
        customer = index.live.customers.get(change.target.id or "")
        name = texts.get("name") or (customer.name if customer else "")
        return name_key(name) not in freed.names
    row = index.live.contacts.get(change.target.id or "")
    email = texts.get("email") or (row.email if row else "")
    return address_key(email) not in freed.addresses
