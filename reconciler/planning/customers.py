"""Customers themselves: created, adopted, renamed, updated, archived, restored, released."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from reconciler.model.changes import (
    Cause,
    Change,
    Effects,
    Kind,
    ObjectKind,
    Target,
)
from reconciler.model.desired import DesiredCustomer, Farewell
from reconciler.model.live import LiveContact, LiveCustomer
from reconciler.model.roles import Role
from reconciler.model.rules import RuleId
from reconciler.model.sentences import Listing, Sentence, plural_sentence, sentence
from reconciler.model.values import FieldChange
from reconciler.planning.change_builders import (
    CONFLICT_HINT,
    describe_conflicts,
    field_edit,
    fields_message,
    presence_edit,
    with_setter_notes,
)
from reconciler.planning.contact_removals import request_list
from reconciler.planning.contacts_after_plan import invitations
from reconciler.planning.customer_context import CustomerContext, names_at
from reconciler.planning.matching import MatchKind
from reconciler.planning.plan_items import PlanItems, refuse
from reconciler.planning.three_way_merge import Comparison, compare, restored_fields


def plan_customer(context: CustomerContext) -> PlanItems:
    """Yield the changes, edits and refusals about the customer's own row."""
    if context.customer.kind is MatchKind.REMOVED_BY_OTHERS:
        yield from _archived_in_portal(context)
        return
    if context.is_released:
        yield from _release(context)
        return
    match context.customer.kind:
        case MatchKind.CREATED:
            yield _creation(context)
        case MatchKind.SAME | MatchKind.RENAMED | MatchKind.ADOPTED:
            yield from _matched_customer(context)
        case MatchKind.RESTORED:
            yield _restoration(context)
        case MatchKind.WITHOUT_FILE:
            yield from _folder_removed(context)
        case MatchKind.RECREATED | MatchKind.APPROVED:
            raise AssertionError("only contacts are approved or recreated")


def _creation(context: CustomerContext) -> Change:
    desired = _desired(context)
    fields = tuple(
        FieldChange(name, None, value) for name, value in sorted(desired.fields.items())
    )
    message = sentence(
        "change", "customer {key} ({name}) is added", key=context.key, name=desired.name
    )
    return replace(_change(context, Kind.CREATE_CUSTOMER, message), fields=fields)


def _release(context: CustomerContext) -> PlanItems:
    """Release the customer once. The line may stay in the file: nothing is managed after that."""
    if context.customer.kind in {MatchKind.SAME, MatchKind.RENAMED}:
        message = sentence(
            "change",
            "{key} and its people are no longer managed here; nothing changes for them",
            key=context.key,
        )
        yield replace(
            _change(context, Kind.RELEASE_CUSTOMER, message), base=None, present=False
        )


def _matched_customer(context: CustomerContext) -> PlanItems:
    live = _live_row(context)
    base = live.applied if context.customer.kind is not MatchKind.ADOPTED else None
    comparison = context.comparison
    for edit in comparison.edits:
        yield field_edit(context.key, None, edit, live.touched.get(edit.name))
    if comparison.conflicts:
        yield refuse(
            RuleId.CONFLICT,
            context.key,
            None,
            describe_conflicts(comparison.conflicts),
            CONFLICT_HINT,
        )
        return
    for change in _changes(context, live, comparison):
        yield with_setter_notes(change, live, base, comparison.reverted_names)


def _changes(
    context: CustomerContext, live: LiveCustomer, comparison: Comparison
) -> Iterable[Change]:
    fields = comparison.written_fields
    if context.customer.kind is MatchKind.ADOPTED:
        message = sentence(
            "change",
            "existing customer {name} is adopted as {key}",
            name=live.name,
            key=context.key,
        )
        yield replace(_change(context, Kind.ADOPT_CUSTOMER, message), fields=fields)
        return
    is_renamed = context.customer.kind is MatchKind.RENAMED
    if is_renamed:
        message = sentence(
            "change",
            "{former} is now called {key}",
            former=live.external_key or "",
            key=context.key,
        )
        change = _change(context, Kind.RENAME_CUSTOMER, message)
        yield replace(
            change, previous_key=live.external_key, cause=_cause(context, "previously")
        )
    if fields:
        message = fields_message(context.key, fields)
        change = _change(context, Kind.UPDATE_CUSTOMER, message)
        undoes = comparison.reverted_names >= {field.name for field in fields}
        cause = _cause(context, fields[0].name)
        yield replace(change, fields=fields, cause=cause, restores_file=undoes)
    # A rename already moves the base.
    elif comparison.record and not is_renamed:
        message = sentence("change", "{key}: record what the file says", key=context.key)
        yield _change(context, Kind.RECORD, message)


