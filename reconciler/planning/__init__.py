"""The planner: two states in, a plan out. Pure; README.md lists the stages."""

from reconciler.model.rules import PLAN_RULES as RULES
from reconciler.planning.incremental_plan import make_plan_since
from reconciler.planning.index import applied_policy
from reconciler.planning.large_groups import ONE_BATCH
from reconciler.planning.limits import policy_in_force
from reconciler.planning.lost_access import LostAccess, find_lost_access
from reconciler.planning.permissions import (
    exact_permissions,
    permissions_left,
    with_permitted_refusals_removed,
)
from reconciler.planning.planner import make_plan
from reconciler.planning.run_scope import narrow_plan, shard_of

__all__ = [
    "ONE_BATCH",
    "RULES",
    "LostAccess",
    "applied_policy",
    "exact_permissions",
    "find_lost_access",
    "make_plan",
    "make_plan_since",
    "narrow_plan",
    "permissions_left",
    "policy_in_force",
    "shard_of",
    "with_permitted_refusals_removed",
]
