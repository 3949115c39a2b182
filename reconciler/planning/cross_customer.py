"""The ties between customers: people who move, and addresses and names that pass on.

Also the rules of identity that need more than one match: an address that is taken, one person or two,
an object of another owner.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from reconciler.model.changes import Change, Kind, ObjectKind
from reconciler.model.equality import address_key, name_key
from reconciler.model.live import LiveContact
from reconciler.model.plan import Refusal
from reconciler.model.rules import RuleId
from reconciler.planning.contact_additions import objection
from reconciler.planning.customer_context import CustomerContext, names_at, restored_elsewhere
from reconciler.planning.index import Index
from reconciler.planning.matching import How
from reconciler.planning.plan_items import Findings, Tie, refuse

_FREEING = {Kind.REMOVE_CONTACT, Kind.CHANGE_EMAIL}
_ARRIVING = {Kind.CREATE_CONTACT, Kind.APPROVE_REGISTRATION, Kind.RESTORE_CONTACT}
_ARRIVED = {How.CREATED, How.APPROVED, How.RESTORED}
_NEW = {*_ARRIVED, How.ADOPTED}


def judge_identity(contexts: Sequence[CustomerContext], changes: Sequence[Change], index: Index) -> Findings:
    """Refusals and ties over all customers."""
    yield from _addresses(contexts, _freed(contexts, changes))
    for context in contexts:
        if context.released:
            continue
        yield from _ambiguous(context)
        yield from _foreign_contacts(context)
        yield from _foreign_customer(context)
    yield from _names(changes, index)


def _freed(contexts: Iterable[CustomerContext], changes: Sequence[Change]) -> dict[str, str]:
    """Live contacts whose address is free from the beginning of their group: id → customer key."""
    freed = {c.target.id: c.customer or "" for c in changes if c.kind in _FREEING and c.target.id}
    archived = {c.target.id for c in changes if c.kind is Kind.ARCHIVE_CUSTOMER}
    for context in contexts:
        if context.customer.live and context.customer.live.id in archived:
            freed |= {row.id: context.key for row in context.index.living(context.customer.live)}
    return freed


@dataclass(frozen=True, slots=True)
class _Claim:
    """An address that the plan makes somebody's login; `row`: the contact that has it then, if any."""

    context: CustomerContext
    key: str
    address: str
    row: str | None = None


def _claims(context: CustomerContext) -> Iterator[_Claim]:
    """The addresses that the people of a customer claim; none of people who keep theirs or are held."""
    for person in context.people:
        desired, live = person.match.desired, person.match.live
        if objection(context, person) is not None:
            continue
        if desired is not None and person.match.how in _ARRIVED:
            yield _Claim(context, person.key, desired.email, live.id if live else None)
        elif live is not None and person.match.how is not How.AWAY and not person.compared.conflicts:
            for change in person.compared.changes:
                if change.name == "email":
                    yield _Claim(context, person.key, str(change.after), live.id)
    if context.customer.how is How.RESTORED and context.customer.live:
        names = names_at(context)
        for row in context.index.contacts[context.customer.live.id]:
            if row.removal and row.removal.with_customer:
                yield _Claim(context, names[row.id].partition("/")[2], row.email, row.id)


def _addresses(contexts: Iterable[CustomerContext], freed: dict[str, str]) -> Findings:
    """A claimed address is free, is freed in this plan, or the claim is refused."""
    claims = [claim for context in contexts if not context.released for claim in _claims(context)]
    first: dict[str, _Claim] = {}
    for claim in claims:
        other = first.setdefault(address_key(claim.address), claim)
        if other.row != claim.row or other.key != claim.key:
            message = f"{claim.address} would be the address of {other.context.key}/{other.key} as well"
            hint = "restore the customer first, and hand the address on in a later run"
            yield refuse(RuleId.ADDRESS_TAKEN, claim.context.key, claim.key, message, hint)
        yield from _address_of_another(claim, freed)


def _address_of_another(claim: _Claim, freed: dict[str, str]) -> Findings:
    context, index = claim.context, claim.context.index
    holder = index.by_address.get(address_key(claim.address))
    if holder is None or holder.id == claim.row:
        return
    if holder.id in freed:
        if freed[holder.id] != context.key:
            yield Tie(context.key, freed[holder.id])
    elif holder.owner in {None, index.owner}:
        message = f"{claim.address} is the address of {index.person(holder)}"
        hint = "take that contact out in the same pull request, or use another address"
        yield refuse(RuleId.ADDRESS_TAKEN, context.key, claim.key, message, hint)
    else:
        message = f"{claim.address} is the address of a contact managed by '{holder.owner}'"
        yield _refuse_foreign(context, claim.key, message)


