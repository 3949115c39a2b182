"""An outcome as JSON: what was applied, what was not and why, and what remains."""

from __future__ import annotations

from typing import Any

from reconciler.model.outcome import GroupOutcome, Outcome
from reconciler.reports.as_json import (
    SCHEMA_VERSION,
    change_documents,
    json_text,
    plan_document,
)
from reconciler.reports.outcome import changed_line


def outcome_json(outcome: Outcome) -> str:
    """Return the outcome as `schemas/outcome.schema.json` defines it.

    `remaining` is the plan made at the end, as `schemas/plan.schema.json` defines it.
    """
    plan, error = outcome.final_plan, outcome.final_plan_error
    return json_text(
        {
            "schema_version": SCHEMA_VERSION,
            "run": outcome.run,
            "changed": outcome.was_changed,
            "declined": outcome.declined,
            "signal": outcome.signal,
            "message": changed_line(outcome),
            "head": outcome.head or None,
            "groups": [_group(result) for result in outcome.groups],
            "remaining": plan and plan_document(plan),
            "remaining_error": error and error.message,
            "next_permissions": {
                "allow_removals": outcome.next_permissions.allow_removals,
                "allow_mails": outcome.next_permissions.allow_mails,
            },
        }
    )


def _group(result: GroupOutcome) -> dict[str, Any]:
    group = result.group
    return {
        "name": group.name,
        "stage": group.stage.name.lower(),
        "customers": list(group.customers),
        "service": group.service,
        "status": str(result.status),
        "detail": result.detail,
        "revision": result.revision,
        "changes": list(change_documents(group)),
    }
