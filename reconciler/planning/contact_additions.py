"""Contacts that are added: created, approved from a registration or restored; and registrations
that are rejected.

A match without a living row becomes a change, or a reason to hold the contact back.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from reconciler.model.changes import (
    Cause,
    Change,
    Effects,
    Kind,
    Mail,
    MailKind,
    ObjectKind,
    Target,
)
from reconciler.model.desired import DesiredState
from reconciler.model.equality import address_key, name_key
from reconciler.model.live import Registration
from reconciler.model.roles import role_noun
from reconciler.model.rules import RuleId
from reconciler.model.sentences import Listing, Sentence, sentence
from reconciler.model.values import FieldChange
from reconciler.planning.change_builders import (
    contact_change,
    desired_of,
    live_of,
    mailbox_notes,
)
from reconciler.planning.contact_matching import may_belong_to
from reconciler.planning.customer_context import (
    DEFAULT_LANGUAGE,
    CustomerContext,
    Person,
    language_of,
)
from reconciler.planning.matching import MatchKind
from reconciler.planning.plan_items import PlanItems, hold
from reconciler.planning.three_way_merge import restored_fields


@dataclass(frozen=True, slots=True)
class Objection:
    """The reason why a contact cannot be added."""

    rule: RuleId
    message: Sentence
    hint: Sentence


def objection(context: CustomerContext, person: Person) -> Objection | None:
    """Return why this person cannot be added; None when they can, or already exist."""
    match person.match.kind:
        case MatchKind.APPROVED:
            return _registration_moved(context, person)
        case MatchKind.CREATED | MatchKind.RESTORED:
            return _registration_waits(person) or _another_name(person)
        case _:
            return None


def _registration_moved(context: CustomerContext, person: Person) -> Objection | None:
    registration, reference = person.match.registration, desired_of(person).registration
    name = reference.id if reference else ""
    if name in context.contested:
        hint = sentence(
            "hint",
            "keep it in the file of the person who signed up and delete it from the others",
        )
        message = _NAMED_TWICE.with_arguments(registration=name)
        return Objection(RuleId.REGISTRATION_CHANGED, message, hint)
    hint = sentence(
        "hint",
        "delete the file, or remove its registration line to add the person without a "
        "registration",
    )
    if registration is None:
        message = sentence(
            "refusal",
            "registration {registration} no longer exists: it was rejected, withdrawn or "
            "already decided",
            registration=name,
        )
    elif not may_belong_to(registration, context.customer):
        message = _ELSEWHERE.with_arguments(registration=name)
    elif reference is None or registration.fingerprint != reference.fingerprint:
        message = sentence(
            "refusal",
            "registration {registration} changed after it was reviewed",
            registration=name,
        )
        # The whole line, so that nobody copies only the new fingerprint without reading the
        # rest.
        hint = sentence(
            "hint",
            "read it again in the portal, then write {line} or delete the file",
            line=_line(registration),
        )
    else:
        return None
    return Objection(RuleId.REGISTRATION_CHANGED, message, hint)


_NAMED_TWICE: Final = sentence(
    "refusal", "registration {registration} is named by several files"
)
_ELSEWHERE: Final = sentence(
    "refusal", "registration {registration} belongs to another customer"
)


def _registration_waits(person: Person) -> Objection | None:
    pending, desired = person.match.rejects, desired_of(person)
    if not pending or desired.refuses_registration:
        return None
    message = sentence(
        "refusal",
        "{address} has a pending registration ({registrations})",
        address=desired.email,
        registrations=Listing(tuple(registration.id for registration in pending)),
    )
    hint = sentence(
        "hint",
        "read it in the portal, then write {lines} or registration: none",
        lines=_alternatives([_line(registration) for registration in pending]),
    )
    return Objection(RuleId.REGISTRATION_PENDING, message, hint)


def _alternatives(lines: Sequence[str]) -> str | Sentence:
    """Return the lines with "or" between them."""
    choice: str | Sentence = lines[0]
    for line in lines[1:]:
        choice = sentence("hint", "{lines} or {line}", lines=choice, line=line)
    return choice


def _another_name(person: Person) -> Objection | None:
    """Refuse to give the account of a former person at a shared mailbox to the next one."""
    former, desired = person.match.former, desired_of(person)
    if former is None:
        return None
    message = sentence(
        "refusal",
        "{contact} was recently {former}, with the same address; the file says {name}",
        contact=person.key,
        former=former,
        name=desired.name,
    )
    hint = same_person_hint(former, desired.name)
    return Objection(RuleId.ONE_PERSON_OR_TWO, message, hint)


def same_person_hint(former: str, name: str) -> Sentence:
    """Return the hint about a person who comes back under the key of another name."""
    return sentence(
        "hint",
        "if it is the same person, write {line} and change it in a later run; if not, use "
        "another key for {name}",
        line=f"name: {former}",
        name=name,
    )


def _line(registration: Registration) -> str:
    """Return the line of a file that approves this registration in its present state."""
    return f'registration: {{id: {registration.id}, fingerprint: "{registration.fingerprint}"}}'


def contested_registrations(desired: DesiredState) -> frozenset[str]:
    """Return the registrations that more than one file of the tree names."""
    customers = desired.customers.values()
    contacts = [contact for customer in customers for contact in customer.contacts.values()]
    farewells = [
        farewell for customer in customers for farewell in customer.farewells.values()
    ]
    file_counts = Counter(
        [contact.registration.id for contact in contacts if contact.registration]
        + [farewell.registration for farewell in farewells if farewell.registration]
    )
    return frozenset(name for name, files in file_counts.items() if files > 1)


def plan_addition(context: CustomerContext, person: Person) -> PlanItems:
    """Create, approve or restore the contact, or hold it back."""
    refusal = objection(context, person)
    if refusal is not None:
        yield hold(refusal.rule, context.key, person.key, refusal.message, refusal.hint)
        return
    place = desired_of(person).place
    cause = Cause(place.path, place.line)
    for registration in person.match.rejects:
        yield _rejection(context, person.key, registration, "other", cause)
    match person.match.kind:
        case MatchKind.APPROVED:
            yield _approval(context, person)
        case MatchKind.RESTORED:
            yield _restoration(context, person)
        case _:
            message = sentence(
                "change",
                "{contact} is added as {role}",
                contact=person.key,
                role=role_noun(desired_of(person).role),
            )
            yield _creation(context, person, Kind.CREATE_CONTACT, message)


def _approval(context: CustomerContext, person: Person) -> Change:
    registration = person.match.registration
    if registration is None:
        raise AssertionError(f"{person.key} has no registration")
    message = sentence(
        "change",
        "{contact} is approved as {role}",
        contact=person.key,
        role=role_noun(desired_of(person).role),
    )
    change = _creation(context, person, Kind.APPROVE_REGISTRATION, message)
    # The row of the sign-up becomes the contact, so the version protects what was reviewed.
    target = replace(
        change.target, id=registration.contact_id, version=registration.version
    )
    return replace(
        change,
        target=target,
        registration=registration.id,
        fingerprint=registration.fingerprint,
        notes=(*change.notes, _wish(person, registration)),
    )


def _wish(person: Person, registration: Registration) -> Sentence:
    """Return what the sign-up asked for: the role, and what the file says otherwise."""
    desired = desired_of(person)
    parts: list[Sentence] = [_WISHED_ROLE.with_arguments(role=role_noun(registration.role))]
    if name_key(registration.name) != name_key(desired.name):
        parts.append(sentence("note", "name {name}", name=registration.name))
    if address_key(registration.email) != address_key(desired.email):
        parts.append(sentence("note", "address {address}", address=registration.email))
    language = desired.fields.get("language")
    if registration.language and registration.language != language:
        parts.append(
            sentence("note", "language {language}", language=registration.language)
        )
    return sentence("note", "the sign-up asked for: {wish}", wish=Listing(tuple(parts)))


_WISHED_ROLE: Final = sentence("note", "access as {role}")


def _creation(
    context: CustomerContext, person: Person, kind: Kind, message: Sentence
) -> Change:
    desired = desired_of(person)
    fields = tuple(
        FieldChange(name, None, value) for name, value in sorted(desired.fields.items())
    )
    mail = Mail(
        MailKind.ACTIVATION, desired.email, language_of(context, person.fields_after)
    )
    change = contact_change(context, person, kind, message)
    notes = mailbox_notes(context, desired.email, desired.role)
    return replace(change, fields=fields, effects=Effects((mail,)), notes=notes)


def _restoration(context: CustomerContext, person: Person) -> Change:
    live, desired = live_of(person), desired_of(person)
    mail = Mail(
        MailKind.ACTIVATION_AGAIN, live.email, language_of(context, person.fields_after)
    )
    message = sentence(
        "change",
        "{contact} is restored as {role}",
        contact=person.key,
        role=role_noun(desired.role),
    )
    change = contact_change(context, person, Kind.RESTORE_CONTACT, message)
    return replace(
        change, fields=restored_fields(desired.fields, live), effects=Effects((mail,))
    )


def reject_by_farewell(context: CustomerContext) -> PlanItems:
    """Yield the pending registrations that farewells reject; one of another customer is held
    back.
    """
    for key, farewell in sorted(context.farewells.items()):
        registration = context.index.live.registrations.get(farewell.registration or "")
        if registration is None:
            continue
        contested = registration.id in context.contested
        if may_belong_to(registration, context.customer) and not contested:
            cause = Cause(farewell.place.path, farewell.place.line)
            yield _rejection(context, key, registration, farewell.reason, cause)
            continue
        objection_sentence = _NAMED_TWICE if contested else _ELSEWHERE
        message = objection_sentence.with_arguments(registration=registration.id)
        hint = sentence(
            "hint",
            "move the line to the farewell of the customer that the registration belongs to",
        )
        yield hold(RuleId.REGISTRATION_CHANGED, context.key, key, message, hint)


def _rejection(
    context: CustomerContext,
    key: str,
    registration: Registration,
    reason: str,
    cause: Cause,
) -> Change:
    live = context.customer.live
    # The portal does not know that a sign-up without a customer belongs to this one.
    language = context.language if registration.customer_id else DEFAULT_LANGUAGE
    return Change(
        Kind.REJECT_REGISTRATION,
        ObjectKind.CONTACT,
        context.key,
        key,
        sentence(
            "change",
            "the registration of {address} is rejected",
            address=registration.email,
        ),
        cause=cause,
        effects=Effects(
            (
                Mail(
                    MailKind.REJECTED, registration.email, registration.language or language
                ),
            )
        ),
        target=Target(
            registration.contact_id, registration.version, live.id if live else None
        ),
        registration=registration.id,
        reason=reason,
        present=False,
    )
