"""Who cannot log in although the files are right: said by plans, and by the doctor for everybody."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from reconciler.model.live import LiveContact, Status
from reconciler.model.plan import Facts, Plan
from reconciler.planning import LostAccess, find_lost_access, make_plan
from tests.builders import OWNER, contact, customer, customer_in_portal, desired, in_portal, live, removed

MARA = contact("mara-meyer", role="manager")
JANE = contact("jane-doe")
EXPIRED = Status.LINK_EXPIRED


def plan(people: list[Any], *rows: LiveContact) -> Plan:
    acme = customer(contacts=people)
    return make_plan(desired(acme), live(customer_in_portal(acme), *rows), Facts())


def warnings(found: Plan) -> list[tuple[str, str | None]]:
    return [(one.rule, one.contact) for one in found.warnings]


def test_an_expired_link_is_a_warning_of_the_plan() -> None:
    found = plan([MARA, JANE], in_portal(MARA), in_portal(JANE, status=EXPIRED))
    assert (found.changes, warnings(found)) == ((), [("link-expired", "jane-doe")])


def test_a_customer_whose_only_manager_has_an_expired_link_is_a_warning_of_its_own() -> None:
    found = plan([MARA, JANE], in_portal(MARA, status=EXPIRED), in_portal(JANE))
    assert warnings(found) == [("manager-cannot-log-in", None), ("link-expired", "mara-meyer")]
    assert "mara-meyer" in str(found.warnings[0].message)


@pytest.mark.parametrize("status", [Status.ACTIVE, Status.INVITED])
def test_another_manager_who_can_log_in_is_enough(status: Status) -> None:
    eva = contact("eva-fuchs", role="manager")
    found = plan([MARA, eva], in_portal(MARA, status=EXPIRED), in_portal(eva, status=status))
    assert warnings(found) == [("link-expired", "mara-meyer")]


def test_what_the_plan_repairs_is_no_warning() -> None:
    corrected = contact("mara-meyer", role="manager", email="mara@acme.example")
    row = in_portal(MARA, status=EXPIRED)
    assert warnings(plan([corrected, JANE], row, in_portal(JANE))) == []
    assert warnings(plan([JANE, contact("eva-fuchs", role="manager")], row, in_portal(JANE))) == []


def test_everybody_is_found_by_their_display_name_managed_or_not() -> None:
    acme, beta = customer(contacts=[MARA]), customer("beta")
    free: dict[str, Any] = {"owner": None, "external_key": None, "applied": None}
    unmanaged = in_portal(contact("bea", "beta", role="manager"), status=EXPIRED, **free)
    archived = replace(customer_in_portal(customer("old")), removal=removed())
    gone = in_portal(contact("olaf", "old", role="manager"), status=EXPIRED)
    state = live(
        customer_in_portal(acme), in_portal(MARA, status=EXPIRED), customer_in_portal(beta), unmanaged, archived, gone
    )
    assert find_lost_access(state, OWNER) == LostAccess(("acme/mara-meyer", "beta/bea@beta.example"), ("acme", "beta"))
