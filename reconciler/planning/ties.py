"""What ties customers together: people who move, and addresses that pass from one to another.

Also the rules of identity that need more than one match: an address that is taken, one person or two,
an object of another owner.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from reconciler.model.changes import Change, Kind, ObjectKind
from reconciler.model.desired import DesiredContact
from reconciler.model.equality import address_key, name_key
from reconciler.model.live import LiveContact
from reconciler.planning.arrivals import objection
from reconciler.planning.circumstances import Case, Person, restored_elsewhere
from reconciler.planning.drafts import Draft
from reconciler.planning.matching import How

_FREEING = {Kind.REMOVE_CONTACT, Kind.CHANGE_EMAIL}
_ARRIVING = {Kind.CREATE_CONTACT, Kind.APPROVE_REGISTRATION, Kind.RESTORE_CONTACT}
_ARRIVED = {How.CREATED, How.APPROVED, How.RESTORED}
_NEW = {*_ARRIVED, How.ADOPTED}


def judge_identity(cases: list[Case], draft: Draft) -> Draft:
    """Refusals and ties over all customers; the draft's changes are read, not written."""
    found = Draft()
    _addresses(cases, _freed(cases, draft), found)
    for case in cases:
        if case.released:
            continue
        for one in case.people:
            if one.match.desired is not None:
                _ambiguous(case, one, one.match.desired, found)
                _foreign_contact(case, one, one.match.desired, found)
        _foreign(case, found)
    _names(cases, draft, found)
    return found


def _freed(cases: list[Case], draft: Draft) -> dict[str, str]:
    """Live contacts whose address is free from the beginning of their group: id → customer key."""
    freed = {c.target.id: c.customer or "" for c in draft.changes if c.kind in _FREEING and c.target.id}
    archived = {c.target.id for c in draft.changes if c.kind is Kind.ARCHIVE_CUSTOMER}
    for case in cases:
        if case.customer.live and case.customer.live.id in archived:
            freed |= {row.id: case.key for row in case.index.living(case.customer.live)}
    return freed


@dataclass(frozen=True, slots=True)
class _Claim:
    """An address that the plan makes somebody's login; `row` is the contact that has it then, if it is there."""

    case: Case
    key: str
    address: str
    row: str | None = None


def _claims(case: Case) -> list[_Claim]:
    """All that the people of a customer claim; nothing of whoever keeps her address or is held back."""
    found = []
    for one in case.people:
        wanted, live = one.match.desired, one.match.live
        if objection(case, one) is not None:
            continue
        if wanted is not None and one.match.how in _ARRIVED:
            found.append(_Claim(case, one.key, wanted.email, live.id if live else None))
        elif live is not None and one.match.how is not How.AWAY and not one.compared.conflicts:
            moved = (str(change.after) for change in one.compared.changes if change.name == "email")
            found += [_Claim(case, one.key, address, live.id) for address in moved]
    if case.customer.how is How.RESTORED and case.customer.live:
        rows = case.index.contacts[case.customer.live.id]
        back = (row for row in rows if row.removal and row.removal.with_customer)
        found += [_Claim(case, case.called(row).partition("/")[2], row.email, row.id) for row in back]
    return found


def _addresses(cases: list[Case], freed: dict[str, str], found: Draft) -> None:
    """Whoever claims an address finds it free, sees it freed in this plan, or is refused."""
    claims = [claim for case in cases if not case.released for claim in _claims(case)]
    first: dict[str, _Claim] = {}
    for claim in claims:
        other = first.setdefault(address_key(claim.address), claim)
        if other.row != claim.row or other.key != claim.key:
            message = f"{claim.address} would be the address of {other.case.key}/{other.key} as well"
            hint = "restore the customer first, and hand the address on in a later run"
            found.refuse("address-taken", claim.case.key, claim.key, message, hint)
        _held_by_somebody(claim, freed, found)


def _held_by_somebody(claim: _Claim, freed: dict[str, str], found: Draft) -> None:
    case, holder = claim.case, claim.case.index.by_address.get(address_key(claim.address))
    if holder is None or holder.id == claim.row:
        return
    if holder.id in freed:
        if freed[holder.id] != case.key:
            found.ties.append((case.key, freed[holder.id]))
    elif holder.owner in {None, case.index.owner}:
        message = f"{claim.address} is the address of {case.index.person(holder)}"
        hint = "take that contact out in the same pull request, or use another address"
        found.refuse("address-taken", case.key, claim.key, message, hint)
    else:
        message = f"{claim.address} is the address of a contact managed by '{holder.owner}'"
        _refuse_foreign(case, claim.key, message, found)


