"""The portal's own settings and its services.

A change that opens a service is separate from one that closes it, although both write one row:
services open before the customers are applied and close after them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace

from reconciler.model.changes import Cause, Change, Kind, ObjectKind, Target
from reconciler.model.choices import PortalEdits
from reconciler.model.desired import DesiredService, DesiredState
from reconciler.model.live import LiveObject
from reconciler.model.plan import Refusal
from reconciler.model.rules import RuleId
from reconciler.model.sentences import Listing, Sentence, layout, sentence
from reconciler.model.values import FieldChange, Fields, as_set
from reconciler.planning.change_builders import (
    CONFLICT_HINT,
    describe_conflicts,
    field_edit,
    names_of,
    with_revert_notes,
)
from reconciler.planning.index import Index
from reconciler.planning.plan_items import PlanItems, refuse_portal, subject_noun
from reconciler.planning.portal_edit_reverts import revert_edits
from reconciler.planning.three_way_merge import Comparison, compare


def plan_settings(desired: DesiredState, index: Index) -> PlanItems:
    """Yield the changes, edits and refusals about the portal's settings."""
    settings, live = desired.settings, index.live.settings
    if live.owner not in {None, index.owner}:
        # A file that says nothing about the settings leaves them to their owner.
        if not settings.fields:
            return
        message = sentence(
            "refusal", "the settings are managed by '{owner}'", owner=live.owner or ""
        )
        hint = sentence(
            "hint",
            "keep the settings in that owner's files, and remove them from portal.yaml",
        )
        yield refuse_portal(RuleId.OTHER_OWNER, None, message, hint)
        return
    comparison = _comparison(
        desired, index, compare(settings.fields, live.fields, live.applied, live.touched)
    )
    for edit in comparison.edits:
        yield field_edit(None, None, edit, live.touched.get(edit.name))
    if comparison.conflicts:
        yield _conflict(None, comparison)
        return
    fields = comparison.written_fields
    place = settings.places.get(next((field.name for field in fields), ""), settings.place)
    kind = _kind(live, comparison, Kind.ADOPT_SETTINGS, Kind.UPDATE_SETTINGS)
    if kind is not None:
        change = Change(
            kind,
            ObjectKind.SETTINGS,
            None,
            None,
            sentence("change", "settings: {fields}", fields=_subjects(kind, fields)),
            fields=fields,
            cause=Cause(place.path, place.line),
            target=Target(live.id, live.version),
            base=settings.fields,
            restores_file=bool(fields)
            and comparison.reverted_names >= {field.name for field in fields},
        )
        yield with_revert_notes(change, live, comparison.reverted_names)


def plan_services(desired: DesiredState, index: Index) -> PlanItems:
    """Yield the changes, edits and refusals about services; nothing where the file manages none."""
    if desired.services is None:
        return
    for key, service in sorted(desired.services.items()):
        live = index.services.get(key)
        if live is None:
            fields = tuple(
                FieldChange(name, None, value)
                for name, value in sorted(service.fields.items())
            )
            message = sentence("change", "service {key} is added", key=key)
            change = _change(Kind.CREATE_SERVICE, service, message, Target())
            yield replace(change, fields=fields)
        elif live.owner not in {None, index.owner}:
            message = sentence(
                "refusal",
                "service {service} is managed by '{owner}'",
                service=key,
                owner=live.owner or "",
            )
            hint = sentence(
                "hint",
                "keep it in that owner's files, and remove {service} from portal.yaml",
                service=key,
            )
            yield refuse_portal(RuleId.OTHER_OWNER, key, message, hint)
        else:
            yield from _service(desired, service, live, index)
    for key, row in sorted(index.services.items()):
        if key not in desired.services and index.manages(row):
            yield _removal(key, row)


def _service(
    desired: DesiredState, service: DesiredService, live: LiveObject, index: Index
) -> PlanItems:
    comparison = _comparison(
        desired, index, compare(service.fields, live.fields, live.applied, live.touched)
    )
    for edit in comparison.edits:
        yield field_edit(None, None, edit, live.touched.get(edit.name), service.key)
    yield from _renaming(service, live, index)
    if comparison.conflicts:
        yield _conflict(service.key, comparison)
        return
    kind = _kind(live, comparison, Kind.ADOPT_SERVICE, Kind.UPDATE_SERVICE)
    if kind is None:
        return
    target = Target(live.id, live.version, life=live.life)
    undoes = bool(comparison.reverted_names) and comparison.reverted_names >= {
        field.name for field in comparison.written_fields
    }
    # Two changes of one row: customers are applied in between, so that nobody is without a
    # service for a moment.
    opening = tuple(part for field in comparison.written_fields for part in _opening(field))
    closing = tuple(part for field in comparison.written_fields for part in _closing(field))
    if opening or not closing or kind is Kind.ADOPT_SERVICE:
        message = _service_message(service.key, _subjects(kind, opening))
        change = _change(kind, service, message, target)
        base = _base_without(closing, service.fields, live)
        change = replace(change, fields=opening, base=base, restores_file=undoes)
        yield with_revert_notes(change, live, comparison.reverted_names)
    if closing:
        message = _service_message(service.key, names_of(closing))
        change = _change(Kind.UPDATE_SERVICE, service, message, target)
        change = replace(change, fields=closing, restores_file=undoes)
        yield with_revert_notes(change, live, comparison.reverted_names)


