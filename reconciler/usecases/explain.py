"""`reconciler explain`: what a rule asks for, why, and what to do when it is broken."""

from __future__ import annotations

import difflib

from reconciler.model.errors import WrongUsage
from reconciler.model.rules import RULES, Rule


def explain(name: str) -> Rule:
    """Return the rule of this id; WrongUsage with the nearest one when there is none."""
    rules = {rule.id.value: rule for rule in RULES}
    if name in rules:
        return rules[name]
    near = difflib.get_close_matches(name, rules, 1)
    hint = f"did you mean '{near[0]}'?" if near else "run reconciler explain to list all rules"
    raise WrongUsage(f"there is no rule '{name}'", hint)
