"""What a manager may do by the API with a colleague, and what she learns and sends by it."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.portal.actions import registrations
from reconciler.portal.rules.principals import SYSTEM
from reconciler.portal.store.store import Store
from tests.pages.reader import Reader
from tests.portal.accounts import activate
from tests.portal.harness import Api, key, refused


@pytest.fixture
def people(api: Api) -> list[dict[str, Any]]:
    _, found = api.a_customer("manager", "requester", "requester")
    return found


@pytest.fixture
def manager(api: Api, store: Store, people: list[dict[str, Any]]) -> dict[str, str]:
    """The headers with which a manager asks."""
    return {"Authorization": f"Bearer {Reader.contact(store, people[0]['id']).cookies['portal']}"}


def edit(api: Api, manager: dict[str, str], person: dict[str, Any], **fields: str) -> Any:
    version = api.row(f"/contacts/{person['id']}")["version"]
    return api.patch(f"/contacts/{person['id']}", json=fields, headers={**manager, **key(), "If-Match": f'"{version}"'})


def test_a_manager_does_not_hear_who_has_an_address_and_only_by_changing_it_that_somebody_has(
    api: Api, manager: dict[str, str], people: list[dict[str, Any]]
) -> None:
    _, (stranger,) = api.a_customer("requester", name="Other")
    api.a_request(people[1])
    tried = {"role": "observer", "email": stranger["email"]}
    heard = [edit(api, manager, people[1], **{**tried, "email": email}) for email in (stranger["email"], "n@x.example")]
    assert [refused(each, "no-heir")["detail"] for each in heard] == [heard[0].json()["detail"]] * 2
    taken = refused(edit(api, manager, people[2], email=stranger["email"]), "address-taken")
    assert taken["detail"] == f"the address '{stranger['email']}' is the login of somebody"
    known = api.write("PATCH", f"/contacts/{people[2]['id']}", 1, {"email": stranger["email"]})
    assert "another contact" in refused(known, "address-taken")["detail"], "the provider reads whose it is"


def test_a_manager_sends_mails_to_few_new_addresses_a_day_and_no_links(
    api: Api, manager: dict[str, str], people: list[dict[str, Any]]
) -> None:
    refused(edit(api, manager, people[1], name="You won: www.evil.example"), "unprocessable")
    for number in range(20):
        assert edit(api, manager, people[1], email=f"n{number}@acme.example").status_code == 200
    answer = edit(api, manager, people[1], email="n20@acme.example")
    assert refused(answer, "rate-limited")
    assert answer.headers["retry-after"] == "86400"
    assert edit(api, manager, people[1], name="Rita Ruiz").status_code == 200
    row = api.row(f"/contacts/{people[1]['id']}")
    assert (
        api.write("PATCH", f"/contacts/{row['id']}", row["version"], {"email": "n20@acme.example"}).status_code == 200
    )
    activate(api, "n20@acme.example")


def test_registrants_are_between_them_and_the_administrators(
    api: Api, store: Store, manager: dict[str, str], people: list[dict[str, Any]]
) -> None:
    with store.write(SYSTEM) as work:
        home = work.get("customer", people[0]["customer"])
        rita = {"name": "Rita Ruiz", "email": "rita@acme.example", "role": "requester", "language": "fr"}
        id = registrations.register(work, home, rita).id
    seen = api.get("/contacts", params={"include": "removed"}, headers=manager).json()["items"]
    assert {row["id"] for row in seen} == {person["id"] for person in people}
    assert api.get("/contacts", params={"status": "unapproved"}, headers=manager).json()["items"] == []
    refused(api.get(f"/contacts/{id}", headers=manager), "not-found")
    changed = {**manager, **key(), "If-Match": '"1"'}
    refused(api.patch(f"/contacts/{id}", json={"name": "Me"}, headers=changed), "not-found")
    handed = api.post(f"/contacts/{people[1]['id']}/hand-over", json={"work_to": id}, headers={**changed, **key()})
    refused(handed, "not-found")
    assert [row["id"] for row in api.items("/contacts", status="unapproved")] == [id]


def test_no_word_tells_what_is_not_there_from_what_is_others(
    api: Api, manager: dict[str, str], people: list[dict[str, Any]]
) -> None:
    _, (stranger,) = api.a_customer("manager", name="Other")
    foreign = {"contact": stranger["id"], "request": api.a_request(stranger)["id"]}
    for kind, id in foreign.items():
        for known in (id, f"{id[:-4]}0000"):
            said = f"there is no {kind} '{known}'"
            headers = {**manager, **key(), "If-Match": '"1"'}
            reading = api.get(f"/{kind}s/{known}", headers=manager)
            assert refused(reading, "not-found")["detail"] == said
            answers: dict[str, tuple[str, dict[str, Any] | None]] = {
                "contact": (f"/contacts/{known}/offboard", {}), "request": (f"/requests/{known}/accept", None),
            }  # fmt: skip
            path, body = answers[kind]
            assert refused(api.post(path, json=body, headers=headers), "not-found")["detail"] == said
    for heir in (stranger["id"], f"{stranger['id'][:-4]}0000"):
        headers = {**manager, **key(), "If-Match": '"1"'}
        answer = api.post(f"/contacts/{people[1]['id']}/hand-over", json={"work_to": heir}, headers=headers)
        assert refused(answer, "not-found")["detail"] == f"there is no contact '{heir}'"
