"""Links between customers through addresses and names that are passed on.

Also the rules of identity that need more than one match: an address that is taken, one person or
two, an object of another owner.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from reconciler.model.changes import Change, Kind, ObjectKind
from reconciler.model.equality import address_key, name_key
from reconciler.model.plan import Refusal
from reconciler.model.rules import RuleId
from reconciler.model.sentences import Sentence, sentence
from reconciler.planning.contact_additions import objection, same_person_hint
from reconciler.planning.customer_context import (
    CustomerContext,
    leavers_without_farewell,
    names_at,
)
from reconciler.planning.index import Index
from reconciler.planning.matching import MatchKind
from reconciler.planning.plan_items import CustomerLink, PlanItems, refuse

_FREEING = {Kind.REMOVE_CONTACT, Kind.CHANGE_EMAIL}
_ARRIVED = {MatchKind.CREATED, MatchKind.APPROVED, MatchKind.RESTORED}
_NEW = {*_ARRIVED, MatchKind.ADOPTED}


def identity_items(
    contexts: Sequence[CustomerContext], changes: Sequence[Change], index: Index
) -> PlanItems:
    """Yield the refusals and links over all customers."""
    yield from _claimed_addresses(contexts, _freed_addresses(contexts, changes))
    for context in contexts:
        if context.is_released:
            continue
        yield from _ambiguous(context)
        yield from _restored_for_another(context)
        yield from _foreign_contacts(context)
        yield from _foreign_customer(context)
    yield from _claimed_names(changes, index)


def _freed_addresses(
    contexts: Iterable[CustomerContext], changes: Sequence[Change]
) -> dict[str, str]:
    """Return the live contacts whose address is free from the start of their group: id → customer
    key.
    """
    owners = {
        c.target.id: c.customer or "" for c in changes if c.kind in _FREEING and c.target.id
    }
    archived = {c.target.id for c in changes if c.kind is Kind.ARCHIVE_CUSTOMER}
    for context in contexts:
        if context.customer.live and context.customer.live.id in archived:
            owners |= {
                row.id: context.key for row in context.index.living(context.customer.live)
            }
    return owners


@dataclass(frozen=True, slots=True)
class _Claim:
    """An address that the plan makes somebody's login; `row`: the contact that then has it, if
    any.
    """

    context: CustomerContext
    key: str
    address: str
    row: str | None = None


def _claims(context: CustomerContext) -> Iterator[_Claim]:
    """Yield the addresses that a customer's people claim; none for people who keep theirs or are
    held back.
    """
    for person in context.people:
        desired, live = person.match.desired, person.match.live
        if objection(context, person) is not None:
            continue
        if desired is not None and person.match.kind in _ARRIVED:
            yield _Claim(context, person.key, desired.email, live.id if live else None)
        elif (
            live is not None
            and person.match.kind is not MatchKind.REMOVED_BY_OTHERS
            and not person.comparison.conflicts
        ):
            for change in person.comparison.changes:
                if change.name == "email":
                    yield _Claim(context, person.key, str(change.after), live.id)
    if context.customer.kind is MatchKind.RESTORED and context.customer.live:
        names = names_at(context)
        for row in context.index.contacts[context.customer.live.id]:
            if row.removal and row.removal.with_customer:
                yield _Claim(context, names[row.id].partition("/")[2], row.email, row.id)


def _claimed_addresses(
    contexts: Iterable[CustomerContext], freed: dict[str, str]
) -> PlanItems:
    """Refuse a claimed address unless it is free or this plan frees it."""
    claims = [
        claim
        for context in contexts
        if not context.is_released
        for claim in _claims(context)
    ]
    # The documents refuse equal addresses in files; here the people of a restored customer
    # count too.
    first: dict[str, _Claim] = {}
    for claim in claims:
        earlier_claim = first.setdefault(address_key(claim.address), claim)
        if earlier_claim.row != claim.row or earlier_claim.key != claim.key:
            message = sentence(
                "refusal",
                "{address} would also be the address of {contact}",
                address=claim.address,
                contact=f"{earlier_claim.context.key}/{earlier_claim.key}",
            )
            hint = sentence(
                "hint", "restore the customer first, and reuse the address in a later run"
            )
            yield refuse(RuleId.ADDRESS_TAKEN, claim.context.key, claim.key, message, hint)
        yield from _address_of_another(claim, freed)


def _address_of_another(claim: _Claim, freed: dict[str, str]) -> PlanItems:
    context, index = claim.context, claim.context.index
    holder = index.by_address.get(address_key(claim.address))
    if holder is None or holder.id == claim.row:
        return
    if holder.id in freed:
        # One transaction for both customers: otherwise the address is taken, or nobody's,
        # in between.
        if freed[holder.id] != context.key:
            yield CustomerLink(context.key, freed[holder.id])
    elif holder.owner in {None, index.owner}:
        message = sentence(
            "refusal",
            "{address} is the address of {contact}",
            address=claim.address,
            contact=index.person(holder),
        )
        hint = sentence(
            "hint", "remove that contact in the same pull request, or use another address"
        )
        yield refuse(RuleId.ADDRESS_TAKEN, context.key, claim.key, message, hint)
    else:
        message = sentence(
            "refusal",
            "{address} is the address of a contact managed by '{owner}'",
            address=claim.address,
            owner=holder.owner or "",
        )
        yield _refuse_foreign(context, claim.key, message)


def _ambiguous(context: CustomerContext) -> PlanItems:
    """Refuse new files that share only the address or only the name with somebody whose file was
    removed.
    """
    leavers = list(leavers_without_farewell(context))
    for person in context.people:
        desired = person.match.desired
        if desired is None or person.match.kind not in _NEW:
            continue
        for key, row in leavers:
            address = address_key(row.email) == address_key(desired.email)
            # Both equal is a rename, and neither is somebody else; only one of the two is
            # ambiguous.
            if address != (name_key(row.name) == name_key(desired.name)):
                template = _SAME_ADDRESS if address else _SAME_NAME
                message = template.with_arguments(contact=person.key, former=key)
                hint = sentence(
                    "hint",
                    "if it is the same person, write {line}; if not, write {path}",
                    line=f"previously: [{key}]",
                    path=f"removed/{key}.yaml",
                )
                yield refuse(
                    RuleId.ONE_PERSON_OR_TWO, context.key, person.key, message, hint
                )


_SAME_ADDRESS: Final = sentence(
    "refusal", "{contact} has the same address as {former}, whose file was removed"
)
_SAME_NAME: Final = sentence(
    "refusal", "{contact} has the same name as {former}, whose file was removed"
)


def _restored_for_another(context: CustomerContext) -> PlanItems:
    """Refuse a restored customer whose files give the account of one of its people to another."""
    if context.customer.kind is not MatchKind.RESTORED:
        return
    for person in context.people:
        desired, row = person.match.desired, person.match.live
        if desired is None or row is None or person.match.kind is not MatchKind.SAME:
            continue
        # The archive took everybody, so the row is a former person as much as a single tombstone.
        if name_key(row.name) != name_key(desired.name):
            message = sentence(
                "refusal",
                "{contact} was {former} before the customer was archived; the file says {name}",
                contact=person.key,
                former=row.name,
                name=desired.name,
            )
            hint = same_person_hint(row.name, desired.name)
            yield refuse(RuleId.ONE_PERSON_OR_TWO, context.key, person.key, message, hint)


def _foreign_contacts(context: CustomerContext) -> PlanItems:
    """Refuse files whose key another owner gave to a contact here."""
    live = context.customer.live
    if live is None:
        return
    owners = {
        row.external_key: row.owner
        for row in context.index.living(live)
        if row.owner not in {None, context.index.owner}
    }
    for person in context.people:
        if (
            person.match.desired is not None
            and person.match.kind is not MatchKind.SAME
            and person.key in owners
        ):
            message = _MANAGED_BY.with_arguments(
                object=f"{context.key}/{person.key}", owner=owners[person.key] or ""
            )
            yield _refuse_foreign(context, person.key, message)


_MANAGED_BY: Final = sentence("refusal", "{object} is managed by '{owner}'")


def _refuse_foreign(context: CustomerContext, key: str, message: Sentence) -> Refusal:
    hint = sentence(
        "hint",
        "keep {contact} in that owner's files, and remove its file here",
        contact=f"{context.key}/{key}",
    )
    return refuse(RuleId.OTHER_OWNER, context.key, key, message, hint)


def _foreign_customer(context: CustomerContext) -> PlanItems:
    """Refuse folders that name a customer of another owner."""
    desired, index = context.customer.desired, context.index
    if desired is None or context.customer.kind is not MatchKind.CREATED:
        return
    # By name as well: a customer of another owner must not be created a second time.
    same_name = index.by_name.get(name_key(desired.name))
    for row in [*index.foreign.get(desired.key, []), *([same_name] if same_name else [])]:
        if row.owner not in {None, index.owner}:
            message = _MANAGED_BY.with_arguments(object=row.name, owner=row.owner or "")
            hint = sentence(
                "hint",
                "keep {customer} in that owner's files, and remove its folder here",
                customer=desired.key,
            )
            yield refuse(RuleId.OTHER_OWNER, context.key, None, message, hint)


def _claimed_names(changes: Sequence[Change], index: Index) -> PlanItems:
    """Refuse customers that take the name of another one, unless this plan frees the name."""
    freed = _freed_names(changes, index)
    for change in changes:
        if change.object is not ObjectKind.CUSTOMER:
            continue
        names = [str(field.after) for field in change.fields if field.name == "name"]
        # A restoration without a change of name brings back the old name.
        if change.kind is Kind.RESTORE_CUSTOMER and change.target.id and not names:
            names.append(index.live.customers[change.target.id].name)
        for name in names:
            holder = index.by_name.get(name_key(name))
            if holder is None or holder.id == change.target.id:
                continue
            if holder.id in freed:
                # One transaction: customers may exchange their names, and no name is taken twice.
                yield CustomerLink(str(change.customer), freed[holder.id])
            elif change.kind is not Kind.CREATE_CUSTOMER or index.owner == holder.owner:
                message = sentence(
                    "refusal",
                    "'{name}' is the name of {customer}",
                    name=name,
                    customer=index.customer_key(holder.id),
                )
                hint = sentence(
                    "hint",
                    "rename that customer in the same pull request, or use another name",
                )
                yield refuse(RuleId.NAME_TAKEN, str(change.customer), None, message, hint)


def _freed_names(changes: Sequence[Change], index: Index) -> dict[str | None, str]:
    """Return the live customers that give up their name in this plan: id → customer key."""
    freed: dict[str | None, str] = {}
    for change in changes:
        row = index.live.customers.get(change.target.id or "")
        new_names = {
            name_key(str(field.after)) for field in change.fields if field.name == "name"
        }
        is_renamed = (
            change.object is ObjectKind.CUSTOMER
            and row is not None
            and bool(new_names - {name_key(row.name)})
        )
        if is_renamed or change.kind is Kind.ARCHIVE_CUSTOMER:
            freed[change.target.id] = str(change.customer)
    return freed
