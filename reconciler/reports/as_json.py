"""A plan as canonical JSON, and such a plan read back for `apply --reviewed`.

The same plan is the same bytes on every machine: members in a fixed order, no locale, no clock. The
way back trusts nothing: whatever is not a plan of this version is refused.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from typing import Any, Final

from reconciler.model.changes import Change, ObjectRef
from reconciler.model.errors import Refused
from reconciler.model.plan import Permissions, Plan, PortalEdit, Refusal, Unmanaged, Warning
from reconciler.model.values import Value
from reconciler.reports.summary import summed_up

SCHEMA_VERSION: Final = 1
LARGEST: Final = 512 * 1024 * 1024
_ID: Final = re.compile(r"[0-9a-f]{16}")


@dataclass(frozen=True, slots=True)
class ReviewedPlan:
    """What a reviewed plan allows: the ids of its changes, for one portal in one epoch."""

    portal: str
    epoch: str
    digest: str
    ids: frozenset[str]
    permissions: Permissions


def plan_json(plan: Plan) -> str:
    """The whole plan as `schemas/plan.schema.json` says it, with a line break at the end."""
    numbers = asdict(summed_up(plan))
    document = {
        "schema_version": SCHEMA_VERSION,
        "digest": plan.digest,
        "portal": plan.portal,
        "epoch": plan.epoch,
        "commit": plan.commit,
        "as_of": plan.as_of,
        "changes": [
            _change(change, held_back=bool(group.held_back)) for group in plan.groups for change in group.changes
        ],
        "refusals": [{**_finding(refusal), "scope": str(refusal.scope)} for refusal in plan.refusals],
        "portal_edits": [_edit(edit) for edit in plan.portal_edits],
        "unmanaged": [_unmanaged(thing) for thing in plan.unmanaged],
        "warnings": [_finding(warning) for warning in plan.warnings],
        "permissions": asdict(plan.permissions),
        "summary": numbers,
        "groups": [
            {"customers": list(group.customers), "digest": group.digest, "held_back": list(group.held_back)}
            for group in plan.groups
        ],
    }
    return json.dumps(document, ensure_ascii=True, indent=1) + "\n"


def _change(change: Change, *, held_back: bool) -> dict[str, Any]:
    effects = change.effects
    return {
        "id": change.id,
        "kind": str(change.kind),
        "customer": change.customer,
        "contact": change.contact,
        "service": change.service,
        "message": change.message,
        "fields": {field.name: {"from": _plain(field.before), "to": _plain(field.after)} for field in change.fields},
        "cause": {"path": change.cause.path, "line": change.cause.line},
        "effects": {
            "mails": [{"kind": str(m.kind), "to": m.to, "language": m.language} for m in effects.mails],
            "work_to": _reference(effects.work_to),
            "open_work": effects.open_work,
            "loses": list(effects.loses),
            "gains": list(effects.gains),
            "people": list(effects.people),
        },
        "previous_key": change.previous_key,
        "moved": change.moved,
        "registration": change.registration,
        "reason": change.reason,
        "notes": list(change.notes),
        "held_back": held_back,
    }


def _reference(ref: ObjectRef | None) -> str | None:
    return str(ref) if ref is not None else None


def _finding(finding: Refusal | Warning) -> dict[str, Any]:
    return {
        "rule": finding.rule, "customer": finding.customer, "contact": finding.contact, "message": finding.message,
        "hint": finding.hint,
    }  # fmt: skip


def _edit(edit: PortalEdit) -> dict[str, Any]:
    return {
        "customer": edit.customer, "contact": edit.contact, "service": edit.service, "field": edit.field,
        "applied": _plain(edit.applied), "live": _plain(edit.live), "by": edit.by, "at": edit.at,
    }  # fmt: skip


def _unmanaged(thing: Unmanaged) -> dict[str, Any]:
    return {
        "kind": thing.kind, "customer": thing.customer, "name": thing.name, "email": thing.email, "role": thing.role,
        "status": thing.status,
    }  # fmt: skip


def _plain(value: Value) -> Any:
    return list(value) if isinstance(value, tuple) else value


def read_reviewed(text: str) -> ReviewedPlan:
    """What a plan in a file allows; `Refused` for anything that is not a whole plan of this version."""
    if len(text) > LARGEST:
        raise _no_plan(f"it has more than {LARGEST:,} characters")
    try:
        document = json.loads(text, object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        raise _no_plan(f"it is not whole JSON ({error})") from None
    if not isinstance(document, dict):
        raise _no_plan("it is no object")
    if document.get("schema_version") != SCHEMA_VERSION or document.get("schema_version") is True:
        raise _no_plan(f"it is of schema version {document.get('schema_version')!r:.40}, not {SCHEMA_VERSION}")
    try:
        ids = frozenset(_id(change["id"]) for change in _list(document["changes"]))
        return ReviewedPlan(
            _text(document["portal"]), _text(document["epoch"]), _text(document["digest"]), ids,
            _permissions(document["permissions"]),
        )  # fmt: skip
    except (KeyError, TypeError) as error:
        raise _no_plan(f"something is missing or of another type ({error})") from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a member stands twice")
    return found


def _id(value: Any) -> str:
    if not isinstance(value, str) or not _ID.fullmatch(value):
        raise TypeError(f"{value!r:.40} is not the id of a change")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r:.40} is no text")
    return value


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError(f"{value!r:.40} is no list")
    return value


def _permissions(value: Any) -> Permissions:
    numbers = [value["allow_removals"], value["allow_mails"]]
    if any(n is not None and (not isinstance(n, int) or isinstance(n, bool) or n < 0) for n in numbers):
        raise TypeError("a permission is a number")
    if not isinstance(value["allow_rollback"], bool):
        raise TypeError("'allow_rollback' is true or false")
    return Permissions(numbers[0], numbers[1], value["allow_rollback"])


def _no_plan(why: str) -> Refused:
    return Refused(f"the reviewed plan is none: {why}; nothing was changed", "make it anew with reconciler plan --out")
