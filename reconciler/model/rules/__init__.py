"""The catalogue of rules, as `reconciler explain` shows it: an id and its texts, one row for each.

A new rule: a member of `RuleId` in `rule`, and a row in `files` (YAML, names and rules across
files), `people` or `settings` (one field of a document) or `plans`.
"""

from __future__ import annotations

from typing import Final

from reconciler.model.rules.files import FILES
from reconciler.model.rules.people import PEOPLE
from reconciler.model.rules.plans import PLANS
from reconciler.model.rules.rule import Rule, RuleId, Where, alternatives
from reconciler.model.rules.settings import SETTINGS
from reconciler.model.rules.warnings import WARNINGS

_ROWS: Final = {rule.id: rule for rule in (*FILES, *PEOPLE, *SETTINGS, *PLANS)}

# Sorted by id. A member of `RuleId` without a row is a KeyError on import.
RULES: Final[tuple[Rule, ...]] = tuple(_ROWS[rule] for rule in sorted(RuleId))

FILE_RULES: Final = tuple(rule for rule in RULES if Where.FILES in rule.where)
PLAN_RULES: Final = tuple(rule for rule in RULES if Where.PLAN in rule.where)

__all__ = [
    "FILE_RULES",
    "PLAN_RULES",
    "RULES",
    "WARNINGS",
    "Rule",
    "RuleId",
    "Where",
    "alternatives",
]
