"""A lock of the log-in does not shut out the owner: browsers that they have logged in with are counted alone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from reconciler.portal.actions import attempts, known_browsers
from reconciler.portal.rules.principals import SYSTEM
from reconciler.portal.rules.problems import Problem
from reconciler.portal.store.store import Store
from tests.pages.reader import Reader
from tests.portal.accounts import OTHER, PASSWORD, activate, bearer, newest, secret_of
from tests.portal.harness import Api, Clock, refused

WRONG = "Falsch-ist-7"


@pytest.fixture
def api(store: Store) -> Api:
    return Api.of(store)


@pytest.fixture
def people(api: Api) -> list[dict[str, Any]]:
    """Two people of one customer who have set their passwords."""
    _, found = api.a_customer("manager", "requester")
    for person in found:
        activate(api, person["email"])
    return found


@pytest.fixture
def email(people: list[dict[str, Any]]) -> str:
    return str(people[0]["email"])


def log_in(reader: Reader, email: str, password: str = PASSWORD) -> int:
    """The status that this browser gets for an address and a password."""
    reader.open("/login")
    answer = reader.post("/login", data={**reader.form_to("/login").values, "email": email, "password": password})
    return int(answer.status_code)


def known_browser(store: Store, email: str) -> Reader:
    """A browser that somebody has logged in with and out again."""
    reader = Reader.of(store)
    assert log_in(reader, email) == 200
    reader.open("/requests")
    reader.submit("/logout")
    return reader


def guess_everywhere(store: Store, email: str) -> None:
    """Guess from many hosts until nobody may try any more."""
    with store.write(SYSTEM) as work:
        for number in range(100):
            attempts.count_password_attempt(work, email, f"203.0.113.{number // 5}")


def with_mark(reader: Reader, mark: str) -> Reader:
    """The browser with this mark in the place of its own."""
    reader.cookies.delete("portal_known")
    reader.cookies.set("portal_known", mark)
    return reader


def test_the_owner_comes_in_while_others_guess(store: Store, api: Api, email: str) -> None:
    reader, stranger = known_browser(store, email), Reader.of(store)
    guess_everywhere(store, email)
    assert log_in(stranger, email) == 429
    assert log_in(reader, email) == 200
    assert log_in(stranger, email) == 429, "that the owner came in says nothing about the guesses"
    refused(api.post("/sessions", json={"email": email, "password": PASSWORD}), "rate-limited")


def test_a_known_browser_has_a_count_of_its_own(store: Store, clock: Clock, email: str) -> None:
    reader, second = known_browser(store, email), known_browser(store, email)
    assert [log_in(reader, email, WRONG) for _ in range(6)] == [401] * 5 + [429]
    assert [log_in(second, email), log_in(Reader.of(store), email)] == [200, 200]
    clock.move(seconds=30)
    assert log_in(reader, email) == 200
    reader.open("/requests")
    reader.submit("/logout")
    assert [log_in(reader, email, WRONG) for _ in range(5)] == [401] * 5, "what was right forgave what was wrong"


def test_a_mark_is_of_one_person_and_nobody_makes_one(store: Store, people: list[dict[str, Any]]) -> None:
    mine, theirs = (person["email"] for person in people)
    mark = known_browser(store, mine).cookies["portal_known"]
    guess_everywhere(store, mine)
    guess_everywhere(store, theirs)
    person, random, until, seal = mark.split(".")
    forged = [
        "", "...", "x" * 4000, mark[:-1], f"{people[1]['id']}.{random}.{until}.{seal}", f"{person}.{'0' * 32}.{until}.{seal}",
        f"{person}.{random}.2099-01-01T00:00:00Z.{seal}", f"{person}.{random}.{until}.{'0' * 64}", f"{mark}.{seal}",
    ]  # fmt: skip
    assert [log_in(with_mark(Reader.of(store), each), mine) for each in forged] == [429] * len(forged)
    assert log_in(with_mark(Reader.of(store), mark), theirs) == 429
    assert log_in(with_mark(Reader.of(store), mark), mine) == 200


def test_a_mark_ends_with_its_days(store: Store, clock: Clock, email: str) -> None:
    reader = known_browser(store, email)
    clock.move(days=known_browsers.DAYS, seconds=1)
    guess_everywhere(store, email)
    assert log_in(reader, email) == 429


def test_another_password_ends_the_marks_of_all_browsers(store: Store, api: Api, email: str) -> None:
    reader = known_browser(store, email)
    api.post("/resets", json={"email": email})
    secret = secret_of(newest(api, email, "reset"), "reset")
    assert api.post("/resets/confirmations", json={"secret": secret, "password": OTHER}).status_code == 204
    guess_everywhere(store, email)
    assert log_in(reader, email, OTHER) == 429


def test_whoever_changes_their_password_keeps_this_browser(store: Store, email: str) -> None:
    reader = known_browser(store, email)
    log_in(reader, email)
    reader.open("/account")
    reader.submit("/account/password", old=PASSWORD, password=OTHER, repeat=OTHER)
    guess_everywhere(store, email)
    reader.submit("/logout")
    assert log_in(reader, email, OTHER) == 200


@pytest.mark.parametrize("how", ["readdressed", "removed"])
def test_another_address_and_a_removal_end_a_mark(
    store: Store, api: Api, clock: Clock, people: list[dict[str, Any]], how: str
) -> None:
    person = people[1]
    mark = known_browser(store, person["email"]).cookies["portal_known"]
    row = api.row(f"/contacts/{person['id']}")
    clock.move(seconds=1)
    if how == "removed":
        row = api.act(f"/contacts/{person['id']}/offboard", row)
        api.act(f"/contacts/{person['id']}/restore", row)
        email = person["email"]
    else:
        email = "new@acme.example"
        assert api.write("PATCH", f"/contacts/{person['id']}", row["version"], {"email": email}).status_code == 200
    activate(api, email)
    guess_everywhere(store, email)
    assert log_in(with_mark(Reader.of(store), mark), email) == 429


def test_guesses_elsewhere_keep_nobody_from_another_password(store: Store, api: Api, email: str) -> None:
    session = bearer(api.post("/sessions", json={"email": email, "password": PASSWORD}).json())
    guess_everywhere(store, email)
    body = {"old": PASSWORD, "new": OTHER}
    assert api.put("/account/password", json=body, headers=session).status_code == 200


def test_who_asks_for_mails_elsewhere_uses_up_no_reset_of_a_known_browser(store: Store, api: Api, email: str) -> None:
    reader = known_browser(store, email)
    for _ in range(5):
        assert api.post("/resets", json={"email": email}).status_code == 202
    refused(api.post("/resets", json={"email": email}), "rate-limited")
    for status in [200] * 5 + [429]:
        reader.open("/reset")
        reader.submit("/reset", status, email=email)
    assert api.mails().count(("reset", email)) == 10


@pytest.mark.parametrize(
    ("base_url", "name", "secure"),
    [("http://testserver", "portal_known", False), ("https://portal.example", "__Host-portal_known", True)],
)
def test_no_script_reads_the_mark_and_no_other_host_gets_it(
    store: Store, email: str, base_url: str, name: str, secure: bool
) -> None:
    reader = Reader.of(replace(store, base_url=base_url))
    reader.base_url = base_url
    reader.open("/login")
    form = reader.form_to("/login").values
    answer = reader.post("/login", data={**form, "email": email, "password": PASSWORD}, follow_redirects=False)
    (kept,) = [cookie for cookie in answer.headers.get_list("set-cookie") if cookie.startswith(f"{name}=")]
    attributes = {part.strip().lower() for part in kept.split(";")[1:]}
    assert attributes >= {"httponly", "samesite=lax", "path=/", f"max-age={180 * 86400}"}
    assert ("secure" in attributes) is secure


def test_ipv6_counts_by_the_56_and_by_the_48_around_it(store: Store) -> None:
    with store.write(SYSTEM) as work:
        for number in range(50):
            attempts.count_password_attempt(work, f"p{number}@acme.example", f"2001:db8:1:{number % 256:x}::{number}")
        with pytest.raises(Problem):
            attempts.count_password_attempt(work, "p@acme.example", "2001:db8:1:ff::1")
        for number in range(150):
            attempts.count_password_attempt(work, f"q{number}@acme.example", f"2001:db8:1:{number % 3 + 1}00::{number}")
        with pytest.raises(Problem):
            attempts.count_password_attempt(work, "q@acme.example", "2001:db8:1:f00::1")
        attempts.count_password_attempt(work, "q@acme.example", "2001:db8:2::1")
