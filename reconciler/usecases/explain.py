"""`reconciler explain`: what a rule asks for, why, and what to do when it is broken."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from reconciler.documents.rules import RULES as FILE_RULES
from reconciler.model.errors import WrongUsage
from reconciler.model.rules import Rule
from reconciler.planning import RULES as PLAN_RULES


def every_rule() -> Sequence[Rule]:
    """All rules, sorted by id."""
    return sorted((*FILE_RULES, *PLAN_RULES), key=lambda rule: (rule.id, rule.where))


def explain(name: str) -> Sequence[Rule]:
    """The rules of this id (one for the files, one for plans); a name nobody knows is wrong usage."""
    found = [rule for rule in every_rule() if rule.id == name]
    if not found:
        near = difflib.get_close_matches(name, sorted({rule.id for rule in every_rule()}), 1)
        raise WrongUsage(
            f"no rule is called '{name}'", f"did you mean '{near[0]}'?" if near else "leave the name out to list all"
        )
    return found
