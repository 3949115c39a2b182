"""`reconciler plan` and `reconciler drift`: what would happen, and what happened in the portal meanwhile."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from reconciler.model.plan import Permissions, Plan, RunScope
from reconciler.planning import make_plan, make_plan_since, narrow_plan
from reconciler.usecases.checkout import look, look_at
from reconciler.usecases.ports import FileTree, StateReader


@dataclass(frozen=True, slots=True)
class Wish:
    """The options of a plan: some customers, only what is new since a reference, permissions."""

    customers: tuple[str, ...] = ()
    since: str | None = None
    permissions: Permissions = field(default_factory=Permissions)


def plan(files: FileTree, reader: StateReader, wish: Wish) -> Plan:
    """Return the changes that an apply of the folder would make now. Read-only."""
    folder = look(files)
    live = reader.live_state()
    folder.knows(wish.customers, live)
    scope = RunScope(frozenset(wish.customers))
    facts = replace(folder.facts(live, wish.permissions), run=scope)
    if wish.since is None:
        whole = make_plan(folder.desired, live, facts)
    else:
        whole = make_plan_since(look_at(files, wish.since), folder.desired, live, facts)
    return narrow_plan(whole, scope)


def drift(files: FileTree, reader: StateReader) -> Plan:
    """The plan without its changes: what was edited in the portal, and what nobody manages."""
    return replace(plan(files, reader, Wish()), groups=(), refusals=(), warnings=(), pending_before=0)
