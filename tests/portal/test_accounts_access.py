"""Links, log-in, resets and one's own account: what opens the door, what closes it, and what it tells strangers."""

from __future__ import annotations

import concurrent.futures
from typing import Any

import pytest
from argon2 import PasswordHasher

from reconciler.portal.actions import attempts, passwords
from reconciler.portal.rules.principals import SYSTEM
from reconciler.portal.rules.problems import Problem
from reconciler.portal.server.jobs import expire_links
from reconciler.portal.store import tables as t
from reconciler.portal.store.store import Store
from tests.portal.accounts import (
    OTHER,
    PASSWORD,
    activate,
    bearer,
    let_in,
    log_in,
    newest,
    secret_of,
    statements,
)
from tests.portal.harness import Api, Clock, key, refused


@pytest.fixture
def manager(api: Api) -> dict[str, Any]:
    """A manager who was invited."""
    _, (found,) = api.a_customer("manager")
    return found


def reset_secret(api: Api, email: str) -> str:
    assert api.post("/resets", json={"email": email}).status_code == 202
    return secret_of(newest(api, email, "reset"), "reset")


def set_by_reset(api: Api, secret: str, password: str = OTHER) -> Any:
    return api.post("/resets/confirmations", json={"secret": secret, "password": password})


def failed(api: Api, email: str, password: str = "Falsch-ist-7") -> Any:
    return api.post("/sessions", json={"email": email, "password": password})


def test_a_link_works_for_as_long_as_the_settings_said_when_it_was_sent(
    api: Api, store: Store, clock: Clock, manager: dict[str, Any]
) -> None:
    first = secret_of(newest(api, manager["email"], "activation"), "activate")
    api.write("PATCH", "/settings", 1, {"activation": {"expire_after_days": 2}})
    later = api.create(
        "/contacts", customer=manager["customer"], name="Late", email="late@acme.example", role="observer"
    )
    assert "25 November 2026" in newest(api, later["email"], "activation")["text"]
    clock.move(days=2, seconds=1)
    assert expire_links(store) == 1
    assert api.row(f"/contacts/{later['id']}")["status"] == "link_expired"
    second = secret_of(newest(api, later["email"], "activation"), "activate")
    refused(api.post("/activations", json={"secret": second, "password": PASSWORD}), "not-found")
    assert api.post("/activations", json={"secret": first, "password": PASSWORD}).status_code == 204


@pytest.mark.parametrize(
    ("password", "why"), [("Kurz1ab", "short"), ("Password1!", "common"), ("kleine-buchstaben-7", "kinds"), ("Manager-2026", "common")]
)  # fmt: skip
def test_a_weak_password_does_not_use_the_link_up(api: Api, manager: dict[str, Any], password: str, why: str) -> None:
    secret = secret_of(newest(api, manager["email"], "activation"), "activate")
    problem = api.post("/activations", json={"secret": secret, "password": password})
    found = refused(problem, "unprocessable")
    assert found.get("weakness", "short") == why
    activate(api, manager["email"])


def test_activating_is_the_persons_own_act_in_the_history(api: Api, manager: dict[str, Any]) -> None:
    let_in(api, manager["email"])
    last = api.get("/changes").json()["items"][-1]
    assert (last["what"], last["by"], last["actor"], last["after"]) == (
        "activate", "Manager 0", "self", {"status": "active"},
    )  # fmt: skip


def test_a_link_to_reset_works_once_for_ten_minutes_and_ends_all_sessions(
    api: Api, clock: Clock, manager: dict[str, Any]
) -> None:
    session = let_in(api, manager["email"])
    stale = reset_secret(api, manager["email"])
    clock.move(minutes=10, seconds=1)
    refused(set_by_reset(api, stale), "not-found")
    secret = reset_secret(api, manager["email"])
    assert api.get("/account", headers=bearer(session)).status_code == 200
    assert set_by_reset(api, secret).status_code == 204
    refused(set_by_reset(api, secret), "not-found")
    refused(api.get("/account", headers=bearer(session)), "unauthenticated")
    refused(failed(api, manager["email"], PASSWORD), "unauthenticated")
    log_in(api, manager["email"], OTHER)


