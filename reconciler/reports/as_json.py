"""A plan as canonical JSON, and such a plan read back for `apply --reviewed`.

The same plan gives the same bytes on every machine: members in a fixed order, no locale, no clock,
pure ASCII without a character that a terminal or a pipeline interprets. Every list entry is one
line, so two plans can be compared with `diff`.

The digest covers every member of the file. Reading trusts nothing: a file that is not a complete,
undamaged plan of this version is refused before any request to the portal.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any, Final

from reconciler.model.changes import Change
from reconciler.model.plan import (
    Group,
    PersonOutcome,
    Plan,
    PortalEdit,
    Refusal,
    Unmanaged,
    Warning,
)
from reconciler.model.values import Value
from reconciler.reports.review_reader import SCHEMA_VERSION, digest_of, read_reviewed
from reconciler.reports.summary import summarize

__all__ = [
    "SCHEMA_VERSION",
    "change_documents",
    "drift_json",
    "json_text",
    "plan_digest",
    "plan_document",
    "plan_json",
    "read_reviewed",
]

# Characters that JSON allows in a string and that a terminal or a pipeline may interpret.
_ESCAPES: Final = {"\x7f": "\\u007f", "##": "#\\u0023"}


def plan_json(plan: Plan) -> str:
    """Return the whole plan as `schemas/plan.schema.json` defines it, with a line break at the
    end.
    """
    return json_text(plan_document(plan))


def plan_document(plan: Plan) -> dict[str, Any]:
    """Return the members of the plan's JSON, the digest included."""
    document = _document(plan)
    return {"schema_version": SCHEMA_VERSION, "digest": digest_of(document), **document}


def plan_digest(plan: Plan) -> str:
    """Return the digest of the plan's JSON: SHA-256 over every other member."""
    return digest_of(_document(plan))


def _document(plan: Plan) -> dict[str, Any]:
    return {
        "schema_version": SCHEMA_VERSION,
        **_about(plan),
        "changes": [entry for group in plan.groups for entry in change_documents(group)],
        "refusals": [_refusal(refusal) for refusal in plan.refusals],
        "portal_edits": [_edit(edit) for edit in plan.portal_edits],
        "unmanaged": [_unmanaged(row) for row in plan.unmanaged],
        "warnings": [_warning(warning) for warning in plan.warnings],
        "notes": [_warning(note) for note in plan.notes],
        "coming": [asdict(departure) for departure in plan.upcoming_departures],
        "permissions": asdict(plan.permissions),
        "summary": asdict(summarize(plan)),
        "groups": [_group(group) for group in plan.groups],
    }


def _group(group: Group) -> dict[str, Any]:
    return {
        "name": group.name,
        "stage": group.stage.name.lower(),
        "customers": list(group.customers),
        "service": group.service,
        "digest": group.digest,
        "changes": len(group.changes),
        "held_back": list(group.held_back),
        "waits_for": list(group.waits_for),
        "outcomes": [
            {
                "person": outcome.person,
                "life": outcome.life,
                "leaves": outcome.leaves,
                "loses": list(outcome.loses),
                "gains": list(outcome.gains),
            }
            for outcome in group.outcomes
        ],
    }


def drift_json(plan: Plan) -> str:
    """Return the portal edits and unmanaged objects as `schemas/drift.schema.json` defines them."""
    return json_text(
        {
            "schema_version": SCHEMA_VERSION,
            **_about(plan),
            "portal_edits": [_edit(edit) for edit in plan.portal_edits],
            "unmanaged": [_unmanaged(row) for row in plan.unmanaged],
            "summary": {
                "portal_edits": len(plan.portal_edits),
                "unmanaged": len(plan.unmanaged),
            },
        }
    )


def json_text(document: Mapping[str, Any]) -> str:
    """Return a document as JSON: a line for each entry of its lists, ASCII alone."""
    members = ",\n".join(
        f"{_line(name)}: {_member(value)}" for name, value in document.items()
    )
    return f"{{\n{members}\n}}\n"


def _member(value: Any) -> str:
    if not isinstance(value, list) or not value:
        return _line(value)
    entries = ",\n".join(_line(entry) for entry in value)
    return f"[\n{entries}\n]"


