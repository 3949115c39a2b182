"""The contacts of a customer as the plan leaves them: the people from whom heirs are chosen.

Portal edits are kept, additions that cannot happen are left out, and renames are followed.
"""

from __future__ import annotations

from collections.abc import Iterable

from reconciler.model.changes import Mail, MailKind, ObjectRef
from reconciler.model.equality import address_key
from reconciler.model.fields import same_value
from reconciler.model.live import LiveContact, Status
from reconciler.model.roles import Role
from reconciler.planning.contact_additions import objection
from reconciler.planning.contact_matching import rows_of
from reconciler.planning.customer_context import (
    CustomerContext,
    Person,
    language_of,
    restored_in_portal,
)
from reconciler.planning.heirs import ContactAfterPlan
from reconciler.planning.matching import MatchKind


def contacts_after_plan(context: CustomerContext) -> dict[str, ContactAfterPlan]:
    """Return the customer's contacts as the plan leaves them, by key; unmanaged ones by address."""
    contacts = [_matched_contact(context, person) for person in context.people]
    matched_ids = {person.match.live.id for person in context.people if person.match.live}
    contacts += [
        _unmanaged(context, row)
        for row in rows_of(context.customer, context.index)
        if row.living and row.id not in matched_ids and not context.index.manages(row)
    ]
    return {contact.key: contact for contact in contacts if contact is not None}


def _matched_contact(context: CustomerContext, person: Person) -> ContactAfterPlan | None:
    match, live = person.match, person.match.live
    # Somebody removed them, or a safeguard holds them back: they will not be there to
    # receive work.
    if match.kind is MatchKind.REMOVED_BY_OTHERS or objection(context, person) is not None:
        return None
    if match.desired is None:
        return _without_file(context, person, live) if live is not None else None
    fields = person.fields_after
    return ContactAfterPlan(
        person.key,
        ObjectRef(
            context.key,
            person.key,
            live.id if live else None,
            live.version if live else None,
        ),
        Role(str(fields["role"])),
        _status(person),
        str(fields["email"]),
        language_of(context, fields),
        heir=match.desired.heir,
        former=_former(person),
    )


def _status(person: Person) -> Status:
    live = person.match.live
    # A new or restored contact is invited until they activate their access.
    if live is None or not live.living:
        return Status.INVITED
    # A conflict holds back all changes of the contact, so the address stays too.
    changes = () if person.comparison.conflicts else person.comparison.changes
    return (
        Status.INVITED if any(change.name == "email" for change in changes) else live.status
    )


def _former(person: Person) -> tuple[str, ...]:
    former = person.match.desired.previously if person.match.desired else ()
    live = person.match.live
    is_renamed = live is not None and live.external_key and live.external_key != person.key
    return (*former, str(live.external_key)) if live and is_renamed else former


def _without_file(
    context: CustomerContext, person: Person, live: LiveContact
) -> ContactAfterPlan:
    farewell = context.farewells.get(person.key)
    # Somebody who left in an earlier run receives nothing, but names the next heir.
    stays = live.living and (
        restored_in_portal(context, person)
        or (farewell is not None and farewell.keep)
        or person.key in context.doubts
    )
    return ContactAfterPlan(
        person.key,
        ObjectRef(context.key, person.key, live.id, live.version),
        live.role,
        live.status,
        live.email,
        language_of(context, live.fields),
        leaves=not stays,
        heir=_leavers_heir(context, person),
    )


def _unmanaged(context: CustomerContext, row: LiveContact) -> ContactAfterPlan:
    ref = ObjectRef(context.key, row.email, row.id, row.version, label=row.email)
    language = language_of(context, row.fields)
    return ContactAfterPlan(row.email, ref, row.role, row.status, row.email, language)


def _leavers_heir(context: CustomerContext, person: Person) -> str | None:
    """Return the heir in a leaver's farewell, else the one in their last applied file."""
    farewell = context.farewells.get(person.key)
    if farewell and farewell.heir:
        return farewell.heir
    value = person.match.base.fields.get("heir") if person.match.base else None
    return value if isinstance(value, str) else None


def invitations(context: CustomerContext, back: Iterable[LiveContact]) -> tuple[Mail, ...]:
    """Return one mail for each person who comes back with the customer, as the plan leaves them.

    The line of a new address sends its own mail, and who leaves in the same plan gets none.
    """
    after = {contact.ref.id: contact for contact in context.contacts_after_plan.values()}
    invited = [
        after[row.id]
        for row in sorted(back, key=lambda row: address_key(row.email))
        if row.id in after
        and not after[row.id].leaves
        and same_value("email", after[row.id].email, row.email)
    ]
    return tuple(
        Mail(MailKind.ACTIVATION_AGAIN, contact.email, contact.language)
        for contact in invited
    )