def _ambiguous(context: CustomerContext) -> Findings:
    """New files that share only the address or only the name with somebody whose file is gone."""
    leavers = list(_leavers_without_farewell(context))
    for person in context.people:
        desired = person.match.desired
        if desired is None or person.match.how not in _NEW:
            continue
        for key, row in leavers:
            address = address_key(row.email) == address_key(desired.email)
            if address != (name_key(row.name) == name_key(desired.name)):
                shared = "address" if address else "name"
                message = f"{person.key} has the {shared} of {key}, whose file is gone"
                hint = f"one person? say previously: [{key}]; two? write removed/{key}.yaml"
                yield refuse(RuleId.ONE_PERSON_OR_TWO, context.key, person.key, message, hint)


def _leavers_without_farewell(context: CustomerContext) -> Iterator[tuple[str, LiveContact]]:
    for person in context.people:
        row = person.match.live
        if person.match.how is not How.GONE or row is None or not row.living or person.key in context.farewells:
            continue
        if not restored_elsewhere(context, person):
            yield person.key, row


def _foreign_contacts(context: CustomerContext) -> Findings:
    """Files whose key another owner gave to a contact here."""
    live = context.customer.live
    if live is None:
        return
    owners = {
        row.external_key: row.owner
        for row in context.index.living(live)
        if row.owner not in {None, context.index.owner}
    }
    for person in context.people:
        if person.match.desired is not None and person.match.how is not How.SAME and person.key in owners:
            message = f"{context.key}/{person.key} is managed by '{owners[person.key]}'"
            yield _refuse_foreign(context, person.key, message)


def _refuse_foreign(context: CustomerContext, key: str, message: str) -> Refusal:
    hint = f"take it over with reconciler import --take-over {context.key}/{key}"
    return refuse(RuleId.OTHER_OWNER, context.key, key, message, hint)


def _foreign_customer(context: CustomerContext) -> Findings:
    """Folders that name what another owner manages."""
    desired, index = context.customer.desired, context.index
    if desired is None or context.customer.how is not How.CREATED:
        return
    named = index.by_name.get(name_key(desired.name))
    for row in [*index.foreign.get(desired.key, []), *([named] if named else [])]:
        if row.owner not in {None, index.owner}:
            hint = f"take it over with reconciler import --take-over {desired.key}"
            yield refuse(RuleId.OTHER_OWNER, context.key, None, f"{row.name} is managed by '{row.owner}'", hint)


def _names(changes: Sequence[Change], index: Index) -> Findings:
    """Customers that take the name of another one; an archive in the same plan sets it free."""
    archived = {c.target.id: str(c.customer) for c in changes if c.kind is Kind.ARCHIVE_CUSTOMER}
    for change in changes:
        if change.object is not ObjectKind.CUSTOMER:
            continue
        names = [str(field.after) for field in change.fields if field.name == "name"]
        if change.kind is Kind.RESTORE_CUSTOMER and change.target.id and not names:
            names.append(index.live.customers[change.target.id].name)
        for name in names:
            holder = index.by_name.get(name_key(name))
            if holder is None or holder.id == change.target.id:
                continue
            if holder.id in archived:
                yield Tie(str(change.customer), archived[holder.id])
            elif change.kind is not Kind.CREATE_CUSTOMER or index.owner == holder.owner:
                message = f"'{name}' is the name of {index.customer_key(holder.id)}"
                hint = "give that customer its other name in an earlier run, or use another name"
                yield refuse(RuleId.NAME_TAKEN, str(change.customer), None, message, hint)


def moves(changes: Sequence[Change], index: Index) -> dict[str, str]:
    """The two ends (`customer/contact`) of each person who leaves one customer and arrives at another."""
    rows = index.live.contacts
    arrivals = {_identity(change, rows): change for change in changes if change.kind in _ARRIVING}
    ends: dict[str, str] = {}
    for change in changes:
        row = rows.get(change.target.id or "") if change.kind is Kind.REMOVE_CONTACT else None
        there = arrivals.get((address_key(row.email), name_key(row.name))) if row else None
        if there and there.customer != change.customer:
            ends[_end(change)], ends[_end(there)] = _end(there), _end(change)
    return ends


def _identity(change: Change, rows: Mapping[str, LiveContact]) -> tuple[str, str]:
    """Address and name of an arriving person; fields that a restoration leaves are in the row."""
    row = rows.get(change.target.id or "")
    fields = {**(row.fields if row else {}), **{field.name: field.after for field in change.fields}}
    return address_key(str(fields["email"])), name_key(str(fields["name"]))


def with_moves(changes: Iterable[Change], ends: Mapping[str, str]) -> Iterator[Change]:
    """The changes, with removals and arrivals of one person marked as one move."""
    for change in changes:
        other = ends.get(_end(change))
        if other is not None and change.kind is Kind.REMOVE_CONTACT:
            yield replace(change, moved=other, message=f"{change.message} (moves to {other})")
        elif other is not None and change.kind in _ARRIVING:
            yield replace(change, moved=other, message=f"{change.message} (moves from {other})")
        else:
            yield change


def ties_of(ends: Mapping[str, str]) -> list[Tie]:
    """The customers that moves tie together."""
    return [Tie(one.partition("/")[0], other.partition("/")[0]) for one, other in ends.items()]


def _end(change: Change) -> str:
    return f"{change.customer}/{change.contact}"
