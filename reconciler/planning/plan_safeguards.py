"""The safeguards of the whole plan: the wrong portal, an empty tree, loosened rules."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from reconciler.model.desired import DesiredState
from reconciler.model.formats import short_commit
from reconciler.model.plan import Facts, Refusal
from reconciler.model.rules import RuleId
from reconciler.model.sentences import Listing, sentence
from reconciler.planning.index import Index
from reconciler.planning.plan_items import refuse_plan
from reconciler.planning.rewritten_history import is_lifted


def refuse_tree(desired: DesiredState, index: Index) -> Iterator[Refusal]:
    """Yield the refusals of the whole plan before anything is counted."""
    if desired.portal is not None and desired.portal != index.live.portal:
        message = sentence(
            "refusal",
            "portal.yaml is for the portal '{demanded}'; this one is '{portal}'",
            demanded=desired.portal,
            portal=index.live.portal,
        )
        hint = sentence("hint", "check the portal's URL")
        yield refuse_plan(RuleId.OTHER_PORTAL, message, hint)
    managed = (
        row
        for row in index.live.customers.values()
        if index.manages(row) and not row.archived
    )
    # Again here, for callers that make a plan without a checkout.
    if not desired.customers and any(managed):
        message = sentence(
            "refusal",
            "the files contain no customer, but the portal has managed customers; nothing was "
            "changed",
        )
        hint = sentence(
            "hint",
            "check out the whole tree; an empty tree never means that everybody is removed",
        )
        yield refuse_plan(RuleId.TREE_EMPTY, message, hint)


# Stands for the commit of rules that were last applied from files in no commit.
_IN_NO_COMMIT: Final = "0" * 40


def refuse_loosened_rules(facts: Facts, index: Index) -> Iterator[Refusal]:
    """Yield the refusals by own rules of the provider that were applied last and are changed or
    dropped now.
    """
    for problem in facts.last_rules:
        message = sentence(
            "refusal",
            "{place}: {problem} ({rule} as last applied)",
            place=f"{problem.path}:{problem.line}",
            problem=problem.message,
            rule=problem.rule,
        )
        hint = sentence(
            "hint",
            "apply the changed rules in a separate run first; until then, remove this change "
            "from the files",
        )
        yield refuse_plan(RuleId.LOOSENED, message, hint)
    base = index.live.settings.applied
    commit = (base.commit if base else None) or _IN_NO_COMMIT
    if facts.lost_rules and not is_lifted(commit, facts):
        message = sentence(
            "refusal",
            "these rules were last applied and changed since, but this checkout does not have "
            "them: {rules}",
            rules=Listing(tuple(rule.partition("@")[0] for rule in facts.lost_rules)),
        )
        hint = sentence(
            "hint",
            "fetch the whole history (fetch-depth: 0); if it is lost, apply once with {option}",
            option=f"--allow-rollback={short_commit(commit)}",
        )
        yield refuse_plan(RuleId.LOOSENED, message, hint)
