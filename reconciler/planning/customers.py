"""Customers themselves: created, adopted, renamed, updated, archived, restored, released."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from reconciler.model.changes import Cause, Change, Effects, Kind, Mail, MailKind, ObjectKind, Target
from reconciler.model.desired import DesiredCustomer
from reconciler.model.equality import address_key, name_key
from reconciler.model.live import LiveCustomer
from reconciler.model.roles import Role
from reconciler.model.rules import RuleId
from reconciler.model.values import FieldChange
from reconciler.planning.change_builders import SETTLE, both_moved, counted, field_edit, naming_setters, presence_edit
from reconciler.planning.customer_context import CustomerContext, language_of, names_at
from reconciler.planning.matching import How
from reconciler.planning.plan_items import Findings, Tie, refuse
from reconciler.planning.portal_edit_reverts import reverted
from reconciler.planning.three_way_merge import Compared, compare, restored_fields


def plan_customer(context: CustomerContext) -> Findings:
    """The changes, edits and refusals about the customer's own row."""
    if context.released:
        yield from _release(context)
        return
    match context.customer.how:
        case How.CREATED:
            yield _creation(context)
        case How.SAME | How.RENAMED | How.ADOPTED:
            yield from _stays(context)
        case How.RESTORED:
            yield _restoration(context)
        case How.AWAY:
            yield from _away(context)
        case How.GONE:
            yield from _gone(context)
        case How.RECREATED | How.APPROVED:
            raise AssertionError("only contacts are approved or recreated")


def refuse_doubles(contexts: Iterable[CustomerContext]) -> Findings:
    """A folder gone and a new one that looks like the same customer, without `previously`."""
    customers = list(contexts)
    gone = [context for context in customers if context.customer.how is How.GONE and not _row(context).archived]
    for context in customers:
        desired = context.customer.desired
        if context.customer.how not in {How.CREATED, How.ADOPTED} or desired is None or desired.release:
            continue
        for other in gone:
            if _look_alike(desired, other):
                message = f"the folder of {other.key} is gone, and {context.key} looks like the same customer"
                hint = f"write previously: [{other.key}] in {desired.place.path}"
                yield refuse(RuleId.SAME_CUSTOMER, context.key, None, message, hint)
                yield Tie(context.key, other.key)


def _look_alike(desired: DesiredCustomer, gone: CustomerContext) -> bool:
    """Whether the two share a name, or half of the addresses that the folder had."""
    row = _row(gone)
    before = {address_key(c.email) for c in gone.index.living(row) if gone.index.manages(c)}
    after = {address_key(contact.email) for contact in desired.contacts.values()}
    half = bool(before) and 2 * len(before & after) >= len(before)
    return half or name_key(row.name) == name_key(desired.name)


def _creation(context: CustomerContext) -> Change:
    desired = _desired(context)
    fields = tuple(FieldChange(name, None, value) for name, value in sorted(desired.fields.items()))
    message = f"customer {context.key} ({desired.name}) is added"
    return replace(_change(context, Kind.CREATE_CUSTOMER, message), fields=fields)


def _release(context: CustomerContext) -> Findings:
    """The line stays in the file when it is done: then nothing of ours is left, and nothing to do."""
    if context.customer.how in {How.SAME, How.RENAMED}:
        message = f"{context.key} and its people are no longer managed here; nothing changes for them"
        yield replace(_change(context, Kind.RELEASE_CUSTOMER, message), base=None, present=False)


def _stays(context: CustomerContext) -> Findings:
    desired, live = _desired(context), _row(context)
    base = live.applied if context.customer.how is not How.ADOPTED else None
    compared = compare(desired.fields, live.fields, base, live.touched)
    if context.reverts:
        compared = reverted(compared)
    for edit in compared.edits:
        yield field_edit(context.key, None, edit, live.touched.get(edit.name))
    if compared.conflicts:
        yield refuse(RuleId.CONFLICT, context.key, None, both_moved(compared.conflicts), SETTLE)
        return
    for change in _changes(context, live, compared):
        yield naming_setters(change, live, base)


