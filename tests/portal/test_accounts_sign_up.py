"""Signing up: who gets how far, without anybody learning who or which customers are there."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.portal.actions import staff
from reconciler.portal.mail.inert import inert
from reconciler.portal.rules.principals import SYSTEM
from reconciler.portal.server.jobs import forget_ended_access
from reconciler.portal.store import tables as t
from reconciler.portal.store.store import Store
from tests.portal.accounts import newest, secret_of, statements
from tests.portal.harness import Api, Clock, refused

RITA = {"name": "Rita Ruiz", "email": "rita@acme.example", "role": "observer", "language": "fr"}


def sign_up(api: Api, **more: Any) -> dict[str, Any]:
    """The neutral answer."""
    answer = api.post("/sign-ups", json={**RITA, **more})
    assert answer.status_code == 202, answer.text
    said: dict[str, Any] = answer.json()
    return said


def confirm(api: Api, email: str = RITA["email"]) -> str:
    """What became of it when the newest link is opened."""
    answer = api.post("/sign-ups/confirmations", json={"secret": secret_of(newest(api, email, "confirm"), "confirm")})
    assert answer.status_code == 200, answer.text
    return str(answer.json()["status"])


def mode(api: Api, sign_up: str) -> None:
    api.write("PATCH", "/settings", api.row("/settings")["version"], {"sign_up": sign_up})


def registrations(api: Api) -> list[dict[str, Any]]:
    return api.items("/contacts", status="unapproved")


def test_the_domain_of_the_address_decides_the_customer(api: Api) -> None:
    home, _ = api.a_customer(email_domains=["ACME.example", "münchen.example"])
    sign_up(api)
    assert registrations(api) == []
    assert confirm(api) == "waiting"
    sign_up(api, email="rita@xn--mnchen-3ya.example")
    assert confirm(api, "rita@xn--mnchen-3ya.example") == "waiting"
    first, second = sorted(registrations(api), key=lambda row: str(row["email"]))
    assert (first["customer"], second["customer"]) == (home["id"], home["id"])
    assert (first["role"], first["language"], first["status"]) == ("observer", "fr", "unapproved")
    assert first["registration"]["fingerprint"].startswith("sha256:")
    assert first["touched"]["presence"] == {"by": "a registrant", "actor": "self", "at": "2026-11-23T12:00:00Z"}


def test_a_registration_code_decides_before_the_domain_and_only_while_it_is_valid(api: Api) -> None:
    api.a_customer(email_domains=["acme.example"])
    other, _ = api.a_customer(name="Beta")
    path = f"/customers/{other['id']}/registration-code"
    code = api.write("POST", path, 1).json()["registration_code"]
    sign_up(api, code=f" {code.lower()} ")
    confirm(api)
    assert registrations(api)[0]["customer"] == other["id"]
    newer = api.write("POST", path, 2).json()["registration_code"]
    assert newer != code
    assert api.write("DELETE", path, 3).status_code == 204
    for number, old in enumerate((code, newer)):
        sign_up(api, email=f"r{number}@elsewhere.example", code=old)
        confirm(api, f"r{number}@elsewhere.example")
    assert sorted(str(row["customer"]) for row in registrations(api)) == sorted([other["id"], "None", "None"])


def test_without_code_and_domain_an_administrator_decides(api: Api) -> None:
    api.a_customer(email_domains=["acme.example"])
    for name in ("Beta", "Gamma"):
        api.a_customer(name=name, email_domains=["shared.example"])
    for email in ("a@elsewhere.example", "b@shared.example", "c@sub.acme.example"):
        sign_up(api, email=email)
        assert confirm(api, email) == "waiting"
    assert {row["customer"] for row in registrations(api)} == {None}


def test_an_archived_customer_decides_nothing(api: Api) -> None:
    home, _ = api.a_customer(email_domains=["acme.example"])
    sign_up(api)
    api.act(f"/customers/{home['id']}/archive", home)
    confirm(api)
    sign_up(api, email="late@acme.example")
    confirm(api, "late@acme.example")
    assert [row["customer"] for row in registrations(api)] == [None, None]


def test_a_closed_portal_takes_no_sign_ups(api: Api) -> None:
    mode(api, "closed")
    refused(api.post("/sign-ups", json=RITA), "forbidden")
    assert api.mails() == []


def test_an_open_portal_lets_in_whom_a_customer_vouches_for_as_requester_at_most(api: Api) -> None:
    home, _ = api.a_customer(email_domains=["acme.example"])
    mode(api, "open")
    sign_up(api, role="manager")
    assert confirm(api) == "invited"
    (rita,) = api.items("/contacts", email=RITA["email"])
    assert (rita["status"], rita["role"], rita["customer"], rita["language"]) == (
        "invited", "requester", home["id"], "fr",
    )  # fmt: skip
    assert newest(api, RITA["email"], "activation")["language"] == "fr"
    sign_up(api, email="nobody@elsewhere.example")
    assert confirm(api, "nobody@elsewhere.example") == "waiting"


def test_who_was_removed_or_rejected_does_not_come_back_by_herself(api: Api) -> None:
    home, (leaver,) = api.a_customer("requester", email_domains=["acme.example"])
    api.act(f"/contacts/{leaver['id']}/offboard", leaver)
    mode(api, "open")
    sign_up(api, email=leaver["email"])
    assert confirm(api, leaver["email"]) == "waiting"
    (waiting,) = registrations(api)
    api.act(f"/contacts/{waiting['id']}/reject", waiting)
    sign_up(api, email=leaver["email"].upper())
    assert confirm(api, leaver["email"].upper()) == "waiting"
    assert home["id"] == registrations(api)[0]["customer"]


def test_a_second_sign_up_neither_duplicates_nor_reveals(api: Api, clock: Clock) -> None:
    first, second = sign_up(api), sign_up(api, name="Somebody Else", role="manager")
    assert first == second
    secrets = [secret_of(mail, "confirm") for mail in api.items("/outbox", kind="confirm")]
    assert len(set(secrets)) == 2
    assert api.post("/sign-ups/confirmations", json={"secret": secrets[0]}).json() == {"status": "waiting"}
    refused(api.post("/sign-ups/confirmations", json={"secret": secrets[1]}), "not-found")
    clock.move(seconds=1)
    assert sign_up(api) == first
    assert confirm(api) == "waiting"
    assert len(registrations(api)) == 1


def test_an_address_that_has_access_is_told_so_in_its_own_mailbox_only(api: Api) -> None:
    home, (manager, invited) = api.a_customer("manager", "observer")
    with api.store.write(SYSTEM) as work:
        work.get("contact", manager["id"])["status"] = "active"
        person = staff.add(
            work, {"name": "Lee", "email": "lee@provider.example", "kind": "project_manager", "language": "de"}
        )
        person["status"] = "active"
    unknown = sign_up(api)
    for email in (manager["email"].upper(), invited["email"], "LEE@provider.example"):
        assert sign_up(api, email=email) == unknown
    told = {mail["to"]: mail for mail in api.items("/outbox", kind="known")}
    assert set(told) == {manager["email"], invited["email"], "lee@provider.example"}
    assert "invited" in told[invited["email"]]["text"]
    assert "already has access" in told[manager["email"]]["text"]
    assert told["lee@provider.example"]["language"] == "de"
    assert [mail["to"] for mail in api.items("/outbox", kind="confirm")] == [RITA["email"]]
    assert all("Rita" not in mail["text"] for mail in told.values())
    assert home["id"]


def test_access_that_came_meanwhile_makes_the_link_say_so(api: Api) -> None:
    home, _ = api.a_customer()
    sign_up(api)
    api.create("/contacts", customer=home["id"], name="Rita Ruiz", email=RITA["email"], role="requester")
    assert confirm(api) == "known"
    assert registrations(api) == []


def test_a_link_works_for_a_day(api: Api, store: Store, clock: Clock) -> None:
    sign_up(api)
    secret = secret_of(newest(api, RITA["email"], "confirm"), "confirm")
    clock.move(hours=24, seconds=1)
    refused(api.post("/sign-ups/confirmations", json={"secret": secret}), "not-found")
    forget_ended_access(store)
    with store.read() as connection:
        assert connection.execute(t.sign_ups.select()).all() == []


def test_administrators_hear_of_a_registration_when_its_address_is_confirmed(api: Api) -> None:
    with api.store.write(SYSTEM) as work:
        for name, kind, language, status in (
            ("Ada", "administrator", "de", "active"), ("Bea", "administrator", "en", "invited"),
            ("Lee", "project_manager", "en", "active"),
        ):  # fmt: skip
            person = staff.add(
                work, {"name": name, "email": f"{name.lower()}@provider.example", "kind": kind, "language": language}
            )
            person["status"] = status
    sign_up(api)
    assert api.items("/outbox", kind="registered") == []
    confirm(api)
    (mail,) = api.items("/outbox", kind="registered")
    (row,) = registrations(api)
    assert (mail["to"], mail["language"]) == ("ada@provider.example", "de")
    assert f"Rita Ruiz ({inert('rita@acme.example')})" in mail["text"]
    assert f"/admin/contacts/{row['id']}" in mail["text"]


def test_strangers_put_no_words_of_theirs_into_mails_to_others(api: Api) -> None:
    sign_up(api, name="Win a Prize")
    assert "Prize" not in newest(api, RITA["email"], "confirm")["text"]
    for name in ("see https://evil.example", "open evil.example/login", "me@evil.example", "a\r\nBcc: b", " "):
        refused(api.post("/sign-ups", json={**RITA, "name": name}), "unprocessable")
    for more in ({"customer": "cus_1"}, {"status": "active"}, {"services": "all"}, {"protected": True}):
        refused(api.post("/sign-ups", json={**RITA, **more}), "unprocessable")
    refused(api.post("/sign-ups", json={**RITA, "email": "a@b.example, c@d.example"}), "unprocessable")


def test_an_address_gets_five_mails_a_day_and_known_ones_no_other_number(api: Api, clock: Clock) -> None:
    _, (manager,) = api.a_customer("manager")
    for email in (RITA["email"], manager["email"]):
        for _ in range(3):
            sign_up(api, email=email)
        for _ in range(2):
            assert api.post("/resets", json={"email": email}).status_code == 202
        answer = api.post("/sign-ups", json={**RITA, "email": email})
        refused(answer, "rate-limited")
        assert answer.headers["retry-after"] == "86400"
        refused(api.post("/resets", json={"email": email.upper()}), "rate-limited")
    clock.move(days=1)
    sign_up(api)


def test_a_host_asks_for_twenty_mails_an_hour(api: Api, clock: Clock) -> None:
    for number in range(20):
        sign_up(api, email=f"r{number}@acme.example")
    answer = api.post("/sign-ups", json={**RITA, "email": "r20@acme.example"})
    refused(answer, "rate-limited")
    assert int(answer.headers["retry-after"]) == 3600
    clock.move(hours=1)
    sign_up(api, email="r20@acme.example")


@pytest.mark.parametrize("route", ["/sign-ups", "/resets"])
def test_known_and_unknown_addresses_cost_the_same_statements(api: Api, store: Store, route: str) -> None:
    _, (manager, invited) = api.a_customer("manager", "observer")
    with store.write(SYSTEM) as work:
        work.get("contact", manager["id"])["status"] = "active"
    cost = {}
    for email in (manager["email"], invited["email"], "unknown@acme.example"):
        body = {**RITA, "email": email} if route == "/sign-ups" else {"email": email}
        with statements(store) as sent:
            answer = api.post(route, json=body)
        cost[email] = (answer.status_code, answer.content, sorted(_without_laws(sent)))
    known, pending, unknown = cost.values()
    assert known[:2] == pending[:2] == unknown[:2]
    extra = [one for one in known[2] if one not in unknown[2]]
    assert [one.split(" (")[0].split(" WHERE")[0] for one in extra if not one.startswith("SELECT")] in (
        [], ["INSERT INTO outbox"],
    )  # fmt: skip
    assert abs(len(known[2]) - len(unknown[2])) <= 3


def _without_laws(sent: list[str]) -> list[str]:
    """The statements of the writing transaction: what the test build asks afterwards does not count."""
    last = max(place for place, one in enumerate(sent) if one.startswith("INSERT"))
    return sent[: last + 1]
