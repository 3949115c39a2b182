"""The same bytes for the same inputs: whatever the order of mappings, files and hash seeds."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reconciler.model.desired import DesiredState
from reconciler.model.live import LiveState
from reconciler.model.plan import Facts, Plan
from reconciler.planning import make_plan
from reconciler.reports.as_json import plan_json
from tests.builders import contact, customer, desired, farewell, in_portal, live, portal_of
from tests.examples import examples
from tests.planning.strategies import desired_states, live_states

ROOT = Path(__file__).parents[2]
SHOWS_A_PLAN = """
from tests.planning.test_determinism import everything_at_once, fingerprint
print(fingerprint(everything_at_once()), end="")
"""


def fingerprint(plan: Plan) -> str:
    """Every byte of a plan that anybody could show."""
    return plan_json(plan)


def everything_at_once() -> Plan:
    """A plan with creations, moves, handovers, refusals and edits over several customers."""
    people = [contact(f"c-{n}", role="manager" if n == 0 else "requester") for n in range(8)]
    there = [contact(f"c-{n}", "beta", email=people[n].email) for n in (6, 7)]
    boss = contact("boss", "beta", role="manager")
    after = desired(
        customer(contacts=[*people[:4], contact("new"), contact("c-5", role="observer")], farewells=[farewell("c-4")]),
        customer("beta", [boss, *there], email_domains=("beta.example", "b.example")),
        customer("gamma", [contact("g", "gamma")]),
    )
    before = portal_of(customer(contacts=people), customer("beta", [boss]))
    strangers = [in_portal(contact(f"s-{n}"), owner=None, external_key=None, applied=None) for n in range(4)]
    return make_plan(after, replace(before, contacts={**before.contacts, **{s.id: s for s in strangers}}), Facts())


def shuffled(mapping: Any, order: st.DataObject) -> dict[str, Any]:
    return dict(order.draw(st.permutations(sorted(mapping.items(), key=lambda pair: str(pair[0])))))


@settings(
    max_examples=examples(100), deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(desired_states(), live_states(), st.data())
def test_the_order_of_files_and_rows_does_not_show(tree: DesiredState, portal: LiveState, order: st.DataObject) -> None:
    folders = {
        key: replace(
            folder, contacts=shuffled(folder.contacts, order), farewells=shuffled(folder.farewells, order),
            fields=shuffled(folder.fields, order),
        )
        for key, folder in tree.customers.items()
    }  # fmt: skip
    names = ("customers", "contacts", "services", "registrations", "requests")
    rows: dict[str, Any] = {name: shuffled(getattr(portal, name), order) for name in names}
    same = make_plan(replace(tree, customers=shuffled(folders, order)), replace(portal, **rows), Facts())
    plan = make_plan(tree, portal, Facts())
    assert (fingerprint(same), same) == (fingerprint(plan), plan)


@pytest.mark.parametrize("seed", ["0", "1", "4711"])
def test_another_hash_seed_gives_the_same_bytes(seed: str) -> None:
    environment = {**os.environ, "PYTHONHASHSEED": seed}
    shown = subprocess.run(
        [sys.executable, "-c", SHOWS_A_PLAN], env=environment, cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert shown.stdout == fingerprint(everything_at_once())


def test_row_ids_do_not_order_or_name_anything() -> None:
    before = portal_of(customer(contacts=[contact("a"), contact("b")]))
    renamed = {row.id: f"con_{9 - number}" for number, row in enumerate(before.contacts.values())}
    other = replace(before, contacts={renamed[id]: replace(row, id=renamed[id]) for id, row in before.contacts.items()})
    tree = desired(customer(contacts=[contact("c")]))
    plans = [make_plan(tree, state, Facts()) for state in (before, other)]
    assert fingerprint(plans[0]) == fingerprint(plans[1])
    assert [c.id for c in plans[0].changes] == [c.id for c in plans[1].changes]


def test_the_portals_clock_is_part_of_no_id() -> None:
    tree = desired(customer(contacts=[contact("a")]))
    early, late = (
        make_plan(tree, replace(live(), now=now), Facts()) for now in ("2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z")
    )
    assert early.as_of != late.as_of
    assert [change.id for change in early.changes] == [change.id for change in late.changes]
    assert [group.digest for group in early.groups] == [group.digest for group in late.groups]