def test_each_link_opens_only_what_it_was_sent_for(api: Api, manager: dict[str, Any]) -> None:
    invitation = secret_of(newest(api, manager["email"], "activation"), "activate")
    refused(set_by_reset(api, invitation), "not-found")
    activate(api, manager["email"])
    reset = reset_secret(api, manager["email"])
    refused(api.post("/activations", json={"secret": reset, "password": PASSWORD}), "not-found")
    api.act(f"/contacts/{manager['id']}/offboard", api.row(f"/contacts/{manager['id']}"))
    refused(set_by_reset(api, reset), "not-found")


def test_nobody_gets_in_by_a_reset_who_was_not_let_in(api: Api, store: Store, manager: dict[str, Any]) -> None:
    for email in (manager["email"], "unknown@acme.example"):
        answer = api.post("/resets", json={"email": email})
        assert (answer.status_code, answer.json()) == (202, {"status": "mailed"})
    assert api.items("/outbox", kind="reset") == []
    assert [mail["to"] for mail in api.items("/outbox", kind="known")] == [manager["email"]]
    with store.read() as connection:
        decoys = connection.execute(t.links.select().where(t.links.c.kind == "reset")).all()
    assert [(row.contact, row.staff) for row in decoys] == [(None, None)] * 2


def test_links_in_mails_lead_to_the_portals_own_address(api: Api, manager: dict[str, Any]) -> None:
    activate(api, manager["email"])
    api.post("/resets", json={"email": manager["email"]}, headers={"Host": "evil.example"})
    assert "http://127.0.0.1:8000/reset/" in newest(api, manager["email"], "reset")["text"]


def test_log_in_answers_the_same_for_known_and_unknown_addresses(
    api: Api, store: Store, clock: Clock, manager: dict[str, Any]
) -> None:
    activate(api, manager["email"])
    for email in (manager["email"], "unknown@acme.example"):
        answers = [failed(api, email) for _ in range(6)]
        assert [answer.status_code for answer in answers] == [401] * 5 + [429]
        assert answers[5].headers["retry-after"] == "30"
        first = answers[0].json()
        assert first.pop("trace")
        assert first == {
            "type": "unauthenticated", "title": "unauthenticated", "status": 401,
            "detail": "wrong address or password",
        }  # fmt: skip
    refused(failed(api, manager["email"], PASSWORD), "rate-limited")
    clock.move(seconds=30)
    log_in(api, manager["email"])
    assert failed(api, manager["email"]).status_code == 401


class Counting(PasswordHasher):
    """The real hasher, which counts."""

    work = 0

    def verify(self, hash: str | bytes, password: str | bytes) -> Any:
        Counting.work += 1
        return super().verify(hash, password)


def test_log_in_does_the_same_work_for_known_and_unknown_addresses(
    api: Api, store: Store, manager: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, (invited, _) = api.a_customer("requester", "observer", name="Beta")
    activate(api, manager["email"])
    monkeypatch.setattr(passwords, "HASHER", Counting(time_cost=2, memory_cost=19 * 1024, parallelism=1))
    cost = []
    for email in (manager["email"], invited["email"], "unknown@acme.example"):
        Counting.work = 0
        with statements(store) as sent:
            refused(failed(api, email), "unauthenticated")
        cost.append((Counting.work, [one for one in sent if one.startswith(("INSERT", "DELETE", "UPDATE"))]))
        assert passwords.is_correct(None, PASSWORD) is False
    assert cost[0] == cost[1] == cost[2]
    assert cost[0][0] == 1


def test_a_hundred_tries_at_once_are_stopped_like_one_after_the_other(api: Api, manager: dict[str, Any]) -> None:
    activate(api, manager["email"])
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: failed(api, manager["email"]).status_code, range(24)))
    assert sorted(found) == [401] * 5 + [429] * 19


