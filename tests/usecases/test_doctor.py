"""What the doctor says of people who cannot log in: warnings, and never a failure."""

from __future__ import annotations

from typing import Any, NoReturn

from reconciler.model.errors import Refused
from reconciler.model.live import LiveState, Status
from reconciler.model.portal import Meta
from reconciler.usecases.doctor import CheckResult, examine
from tests.builders import contact, customer, customer_in_portal, in_portal, live


class OnePortal:
    """A reader of one state."""

    def __init__(self, state: LiveState) -> None:
        self.state = state

    def meta(self) -> Meta:
        return Meta("portal", "Portal", "1", "epoch", 1, self.state.now)

    def live_state(self) -> LiveState:
        return self.state


def no_files() -> NoReturn:
    raise Refused("there are no files here", "go elsewhere")


def results(*rows: Any) -> dict[str, CheckResult]:
    return {one.subject: one for one in examine(no_files, lambda: OnePortal(live(*rows)), {})}


def test_the_doctor_warns_of_expired_links_and_of_customers_that_nobody_manages() -> None:
    people = [contact("mara-meyer", role="manager"), *(contact(f"person-{number}") for number in range(6))]
    acme = customer(contacts=people)
    found = results(customer_in_portal(acme), *(in_portal(one, status=Status.LINK_EXPIRED) for one in people))
    assert (found["links"].is_ok, found["links"].error) == (False, None)
    assert found["links"].message.startswith("7 activation links expired: ")
    assert found["links"].message.endswith(" and 2 more")
    assert (found["managers"].is_ok, found["managers"].error) == (False, None)
    assert "no manager can log in at" in found["managers"].message


def test_the_doctor_says_nothing_of_people_who_can_log_in() -> None:
    acme = customer(contacts=[contact("mara-meyer", role="manager")])
    found = results(customer_in_portal(acme), *map(in_portal, acme.contacts.values()))
    assert {"links", "managers"} & set(found) == set()
