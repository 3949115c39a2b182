"""`reconciler plan`: judged as its apply would be."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from reconciler.adapters.repository import Repository
from reconciler.model.live import LiveState
from reconciler.model.portal import Meta
from reconciler.usecases.plan import PlanOptions, plan
from tests.adapters.repositories import PORTAL, write
from tests.builders import live

SERVICE = """\
services:
  certified: {name: Certified, template: tpl-certified, workflows: [automatic_quote]}
"""
FILES = {
    "portal.yaml": f"{PORTAL}{SERVICE}",
    "customers/acme/customer.yaml": "name: ACME\nservices: [certified]\n",
}


@dataclass(frozen=True)
class Reader:
    state: LiveState

    def meta(self) -> Meta:
        raise AssertionError("a plan needs no meta")

    def live_state(self) -> LiveState:
        return self.state


def test_a_plan_of_one_customer_waits_for_what_its_apply_leaves_out(tmp_path: Path) -> None:
    write(tmp_path, FILES)
    (group,) = plan(Repository(tmp_path), Reader(live()), PlanOptions(customers=("acme",))).groups
    assert (group.name, group.held_back) == ("customers:acme", ("waits-for-service",))
    whole = plan(Repository(tmp_path), Reader(live()), PlanOptions())
    assert [group.name for group in whole.ready] == ["opening:certified", "customers:acme"]
