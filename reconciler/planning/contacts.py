"""One customer's people: from their matches to changes, edits and refusals."""

from __future__ import annotations

from dataclasses import replace

from reconciler.model.changes import Change, Effects, Kind, Mail, MailKind
from reconciler.model.roles import Role
from reconciler.model.rules import RuleId
from reconciler.model.values import FieldChange
from reconciler.planning.change_builders import (
    SETTLE,
    both_moved,
    cause_of,
    contact_change,
    desired_of,
    field_edit,
    live_of,
    naming_setters,
    presence_edit,
    with_article,
)
from reconciler.planning.contact_additions import plan_arrival, reject_by_farewell
from reconciler.planning.contact_removals import hand_over_if_demoted, plan_departure
from reconciler.planning.customer_context import CustomerContext, Person, language_of
from reconciler.planning.matching import How
from reconciler.planning.plan_items import Findings, hold, warn


def plan_contacts(context: CustomerContext) -> Findings:
    """The changes, edits and refusals about the people of one customer that stays."""
    for person in context.people:
        yield from _plan_person(context, person)
    yield from reject_by_farewell(context)


def _plan_person(context: CustomerContext, person: Person) -> Findings:
    match person.match.how:
        case How.SAME | How.RENAMED | How.ADOPTED | How.RECREATED:
            yield from _present(context, person)
        case How.AWAY:
            yield from _away(context, person)
        case How.APPROVED | How.RESTORED | How.CREATED:
            yield from plan_arrival(context, person)
        case How.GONE:
            yield from plan_departure(context, person)


def _present(context: CustomerContext, person: Person) -> Findings:
    live, compared = live_of(person), person.compared
    for edit in compared.edits:
        yield field_edit(context.key, person.key, edit, live.touched.get(edit.name))
    if person.match.how is How.RECREATED:
        yield presence_edit(context.key, person.key, "recreated", live.touched.get("presence"))
    if compared.conflicts:
        yield hold(RuleId.CONFLICT, context.key, person.key, both_moved(compared.conflicts), SETTLE)
        return
    fields = {change.name: change for change in compared.written}
    yield from hand_over_if_demoted(context, person, fields.get("role"))
    if person.match.how in {How.ADOPTED, How.RECREATED}:
        yield _adoption(context, person)
        return
    changes = [*_renaming(context, person), *_field_changes(context, person, fields)]
    if not changes and compared.record:
        message = f"{person.key}: remember what the file says"
        changes = [contact_change(context, person, Kind.RECORD, message)]
    yield from changes
    yield from _registration_left(context, person)


def _registration_left(context: CustomerContext, person: Person) -> Findings:
    registration = desired_of(person).registration
    if registration and registration.id in context.index.live.registrations:
        message = f"registration {registration.id} is still pending, but {person.key} is already a contact"
        hint = "reject the registration in the portal"
        yield warn(RuleId.REGISTRATION_PENDING, context.key, person.key, message, hint)


def _away(context: CustomerContext, person: Person) -> Findings:
    live, compared = live_of(person), person.compared
    touch = live.removal.touch if live.removal else live.touched.get("presence")
    if compared.changes or compared.memos or compared.conflicts:
        who = f"{touch.by} on {touch.at[:10]}" if touch else "somebody"
        message = f"the file changed, but {who} removed this contact in the portal"
        hint = "delete the file, or have the contact restored in the portal"
        yield hold(RuleId.CONFLICT, context.key, person.key, message, hint)
        return
    yield presence_edit(context.key, person.key, "removed", touch)


def _renaming(context: CustomerContext, person: Person) -> list[Change]:
    if person.match.how is not How.RENAMED:
        return []
    former = live_of(person).external_key
    change = contact_change(context, person, Kind.RENAME_CONTACT, f"{former} is now called {person.key}")
    return [replace(change, previous_key=former, cause=cause_of(person, "previously"))]


def _field_changes(context: CustomerContext, person: Person, fields: dict[str, FieldChange]) -> list[Change]:
    rest = tuple(change for name, change in fields.items() if name not in {"email", "role"})
    changes = []
    if "email" in fields:
        changes.append(_email_change(context, person, fields["email"]))
    if "role" in fields:
        role = fields["role"]
        message = f"{person.key} becomes {with_article(Role(str(role.after)))}, was {role.before}"
        changes.append(_writing(context, person, Kind.CHANGE_ROLE, message, (role,)))
    if rest:
        message = f"{person.key}: {', '.join(change.name for change in rest)}"
        changes.append(_writing(context, person, Kind.UPDATE_CONTACT, message, rest))
    return changes


def _adoption(context: CustomerContext, person: Person) -> Change:
    live = live_of(person)
    message = f"{live.email} is already there and is managed from now on as {person.key}"
    change = contact_change(context, person, Kind.ADOPT_CONTACT, message)
    return naming_setters(replace(change, fields=person.compared.written), live, person.match.base)


def _email_change(context: CustomerContext, person: Person, email: FieldChange) -> Change:
    language = language_of(context, person.fields_after)
    mails = (
        Mail(MailKind.ACTIVATION_AGAIN, str(email.after), language),
        Mail(MailKind.ADDRESS_CHANGED, str(email.before), language),
    )
    message = f"{person.key} logs in as {email.after}, once that is activated"
    change = _writing(context, person, Kind.CHANGE_EMAIL, message, (email,))
    return replace(change, effects=Effects(mails))


def _writing(
    context: CustomerContext, person: Person, kind: Kind, message: str, fields: tuple[FieldChange, ...]
) -> Change:
    """A change of these fields, with who set the values that no file had said before."""
    change = replace(
        contact_change(context, person, kind, message),
        fields=fields,
        cause=cause_of(person, fields[0].name),
        restores_file=person.compared.undone >= {field.name for field in fields},
    )
    return naming_setters(change, live_of(person), person.match.base)