def _line(value: Any) -> str:
    # ASCII alone: a pipe in another encoding cannot damage it.
    text = json.dumps(value, ensure_ascii=True)
    for sign, escaped in _ESCAPES.items():
        text = text.replace(sign, escaped)
    return text


def _about(plan: Plan) -> dict[str, Any]:
    return {
        "portal": plan.portal,
        "epoch": plan.epoch,
        "commit": plan.commit,
        "dirty": plan.dirty,
        "as_of": plan.as_of,
    }


def change_documents(group: Group) -> Iterator[dict[str, Any]]:
    """Yield the group's changes as entries of the plan's JSON."""
    by_person = {outcome.person: outcome for outcome in group.outcomes}
    for change in group.changes:
        if change.contact is None:
            outcomes = _outcomes_of_others(change, group)
        else:
            outcome = by_person.get(f"{change.customer}/{change.contact}")
            outcomes = [outcome] if outcome else []
        yield _change(change, outcomes, held_back=bool(group.held_back))


def _outcomes_of_others(change: Change, group: Group) -> list[PersonOutcome]:
    """Return the outcomes of the people whom a change of their customer or of a service affects.

    People with a change of their own are omitted.
    """
    changed_people = {
        f"{own_change.customer}/{own_change.contact}"
        for own_change in group.changes
        if own_change.contact is not None
    }
    # With the slash: the people of `acme-two` are not those of `acme`.
    at_home = f"{change.customer}/" if change.customer is not None else ""
    return [
        outcome
        for outcome in group.outcomes
        if outcome.person.startswith(at_home) and outcome.person not in changed_people
    ]


def _change(
    change: Change, outcomes: list[PersonOutcome], *, held_back: bool
) -> dict[str, Any]:
    return {
        "id": change.id,
        "kind": str(change.kind),
        "customer": change.customer,
        "contact": change.contact,
        "service": change.service,
        "message": str(change.message),
        "fields": {
            field.name: {"from": _plain(field.before), "to": _plain(field.after)}
            for field in change.fields
        },
        "cause": {
            "path": change.cause.path,
            "line": change.cause.line,
            "due": change.cause.due,
        },
        "effects": _effects(change, outcomes),
        "previous_key": change.previous_key,
        "moved": change.other_end,
        "registration": change.registration,
        "reason": change.reason,
        "notes": list(map(str, change.notes)),
        "held_back": held_back,
    }


def _effects(change: Change, outcomes: list[PersonOutcome]) -> dict[str, Any]:
    """Return the effects of a change; `people`: who is affected besides the person of the
    change.
    """
    effects = change.effects
    return {
        "mails": [
            {"kind": str(mail.kind), "to": mail.to, "language": mail.language}
            for mail in effects.mails
        ],
        "work_to": str(effects.work_to) if effects.work_to is not None else None,
        "open_work": effects.open_work,
        "loses": sorted({right for outcome in outcomes for right in outcome.loses}),
        "gains": sorted({right for outcome in outcomes for right in outcome.gains}),
        "people": []
        if change.contact is not None
        else [outcome.person for outcome in outcomes],
    }


def _refusal(refusal: Refusal) -> dict[str, Any]:
    return {
        "rule": refusal.rule,
        "scope": str(refusal.scope),
        "customer": refusal.customer,
        "contact": refusal.contact,
        "service": refusal.service,
        "message": str(refusal.message),
        "hint": refusal.hint and str(refusal.hint),
    }


def _warning(warning: Warning) -> dict[str, Any]:
    return {
        "rule": warning.rule,
        "customer": warning.customer,
        "contact": warning.contact,
        "path": warning.path,
        "line": warning.line,
        "message": str(warning.message),
        "hint": warning.hint and str(warning.hint),
    }


def _edit(edit: PortalEdit) -> dict[str, Any]:
    return {
        "customer": edit.customer,
        "contact": edit.contact,
        "service": edit.service,
        "field": edit.field,
        "applied": _plain(edit.applied),
        "live": _plain(edit.live),
        "by": edit.by,
        "at": edit.at,
    }


def _unmanaged(row: Unmanaged) -> dict[str, Any]:
    return {
        "kind": row.kind,
        "customer": row.customer,
        "name": row.name,
        "email": row.email,
        "role": row.role,
        "status": row.status,
    }


def _plain(value: Value) -> Any:
    return list(value) if isinstance(value, tuple) else value
