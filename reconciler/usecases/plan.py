"""`reconciler plan` and `reconciler drift`: the changes an apply would make, and the portal
edits.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from reconciler.model.plan import Permissions, Plan, RunScope
from reconciler.planning import make_plan, make_plan_since, narrow_plan
from reconciler.usecases.checkout import Folder, check_out, check_out_any, check_out_commit
from reconciler.usecases.ports import FileTree, Stage, StateReader, silent_stage


@dataclass(frozen=True, slots=True)
class PlanOptions:
    """The options of a plan: some customers, only the changes since a reference, permissions."""

    customers: tuple[str, ...] = ()
    since: str | None = None
    permissions: Permissions = field(default_factory=Permissions)


def plan(
    files: FileTree,
    reader: StateReader,
    options: PlanOptions,
    stage: Stage = silent_stage,
) -> Plan:
    """Return the changes that an apply of the files would make now. Read-only."""
    return plan_folder(check_out(files, stage), reader, options, stage)


def plan_folder(
    folder: Folder,
    reader: StateReader,
    options: PlanOptions,
    stage: Stage = silent_stage,
) -> Plan:
    """Return the same for files that were read already."""
    with stage("reading the portal"):
        live = reader.live_state()
    folder.require_customers(options.customers, live)
    scope = RunScope(frozenset(options.customers))
    with stage("making the plan"):
        facts = replace(folder.facts(live, options.permissions), run=scope)
        if options.since is None:
            full_plan = make_plan(folder.desired, live, facts)
        else:
            earlier = check_out_commit(folder.files, options.since)
            full_plan = make_plan_since(earlier, folder.desired, live, facts)
        return narrow_plan(full_plan, scope)


def drift(files: FileTree, reader: StateReader, stage: Stage = silent_stage) -> Plan:
    """Return the plan without its changes: portal edits and unmanaged objects.

    In a folder without files, all objects are unmanaged.
    """
    folder = check_out_any(files, stage)
    return replace(
        plan_folder(folder, reader, PlanOptions(), stage),
        groups=(),
        refusals=(),
        warnings=(),
        notes=(),
        pending_before=0,
    )
