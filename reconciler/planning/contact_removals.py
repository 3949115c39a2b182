"""Contacts who leave or may no longer hold work: their open work goes to an heir first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from reconciler.model.changes import Cause, Change, Effects, Kind, Mail, MailKind
from reconciler.model.desired import Farewell
from reconciler.model.fields import same_value
from reconciler.model.live import OpenRequest, Status
from reconciler.model.roles import Role, may_hold_work, role_noun
from reconciler.model.rules import RuleId
from reconciler.model.sentences import (
    SEMICOLON,
    Listing,
    Sentence,
    plural_sentence,
    sentence,
)
from reconciler.model.values import FieldChange, Fields
from reconciler.planning.change_builders import (
    cause_of,
    contact_change,
    desired_of,
    live_of,
    presence_edit,
    setter_notes,
    with_notes,
)
from reconciler.planning.customer_context import CustomerContext, Person, restored_in_portal
from reconciler.planning.heirs import Heir, find_heir
from reconciler.planning.plan_items import PlanItems, hold, refuse, warn
from reconciler.planning.unknown_keys import describe_doubt


def plan_removal(context: CustomerContext, person: Person) -> PlanItems:
    """Remove or release a managed contact without a file, or record that it is gone."""
    live, base = live_of(person), person.match.base
    farewell = context.farewells.get(person.key)
    if not live.living:
        if base is not None and base.present:
            message = sentence(
                "change", "{contact}: record that the file was removed", contact=person.key
            )
            record = contact_change(context, person, Kind.RECORD, message)
            yield replace(record, present=False, base=base.fields)
        return
    # Somebody's decision: it waits for a file, and is not undone by removing the person
    # again.
    if restored_in_portal(context, person):
        yield presence_edit(
            context.key, person.key, "restored", live.touched.get("presence")
        )
        return
    if farewell and farewell.keep:
        message = sentence(
            "change",
            "{contact} is no longer managed here; the access stays",
            contact=person.key,
        )
        release = contact_change(context, person, Kind.RELEASE_CONTACT, message)
        cause = Cause(farewell.place.path, farewell.place.line)
        yield replace(release, base=None, present=False, cause=cause)
        return
    if person.key in context.doubts:
        message, hint = describe_doubt(context.doubts[person.key], person.key)
        yield hold(RuleId.UNKNOWN_KEY, context.key, person.key, message, hint)
        return
    yield from _removal(context, person)


def _removal(context: CustomerContext, person: Person) -> PlanItems:
    work = context.index.open_work(live_of(person))
    heir = find_heir(
        context.contacts_after_plan[person.key], context.contacts_after_plan, context.heir
    )
    # SPEC part 3, law: each open request has a living owner who may hold it.
    if work and heir.contact is None:
        message = plural_sentence(
            "refusal",
            "{contact} leaves {count} open request without an heir ({problem}): {requests}",
            "{contact} leaves {count} open requests without an heir ({problem}): {requests}",
            len(work),
            contact=person.key,
            problem=heir.problem,
            requests=request_list(work),
        )
        hint = sentence(
            "hint",
            "write {path} with a line heir: KEY, or name an heir in customer.yaml",
            path=f"removed/{person.key}.yaml",
        )
        yield refuse(RuleId.NO_HEIR, context.key, person.key, message, hint)
    yield from _invited_heir(context, person, heir, len(work))
    yield removal_change(context, person, heir, len(work))


def removal_change(
    context: CustomerContext, person: Person, heir: Heir, work: int
) -> Change:
    """Return the removal of a contact, with their open work going to the heir."""
    live, base = live_of(person), person.match.base
    farewell = context.farewells.get(person.key)
    # The file is gone, so edits are compared with what it last said; the reviewer sees who
    # made them.
    applied = base.fields if base else {}
    edited = [
        name
        for name, value in applied.items()
        if not same_value(name, live.fields.get(name), value)
    ]
    notes = setter_notes(live, edited)
    cause = Cause()
    if farewell:
        # Due without review only as announced: the same day, and the heir that was applied
        # with it.
        due = _was_applied(context, farewell, applied) and is_direct(
            context, farewell.heir, heir
        )
        cause = Cause(farewell.place.path, farewell.place.line, due)
    return replace(
        contact_change(
            context, person, Kind.REMOVE_CONTACT, with_notes(_leaving(person, heir), notes)
        ),
        effects=_handover_effects(heir, work),
        notes=notes,
        present=False,
        base=None,
        cause=cause,
        reason=farewell.reason if farewell else "other",
    )


def _leaving(person: Person, heir: Heir) -> Sentence:
    if heir.contact is None:
        return sentence("change", "{contact} leaves", contact=person.key)
    return sentence(
        "change",
        "{contact} leaves; all open work goes to {heir}",
        contact=person.key,
        heir=heir.contact.key,
    )


def _was_applied(context: CustomerContext, farewell: Farewell, applied: Fields) -> bool:
    """Return whether an earlier run applied the last day and the heir that the files name now."""
    same_day = farewell.leaves_on is not None and farewell.leaves_on == applied.get(
        "leaves.on"
    )
    same_heir = farewell.heir == applied.get("heir")
    return (
        same_day
        and same_heir
        and (farewell.heir is not None or context.heir == context.applied.get("heir"))
    )


def is_direct(context: CustomerContext, heir_key: str | None, heir: Heir) -> bool:
    """Return whether the work goes to the named heir or to the only manager, not along a chain of
    heirs.
    """
    heir_key = heir_key or context.heir
    return heir.contact is None or heir_key is None or heir.contact.key == heir_key


def hand_over_if_demoted(
    context: CustomerContext, person: Person, role: FieldChange | None
) -> PlanItems:
    """Yield the handover before a change to a role that may not hold work; nothing otherwise."""
    live = live_of(person)
    # Only a step down to observer needs an heir: an observer has no work to hand over.
    if role is None or may_hold_work(Role(str(role.after))) or not may_hold_work(live.role):
        return
    work = context.index.open_work(live)
    heir = find_heir(
        context.contacts_after_plan[person.key], context.contacts_after_plan, context.heir
    )
    if work and heir.contact is None:
        message = sentence(
            "refusal",
            "{contact} becomes {role} but no heir receives the open work ({problem}): "
            "{requests}",
            contact=person.key,
            role=role_noun(Role(str(role.after))),
            problem=heir.problem,
            requests=request_list(work),
        )
        path = desired_of(person).place.path
        hint = sentence("hint", "add heir: KEY to {path}", path=path)
        yield refuse(RuleId.NO_HEIR, context.key, person.key, message, hint)
    if heir.contact is None:
        return
    yield from _invited_heir(context, person, heir, len(work))
    message = sentence(
        "change",
        "all open work of {contact} goes to {heir}",
        contact=person.key,
        heir=heir.contact.key,
    )
    change = contact_change(context, person, Kind.HAND_OVER_WORK, message)
    yield replace(
        change,
        effects=_handover_effects(heir, len(work)),
        cause=cause_of(person, "role"),
        base=None,
    )


def _handover_effects(heir: Heir, work: int) -> Effects:
    contact = heir.contact
    if contact is None:
        return Effects()
    # Without open work nobody gets a mail, but the heir is still named: work can come
    # before the batch.
    mails = (Mail(MailKind.WORK_RECEIVED, contact.email, contact.language),) if work else ()
    return Effects(mails, contact.ref, work)


def _invited_heir(
    context: CustomerContext, person: Person, heir: Heir, work: int
) -> PlanItems:
    contact = heir.contact
    if work and contact is not None and contact.status is not Status.ACTIVE:
        message = sentence(
            "warning",
            "{heir} receives the work of {contact}, but has not activated their access yet",
            heir=contact.key,
            contact=person.key,
        )
        hint = sentence("hint", "resend the activation mail, or name another heir")
        yield warn(RuleId.HEIR_INVITED, context.key, contact.key, message, hint)


def request_list(requests: Iterable[OpenRequest]) -> Listing:
    """Return every request by its id and state."""
    return Listing(
        tuple(f"{request.id} ({request.state})" for request in requests), SEMICOLON
    )
