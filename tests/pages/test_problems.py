"""What a person sees when something does not work."""

from __future__ import annotations

import pytest
from fastapi import APIRouter, FastAPI
from sqlalchemy.exc import OperationalError

from reconciler.portal.api.app import create_app, every_route_has_a_policy
from reconciler.portal.store.store import Store
from tests.pages.reader import Reader
from tests.portal.harness import Api


def test_a_page_that_is_not_there_says_so_in_the_readers_language(store: Store) -> None:
    reader = Reader.of(store, "fr")
    assert "Il n’y a rien ici." in reader.open("/nowhere", 404)
    assert reader.page.headers["content-type"].startswith("text/html")


def test_a_page_behind_the_log_in_leads_there(store: Store) -> None:
    answer = Reader.of(store).get("/team", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/login?to=/team")


def test_without_a_database_a_page_still_speaks(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    reader = Reader.of(store, "de")

    def gone() -> object:
        raise OperationalError("SELECT 1", {}, ConnectionError("gone"))

    monkeypatch.setattr(store.engine, "connect", gone)
    assert "Das Portal ist beschäftigt." in reader.open("/team", 503)


def test_every_page_forbids_what_it_does_not_need(store: Store) -> None:
    reader = Reader.staff(store)
    reader.open("/admin/contacts")
    headers = reader.page.headers
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
    assert (headers["x-content-type-options"], headers["cache-control"]) == ("nosniff", "no-store")


def test_a_page_without_an_operation_stops_the_server(store: Store) -> None:
    app: FastAPI = create_app(store)
    router = APIRouter()

    @router.get("/open-to-all")
    def forgotten() -> str:
        return "oops"

    app.include_router(router)
    with pytest.raises(LookupError, match="/open-to-all has no policy"):
        every_route_has_a_policy(app)


@pytest.mark.parametrize("to", ["//elsewhere.example", "https://elsewhere.example/", "/\\elsewhere.example"])
def test_the_language_switch_leads_to_no_other_site(store: Store, to: str) -> None:
    reader = Reader.of(store)
    reader.open("/nowhere", 404)
    form = reader.form_to("/language")
    answer = reader.post("/language", data={**form.values, "language": "fr", "to": to}, follow_redirects=False)
    assert answer.headers["location"] == "/"


def test_the_language_that_a_person_chooses_is_hers_and_no_edit_of_the_portal(store: Store) -> None:
    api = Api.of(store)
    _, people, _ = api.managed("manager")
    reader = Reader.contact(store, people[0]["id"])
    reader.open("/team")
    reader.submit("/language", language="de")
    assert "<h1>Team</h1>" in reader.page.text
    row = api.row(f"/contacts/{people[0]['id']}")
    assert (row["language"], row["touched"]["language"]["actor"]) == ("de", "self")


def test_a_nul_in_a_form_is_refused_wherever_it_stands(store: Store) -> None:
    reader = Reader.of(store)
    reader.open("/login")
    assert "That did not work" in reader.submit("/login", 400, email="a\0b@acme.example", password="x")
