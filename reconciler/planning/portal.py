"""The portal's own settings and its services."""

from __future__ import annotations

from dataclasses import replace

from reconciler.model.changes import Cause, Change, Kind, ObjectKind, Target
from reconciler.model.desired import DesiredService, DesiredState
from reconciler.model.fields import is_memo
from reconciler.model.live import LiveObject
from reconciler.model.values import FieldChange
from reconciler.planning.drafts import Draft
from reconciler.planning.index import Index
from reconciler.planning.lines import both_moved, field_edit, with_memos
from reconciler.planning.threeway import Compared, compare, settled


def plan_settings(desired: DesiredState, index: Index) -> Draft:
    """What happens to the portal's settings."""
    draft = Draft()
    wanted, live = desired.settings, index.live.settings
    if live.owner not in {None, index.owner}:
        message = f"the settings are managed by '{live.owner}'"
        draft.refuse("other-owner", None, None, message, "take them over with reconciler import --take-over settings")
        return draft
    compared = _settled(desired, compare(wanted.fields, live.fields, live.applied, live.touched))
    draft.edits += [field_edit(None, None, edit, live.touched.get(edit.name)) for edit in compared.edits]
    if _conflicts(compared, "settings", draft):
        return draft
    first = next((change.name for change in (*compared.changes, *compared.memos)), "")
    place = wanted.places.get(first, wanted.place)
    target = Target(live.id, live.version)
    made = Change(
        Kind.UPDATE_SETTINGS, ObjectKind.SETTINGS, None, None,
        f"settings: {', '.join(change.name for change in compared.changes) or 'managed from now on'}",
        fields=compared.changes, cause=Cause(place.path, place.line), target=target, base=wanted.fields,
    )  # fmt: skip
    if not compared.changes and live.owner is not None:
        if not compared.record:
            return draft
        made = replace(made, kind=Kind.RECORD, message="settings: remember what the file says")
    draft.changes += with_memos([made], compared.memos)
    return draft


def plan_services(desired: DesiredState, index: Index) -> Draft:
    """What happens to the services; nothing where the file manages none."""
    draft = Draft()
    if desired.services is None:
        return draft
    live = {str(row.fields["code"]): row for row in index.live.services.values()}
    for key, service in sorted(desired.services.items()):
        _service(desired, service, live.get(key), index, draft)
    for key, row in sorted(live.items()):
        if key not in desired.services and index.manages(row):
            draft.changes.append(_removal(key, row))
    return draft


def _service(
    desired: DesiredState, wanted: DesiredService, live: LiveObject | None, index: Index, draft: Draft
) -> None:
    cause = Cause(wanted.place.path, wanted.place.line)
    made = Change(
        Kind.CREATE_SERVICE, ObjectKind.SERVICE, None, None, f"service {wanted.key} is added", service=wanted.key,
        cause=cause, base=wanted.fields,
    )  # fmt: skip
    if live is None:
        fields = tuple(FieldChange(n, None, v) for n, v in sorted(wanted.fields.items()) if not is_memo(n))
        draft.changes.append(replace(made, fields=fields))
        return
    if live.owner not in {None, index.owner}:
        message = f"service {wanted.key} is managed by '{live.owner}'"
        draft.refuse(
            "other-owner", None, None, message, f"take it over with reconciler import --take-over {wanted.key}"
        )
        return
    compared = _settled(desired, compare(wanted.fields, live.fields, live.applied, live.touched))
    draft.edits += [
        replace(field_edit(None, None, edit, live.touched.get(edit.name)), service=wanted.key)
        for edit in compared.edits
    ]
    if _conflicts(compared, f"service {wanted.key}", draft):
        return
    target = Target(live.id, live.version)
    names = ", ".join(change.name for change in compared.changes) or "managed from now on"
    if compared.changes or live.owner is None:
        message = f"service {wanted.key}: {names}"
        draft.changes.append(
            replace(made, kind=Kind.UPDATE_SERVICE, message=message, fields=compared.changes, target=target)
        )
    elif compared.record:
        message = f"service {wanted.key}: remember what the file says"
        draft.changes.append(replace(made, kind=Kind.RECORD, message=message, target=target))


def _removal(key: str, live: LiveObject) -> Change:
    return Change(
        Kind.REMOVE_SERVICE, ObjectKind.SERVICE, None, None, f"service {key} is removed", service=key,
        target=Target(live.id, live.version), present=False,
    )  # fmt: skip


_OPENNESS = ("closed", "approval_required", "open")


def _settled(desired: DesiredState, compared: Compared) -> Compared:
    if desired.policy.portal_edits != "revert":
        return compared
    return settled(compared, [edit for edit in compared.edits if not _opens(edit)])


def _opens(edit: FieldChange) -> bool:
    """Whether going back to the file's value (`before`) lets more people sign up."""
    if edit.name != "sign_up":
        return False
    before, after = (_OPENNESS.index(str(v)) if v in _OPENNESS else len(_OPENNESS) for v in (edit.before, edit.after))
    return before > after


def _conflicts(compared: Compared, what: str, draft: Draft) -> bool:
    if compared.conflicts:
        message = f"{what}: {both_moved(compared.conflicts)}"
        draft.refuse("conflict", None, None, message, "set the file to what it shall be")
    return bool(compared.conflicts)
