"""The ways in and out, as people see and use them."""

from __future__ import annotations

import html
import json
from dataclasses import replace
from typing import Any

import pytest

from reconciler.portal.store.store import Store
from tests.pages.reader import Reader
from tests.portal.accounts import OTHER, PASSWORD, activate, newest, secret_of
from tests.portal.harness import Api, Clock


@pytest.fixture
def api(store: Store) -> Api:
    return Api.of(store)


@pytest.fixture
def manager(api: Api) -> dict[str, Any]:
    """A manager who has set her password."""
    _, (found,) = api.a_customer("manager")
    activate(api, found["email"])
    return found


def log_in(reader: Reader, email: str, password: str = PASSWORD, status: int = 200) -> str:
    reader.open("/login?to=/account")
    return reader.submit("/login", status, email=email, password=password)


def test_who_is_not_logged_in_is_taken_to_the_log_in_and_then_back(
    store: Store, api: Api, manager: dict[str, Any]
) -> None:
    reader = Reader.of(store)
    reader.open("/team")
    assert reader.page.url.path == "/login"
    reader.submit("/login", email=manager["email"], password=PASSWORD)
    assert reader.page.url.path == "/team"
    again = reader.get("/login", follow_redirects=False)
    assert (again.status_code, again.headers["location"]) == (303, "/requests")


