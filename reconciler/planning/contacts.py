"""The contacts of one customer: from their matches to changes, edits and refusals."""

from __future__ import annotations

from dataclasses import replace

from reconciler.model.changes import Change, Effects, Kind, Mail, MailKind
from reconciler.model.live import Touch
from reconciler.model.roles import Role, role_name, role_noun
from reconciler.model.rules import RuleId
from reconciler.model.sentences import Sentence, sentence
from reconciler.model.values import FieldChange
from reconciler.planning.change_builders import (
    CONFLICT_HINT,
    cause_of,
    contact_change,
    describe_conflicts,
    desired_of,
    field_edit,
    fields_message,
    live_of,
    mailbox_notes,
    presence_edit,
    with_setter_notes,
)
from reconciler.planning.contact_additions import plan_addition, reject_by_farewell
from reconciler.planning.contact_removals import hand_over_if_demoted, plan_removal
from reconciler.planning.customer_context import CustomerContext, Person, language_of
from reconciler.planning.matching import MatchKind
from reconciler.planning.plan_items import PlanItems, hold, warn


def plan_contacts(context: CustomerContext) -> PlanItems:
    """Yield the changes, edits and refusals about the people of one customer that stays."""
    for person in context.people:
        yield from _plan_person(context, person)
    yield from reject_by_farewell(context)


def _plan_person(context: CustomerContext, person: Person) -> PlanItems:
    match person.match.kind:
        case MatchKind.SAME | MatchKind.RENAMED | MatchKind.ADOPTED | MatchKind.RECREATED:
            yield from _matched_contact(context, person)
        case MatchKind.REMOVED_BY_OTHERS:
            yield from _removed_in_portal(context, person)
        case MatchKind.APPROVED | MatchKind.RESTORED | MatchKind.CREATED:
            yield from plan_addition(context, person)
        case MatchKind.WITHOUT_FILE:
            yield from plan_removal(context, person)


def _matched_contact(context: CustomerContext, person: Person) -> PlanItems:
    live, comparison = live_of(person), person.comparison
    for edit in comparison.edits:
        yield field_edit(context.key, person.key, edit, live.touched.get(edit.name))
    if person.match.kind is MatchKind.RECREATED:
        yield presence_edit(
            context.key, person.key, "recreated", live.touched.get("presence")
        )
    if comparison.conflicts:
        yield hold(
            RuleId.CONFLICT,
            context.key,
            person.key,
            describe_conflicts(comparison.conflicts),
            CONFLICT_HINT,
        )
        return
    fields = {change.name: change for change in comparison.written_fields}
    # Before the role changes: an observer may hold no work for a moment either.
    yield from hand_over_if_demoted(context, person, fields.get("role"))
    if person.match.kind in {MatchKind.ADOPTED, MatchKind.RECREATED}:
        yield _adoption(context, person)
        return
    changes = [*_renaming(context, person), *_field_changes(context, person, fields)]
    # Another change moves the base as well; a record alone would be noise beside it.
    if not changes and comparison.record:
        message = sentence("change", "{key}: record what the file says", key=person.key)
        changes = [contact_change(context, person, Kind.RECORD, message)]
    yield from changes
    yield from _registration_left(context, person)


def _registration_left(context: CustomerContext, person: Person) -> PlanItems:
    registration = desired_of(person).registration
    if registration and registration.id in context.index.live.registrations:
        message = sentence(
            "warning",
            "registration {registration} is still pending, but {contact} is already a contact",
            registration=registration.id,
            contact=person.key,
        )
        hint = sentence("hint", "reject the registration in the portal")
        yield warn(RuleId.REGISTRATION_PENDING, context.key, person.key, message, hint)


def _removed_in_portal(context: CustomerContext, person: Person) -> PlanItems:
    live, comparison = live_of(person), person.comparison
    touch = live.removal.touch if live.removal else live.touched.get("presence")
    if comparison.is_changed or person.key != live.external_key:
        message = _removed_meanwhile(touch)
        hint = sentence("hint", "delete the file, or restore the contact in the portal")
        yield hold(RuleId.CONFLICT, context.key, person.key, message, hint)
        return
    yield presence_edit(context.key, person.key, "removed", touch)


def _removed_meanwhile(touch: Touch | None) -> Sentence:
    if touch is None:
        return sentence(
            "refusal", "the file changed, but somebody removed this contact in the portal"
        )
    return sentence(
        "refusal",
        "the file changed, but {author} on {date} removed this contact in the portal",
        author=touch.by,
        date=touch.at[:10],
    )


def _renaming(context: CustomerContext, person: Person) -> list[Change]:
    if person.match.kind is not MatchKind.RENAMED:
        return []
    former = live_of(person).external_key
    message = sentence(
        "change", "{former} is now called {key}", former=former or "", key=person.key
    )
    change = contact_change(context, person, Kind.RENAME_CONTACT, message)
    return [replace(change, previous_key=former, cause=cause_of(person, "previously"))]


def _field_changes(
    context: CustomerContext, person: Person, fields: dict[str, FieldChange]
) -> list[Change]:
    rest = tuple(change for name, change in fields.items() if name not in {"email", "role"})
    changes = []
    if "email" in fields:
        changes.append(_email_change(context, person, fields["email"]))
    if "role" in fields:
        role = fields["role"]
        message = sentence(
            "change",
            "{contact} becomes {role}, was {former}",
            contact=person.key,
            role=role_noun(Role(str(role.after))),
            former=role_name(Role(str(role.before))),
        )
        changes.append(_field_change(context, person, Kind.CHANGE_ROLE, message, (role,)))
    if rest:
        message = fields_message(person.key, rest)
        changes.append(_field_change(context, person, Kind.UPDATE_CONTACT, message, rest))
    return changes


def _adoption(context: CustomerContext, person: Person) -> Change:
    live = live_of(person)
    message = sentence(
        "change",
        "existing contact {address} is adopted as {contact}",
        address=live.email,
        contact=person.key,
    )
    change = contact_change(context, person, Kind.ADOPT_CONTACT, message)
    return with_setter_notes(
        replace(change, fields=person.comparison.written_fields), live, person.match.base
    )


def _email_change(context: CustomerContext, person: Person, email: FieldChange) -> Change:
    language = language_of(context, person.fields_after)
    mails = (
        Mail(MailKind.ACTIVATION_AGAIN, str(email.after), language),
        # To the old address and without a link: its owner should know, but not be able to
        # log in.
        Mail(MailKind.ADDRESS_CHANGED, str(email.before), language),
    )
    message = sentence(
        "change",
        "{contact} logs in as {address} after activating the new address",
        contact=person.key,
        address=str(email.after),
    )
    change = _field_change(context, person, Kind.CHANGE_EMAIL, message, (email,))
    role = Role(str(person.fields_after["role"]))
    notes = mailbox_notes(context, str(email.after), role, live_of(person).id)
    return replace(change, effects=Effects(mails), notes=(*change.notes, *notes))


def _field_change(
    context: CustomerContext,
    person: Person,
    kind: Kind,
    message: Sentence,
    fields: tuple[FieldChange, ...],
) -> Change:
    """Return a change of these fields, with a note for each value that no file set before."""
    change = replace(
        contact_change(context, person, kind, message),
        fields=fields,
        cause=cause_of(person, fields[0].name),
        restores_file=person.comparison.reverted_names >= {field.name for field in fields},
    )
    return with_setter_notes(
        change, live_of(person), person.match.base, person.comparison.reverted_names
    )
