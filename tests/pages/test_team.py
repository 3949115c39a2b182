"""The manager's team page, as a manager sees and uses it."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.portal.store.store import Store
from tests.pages.reader import Reader
from tests.portal.harness import Api

Team = tuple[Reader, Api, list[dict[str, Any]]]


@pytest.fixture
def team(store: Store) -> Team:
    api = Api.of(store)
    _, people = api.a_customer("manager", "requester", "observer", "requester")
    return Reader.contact(store, people[0]["id"]), api, people


def test_a_manager_sees_her_team_and_who_is_gone_when_she_asks(team: Team) -> None:
    reader, api, people = team
    api.act(f"/contacts/{people[3]['id']}/offboard", api.row(f"/contacts/{people[3]['id']}"), reason="left")
    assert "Requester 3" not in reader.open("/team")
    assert "Requester 1" in reader.page.text
    assert "Requester 3" in reader.open("/team?removed=true")


def test_a_manager_changes_a_role(team: Team) -> None:
    reader, api, people = team
    reader.open(f"/team/{people[2]['id']}")
    assert "Saved." in reader.submit(f"/team/{people[2]['id']}", role="manager")
    row = api.row(f"/contacts/{people[2]['id']}")
    assert (row["role"], row["touched"]["role"]["actor"]) == ("manager", "manager")


def test_deleting_somebody_with_open_work_needs_an_heir_who_receives_it(team: Team) -> None:
    reader, api, people = team
    request = api.a_request(people[1])
    reader.open(f"/team/{people[1]['id']}")
    assert "Choose who takes over the open requests" in reader.submit(f"/team/{people[1]['id']}/remove", 422, heir="")
    reader.open(f"/team/{people[1]['id']}")
    reader.submit(f"/team/{people[1]['id']}/remove", heir=people[3]["id"])
    assert api.row(f"/contacts/{people[1]['id']}")["status"] == "removed"
    assert api.row(f"/requests/{request['id']}")["owner"] == people[3]["id"]


def test_a_demotion_to_observer_hands_the_work_over_first(team: Team) -> None:
    reader, api, people = team
    request = api.a_request(people[1])
    reader.open(f"/team/{people[1]['id']}")
    reader.submit(f"/team/{people[1]['id']}", role="observer", heir=people[0]["id"])
    assert api.row(f"/requests/{request['id']}")["owner"] == people[0]["id"]
    assert api.row(f"/contacts/{people[1]['id']}")["role"] == "observer"


def test_a_manager_reassigns_work(team: Team) -> None:
    reader, api, people = team
    request = api.a_request(people[1])
    reader.open(f"/team/{people[1]['id']}")
    reader.submit(f"/team/{people[1]['id']}/reassign", heir=people[3]["id"])
    assert api.row(f"/requests/{request['id']}")["owner"] == people[3]["id"]


def test_a_manager_does_nothing_to_herself(team: Team) -> None:
    reader, api, people = team
    assert f'href="/team/{people[0]["id"]}"' not in reader.open("/team")
    reader.open(f"/team/{people[0]['id']}", 404)
    reader.open(f"/team/{people[1]['id']}")
    form = reader.form_to(f"/team/{people[1]['id']}/remove")
    answer = reader.post(f"/team/{people[0]['id']}/remove", data=form.values)
    assert answer.status_code == 404
    assert api.row(f"/contacts/{people[0]['id']}")["status"] == "active"


def test_people_of_another_customer_are_not_there(team: Team, store: Store) -> None:
    reader, api, _ = team
    _, others = api.a_customer("requester", name="Other")
    reader.open(f"/team/{others[0]['id']}", 404)


def test_a_requester_has_no_team_page(team: Team, store: Store) -> None:
    _, _, people = team
    reader = Reader.contact(store, people[1]["id"])
    reader.open("/team", 403)
    assert 'href="/team"' not in reader.page.text


def test_what_git_manages_says_so_and_warns(store: Store) -> None:
    api = Api.of(store)
    _, people, _ = api.managed("manager", "requester")
    reader = Reader.contact(store, people[0]["id"], "fr")
    path, page = "customers/acme/contacts/requester-1.yaml", f"/{people[1]['id']}"
    api.a_request(people[1])
    assert "géré de façon centrale" in reader.open("/team")
    assert path not in reader.page.text
    told = "L’accès de cette personne est géré de façon centrale."
    assert reader.open(f"/team{page}").count(told) == len(["edit", "reassign", "delete"])
    ada = Reader.staff(store, language="fr")
    assert ada.open(f"/admin/contacts{page}").count(f"Le fichier {path} gère cet élément.") == 3


def test_a_form_sent_twice_acts_once(team: Team) -> None:
    reader, api, people = team
    reader.open(f"/team/{people[1]['id']}")
    form = reader.form_to(f"/team/{people[1]['id']}")
    first = reader.post(form.action, data={**form.values, "name": ["Rita Ruiz"]}, follow_redirects=False)
    again = reader.post(form.action, data={**form.values, "name": ["Rita Ruiz"]}, follow_redirects=False)
    assert (first.status_code, again.status_code) == (303, 303)
    changes = [entry for entry in api.row("/changes")["items"] if entry["what"] == "PATCH contacts"]
    assert len(changes) == 1


def test_a_form_that_shows_an_older_version_changes_nothing(team: Team) -> None:
    reader, api, people = team
    reader.open(f"/team/{people[1]['id']}")
    form = reader.form_to(f"/team/{people[1]['id']}")
    api.write(
        "PATCH",
        f"/contacts/{people[1]['id']}",
        api.row(f"/contacts/{people[1]['id']}")["version"],
        {"name": "New Name"},
    )
    answer = reader.post(form.action, data=form.values)
    assert answer.status_code == 412
    assert api.row(f"/contacts/{people[1]['id']}")["name"] == "New Name"


@pytest.mark.parametrize("headers", [{"Origin": "https://elsewhere.example"}, {"Sec-Fetch-Site": "cross-site"}])
def test_a_form_of_another_site_is_refused(team: Team, headers: dict[str, str]) -> None:
    reader, _, people = team
    reader.open(f"/team/{people[1]['id']}")
    form = reader.form_to(f"/team/{people[1]['id']}")
    assert reader.post(form.action, data=form.values, headers=headers).status_code == 403


def test_a_form_without_its_mark_is_refused(team: Team) -> None:
    reader, _, people = team
    reader.open(f"/team/{people[1]['id']}")
    form = reader.form_to(f"/team/{people[1]['id']}")
    assert reader.post(form.action, data={**form.values, "mark": ["0" * 64]}).status_code == 403