@pytest.mark.parametrize("to", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"])
def test_nobody_is_taken_to_another_site_after_the_log_in(store: Store, manager: dict[str, Any], to: str) -> None:
    reader = Reader.of(store)
    reader.get("/login", params={"to": to})
    reader.open("/login")
    form = reader.form_to("/login").values
    answer = reader.post(
        "/login", data={**form, "to": to, "email": manager["email"], "password": PASSWORD}, follow_redirects=False
    )
    assert (answer.status_code, answer.headers["location"]) == (303, "/")


def test_a_wrong_password_and_an_unknown_address_look_the_same(store: Store, manager: dict[str, Any]) -> None:
    reader = Reader.of(store)
    known = log_in(reader, manager["email"], "Falsch-ist-7", 401).replace(manager["email"], "")
    unknown = log_in(reader, "unknown@acme.example", "Falsch-ist-7", 401).replace("unknown@acme.example", "")
    assert "The address or the password is wrong." in known
    assert _without_once(known) == _without_once(unknown)
    for _ in range(4):
        log_in(reader, manager["email"], "Falsch-ist-7", 401)
    assert "Try again in 30 seconds" in log_in(reader, manager["email"], PASSWORD, 429)
    assert reader.page.headers["retry-after"] == "30"


def _without_once(text: str) -> str:
    parts = text.split('name="once" value="')
    return parts[0] + "".join(part.partition('"')[2] for part in parts[1:])


def test_the_cookie_of_a_session_is_seen_by_no_script_and_new_at_each_log_in(
    store: Store, api: Api, manager: dict[str, Any]
) -> None:
    reader = Reader.of(store)
    reader.open("/login")
    form = {**reader.form_to("/login").values, "email": manager["email"], "password": PASSWORD}
    answer = reader.post("/login", data=form, follow_redirects=False)
    cookie = next(value for name, value in answer.headers.multi_items() if name == "set-cookie")
    assert {"HttpOnly", "SameSite=lax", "Path=/"} <= set(cookie.split("; "))
    first = reader.cookies["portal"]
    reader.get("/account")
    reader.page = reader.get("/account")
    mark = reader.form_to("/logout").values
    again = reader.post("/login", data={**form, **mark}, follow_redirects=False)
    assert again.status_code == 303
    second = reader.cookies["portal"]
    assert second != first
    old = Reader.of(store)
    old.cookies.set("portal", first)
    assert old.get("/account", follow_redirects=False).status_code == 303


def test_the_session_cookie_is_bound_to_the_host_over_https(store: Store, manager: dict[str, Any]) -> None:
    reader = Reader.of(replace(store, base_url="https://testserver"))
    reader.open("/login")
    form = {**reader.form_to("/login").values, "email": manager["email"], "password": PASSWORD}
    answer = reader.post("/login", data=form, headers={"Cookie": "; ".join(f"{k}={v}" for k, v in _set(reader.page))})
    cookie = next(value for name, value in answer.history[0].headers.multi_items() if name == "set-cookie")
    assert cookie.startswith("__Host-portal=")
    assert "Secure" in cookie


def _set(page: Any) -> list[tuple[str, str]]:
    found = [value.partition(";")[0] for name, value in page.headers.multi_items() if name == "set-cookie"]
    return [(name, value) for name, _, value in (each.partition("=") for each in found)]


def test_logging_out_ends_the_session(store: Store, manager: dict[str, Any]) -> None:
    reader = Reader.of(store)
    log_in(reader, manager["email"])
    token = reader.cookies["portal"]
    reader.open("/account")
    form = reader.form_to("/logout").values
    assert "You are logged out." in reader.submit("/logout")
    reader.cookies.set("portal", token)
    assert reader.get("/account", follow_redirects=False).status_code == 303
    assert reader.post("/logout", data=form).status_code == 200


def test_a_person_signs_up_confirms_and_waits(store: Store, api: Api) -> None:
    home, _ = api.a_customer(email_domains=["acme.example"])
    reader = Reader.of(store, "fr")
    reader.open("/login")
    assert "Inscrivez-vous" in reader.page.text
    reader.open("/sign-up")
    assert "Acme" not in reader.page.text
    assert "Consultez votre messagerie" in reader.submit(
        "/sign-up", name="Rita Ruiz", email="rita@acme.example", role="observer"
    )
    mail = newest(api, "rita@acme.example", "confirm")
    assert mail["language"] == "fr"
    path = f"/confirm/{secret_of(mail, 'confirm')}"
    for _ in range(3):
        reader.open(path)  # a scanner looks too
    assert api.items("/contacts", status="unapproved") == []
    assert "en attente d’approbation" in reader.submit(path)
    (row,) = api.items("/contacts", status="unapproved")
    assert (row["customer"], row["language"], row["role"]) == (home["id"], "fr", "observer")
    assert "en attente d’approbation" in reader.open(path)  # a second click


def test_mistakes_in_a_sign_up_stand_at_their_fields_and_what_was_typed_stays(store: Store, api: Api) -> None:
    reader = Reader.of(store, "de")
    reader.open("/sign-up")
    text = reader.submit("/sign-up", 422, name="Rita www.evil.example", email="rita@", code="ABC")
    assert "Das ist keine E-Mail-Adresse." in text
    assert 'aria-invalid="true"' in text
    assert reader.form_to("/sign-up").values["code"] == ["ABC"]
    assert api.mails() == []


def test_a_closed_portal_says_whom_to_ask(store: Store, api: Api) -> None:
    reader = Reader.of(store)
    reader.open("/sign-up")
    form = reader.form_to("/sign-up").values
    api.write("PATCH", "/settings", 1, {"sign_up": "closed"})
    assert "cannot sign up yourself" in reader.open("/sign-up")
    assert "/sign-up" not in reader.open("/login")
    answer = reader.post("/sign-up", data={**form, "name": "R", "email": "r@acme.example"})
    assert answer.status_code == 403


def test_the_sixth_sign_up_of_an_address_has_to_wait(store: Store, api: Api) -> None:
    reader = Reader.of(store)
    for _ in range(5):
        reader.open("/sign-up")
        reader.submit("/sign-up", name="Rita", email="rita@acme.example")
    reader.open("/sign-up")
    assert "Try again in 86,400 seconds" in reader.submit("/sign-up", 429, name="Rita", email="rita@acme.example")


@pytest.mark.parametrize("language", ["en", "fr", "de"])
def test_a_password_is_set_behind_the_link_and_a_scanner_does_not_use_it_up(
    store: Store, api: Api, language: str
) -> None:
    home, _ = api.a_customer(language=language)
    api.create("/contacts", customer=home["id"], name="Rita Ruiz", email="rita@acme.example", role="requester")
    mail = newest(api, "rita@acme.example", "activation")
    assert mail["language"] == language
    path = f"/activate/{secret_of(mail, 'activate')}"
    reader = Reader.of(store, language)
    for _ in range(3):
        assert "rita@acme.example" in reader.open(path)
    reader.submit(path, 422, password="kurz", repeat="kurz")
    reader.submit(path, 422, password="Ruiz-2026-Rita", repeat="Ruiz-2026-Rita")
    assert 'id="m-password"' in reader.page.text
    reader.submit(path, 422, password=PASSWORD, repeat=OTHER)
    assert 'id="m-repeat"' in reader.page.text
    form = {**reader.form_to(path).values, "password": PASSWORD, "repeat": PASSWORD}
    assert reader.post(path, data=form).url.path == "/login"
    assert reader.post(path, data=form).url.path == "/login", "a second click is the first one"
    reader.open(path, 404)
    log_in(reader, "rita@acme.example")
    assert reader.page.url.path == "/account"


def test_a_forgotten_password_is_set_anew(store: Store, api: Api, clock: Clock, manager: dict[str, Any]) -> None:
    other = Reader.of(store)
    log_in(other, manager["email"])
    reader = Reader.of(store)
    reader.open("/reset")
    said = reader.submit("/reset", email=manager["email"])
    reader.open("/reset")
    unknown = reader.submit("/reset", email="unknown@acme.example")
    assert _without_once(unknown) == _without_once(said)
    path = f"/reset/{secret_of(newest(api, manager['email'], 'reset'), 'reset')}"
    reader.open(path)
    reader.submit(path, password=OTHER, repeat=OTHER)
    assert other.get("/account", follow_redirects=False).status_code == 303
    log_in(reader, manager["email"], OTHER)
    reader.open("/account")
    assert "Request a new one" in reader.open(path, 404)


def test_a_person_edits_herself_and_the_history_says_so(store: Store, api: Api, manager: dict[str, Any]) -> None:
    reader = Reader.of(store)
    log_in(reader, manager["email"])
    assert "Only an administrator can change it" in reader.open("/account")
    assert "Gespeichert." in reader.submit("/account", name="Magda Neu", language="de")
    row = api.row(f"/contacts/{manager['id']}")
    assert (row["name"], row["language"], row["touched"]["name"]["actor"]) == ("Magda Neu", "de", "self")
    reader.submit("/account", 422, name="", language="de")
    reader.open("/account")
    form = reader.form_to("/account").values
    reader.submit("/account", name="Magda", language="")
    assert api.row(f"/contacts/{manager['id']}")["language"] is None
    stolen = {**form, "once": "x" * 22, "email": "evil@acme.example", "role": "observer", "name": "X"}
    assert reader.post("/account", data=stolen).status_code == 412
    assert api.row(f"/contacts/{manager['id']}")["email"] == manager["email"]


def test_another_password_ends_the_other_sessions_and_keeps_this_one(
    store: Store, api: Api, manager: dict[str, Any]
) -> None:
    here, elsewhere = Reader.of(store), Reader.of(store)
    log_in(here, manager["email"])
    log_in(elsewhere, manager["email"])
    here.open("/account")
    text = here.submit("/account/password", 422, old="Falsch-ist-7", password=OTHER, repeat=OTHER)
    assert "This is not your current password." in text
    here.submit("/account/password", 422, old=PASSWORD, password="Password1", repeat="Password1")
    assert "Your password was changed." in here.submit("/account/password", old=PASSWORD, password=OTHER, repeat=OTHER)
    here.open("/account")
    assert elsewhere.get("/account", follow_redirects=False).status_code == 303
    here.open("/account")
    assert "You are logged out on all devices." in here.submit("/account/log-out")


def test_a_removed_contact_is_logged_out_at_once(store: Store, api: Api) -> None:
    _, (_, jane) = api.a_customer("manager", "requester")
    activate(api, jane["email"])
    reader = Reader.of(store)
    log_in(reader, jane["email"])
    reader.open("/account")
    api.act(f"/contacts/{jane['id']}/offboard", api.row(f"/contacts/{jane['id']}"))
    assert reader.get("/account", follow_redirects=False).status_code == 303
    log_in(reader, jane["email"], PASSWORD, 401)


def test_forms_of_strangers_need_our_mark_too(store: Store, manager: dict[str, Any]) -> None:
    reader = Reader.of(store)
    for path in ("/login", "/sign-up", "/reset"):
        reader.open(path)
        form = {**reader.form_to(path).values, "email": manager["email"], "password": PASSWORD, "name": "R"}
        assert reader.post(path, data={**form, "mark": "0" * 64}).status_code == 403
        assert reader.post(path, data=form, headers={"Origin": "https://evil.example"}).status_code == 403
    assert "portal" not in reader.cookies


@pytest.mark.parametrize("path", ["/activate/secret", "/reset/secret", "/confirm/secret", "/login/sign-on/back"])
def test_an_address_with_a_secret_is_told_to_nothing_that_its_page_fetches(store: Store, path: str) -> None:
    answer = Reader.of(store).get(path, follow_redirects=False)
    assert answer.headers["referrer-policy"] == "strict-origin"


def test_logging_out_clears_what_the_browser_was_shown_and_no_page_is_kept_for_going_back(store: Store) -> None:
    reader = Reader.staff(store)
    reader.open("/admin/contacts")
    assert reader.page.headers["cache-control"] == "no-store"
    config = html.unescape(reader.page.text.split('name="htmx-config" content=\'')[1].split("'")[0])
    assert json.loads(config)["historyCacheSize"] == 0, "else the script keeps pages in the browser's storage"
    answer = reader.post("/logout", data=reader.form_to("/logout").values, follow_redirects=False)
    assert (answer.status_code, answer.headers["clear-site-data"]) == (303, '"cache", "storage"')
    assert answer.headers["cache-control"] == "no-store"