def test_who_guesses_elsewhere_locks_nobody_out(api: Api, store: Store, manager: dict[str, Any], clock: Clock) -> None:
    activate(api, manager["email"])
    with store.write(SYSTEM) as work:
        for _ in range(5):
            attempts.count_password_attempt(work, manager["email"], "203.0.113.7")
        for _ in range(40):
            with pytest.raises(Problem):
                attempts.count_password_attempt(work, manager["email"], "203.0.113.7")
    log_in(api, manager["email"])
    with store.write(SYSTEM) as work, pytest.raises(Problem):
        attempts.count_password_attempt(work, manager["email"], "203.0.113.7")


def test_many_hosts_together_guess_a_hundred_times_an_hour(
    api: Api, store: Store, manager: dict[str, Any], clock: Clock
) -> None:
    activate(api, manager["email"])
    with store.write(SYSTEM) as work:
        for number in range(100):
            attempts.count_password_attempt(work, manager["email"], f"203.0.113.{number // 5}")
    refused(failed(api, manager["email"]), "rate-limited")
    clock.move(hours=1)
    log_in(api, manager["email"])


def test_a_host_that_tries_many_addresses_is_stopped_too(api: Api, clock: Clock) -> None:
    with api.store.write(SYSTEM) as work:
        for number in range(50):
            attempts.count_password_attempt(work, f"p{number}@acme.example", "testclient")
    refused(failed(api, "p50@acme.example"), "rate-limited")
    clock.move(minutes=15)
    refused(failed(api, "p50@acme.example"), "unauthenticated")


@pytest.mark.parametrize("email", ["", "x", "@", "a@b@c", "x@" + "y" * 250, "ü@ü", "rs_'; --", "\t", "a\0b@c.example"])
def test_odd_addresses_are_unknown_ones(api: Api, email: str) -> None:
    refused(failed(api, email), "unauthenticated")


def test_half_a_character_is_no_password(api: Api) -> None:
    body = b'{"email": "a@acme.example", "password": "\\ud800"}'
    refused(api.post("/sessions", content=body, headers={"content-type": "application/json"}), "unprocessable")


def test_a_session_ends_by_log_out_and_all_of_them_by_log_out_everywhere(api: Api, manager: dict[str, Any]) -> None:
    first = let_in(api, manager["email"])
    second, third = log_in(api, manager["email"]), log_in(api, manager["email"])
    assert len({first["token"], second["token"], third["token"]}) == 3
    assert api.delete(f"/sessions/{first['id'][:4]}", headers=bearer(first)).status_code == 204
    assert api.get("/account", headers=bearer(first)).status_code == 200
    assert api.delete(f"/sessions/{first['id']}", headers=bearer(second)).status_code == 204
    refused(api.get("/account", headers=bearer(first)), "unauthenticated")
    assert api.delete("/sessions", headers=bearer(second)).status_code == 204
    for session in (second, third):
        refused(api.get("/account", headers=bearer(session)), "unauthenticated")


def test_nobody_ends_somebody_elses_session(api: Api, manager: dict[str, Any]) -> None:
    _, (other,) = api.a_customer("manager", name="Beta")
    mine, theirs = let_in(api, manager["email"]), let_in(api, other["email"])
    assert api.delete(f"/sessions/{theirs['id']}", headers=bearer(mine)).status_code == 204
    assert api.get("/account", headers=bearer(theirs)).status_code == 200


@pytest.mark.parametrize(("span", "ends"), [({"minutes": 31}, True), ({"minutes": 29}, False), ({"hours": 13}, True)])
def test_a_session_ends_from_idleness_and_at_the_end_of_the_day(
    api: Api, clock: Clock, manager: dict[str, Any], span: dict[str, float], ends: bool
) -> None:
    session = let_in(api, manager["email"])
    clock.move(**span)
    assert (api.get("/account", headers=bearer(session)).status_code == 401) is ends