def _changes(context: CustomerContext, live: LiveCustomer, compared: Compared) -> Iterable[Change]:
    fields = compared.written
    if context.customer.how is How.ADOPTED:
        message = f"{live.name} is already there and is managed from now on as {context.key}"
        yield replace(_change(context, Kind.ADOPT_CUSTOMER, message), fields=fields)
        return
    renamed = context.customer.how is How.RENAMED
    if renamed:
        change = _change(context, Kind.RENAME_CUSTOMER, f"{live.external_key} is now called {context.key}")
        yield replace(change, previous_key=live.external_key, cause=_cause(context, "previously"))
    if fields:
        names = ", ".join(field.name for field in fields)
        change = _change(context, Kind.UPDATE_CUSTOMER, f"{context.key}: {names}")
        undoes = compared.undone >= {field.name for field in fields}
        cause = _cause(context, fields[0].name)
        yield replace(change, fields=fields, cause=cause, restores_file=undoes)
    elif compared.record and not renamed:
        yield _change(context, Kind.RECORD, f"{context.key}: remember what the file says")


def _restoration(context: CustomerContext) -> Change:
    desired, live = _desired(context), _row(context)
    rows = context.index.contacts[live.id]
    back = [row for row in rows if row.removal and row.removal.with_customer]
    mails = tuple(
        Mail(MailKind.ACTIVATION_AGAIN, row.email, language_of(context, row.fields))
        for row in sorted(back, key=lambda row: address_key(row.email))
    )
    names = names_at(context)
    managers = sorted(names[row.id].partition("/")[2] for row in back if row.role is Role.MANAGER)
    again = f"; managers again: {', '.join(managers)}" if managers else ""
    message = f"{context.key} comes back with the people whom the archive took out{again}"
    change = _change(context, Kind.RESTORE_CUSTOMER, message)
    return replace(change, fields=restored_fields(desired.fields, live), effects=Effects(mails))


def _away(context: CustomerContext) -> Findings:
    desired, live = _desired(context), _row(context)
    if live.removal is None:
        raise AssertionError(f"{context.key} is not archived")
    touch = live.removal.touch
    compared = compare(desired.fields, live.fields, live.applied, live.touched)
    if compared.changes or compared.memos or compared.conflicts:
        message = f"the file changed, but {touch.by} archived this customer on {touch.at[:10]}"
        hint = "delete the folder, or have it restored in the portal"
        yield refuse(RuleId.CONFLICT, context.key, None, message, hint)
        return
    yield presence_edit(context.key, None, "archived", touch)


def _gone(context: CustomerContext) -> Findings:
    live = _row(context)
    if live.archived:
        if live.applied and live.applied.present:
            record = _change(context, Kind.RECORD, f"{context.key}: remember that the folder is gone")
            yield replace(record, base=live.applied.fields, present=False)
        return
    if live.applied and not live.applied.present and not context.reverts:
        yield presence_edit(context.key, None, "restored", live.touched.get("presence"))
        return
    if requests := context.index.requests_of_customer[live.id]:
        listed = "; ".join(f"{request.id} ({request.state})" for request in requests)
        message = f"{context.key} has open requests: {listed}"
        yield refuse(RuleId.OPEN_REQUESTS, context.key, None, message, "let them be delivered or cancelled first")
    people = counted(len(context.index.living(live)), "person", "people")
    message = f"{context.key} ({live.name}) is archived with {people}"
    change = _change(context, Kind.ARCHIVE_CUSTOMER, message)
    yield replace(change, base=None, present=False, reason="other")


def _change(context: CustomerContext, kind: Kind, message: str) -> Change:
    live, desired = context.customer.live, context.customer.desired
    target = Target(live.id, live.version, live.id, live.life) if live else Target()
    base = desired.fields if desired else None
    cause = _cause(context)
    return Change(kind, ObjectKind.CUSTOMER, context.key, None, message, target=target, base=base, cause=cause)


def _cause(context: CustomerContext, field: str = "") -> Cause:
    desired = context.customer.desired
    if desired is None:
        return Cause()
    place = desired.places.get(field, desired.place)
    return Cause(place.path, place.line)


def _desired(context: CustomerContext) -> DesiredCustomer:
    if context.customer.desired is None:
        raise AssertionError(f"{context.key} has no folder")
    return context.customer.desired


def _row(context: CustomerContext) -> LiveCustomer:
    if context.customer.live is None:
        raise AssertionError(f"{context.key} is not in the portal")
    return context.customer.live
