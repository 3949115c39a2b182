"""A hint that names a flag helps: the same plan with the flag is not refused for the same reason."""

from __future__ import annotations

import re
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.desired import DesiredState, Policy
from reconciler.model.live import LiveState
from reconciler.model.plan import Permissions, Plan
from reconciler.model.rules import RuleId
from reconciler.planning import make_plan
from tests.planning.strategies import desired_states, live_states
from tests.planning.test_properties import FACTS, thorough

policies = st.builds(
    Policy,
    removals_percent=st.sampled_from([0, 20, 100]),
    removals_at_least=st.integers(0, 3),
    removals_small_customer=st.integers(0, 3),
    mails_per_run=st.integers(0, 5),
)


def flags_of(plan: Plan) -> dict[str, set[int]]:
    """The numbers that the hints of a plan offer, by flag."""
    offers = re.findall(r"(--allow-(?:removals|mails)) (\d+)", " ".join(str(each.hint) for each in plan.refusals))
    return {flag: {int(number) for name, number in offers if name == flag} for flag, _ in offers}


@thorough
@given(desired_states(), live_states(), policies, st.data())
def test_the_number_that_a_hint_offers_is_the_one_that_the_plan_takes(
    tree: DesiredState, portal: LiveState, policy: Policy, data: st.DataObject
) -> None:
    tree = replace(tree, policy=replace(policy, portal_edits=tree.policy.portal_edits))
    wrong = data.draw(st.sampled_from([Permissions(), Permissions(allow_removals=77), Permissions(allow_mails=77)]))
    offered = flags_of(make_plan(tree, portal, replace(FACTS, permissions=wrong)))
    assert all(len(numbers) == 1 for numbers in offered.values()), offered
    removals, mails = (next(iter(offered.get(flag, [None]))) for flag in ("--allow-removals", "--allow-mails"))
    again = make_plan(tree, portal, replace(FACTS, permissions=Permissions(removals, mails)))
    rules = {refusal.rule for refusal in again.refusals}
    if removals is not None:
        assert RuleId.TOO_MANY_REMOVALS not in rules, [str(each.message) for each in again.refusals]
    if mails is not None:
        assert RuleId.TOO_MANY_MAILS not in rules, [str(each.message) for each in again.refusals]