def test_what_a_person_changes_about_herself_is_her_own_act(api: Api, manager: dict[str, Any]) -> None:
    session = bearer(let_in(api, manager["email"]))
    answer = api.get("/account", headers=session)
    tag = answer.headers["etag"]
    sent = {**session, **key(), "If-Match": tag}
    changed = api.patch("/account", json={"name": "Magda Neu", "language": "de"}, headers=sent).json()
    assert (changed["name"], changed["language"]) == ("Magda Neu", "de")
    touched = api.row(f"/contacts/{manager['id']}")["touched"]
    assert {name: touched[name]["actor"] for name in ("name", "language", "role")} == {
        "name": "self", "language": "self", "role": "administrator",
    }  # fmt: skip
    refused(api.patch("/account", json={"name": "Again"}, headers={**sent, **key()}), "stale")
    for body in ({"email": "neu@acme.example"}, {"role": "observer"}, {"services": "all"}, {"name": None}):
        refused(api.patch("/account", json=body, headers={**session, **key(), "If-Match": '"2"'}), "unprocessable")


def test_another_password_needs_the_old_one_and_ends_all_sessions(api: Api, manager: dict[str, Any]) -> None:
    first = let_in(api, manager["email"])
    second = log_in(api, manager["email"])

    def change(old: str, new: str) -> Any:
        return api.put("/account/password", json={"old": old, "new": new}, headers=bearer(first))

    refused(change("Falsch-ist-7", OTHER), "forbidden")
    assert refused(change(PASSWORD, "Password1"), "unprocessable")["weakness"] == "common"
    begun = change(PASSWORD, OTHER)
    assert begun.status_code == 200
    for ended in (first, second):
        refused(api.get("/account", headers=bearer(ended)), "unauthenticated")
    assert api.get("/account", headers=bearer(begun.json())).status_code == 200
    log_in(api, manager["email"], OTHER)
    last = api.get("/changes").json()["items"][-1]
    assert (last["what"], last["actor"], last["after"]) == ("password", "self", {"password": "changed"})


def test_guessing_the_old_password_is_throttled_too(api: Api, manager: dict[str, Any]) -> None:
    session = bearer(let_in(api, manager["email"]))
    body = {"old": "Falsch-ist-7", "new": OTHER}
    found = [api.put("/account/password", json=body, headers=session).status_code for _ in range(6)]
    assert found == [403] * 5 + [429]


def test_a_reset_opens_what_guessing_closed(api: Api, manager: dict[str, Any]) -> None:
    activate(api, manager["email"])
    for _ in range(5):
        failed(api, manager["email"])
    refused(failed(api, manager["email"], PASSWORD), "rate-limited")
    assert set_by_reset(api, reset_secret(api, manager["email"])).status_code == 204
    log_in(api, manager["email"], OTHER)


def test_erasing_forgets_what_a_person_did_to_herself_too(api: Api, manager: dict[str, Any]) -> None:
    api.create("/contacts", customer=manager["customer"], name="Other", email="o@acme.example", role="manager")
    session = bearer(let_in(api, manager["email"]))
    api.patch("/account", json={"name": "Magda Neu"}, headers={**session, **key(), "If-Match": '"1"'})
    api.post("/sign-ups", json={"name": "Magda Neu", "email": manager["email"]})
    gone = api.act(f"/contacts/{manager['id']}/offboard", api.row(f"/contacts/{manager['id']}"))
    api.act(f"/contacts/{manager['id']}/erase", gone)
    for path in ("/snapshot", "/changes", "/outbox", "/contacts?include=removed"):
        text = api.get(path).text
        assert not [name for name in ("Magda Neu", "Manager 0", manager["email"]) if name in text], path


def test_secrets_are_kept_as_digests_only(api: Api, store: Store, manager: dict[str, Any]) -> None:
    session = let_in(api, manager["email"])
    secret = reset_secret(api, manager["email"])
    with store.read() as connection:
        for table in (t.links, t.sessions, t.contacts, t.changes, t.idempotency, t.attempts, t.sign_ups):
            rows = str(connection.execute(table.select()).all())
            assert not [one for one in (session["token"], secret, PASSWORD) if one in rows], table.name
            assert table is not t.attempts or manager["email"] not in rows
