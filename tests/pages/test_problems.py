"""What a person sees when something does not work."""

from __future__ import annotations

import base64
import json

import pytest
from fastapi import FastAPI
from sqlalchemy.exc import OperationalError

from reconciler.portal.app import check_policies, create_app
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
    assert "Das Portal ist gerade ausgelastet." in reader.open("/team", 503)


def test_every_page_forbids_what_it_does_not_need(store: Store) -> None:
    reader = Reader.staff(store)
    reader.open("/admin/contacts")
    headers = reader.page.headers
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
    assert (headers["x-content-type-options"], headers["cache-control"]) == ("nosniff", "no-store")


def test_a_page_without_an_operation_stops_the_server(store: Store) -> None:
    app: FastAPI = create_app(store)

    @app.get("/open-to-all")
    def forgotten() -> str:
        return "oops"

    with pytest.raises(LookupError, match="/open-to-all has no policy"):
        check_policies(app)


def test_a_page_says_what_was_done_once_and_only_when_it_was(store: Store) -> None:
    _, people, _ = Api.of(store).managed("manager", "requester")
    reader, path = Reader.contact(store, people[0]["id"]), f"/team/{people[1]['id']}"
    assert "Deleted." not in reader.open(f"{path}?done=removed")
    assert "Saved." in reader.submit(path, name="Rita Ruiz")
    assert str(reader.page.url).endswith(path)
    assert "Saved." not in reader.open(path)
    reader.cookies.set("portal_done", "<b>anything</b>")
    assert "anything" not in reader.open(path)


@pytest.mark.parametrize("to", ["//elsewhere.example", "https://elsewhere.example/", "/\\elsewhere.example"])
def test_the_language_switch_leads_to_no_other_site(store: Store, to: str) -> None:
    reader = Reader.of(store)
    reader.open("/nowhere", 404)
    form = reader.form_to("/language")
    answer = reader.post("/language", data={**form.values, "language": "fr", "to": to}, follow_redirects=False)
    assert answer.headers["location"] == "/"


def test_looking_at_a_page_in_another_language_does_not_change_the_language_of_mails(store: Store) -> None:
    api = Api.of(store)
    _, people, _ = api.managed("manager")
    reader = Reader.contact(store, people[0]["id"])
    before = api.row(f"/contacts/{people[0]['id']}")
    reader.open("/team")
    reader.submit("/language", language="de")
    assert "<h1>Team</h1>" in reader.page.text
    assert 'lang="de"' in reader.open("/account")
    assert api.row(f"/contacts/{people[0]['id']}") == before
    reader.submit("/account", language="fr")
    assert 'lang="fr"' in reader.page.text, "the pages follow the account again"
    row = api.row(f"/contacts/{people[0]['id']}")
    assert (row["language"], row["touched"]["language"]["actor"]) == ("fr", "self")


def test_a_nul_in_a_form_is_refused_wherever_it_stands(store: Store) -> None:
    reader = Reader.of(store)
    reader.open("/login")
    assert "That did not work" in reader.submit("/login", 400, email="a\0b@acme.example", password="x")


FORGED = (
    ["\ud800", "b"], [2**63, 2**63], [-(2**63) - 1, 0], [True, False], [1, 2], ["a\0", "x"], ["a", "b"], [1.5, 1],
    [None, None], [[], {}], ["a"], {"a": 1}, "ab", 7,
)  # fmt: skip
LISTS = ("/requests", "/admin/contacts", "/admin/customers", "/admin/history", "/admin/outbox")


@pytest.mark.parametrize("mark", FORGED, ids=ascii)
def test_a_page_mark_that_nobody_gave_is_refused_or_followed(store: Store, mark: object) -> None:
    reader = Reader.staff(store)
    text = base64.urlsafe_b64encode(json.dumps(mark).encode()).decode().rstrip("=")
    for path in LISTS:
        assert reader.get(path, params={"after": text}).status_code in {200, 400}, path


@pytest.mark.parametrize("mark", ["", "%", "é", "A", "W1tb" * 150, "/w"])
def test_what_is_no_page_mark_is_refused(store: Store, mark: str) -> None:
    reader = Reader.staff(store)
    for path in LISTS:
        assert reader.get(path, params={"after": mark}).status_code in {400, 422}, path


def test_a_nul_in_an_address_is_a_problem_in_the_readers_own_form(store: Store) -> None:
    reader = Reader.of(store, "de")
    for path in ("/%00", "/requests/a%00b", "/login?to=%00"):
        text = reader.open(path, 400)
        assert reader.page.headers["content-type"].startswith("text/html")
        assert "\0" not in text
    for path in ("/api/v1/contacts/%00", "/healthz%00"):
        assert reader.get(path).headers["content-type"] == "application/problem+json"


def test_after_a_bug_the_connection_is_said_to_end(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> object:
        raise LookupError("a bug")

    monkeypatch.setattr("reconciler.portal.pages.site.home_path", broken)
    with Reader(create_app(store), base_url="http://testserver", raise_server_exceptions=False) as reader:
        reader.cookies = Reader.staff(store).cookies
        answer = reader.get("/")
    assert (answer.status_code, answer.headers["connection"]) == (500, "close")
    assert answer.headers["content-type"].startswith("text/html")
