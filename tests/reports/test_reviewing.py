"""What a reviewer reads first: whole new values, few lines of what does not matter, what is not final."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from reconciler.model.desired import Leaving, RegistrationRef
from reconciler.model.live import Registration, Status
from reconciler.model.plan import Facts, Plan
from reconciler.model.roles import Role
from reconciler.model.values import FieldChange
from reconciler.planning import make_plan
from reconciler.reports.as_json import plan_json
from reconciler.reports.markdown import plan_markdown
from reconciler.reports.redaction import redact_plan
from reconciler.reports.summary import summary_line
from reconciler.reports.text import drift_text, plan_text
from tests.builders import (
    applied,
    contact,
    customer,
    customer_in_portal,
    desired,
    in_portal,
    live,
    portal_of,
    with_policy,
)

MARA = contact("mara-meyer", role="manager")


def test_a_new_value_is_whole_and_the_one_before_it_may_be_cut() -> None:
    long = "x" * 400
    change = first_change(FieldChange("description", long, long + "y"))
    shown = plan_text(change)
    assert f"{long}y" in shown
    assert "… (400 characters)" in shown


def first_change(field: FieldChange) -> Plan:
    """A plan of one change of this field of a customer."""
    acme = customer(contacts=[contact("mara-meyer", role="manager")], description=field.after)
    before = customer_in_portal(
        acme, description=field.before, applied=applied({**acme.fields, "description": field.before})
    )
    people = [in_portal(one) for one in acme.contacts.values()]
    return make_plan(desired(acme), live(before, *people), Facts())


def test_unmanaged_objects_are_counted_and_the_first_few_named() -> None:
    free: dict[str, Any] = {"owner": None, "external_key": None, "applied": None}
    acme = customer(contacts=[contact("mara-meyer", role="manager")])
    strays = [in_portal(contact(f"stray-{number}"), **free) for number in range(8)]
    people = [in_portal(one) for one in acme.contacts.values()]
    plan = make_plan(desired(acme), live(customer_in_portal(acme), *people, *strays), Facts())
    shown = plan_text(plan)
    assert "Unmanaged: 8 objects without a file; never written" in shown
    assert "and 3 more; reconciler drift lists them" in shown
    assert "stray-5@" not in shown
    assert all(f"stray-{number}@" in drift_text(plan) for number in range(8))


def test_the_commit_of_a_dirty_tree_says_so() -> None:
    plan = replace(make_plan(desired(customer(contacts=[MARA])), live(), Facts()), commit="f" * 40, dirty=True)
    assert f"commit {'f' * 12}-dirty" in plan_text(plan)
    assert f"`{'f' * 12}-dirty`" in plan_markdown(plan)
    assert json.loads(plan_json(plan))["dirty"] is True
    assert json.loads(plan_json(plan))["commit"] == "f" * 40


def test_a_coming_departure_is_not_the_same_as_no_changes() -> None:
    leaver = contact(
        "jane-doe", leaves=Leaving("2027-03-31", "left"), **{"leaves.on": "2027-03-31", "leaves.reason": "left"}
    )
    acme = customer(contacts=[contact("mara-meyer", role="manager"), leaver])
    plan = make_plan(desired(acme), portal_of(acme), Facts())
    assert plan.changes == ()
    assert summary_line(plan) == "No changes today. 1 departure is coming."


def test_many_similar_warnings_are_counted_after_the_first_few() -> None:
    people = [contact(f"person-{number}") for number in range(7)]
    acme = customer(contacts=[contact("mara-meyer", role="manager"), *people])
    rows = [in_portal(one, status=Status.LINK_EXPIRED) for one in people]
    state = live(customer_in_portal(acme), in_portal(acme.contacts["mara-meyer"]), *rows)
    plan = make_plan(desired(acme), state, Facts())
    shown = plan_text(plan)
    assert shown.count("[link-expired]") == 6
    assert "warning: acme: and 2 more [link-expired]" in shown
    assert len(json.loads(plan_json(plan))["warnings"]) == 7


WISH = Registration(
    "reg-7f3c", "con_7", 3, "cus_acme", "Nina R.", "nina@acme.example", Role.MANAGER, "fr", "sha256:seen"
)


def test_an_approval_shows_what_the_sign_up_asked_for() -> None:
    nina = contact("nina-roth", registration=RegistrationRef("reg-7f3c", "sha256:seen"), language="de")
    acme = customer(contacts=[MARA, nina])
    state = replace(live(customer_in_portal(acme), in_portal(MARA)), registrations={"reg-7f3c": WISH})
    plan = make_plan(desired(acme), state, Facts())
    wish = "= the sign-up asked for: access as a manager, name Nina R., address nina@acme.example, language fr"
    assert wish in plan_text(plan)
    # Only the portal knows this address, and a redacted plan names nobody.
    assert "address n…@acme.example" in plan_markdown(plan)
    assert "Nina R." not in plan_text(redact_plan(plan))


def test_a_swap_of_addresses_shows_whose_mailbox_opens_a_managers_login() -> None:
    jane = contact("jane-doe")
    swapped = [contact("mara-meyer", role="manager", email=jane.email), contact("jane-doe", email=MARA.email)]
    plan = make_plan(desired(customer(contacts=swapped)), portal_of(customer(contacts=[MARA, jane])), Facts())
    power = plan_text(plan).partition("\n\n")[2].partition("\n\n")[0]
    assert power.startswith("Power and access")
    line = f"acme/mara-meyer logs in as manager from the mailbox {jane.email}, until now the login of acme/jane-doe"
    assert line in power


def test_a_new_manager_with_a_colleagues_mailbox_is_shown_in_the_same_way() -> None:
    jane = contact("jane-doe")
    people = [MARA, contact("jane-doe", email="j@acme.example"), contact("eva-fuchs", role="manager", email=jane.email)]
    plan = make_plan(desired(customer(contacts=people)), portal_of(customer(contacts=[MARA, jane])), Facts())
    assert "acme/eva-fuchs logs in as manager from the mailbox jane-doe@acme.example" in plan_text(plan)


@pytest.mark.parametrize(
    ("leavers", "people", "share"),
    [(21, 104, "20.1 %"), (201, 1000, "20.1 %"), (2001, 10000, "20.01 %"), (30, 100, "30 %")],
)
def test_a_percentage_beyond_the_limit_is_not_rounded_into_it(leavers: int, people: int, share: str) -> None:
    policy = replace(desired().policy, removals_at_most=10_000, removals_percent=20, removals_per_customer_percent=100)
    everybody = [contact(f"person-{number}") for number in range(people - 1)]
    before, after = customer(contacts=[MARA, *everybody]), customer(contacts=[MARA, *everybody[leavers:]])
    state = with_policy(portal_of(before), policy)
    plan = make_plan(desired(after, policy=policy), state, Facts())
    (message,) = (str(one.message) for one in plan.refusals if one.rule == "too-many-removals")
    assert f"{leavers} of {people} people ({share}); the limit is {people // 5} (20 %" in message
