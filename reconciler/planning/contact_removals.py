"""People who leave or may no longer hold work: their open work goes to an heir first."""

from __future__ import annotations

from dataclasses import replace

from reconciler.model.changes import Cause, Change, Effects, Kind, Mail, MailKind
from reconciler.model.desired import Farewell
from reconciler.model.fields import same_value
from reconciler.model.live import Status
from reconciler.model.roles import Role, may_hold_work
from reconciler.model.rules import RuleId
from reconciler.model.values import FieldChange, Fields
from reconciler.planning.change_builders import (
    cause_of,
    contact_change,
    counted,
    desired_of,
    live_of,
    presence_edit,
    set_by,
    with_article,
)
from reconciler.planning.customer_context import CustomerContext, Person, restored_elsewhere
from reconciler.planning.heirs import Heir, find_heir
from reconciler.planning.plan_items import Findings, refuse, warn


def plan_departure(context: CustomerContext, person: Person) -> Findings:
    """A contact of ours without a file is removed, released, or remembered as gone."""
    live, base = live_of(person), person.match.base
    farewell = context.farewells.get(person.key)
    if not live.living:
        if base is not None and base.present:
            message = f"{person.key}: remember that the file is gone"
            record = contact_change(context, person, Kind.RECORD, message)
            yield replace(record, present=False, base=base.fields)
        return
    if restored_elsewhere(context, person):
        yield presence_edit(context.key, person.key, "restored", live.touched.get("presence"))
        return
    if farewell and farewell.keep:
        message = f"{person.key} is no longer managed here; the access stays"
        release = contact_change(context, person, Kind.RELEASE_CONTACT, message)
        cause = Cause(farewell.place.path, farewell.place.line)
        yield replace(release, base=None, present=False, cause=cause)
        return
    yield from _removal(context, person)


def _removal(context: CustomerContext, person: Person) -> Findings:
    work = context.index.open_work(live_of(person))
    heir = find_heir(context.standings[person.key], context.standings, context.heir)
    if work and heir.standing is None:
        message = (
            f"{person.key} leaves {counted(len(work), 'open request')} and nobody to receive them "
            f"({heir.problem}): {_listed(context, person)}"
        )
        hint = f"write removed/{person.key}.yaml with a line heir: KEY, or name an heir in customer.yaml"
        yield refuse(RuleId.NO_HEIR, context.key, person.key, message, hint)
    yield from _invited_heir(context, person, heir, len(work))
    yield removal_change(context, person, heir, len(work))


def removal_change(context: CustomerContext, person: Person, heir: Heir, work: int) -> Change:
    """The removal of a contact, with their open work going to the heir."""
    live, base = live_of(person), person.match.base
    farewell = context.farewells.get(person.key)
    applied = base.fields if base else {}
    edited = [name for name, value in applied.items() if not same_value(name, live.fields.get(name), value)]
    notes = set_by(live, edited)
    message = f"{person.key} leaves"
    if heir.standing:
        message += f"; all open work goes to {heir.standing.key}"
    message += "".join(f" ({note})" for note in notes)
    cause = Cause()
    if farewell:
        due = _was_applied(context, farewell, applied) and is_direct(context, farewell.heir, heir)
        cause = Cause(farewell.place.path, farewell.place.line, due)
    return replace(
        contact_change(context, person, Kind.REMOVE_CONTACT, message),
        effects=_handover(heir, work),
        notes=notes,
        present=False,
        base=None,
        cause=cause,
        reason=farewell.reason if farewell else "other",
    )


def _was_applied(context: CustomerContext, farewell: Farewell, applied: Fields) -> bool:
    """Whether an earlier run applied the last day and the heir that the files name now."""
    same_day = farewell.leaves_on is not None and farewell.leaves_on == applied.get("leaves.on")
    same_heir = farewell.heir == applied.get("heir")
    return same_day and same_heir and (farewell.heir is not None or context.heir == context.applied.get("heir"))


def is_direct(context: CustomerContext, named: str | None, heir: Heir) -> bool:
    """Whether the work goes to the named heir, or to the only manager, and not further along heirs."""
    named = named or context.heir
    return heir.standing is None or named is None or heir.standing.key == named


def hand_over_if_demoted(context: CustomerContext, person: Person, role: FieldChange | None) -> Findings:
    """The handover before a change of role that takes the right to hold work; nothing otherwise."""
    live = live_of(person)
    if role is None or may_hold_work(Role(str(role.after))) or not may_hold_work(live.role):
        return
    work = context.index.open_work(live)
    heir = find_heir(context.standings[person.key], context.standings, context.heir)
    if work and heir.standing is None:
        message = (
            f"{person.key} becomes {with_article(Role(str(role.after)))} and nobody receives the open work "
            f"({heir.problem}): {_listed(context, person)}"
        )
        hint = f"add heir: KEY to {desired_of(person).place.path}"
        yield refuse(RuleId.NO_HEIR, context.key, person.key, message, hint)
    if heir.standing is None:
        return
    yield from _invited_heir(context, person, heir, len(work))
    message = f"all open work of {person.key} goes to {heir.standing.key}"
    change = contact_change(context, person, Kind.HAND_OVER_WORK, message)
    yield replace(change, effects=_handover(heir, len(work)), cause=cause_of(person, "role"), base=None)


def _handover(heir: Heir, work: int) -> Effects:
    standing = heir.standing
    if standing is None:
        return Effects()
    mails = (Mail(MailKind.WORK_RECEIVED, standing.email, standing.language),) if work else ()
    return Effects(mails, standing.ref, work)


def _invited_heir(context: CustomerContext, person: Person, heir: Heir, work: int) -> Findings:
    standing = heir.standing
    if work and standing is not None and standing.status is not Status.ACTIVE:
        message = f"{standing.key} receives the work of {person.key}, but has not activated the access yet"
        hint = "resend the activation, or name somebody else"
        yield warn(RuleId.HEIR_INVITED, context.key, standing.key, message, hint)


def _listed(context: CustomerContext, person: Person) -> str:
    requests = context.index.open_work(live_of(person))
    return "; ".join(f"{request.id} ({request.state})" for request in requests)
