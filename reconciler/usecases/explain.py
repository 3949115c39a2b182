"""`reconciler explain`: a rule's condition, its reason, and what to do when it is broken."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from reconciler.documents.tree_rules import own_rules
from reconciler.model.errors import WrongUsage
from reconciler.model.rules import RULES, Rule
from reconciler.usecases.checkout import read_files
from reconciler.usecases.ports import FileTree

# At run time, this import would load jsonschema for every explanation.
if TYPE_CHECKING:
    from reconciler.documents.own_rules.rule_files import OwnRule


def explain(name: str) -> Rule:
    """Return the rule of this id; WrongUsage with the nearest one when there is none."""
    rules = {rule.id.value: rule for rule in RULES}
    if name in rules:
        return rules[name]
    raise _unknown(name, rules, "run reconciler explain to list all rules")


def own_rule(files: FileTree, name: str) -> OwnRule:
    """Return the provider's own rule of this id; WrongUsage with the nearest one when there is
    none.
    """
    return own_rule_among(own_rules(read_files(files)), name)


def own_rule_among(rules: Sequence[OwnRule], name: str) -> OwnRule:
    """Return the rule of this id among the provider's rules that can be evaluated."""
    for rule in rules:
        if rule.id == name:
            return rule
    hint = "look at rules: in portal.yaml, and run reconciler validate"
    raise _unknown(name, (rule.id for rule in rules), hint)


def _unknown(name: str, names: Iterable[str], hint: str) -> WrongUsage:
    near = difflib.get_close_matches(name, sorted(set(names)), 1)
    return WrongUsage(
        f"there is no rule '{name}'", f"did you mean '{near[0]}'?" if near else hint
    )
