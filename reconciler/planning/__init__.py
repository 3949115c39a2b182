"""What to do: two states in, a plan out. Pure; see README.md for the stages."""

from reconciler.model.rules import PLAN_RULES as RULES
from reconciler.planning.planner import make_plan, select
from reconciler.planning.safeguards import people_losing
from reconciler.planning.since import make_plan_since

__all__ = ["RULES", "make_plan", "make_plan_since", "people_losing", "select"]
