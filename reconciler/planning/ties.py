"""What ties customers together: people who move, and addresses that pass from one to another.

Also the rules of identity that need more than one match: an address that is taken, one person or two,
an object of another owner.
"""

from __future__ import annotations

from dataclasses import replace

from reconciler.model.changes import Change, Kind
from reconciler.model.desired import DesiredContact
from reconciler.model.equality import address_key, name_key
from reconciler.model.live import LiveContact
from reconciler.planning.circumstances import Case, Person
from reconciler.planning.drafts import Draft
from reconciler.planning.matching import How

_FREEING = {Kind.REMOVE_CONTACT, Kind.CHANGE_EMAIL}


def judge_identity(cases: list[Case], draft: Draft) -> Draft:
    """Refusals and ties over all customers; the draft's changes are read, not written."""
    found = Draft()
    freed = _freed(cases, draft)
    for case in cases:
        for one in case.people:
            if one.match.desired is not None:
                _address(case, one, one.match.desired, freed, found)
                _ambiguous(case, one, one.match.desired, found)
        _foreign(case, found)
    return found


def _freed(cases: list[Case], draft: Draft) -> dict[str, str]:
    """Live contacts whose address is free from the beginning of their group: id → customer key."""
    freed = {c.target.id: c.customer or "" for c in draft.changes if c.kind in _FREEING and c.target.id}
    for case in cases:
        if case.customer.how is How.GONE and case.customer.live:
            freed |= {row.id: case.key for row in case.index.living(case.customer.live)}
    return freed


def _address(case: Case, one: Person, wanted: DesiredContact, freed: dict[str, str], found: Draft) -> None:
    holder = case.index.by_address.get(address_key(wanted.email))
    live = one.match.live
    if holder is None or (live is not None and holder.id == live.id) or one.match.how is How.AWAY:
        return
    if live is not None and live.living and address_key(live.email) == address_key(wanted.email):
        return
    if holder.id in freed:
        if freed[holder.id] != case.key:
            found.ties.append((case.key, freed[holder.id]))
        return
    message = f"{wanted.email} is the address of {case.index.person(holder)}"
    hint = "take that contact out in the same pull request, or use another address"
    found.refuse("address-taken", case.key, one.key, message, hint)


def _ambiguous(case: Case, one: Person, wanted: DesiredContact, found: Draft) -> None:
    if one.match.how not in {How.CREATED, How.APPROVED}:
        return
    for other in case.people:
        row = other.match.live
        if other.match.how is not How.GONE or row is None or not row.living or other.key in case.farewells:
            continue
        address = address_key(row.email) == address_key(wanted.email)
        if address != (name_key(row.name) == name_key(wanted.name)):
            message = f"{one.key} has the {'address' if address else 'name'} of {other.key}, whose file is gone"
            hint = f"one person? say previously: [{other.key}]; two? write removed/{other.key}.yaml"
            found.refuse("one-person-or-two", case.key, one.key, message, hint)


def _foreign(case: Case, found: Draft) -> None:
    """Files that name what another owner manages."""
    owner = case.index.owner
    wanted = case.customer.desired
    if wanted is not None and case.customer.how is How.CREATED:
        for row in case.index.live.customers.values():
            same = row.external_key == wanted.key or name_key(row.name) == name_key(wanted.name)
            if same and not row.archived and row.owner not in {None, owner}:
                hint = f"take it over with reconciler import --take-over {wanted.key}"
                found.refuse("other-owner", case.key, None, f"{row.name} is managed by '{row.owner}'", hint)


def with_moves(changes: list[Change], cases: list[Case]) -> tuple[list[Change], list[tuple[str, str]]]:
    """The changes with removals and creations of one person marked as one move, and the ties of these."""
    arrivals = {
        address_key(str(field.after)): change
        for change in changes
        if change.kind in {Kind.CREATE_CONTACT, Kind.APPROVE_REGISTRATION}
        for field in change.fields
        if field.name == "email"
    }
    rows: dict[str, LiveContact] = {row.id: row for case in cases[:1] for row in case.index.live.contacts.values()}
    moves: dict[str, str] = {}
    ties: list[tuple[str, str]] = []
    for change in changes:
        row = rows.get(change.target.id or "")
        there = arrivals.get(address_key(row.email)) if row and change.kind is Kind.REMOVE_CONTACT else None
        if there and row and there.customer != change.customer and _name(there) == name_key(row.name):
            moves[_end(change)] = _end(there)
            moves[_end(there)] = _end(change)
            ties.append((str(change.customer), str(there.customer)))
    return [_moved(change, moves.get(_end(change))) for change in changes], ties


def _moved(change: Change, other: str | None) -> Change:
    if other is None or change.kind not in {Kind.CREATE_CONTACT, Kind.APPROVE_REGISTRATION, Kind.REMOVE_CONTACT}:
        return change
    if change.kind is Kind.REMOVE_CONTACT:
        return replace(change, moved=other, message=f"{change.message} (moves to {other})")
    return replace(change, moved=other, message=f"{change.message} (moves from {other})")


def _end(change: Change) -> str:
    return f"{change.customer}/{change.contact}"


def _name(change: Change) -> str:
    return next((name_key(str(field.after)) for field in change.fields if field.name == "name"), "")
