"""The same plan without names and addresses of people: for logs and comments that stay for years.

Keys of files stay, because people identify objects by them, and so do ids and numbers. Names of
customers stay too: they are organisations.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Set
from dataclasses import replace
from typing import Final, TypeVar

from reconciler.model.changes import Change, Effects, Mail, ObjectKind
from reconciler.model.fields import is_masked
from reconciler.model.outcome import Outcome
from reconciler.model.plan import Group, Plan, PortalEdit, Refusal, Unmanaged, Warning
from reconciler.model.sentences import Sentence
from reconciler.model.values import FieldChange, Value

HIDDEN: Final = "…"
# A name of fewer letters is hidden as a whole word alone.
_SHORT: Final = 4
RefusalOrWarning = TypeVar("RefusalOrWarning", Refusal, Warning)
_FINGERPRINT: Final = re.compile(r"sha256:[0-9a-f]{64}")
_ADDRESS: Final = re.compile(r"[^\s@'\"<>(),;:]+@[^\s@'\"<>(),;:]+")


def redact_plan(plan: Plan) -> Plan:
    """Return the plan with every address masked (`j…@acme.example`) and every name of a person
    hidden.
    """
    return _redact_plan(plan, _longest_first(_masked_texts(plan)))


def redact_outcome(outcome: Outcome) -> Outcome:
    """Return the outcome with its groups, the portal's messages and the final plan redacted."""
    final_plan = outcome.final_plan
    texts = {
        text for result in outcome.groups for text in _masked_values(result.group.changes)
    }
    # A message of the portal may quote a name of any group.
    names = _longest_first(texts | (_masked_texts(final_plan) if final_plan else set()))
    groups = tuple(
        replace(
            result,
            group=_group(result.group, names),
            detail=_redact_text(result.detail, names),
        )
        for result in outcome.groups
    )
    return replace(
        outcome,
        groups=groups,
        final_plan=final_plan and _redact_plan(final_plan, names),
    )


def _redact_plan(plan: Plan, names: tuple[str, ...]) -> Plan:
    return replace(
        plan,
        groups=tuple(_group(group, names) for group in plan.groups),
        refusals=tuple(_refusal_or_warning(refusal, names) for refusal in plan.refusals),
        warnings=tuple(_refusal_or_warning(warning, names) for warning in plan.warnings),
        notes=tuple(_refusal_or_warning(note, names) for note in plan.notes),
        portal_edits=tuple(_edit(edit, names) for edit in plan.portal_edits),
        unmanaged=tuple(_unmanaged(row) for row in plan.unmanaged),
        file_addresses=frozenset(),
    )


def mask_addresses(text: str, whole_addresses: Set[str] = frozenset()) -> str:
    """Return the text with the local part of every address cut to its first letter, except these
    whole ones.
    """

    def mask(match: re.Match[str]) -> str:
        address = match[0]
        # `acme/jane@acme.example` is the display name of an unmanaged contact.
        if address in whole_addresses or address.rpartition("/")[2] in whole_addresses:
            return address
        return f"{address[0]}{HIDDEN}@{address.rpartition('@')[2]}"

    return _ADDRESS.sub(mask, text)


def _masked_values(changes: Iterable[Change]) -> set[str]:
    return {
        str(value)
        for change in changes
        for field in change.fields
        if is_masked(change.object, field.name)
        for value in (field.before, field.after)
        if value
    }


def _masked_texts(plan: Plan) -> set[str]:
    """Return the names and other personal texts that a message could quote."""
    values: list[Value] = [*_masked_values(plan.changes)]
    for edit in plan.portal_edits:
        values += [edit.by]
        values += [edit.applied, edit.live] if is_masked(_object(edit), edit.field) else []
    values += [row.name for row in plan.unmanaged if row.kind == "contact"]
    values += plan.quoted_names
    return {str(value) for value in values if value}


def _longest_first(texts: set[str]) -> tuple[str, ...]:
    # The longest first: hiding "Jane" before "Jane Doe" would leave the family name.
    return tuple(sorted(texts, key=lambda text: (-len(text), text)))


def _object(edit: PortalEdit) -> ObjectKind:
    """Return the kind of object that was edited."""
    if edit.contact is not None:
        return ObjectKind.CONTACT
    if edit.service is not None:
        return ObjectKind.SERVICE
    return ObjectKind.SETTINGS if edit.customer is None else ObjectKind.CUSTOMER


def _redact_text(text: str, names: tuple[str, ...]) -> str:
    for name in names:
        # A name of few letters is a part of many words and keys. Scripts without spaces between
        # words need the replacement within a text.
        if len(name) < _SHORT and name.isascii():
            text = re.sub(rf"(?<![\w-]){re.escape(name)}(?![\w-])", HIDDEN, text)
        else:
            text = text.replace(name, HIDDEN)
    return mask_addresses(text)


def _redact_sentence(sentence: Sentence, names: tuple[str, ...]) -> Sentence:
    return sentence.with_texts(lambda text: _redact_text(text, names))


def _hide_fingerprints(text: str) -> str:
    # A fingerprint would confirm a guessed person.
    return _FINGERPRINT.sub(f"sha256:{HIDDEN}", text)


def _group(group: Group, names: tuple[str, ...]) -> Group:
    outcomes = tuple(
        replace(outcome, person=mask_addresses(outcome.person))
        for outcome in group.outcomes
    )
    return replace(
        group,
        changes=tuple(_change(change, names) for change in group.changes),
        outcomes=outcomes,
    )


def _change(change: Change, names: tuple[str, ...]) -> Change:
    return replace(
        change,
        message=_redact_sentence(change.message, names),
        contact=mask_addresses(change.contact) if change.contact else change.contact,
        fields=tuple(_field(change.object, field, names) for field in change.fields),
        effects=_effects(change.effects),
        base=None,  # it holds names as well, and no report shows it
        notes=tuple(_redact_sentence(note, names) for note in change.notes),
    )


def _field(object: ObjectKind, field: FieldChange, names: tuple[str, ...]) -> FieldChange:
    if is_masked(object, field.name):
        return FieldChange(field.name, field.before and HIDDEN, field.after and HIDDEN)
    return FieldChange(field.name, _value(field.before, names), _value(field.after, names))


def _value(value: Value, names: tuple[str, ...]) -> Value:
    if isinstance(value, str):
        return _redact_text(value, names)
    return (
        tuple(_redact_text(item, names) for item in value)
        if isinstance(value, tuple)
        else value
    )


def _effects(effects: Effects) -> Effects:
    mails = tuple(
        Mail(mail.kind, mask_addresses(mail.to), mail.language) for mail in effects.mails
    )
    return replace(effects, mails=mails)


def _refusal_or_warning(item: RefusalOrWarning, names: tuple[str, ...]) -> RefusalOrWarning:
    hint = item.hint and _redact_sentence(item.hint, names).with_texts(_hide_fingerprints)
    return replace(
        item,
        message=_redact_sentence(item.message, names),
        contact=item.contact and mask_addresses(item.contact),
        hint=hint,
    )


def _edit(edit: PortalEdit, names: tuple[str, ...]) -> PortalEdit:
    values = FieldChange(edit.field, edit.applied, edit.live)
    redacted_field = _field(_object(edit), values, names)
    return replace(
        edit, by=HIDDEN, applied=redacted_field.before, live=redacted_field.after
    )


def _unmanaged(row: Unmanaged) -> Unmanaged:
    if row.kind != "contact":
        return row
    return replace(row, name=HIDDEN, email=mask_addresses(row.email) if row.email else None)