def _restoration(context: CustomerContext) -> Change:
    desired, live = _desired(context), _live_row(context)
    rows = context.index.contacts[live.id]
    back = [row for row in rows if row.removal and row.removal.with_customer]
    names = names_at(context)
    managers = sorted(
        names[row.id].partition("/")[2] for row in back if row.role is Role.MANAGER
    )
    change = _change(context, Kind.RESTORE_CUSTOMER, _restored_with(context, managers))
    return replace(
        change,
        fields=restored_fields(desired.fields, live),
        effects=Effects(invitations(context, back)),
    )


def _restored_with(context: CustomerContext, managers: Iterable[str]) -> Sentence:
    names = tuple(managers)
    if not names:
        return sentence(
            "change",
            "{key} is restored with the people removed by its archiving",
            key=context.key,
        )
    return sentence(
        "change",
        "{key} is restored with the people removed by its archiving; restored managers: "
        "{managers}",
        key=context.key,
        managers=Listing(names),
    )


def _archived_in_portal(context: CustomerContext) -> PlanItems:
    desired, live = _desired(context), _live_row(context)
    if live.removal is None:
        raise AssertionError(f"{context.key} is not archived")
    touch = live.removal.touch
    is_renamed = desired.key != live.external_key
    if is_renamed or desired.release or _was_changed(context):
        message = sentence(
            "refusal",
            "the folder changed, but {author} archived this customer on {date}",
            author=touch.by,
            date=touch.at[:10],
        )
        hint = sentence("hint", "delete the folder, or restore the customer in the portal")
        yield refuse(RuleId.CONFLICT, context.key, None, message, hint)
        return
    yield presence_edit(context.key, None, "archived", touch)


def _was_changed(context: CustomerContext) -> bool:
    """Return whether any file of the folder says something else than when it was last applied."""
    desired, live = _desired(context), _live_row(context)
    rows = context.index.last_lives(live.id)
    former_keys = {key for key, row in rows.items() if row.applied and row.applied.present}
    # On the day of a departure the contact's file counts as a farewell, which changes no file.
    leaving = {
        farewell.key
        for farewell in desired.farewells.values()
        if farewell.leaves_on and farewell.leaves_on == _applied_departure(rows, farewell)
    }
    if former_keys != {*desired.contacts, *leaving}:
        return True
    pairs = [
        (desired.fields, live),
        *((c.fields, rows[k]) for k, c in desired.contacts.items()),
    ]
    return any(
        compare(fields, row.fields, row.applied, row.touched).is_changed
        for fields, row in pairs
    )


def _applied_departure(rows: Mapping[str, LiveContact], farewell: Farewell) -> object:
    """Return the day of departure in the last applied file of this contact."""
    row = rows.get(farewell.key)
    return row.applied.fields.get("leaves.on") if row and row.applied else None


def _folder_removed(context: CustomerContext) -> PlanItems:
    live = _live_row(context)
    if live.archived:
        if live.applied and live.applied.present:
            message = sentence(
                "change", "{key}: record that the folder was removed", key=context.key
            )
            record = _change(context, Kind.RECORD, message)
            yield replace(record, base=live.applied.fields, present=False)
        return
    if live.applied and not live.applied.present and not context.reverts:
        yield presence_edit(context.key, None, "restored", live.touched.get("presence"))
        return
    # Unmanaged people's requests count too: the archive takes everybody's access.
    if requests := context.index.requests_of_customer[live.id]:
        message = sentence(
            "refusal",
            "{key} has open requests: {requests}",
            key=context.key,
            requests=request_list(requests),
        )
        hint = sentence("hint", "wait until they are delivered, or cancel them")
        yield refuse(RuleId.OPEN_REQUESTS, context.key, None, message, hint)
    message = plural_sentence(
        "change",
        "{key} ({name}) is archived with {count} person",
        "{key} ({name}) is archived with {count} people",
        len(context.index.living(live)),
        key=context.key,
        name=live.name,
    )
    change = _change(context, Kind.ARCHIVE_CUSTOMER, message)
    yield replace(change, base=None, present=False, reason="other")


def _change(context: CustomerContext, kind: Kind, message: Sentence) -> Change:
    live, desired = context.customer.live, context.customer.desired
    target = Target(live.id, live.version, live.id, live.life) if live else Target()
    base = desired.fields if desired else None
    cause = _cause(context)
    return Change(
        kind,
        ObjectKind.CUSTOMER,
        context.key,
        None,
        message,
        target=target,
        base=base,
        cause=cause,
    )


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


def _live_row(context: CustomerContext) -> LiveCustomer:
    if context.customer.live is None:
        raise AssertionError(f"{context.key} is not in the portal")
    return context.customer.live
