"""A handover keeps what the work could do: whatever the portal offered the leaver, it offers the heir.

The portal itself is asked, on the request's page and by the API, before and after. No list of services takes
part: it says what may be ordered, not what may be done with what was ordered.
"""

from __future__ import annotations

import itertools
import os
from typing import Any

import pytest

from reconciler.portal.rules.states import OPEN, RequestState
from reconciler.portal.store.store import Store
from tests.pages.reader import Reader, forms_of
from tests.portal.accounts import activate
from tests.portal.harness import past_the_portal
from tests.portal.office import Office, an_office, upload

ROLES = ("requester", "manager")


SOAK = "SOAK" in os.environ


@pytest.fixture
def office(store: Store) -> Office:
    return an_office(store)


def a_person(office: Office, name: str, role: str, services: Any) -> dict[str, Any]:
    return office.admin.create(
        "/contacts", customer=office.home["id"], name=name, email=f"{name.lower()}@acme.example", role=role,
        services=services,
    )  # fmt: skip


def requests_of(office: Office, person: dict[str, Any], *states: str) -> dict[str, str]:
    """A request of the person in each of these states, with a file, of a service that not everybody may order."""
    found = {}
    for state in states:
        files = [upload(office.admin)["id"]]
        sent = office.send(office.admin, *files, owner=person["id"], service="certified")
        if state == RequestState.QUOTE_BEING_MADE:
            past_the_portal(office.admin.store, sent["id"], state)
        else:
            office.admin.bring(sent, state)
        found[state] = sent["id"]
    return found


def offered(store: Store, person: dict[str, Any], requests: dict[str, str]) -> dict[str, set[str]]:
    """By state what the portal offers to the person, who is active, on these requests."""
    reader = Reader.contact(store, person["id"])
    found = {}
    for state, id in requests.items():
        page = reader.open(f"/requests/{id}")
        actions = [form.action for form in forms_of(page)] + [f"/requests/{id}/read"]
        if f'href="/requests/{id}/files.zip"' in page and reader.get(f"/requests/{id}/files.zip").is_success:
            actions.append(f"/requests/{id}/download")
        found[state] = {each.rpartition("/")[2] for each in actions if each.startswith(f"/requests/{id}/")}
    return found


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize("heir_role", ROLES)
@pytest.mark.parametrize("leaver_role", ROLES)
def test_whatever_could_be_done_with_open_work_the_heir_can_do(
    office: Office, store: Store, leaver_role: str, heir_role: str
) -> None:
    lists = (["certified"], ["internal"])
    cases = list(itertools.product(lists, lists, ("active", "invited")))
    # The short form takes half of them, in which every two values meet.
    for n, (of_leaver, of_heir, status) in enumerate(cases if SOAK else (cases[at] for at in (0, 3, 5, 6))):
        leaver = a_person(office, f"Leaver{n}", leaver_role, of_leaver)
        heir = a_person(office, f"Heir{n}", heir_role, of_heir)
        if status == "active":
            activate(office.admin, heir["email"])
        inherited, own = requests_of(office, leaver, *OPEN), requests_of(office, heir, "quoted")
        before = offered(store, leaver, inherited)
        own_before = None if status == "invited" else offered(store, heir, own)
        assert before["quoted"] >= {"accept", "decline", "download", "read"}
        leaver = office.admin.row(f"/contacts/{leaver['id']}")
        office.admin.act(f"/contacts/{leaver['id']}/offboard", leaver, work_to=heir["id"])
        if status == "invited":
            assert office.admin.row(f"/contacts/{heir['id']}")["status"] == "invited"
            activate(office.admin, heir["email"])
        after, own_after = offered(store, heir, inherited), offered(store, heir, own)
        assert {state: before[state] - after[state] for state in OPEN} == {state: set() for state in OPEN}
        assert own_before in (None, own_after)


@pytest.mark.parametrize("role", ROLES)
def test_an_heir_who_may_not_order_the_service_accepts_and_declines_all_the_same(
    office: Office, store: Store, role: str
) -> None:
    leaver, heir = a_person(office, "Lea", "requester", "all"), a_person(office, "Hans", role, [])
    quotes = [requests_of(office, leaver, "quoted")["quoted"] for _ in range(2)]
    leaver = office.admin.row(f"/contacts/{leaver['id']}")
    office.admin.act(f"/contacts/{leaver['id']}/offboard", leaver, work_to=heir["id"])
    reader = Reader.contact(store, heir["id"])
    reader.open(f"/requests/{quotes[0]}")
    reader.submit(f"/requests/{quotes[0]}/accept")
    reader.open(f"/requests/{quotes[1]}")
    reader.submit(f"/requests/{quotes[1]}/decline", reason="too late")
    states = [office.admin.row(f"/requests/{id}")["state"] for id in quotes]
    assert states == ["in_progress", "cancelled"]
    office.do(office.pm, "deliver", quotes[0], files=[{"upload": upload(office.pm)["id"], "language": "de"}])
    assert reader.get(f"/requests/{quotes[0]}/files.zip?kind=delivery").status_code == 200


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_cancelled_request_of_a_leaver_is_revived_only_for_somebody_who_is_there(office: Office) -> None:
    leaver, heir = a_person(office, "Lea", "requester", "all"), a_person(office, "Hans", "requester", "all")
    inherited = requests_of(office, leaver, "quoted", "quote_pending")
    office.do(office.pm, "cancel", inherited["quoted"], reason="no time")
    leaver = office.admin.row(f"/contacts/{leaver['id']}")
    office.admin.act(f"/contacts/{leaver['id']}/offboard", leaver, work_to=heir["id"])
    refusal = office.do(office.pm, "revive", inherited["quoted"], status=409)
    assert refusal["type"] == "no-heir"
    office.do(office.pm, "approve", inherited["quote_pending"])
    office.do(office.pm, "cancel", inherited["quote_pending"], reason="no time")
    assert office.do(office.pm, "revive", inherited["quote_pending"])["owner"] == heir["id"]
