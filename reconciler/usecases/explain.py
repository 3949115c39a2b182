"""`reconciler explain`: what a rule asks for, why, and what to do when it is broken."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.documents.rules import RULES as FILE_RULES
from reconciler.model.errors import WrongUsage
from reconciler.model.rules import Rule
from reconciler.planning import RULES as PLAN_RULES

if TYPE_CHECKING:
    from reconciler.documents.own_rules.rule_files import OwnRule


def every_rule() -> Sequence[Rule]:
    """All rules of the program, sorted by id."""
    return sorted((*FILE_RULES, *PLAN_RULES), key=lambda rule: (rule.id, rule.where))


def explain(name: str) -> Sequence[Rule]:
    """The rules of this id (one for the files, one for plans); a name nobody knows is wrong usage."""
    found = [rule for rule in every_rule() if rule.id == name]
    if not found:
        raise _unknown(name, (rule.id for rule in every_rule()), "leave the name out to list all")
    return found


def own_rule(root: Path, name: str) -> OwnRule:
    """The provider's own rule of this id in the repository; an unknown id is wrong usage."""
    from reconciler.adapters.tree import read_tree  # noqa: PLC0415  only rules of the provider need the files
    from reconciler.documents.reading import own_rules  # noqa: PLC0415  the same

    return own_rule_among(own_rules(read_tree(root)), name)


def own_rule_among(rules: Sequence[OwnRule], name: str) -> OwnRule:
    """The rule of this id among the provider's rules that can be evaluated."""
    for rule in rules:
        if rule.id == name:
            return rule
    hint = "look at rules: in portal.yaml, and run reconciler validate"
    raise _unknown(name, (rule.id for rule in rules), hint)


def _unknown(name: str, known: Iterable[str], hint: str) -> WrongUsage:
    near = difflib.get_close_matches(name, sorted(set(known)), 1)
    return WrongUsage(f"no rule is called '{name}'", f"did you mean '{near[0]}'?" if near else hint)
