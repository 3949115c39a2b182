"""`reconciler plan` and `reconciler drift`: what would happen, and what happened in the portal meanwhile."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

from reconciler.adapters.reader import PortalReader
from reconciler.model.plan import Permissions, Plan
from reconciler.planning import make_plan, make_plan_since, select
from reconciler.usecases.looking import look, look_at


@dataclass(frozen=True, slots=True)
class Wish:
    """What the caller wants to see: some customers, what is new since a reference, with which permissions."""

    customers: tuple[str, ...] = ()
    since: str | None = None
    permissions: Permissions = field(default_factory=Permissions)


def plan(root: Path, reader: PortalReader, wish: Wish) -> Plan:
    """What would happen if the folder were applied now. Asks the portal, writes nothing."""
    folder = look(root)
    live = reader.live_state()
    folder.knows(wish.customers, live)
    facts = folder.facts(live, wish.permissions)
    if wish.since is None:
        made = make_plan(folder.desired, live, facts)
    else:
        made = make_plan_since(look_at(root, wish.since), folder.desired, live, facts)
    return select(made, wish.customers) if wish.customers else made


def drift(root: Path, reader: PortalReader) -> Plan:
    """The plan without its changes: what was edited in the portal, and what nobody manages."""
    return replace(plan(root, reader, Wish()), groups=(), refusals=(), warnings=(), earlier=0)