def _renaming(service: DesiredService, live: LiveObject, index: Index) -> PlanItems:
    former = index.renamed_services.get(service.key)
    if former is not None:
        target = Target(live.id, live.version, life=live.life)
        message = sentence(
            "change",
            "service {former} is now called {key}; nobody gains or loses it",
            former=former,
            key=service.key,
        )
        change = _change(Kind.RENAME_SERVICE, service, message, target)
        # No base: the change of the fields, or a record, moves it.
        yield replace(change, base=None, previous_key=former)


def _change(
    kind: Kind, service: DesiredService, message: Sentence, target: Target
) -> Change:
    cause = Cause(service.place.path, service.place.line)
    return Change(
        kind,
        ObjectKind.SERVICE,
        None,
        None,
        message,
        service=service.key,
        cause=cause,
        target=target,
        base=service.fields,
    )


def _removal(key: str, live: LiveObject) -> Change:
    return Change(
        Kind.REMOVE_SERVICE,
        ObjectKind.SERVICE,
        None,
        None,
        sentence("change", "service {key} is removed", key=key),
        service=key,
        target=Target(live.id, live.version, life=live.life),
        present=False,
    )


def _kind(
    live: LiveObject, comparison: Comparison, adopt: Kind, update: Kind
) -> Kind | None:
    """Return the kind of change for a row that a file names; None when nothing changes."""
    if live.owner is None:
        return adopt
    if comparison.written_fields:
        return update
    return Kind.RECORD if comparison.record else None


def _service_message(key: str, fields: Sentence | Listing) -> Sentence:
    return sentence("change", "service {key}: {fields}", key=key, fields=fields)


def _subjects(kind: Kind, fields: Collection[FieldChange]) -> Sentence | Listing:
    """Return the names of the fields; of a change without fields its meaning."""
    if fields:
        return names_of(fields)
    if kind is Kind.RECORD:
        return sentence("change", "record what the file says")
    return sentence("change", "managed from now on")


def _opening(field: FieldChange) -> list[FieldChange]:
    """Return the part of a change that closes nothing; when workflows are added and removed, the
    added ones.
    """
    if not closes(field):
        return [field]
    if isinstance(field.before, tuple) and isinstance(field.after, tuple):
        union = as_set((*field.before, *field.after))
        return (
            [FieldChange(field.name, field.before, union)] if union != field.before else []
        )
    return []


def _closing(field: FieldChange) -> list[FieldChange]:
    if not closes(field):
        return []
    opening = _opening(field)
    return [FieldChange(field.name, opening[0].after, field.after)] if opening else [field]


def closes(field: FieldChange) -> bool:
    """Return whether a change of a service's field closes it to somebody or withdraws a
    workflow.
    """
    if field.name == "available_to_all":
        return bool(field.before) and not field.after
    return field.name == "workflows" and not set(_items(field.before)) <= set(
        _items(field.after)
    )


def _items(value: object) -> Iterable[str]:
    return value if isinstance(value, tuple) else ()


def _base_without(
    closing: tuple[FieldChange, ...], fields: Fields, live: LiveObject
) -> Fields:
    """Return the base after the opening part alone: fields that close later keep their last applied
    value.
    """
    applied_fields = live.applied.fields if live.applied else {}
    names = {field.name for field in closing}
    later = {name: applied_fields[name] for name in names if name in applied_fields}
    return {**{name: value for name, value in fields.items() if name not in names}, **later}


def _comparison(desired: DesiredState, index: Index, comparison: Comparison) -> Comparison:
    reverts = desired.policy.portal_edits == index.policy.portal_edits == PortalEdits.REVERT
    return revert_edits(comparison) if reverts else comparison


def _conflict(service: str | None, comparison: Comparison) -> Refusal:
    message = layout(
        "{object}: {conflicts}",
        object=subject_noun(service),
        conflicts=describe_conflicts(comparison.conflicts),
    )
    return refuse_portal(RuleId.CONFLICT, service, message, CONFLICT_HINT)
