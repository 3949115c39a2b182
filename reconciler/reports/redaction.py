"""The same plan without anybody's name or address: for logs and comments that stay for years.

Keys of files stay, for they are how people find what is meant, and so do ids and numbers. Names of
customers stay too: they are organisations.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final, TypeVar

from reconciler.model.changes import Change, Effects, Mail, ObjectKind
from reconciler.model.fields import is_masked
from reconciler.model.plan import Group, Plan, PortalEdit, Refusal, Unmanaged, Warning
from reconciler.model.values import FieldChange, Value

HIDDEN: Final = "…"
Finding = TypeVar("Finding", Refusal, Warning)
_FINGERPRINT: Final = re.compile(r"sha256:[0-9a-f]{64}")
_ADDRESS: Final = re.compile(r"[^\s@'\"<>(),;:]+@[^\s@'\"<>(),;:]+")


def redacted(plan: Plan) -> Plan:
    """The plan with every address masked (`j…@acme.example`) and every name of a person hidden."""
    names = _masked_texts(plan)
    return replace(
        plan,
        groups=tuple(_group(group, names) for group in plan.groups),
        refusals=tuple(_finding(refusal, names) for refusal in plan.refusals),
        warnings=tuple(_finding(warning, names) for warning in plan.warnings),
        portal_edits=tuple(_edit(edit, names) for edit in plan.portal_edits),
        unmanaged=tuple(_unmanaged(thing) for thing in plan.unmanaged),
    )


def masked(text: str) -> str:
    """The text with the local part of every address cut to its first letter."""
    return _ADDRESS.sub(lambda found: f"{found[0][0]}{HIDDEN}@{found[0].rpartition('@')[2]}", text)


def _masked_texts(plan: Plan) -> tuple[str, ...]:
    """The names and other personal texts that a message could quote, longest first."""
    values: list[Value] = [
        value
        for change in plan.changes
        for field in change.fields
        if is_masked(change.object, field.name)
        for value in (field.before, field.after)
    ]
    for edit in plan.portal_edits:
        values += [edit.by]
        values += [edit.applied, edit.live] if is_masked(_object(edit), edit.field) else []
    values += [thing.name for thing in plan.unmanaged if thing.kind == "contact"]
    values += plan.quoted_names
    texts = {str(value) for value in values if value}
    return tuple(sorted(texts, key=lambda text: (-len(text), text)))


def _object(edit: PortalEdit) -> ObjectKind:
    """The kind of object that was edited."""
    if edit.contact is not None:
        return ObjectKind.CONTACT
    if edit.service is not None:
        return ObjectKind.SERVICE
    return ObjectKind.SETTINGS if edit.customer is None else ObjectKind.CUSTOMER


def _told(text: str, names: tuple[str, ...]) -> str:
    for name in names:
        text = text.replace(name, HIDDEN)
    return masked(text)


def _group(group: Group, names: tuple[str, ...]) -> Group:
    outcomes = tuple(replace(outcome, person=masked(outcome.person)) for outcome in group.outcomes)
    return replace(group, changes=tuple(_change(change, names) for change in group.changes), outcomes=outcomes)


def _change(change: Change, names: tuple[str, ...]) -> Change:
    return replace(
        change,
        message=_told(change.message, names),
        contact=masked(change.contact) if change.contact else change.contact,
        fields=tuple(_field(change.object, field, names) for field in change.fields),
        effects=_effects(change.effects),
        base=None,
        notes=tuple(_told(note, names) for note in change.notes),
    )


def _field(object: ObjectKind, field: FieldChange, names: tuple[str, ...]) -> FieldChange:
    if is_masked(object, field.name):
        return FieldChange(field.name, field.before and HIDDEN, field.after and HIDDEN)
    return FieldChange(field.name, _value(field.before, names), _value(field.after, names))


def _value(value: Value, names: tuple[str, ...]) -> Value:
    if isinstance(value, str):
        return _told(value, names)
    return tuple(_told(item, names) for item in value) if isinstance(value, tuple) else value


def _effects(effects: Effects) -> Effects:
    mails = tuple(Mail(mail.kind, masked(mail.to), mail.language) for mail in effects.mails)
    return replace(effects, mails=mails)


def _finding(finding: Finding, names: tuple[str, ...]) -> Finding:
    hint = finding.hint and _FINGERPRINT.sub(f"sha256:{HIDDEN}", finding.hint)  # who guesses a person could prove her
    return replace(
        finding, message=_told(finding.message, names), contact=finding.contact and masked(finding.contact), hint=hint
    )


def _edit(edit: PortalEdit, names: tuple[str, ...]) -> PortalEdit:
    values = FieldChange(edit.field, edit.applied, edit.live)
    masked_field = _field(_object(edit), values, names)
    return replace(edit, by=HIDDEN, applied=masked_field.before, live=masked_field.after)


def _unmanaged(thing: Unmanaged) -> Unmanaged:
    if thing.kind != "contact":
        return thing
    return replace(thing, name=HIDDEN, email=masked(thing.email) if thing.email else None)