def _ambiguous(case: Case, one: Person, wanted: DesiredContact, found: Draft) -> None:
    if one.match.how not in _NEW:
        return
    for other in case.people:
        row = other.match.live
        if other.match.how is not How.GONE or row is None or not row.living or other.key in case.farewells:
            continue
        if restored_elsewhere(case, other):
            continue
        address = address_key(row.email) == address_key(wanted.email)
        if address != (name_key(row.name) == name_key(wanted.name)):
            message = f"{one.key} has the {'address' if address else 'name'} of {other.key}, whose file is gone"
            hint = f"one person? say previously: [{other.key}]; two? write removed/{other.key}.yaml"
            found.refuse("one-person-or-two", case.key, one.key, message, hint)


def _foreign_contact(case: Case, one: Person, wanted: DesiredContact, found: Draft) -> None:
    """A file whose key another owner gave to a contact here."""
    live = case.customer.live
    if live is None or one.match.how is How.SAME:
        return
    for row in case.index.living(live):
        if row.external_key == wanted.key and row.owner not in {None, case.index.owner}:
            _refuse_foreign(case, one.key, f"{case.key}/{one.key} is managed by '{row.owner}'", found)


def _refuse_foreign(case: Case, key: str, message: str, found: Draft) -> None:
    hint = f"take it over with reconciler import --take-over {case.key}/{key}"
    found.refuse("other-owner", case.key, key, message, hint)


def _foreign(case: Case, found: Draft) -> None:
    """Folders that name what another owner manages."""
    wanted, index = case.customer.desired, case.index
    if wanted is None or case.customer.how is not How.CREATED:
        return
    named = index.by_name.get(name_key(wanted.name))
    for row in [*index.foreign.get(wanted.key, []), *([named] if named else [])]:
        if row.owner not in {None, index.owner}:
            hint = f"take it over with reconciler import --take-over {wanted.key}"
            found.refuse("other-owner", case.key, None, f"{row.name} is managed by '{row.owner}'", hint)


def _names(cases: list[Case], draft: Draft, found: Draft) -> None:
    """Customers that take the name of another one; an archive in the same plan sets it free."""
    if not cases:
        return
    index = cases[0].index
    archived = {c.target.id: str(c.customer) for c in draft.changes if c.kind is Kind.ARCHIVE_CUSTOMER}
    for change in draft.changes:
        if change.object is not ObjectKind.CUSTOMER:
            continue
        taken = [str(field.after) for field in change.fields if field.name == "name"]
        if change.kind is Kind.RESTORE_CUSTOMER and change.target.id:
            taken.append(index.live.customers[change.target.id].name)
        for name in taken:
            holder = index.by_name.get(name_key(name))
            if holder is None or holder.id == change.target.id:
                continue
            if holder.id in archived:
                found.ties.append((str(change.customer), archived[holder.id]))
            elif change.kind is not Kind.CREATE_CUSTOMER or index.owner == holder.owner:
                message = f"'{name}' is the name of {index.customer_key(holder.id)}"
                hint = "give that customer its other name in an earlier run, or use another name"
                found.refuse("name-taken", str(change.customer), None, message, hint)


def with_moves(changes: list[Change], cases: list[Case]) -> tuple[list[Change], list[tuple[str, str]]]:
    """The changes with removals and arrivals of one person marked as one move, and the ties of these."""
    rows: dict[str, LiveContact] = {row.id: row for case in cases[:1] for row in case.index.live.contacts.values()}
    arrivals = {_arriving(change, rows): change for change in changes if change.kind in _ARRIVING}
    moves: dict[str, str] = {}
    ties: list[tuple[str, str]] = []
    for change in changes:
        row = rows.get(change.target.id or "") if change.kind is Kind.REMOVE_CONTACT else None
        there = arrivals.get((address_key(row.email), name_key(row.name))) if row else None
        if there and there.customer != change.customer:
            moves[_end(change)] = _end(there)
            moves[_end(there)] = _end(change)
            ties.append((str(change.customer), str(there.customer)))
    return [_moved(change, moves.get(_end(change))) for change in changes], ties


def _arriving(change: Change, rows: dict[str, LiveContact]) -> tuple[str, str]:
    """Address and name of whoever arrives; what a restoration leaves as it was stands in the row."""
    row = rows.get(change.target.id or "")
    said = {**(row.fields if row else {}), **{field.name: field.after for field in change.fields}}
    return address_key(str(said["email"])), name_key(str(said["name"]))


def _moved(change: Change, other: str | None) -> Change:
    if other is None or change.kind not in {*_ARRIVING, Kind.REMOVE_CONTACT}:
        return change
    if change.kind is Kind.REMOVE_CONTACT:
        return replace(change, moved=other, message=f"{change.message} (moves to {other})")
    return replace(change, moved=other, message=f"{change.message} (moves from {other})")


def _end(change: Change) -> str:
    return f"{change.customer}/{change.contact}"
