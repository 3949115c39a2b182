"""The provider's people: invited, edited, removed, never the last administrator; and who may see them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from reconciler.portal.actions import sessions
from reconciler.portal.rules.principals import SYSTEM
from reconciler.portal.store.store import Store
from tests.portal.accounts import OTHER, PASSWORD, activate, bearer, let_in, log_in, mails_as_sent, newest, secret_of
from tests.portal.harness import Api, Clock, key, refused

ADA = {"name": "Ada Quist", "email": "ada.quist@provider.example", "kind": "administrator", "language": "de"}
LEE = {"name": "Lee Marsh", "email": "lee@provider.example", "kind": "project_manager"}


def test_people_of_the_provider_are_invited_in_their_language_and_log_in(api: Api) -> None:
    ada = api.create("/staff", **ADA)
    assert (ada["status"], ada["language"]) == ("invited", "de")
    mail = newest(api, ADA["email"], "activation")
    assert "alles verwalten" in mail["text"]
    refused(api.post("/sessions", json={"email": ADA["email"], "password": PASSWORD}), "unauthenticated")
    session = let_in(api, ADA["email"])
    assert (session["staff"], session["contact"]) == (ada["id"], None)
    account = api.get("/account", headers=bearer(session))
    assert (account.json()["kind"], account.json()["status"]) == ("administrator", "active")
    changed = api.patch(
        "/account", json={"language": "fr"}, headers={**bearer(session), **key(), "If-Match": account.headers["etag"]}
    ).json()
    assert (changed["language"], changed["touched"]["language"]["actor"]) == ("fr", "self")
    assert api.get("/customers", headers=bearer(session)).status_code == 200


def test_a_project_manager_sees_requests_of_the_customers_that_name_her_address(api: Api) -> None:
    _, (requester,) = api.a_customer("requester")
    _, (stranger,) = api.a_customer("requester", name="Beta")
    other = api.row(f"/customers/{stranger['customer']}")
    api.write("PATCH", f"/customers/{other['id']}", other["version"], {"project_managers": ["x@provider.example"]})
    seen, hidden = api.a_request(requester), api.a_request(stranger)
    api.create("/staff", **{**LEE, "email": "LEE@Provider.example"})
    lee = bearer(let_in(api, "LEE@Provider.example"))
    assert [row["id"] for row in api.get("/requests", headers=lee).json()["items"]] == [seen["id"]]
    refused(api.get(f"/requests/{hidden['id']}", headers=lee), "not-found")
    refused(api.get("/staff", headers=lee), "forbidden")


def test_an_address_is_one_login_for_contacts_and_people_of_the_provider(api: Api) -> None:
    home, (manager,) = api.a_customer("manager")
    refused(api.post("/staff", json={**LEE, "email": manager["email"].upper()}, headers=creating()), "address-taken")
    lee = api.create("/staff", **LEE)
    taken = {"customer": home["id"], "name": "Lee", "email": LEE["email"], "role": "observer"}
    refused(api.post("/contacts", json=taken, headers=creating()), "address-taken")
    refused(api.write("PATCH", f"/contacts/{manager['id']}", 1, {"email": LEE["email"]}), "address-taken")
    refused(api.post("/staff", json=LEE, headers=creating()), "address-taken")
    assert api.write("DELETE", f"/staff/{lee['id']}", lee["version"]).json()["status"] == "removed"
    assert api.create("/staff", **LEE)["id"] != lee["id"]


def creating() -> dict[str, str]:
    return {**key(), "If-None-Match": "*"}


@pytest.mark.parametrize("end", ["removal", "address", "reset", "log-out"])
def test_sessions_of_the_providers_people_end_like_everybodys(api: Api, store: Store, end: str) -> None:
    api.create("/staff", **ADA)
    activate(api, ADA["email"])
    lee = api.create("/staff", **LEE)
    session = let_in(api, LEE["email"])
    version = api.row(f"/staff/{lee['id']}")["version"]
    if end == "removal":
        assert api.write("DELETE", f"/staff/{lee['id']}", version).status_code == 200
    elif end == "address":
        changed = api.write("PATCH", f"/staff/{lee['id']}", version, {"email": "lee.marsh@provider.example"}).json()
        assert changed["status"] == "invited"
        assert ("address_changed", LEE["email"]) in api.mails()
        activate(api, "lee.marsh@provider.example", OTHER)
    elif end == "reset":
        api.post("/resets", json={"email": LEE["email"]})
        (mail,) = [mail for mail in mails_as_sent(store) if mail["kind"] == "reset"]
        secret = secret_of(mail, "reset")
        assert api.post("/resets/confirmations", json={"secret": secret, "password": OTHER}).status_code == 204
    else:
        api.delete(f"/sessions/{session['id']}", headers=bearer(session))
    refused(api.get("/account", headers=bearer(session)), "unauthenticated")
    if end in {"removal", "address"}:
        refused(api.post("/sessions", json={"email": LEE["email"], "password": PASSWORD}), "unauthenticated")


def test_the_last_administrator_stays(api: Api) -> None:
    ada = api.create("/staff", **ADA)
    api.create("/staff", **{**ADA, "email": "invited@provider.example"})
    activate(api, ADA["email"])
    path, version = f"/staff/{ada['id']}", api.row(f"/staff/{ada['id']}")["version"]
    refused(api.write("DELETE", path, version), "last-administrator")
    refused(api.write("PATCH", path, version, {"kind": "project_manager"}), "last-administrator")
    refused(api.write("PATCH", path, version, {"email": "a@provider.example"}), "last-administrator")
    assert api.write("PATCH", path, version, {"name": "Ada Q."}).status_code == 200
    activate(api, "invited@provider.example")
    assert api.write("DELETE", path, version + 1).status_code == 200


def test_a_link_is_sent_again_and_the_first_one_does_not_work_any_more(api: Api, clock: Clock) -> None:
    lee = api.create("/staff", **LEE)
    first = secret_of(newest(api, LEE["email"], "activation"), "activate")
    clock.move(days=20)
    again = api.act(f"/staff/{lee['id']}/resend-activation", lee)
    refused(api.post("/activations", json={"secret": first, "password": PASSWORD}), "not-found")
    activate(api, LEE["email"])
    refused(api.write("POST", f"/staff/{lee['id']}/resend-activation", again["version"], {}), "wrong-state")


def test_only_administrators_see_and_change_the_providers_people(
    api: Api, store: Store, as_scope: Callable[[str], Api]
) -> None:
    home, people = api.a_customer("requester", "observer", "manager")
    lee = api.create("/staff", **LEE)
    with store.write(SYSTEM) as work:
        for person in people:
            work.get("contact", person["id"])["status"] = "active"
        work.get("staff", lee["id"])["status"] = "active"
        work.flush()
        tokens = [sessions.begin_session(work, contact=person["id"])["token"] for person in people]
        tokens.append(sessions.begin_session(work, staff=lee["id"])["token"])
    clients = [{"Authorization": f"Bearer {token}"} for token in tokens]
    clients += [{"Authorization": as_scope(scope).headers["authorization"]} for scope in ("read", "apply")]
    code = f"/customers/{home['id']}/registration-code"
    for method, path, body in (
        ("GET", "/staff", None), ("GET", f"/staff/{lee['id']}", None), ("POST", "/staff", ADA),
        ("PATCH", f"/staff/{lee['id']}", {"kind": "administrator"}), ("DELETE", f"/staff/{lee['id']}", None),
        ("POST", f"/staff/{lee['id']}/resend-activation", {}), ("POST", code, None), ("DELETE", code, None),
    ):  # fmt: skip
        for headers in clients:
            refused(api.request(method, path, json=body, headers=headers), "forbidden")
        refused(api.request(method, path, json=body, headers={"Authorization": ""}), "unauthenticated")


def test_lists_of_the_providers_people_hold_no_secret(api: Api, store: Store) -> None:
    api.create("/staff", **ADA)
    activate(api, ADA["email"])
    (row,) = api.items("/staff")
    assert set(row) == {"id", "version", "name", "email", "kind", "language", "status", "touched"}
    assert row["touched"]["kind"]["actor"] == "administrator"
    assert api.items("/staff", status="removed") == []
    refused(api.get("/staff/stf_none"), "not-found")


def test_a_code_is_shown_once_and_stays_out_of_the_history(api: Api) -> None:
    home, _ = api.a_customer()
    answer = api.write("POST", f"/customers/{home['id']}/registration-code", home["version"])
    code = answer.json()["registration_code"]
    assert len(code.replace("-", "")) == 15
    assert answer.headers["etag"] == f'"{home["version"] + 1}"'
    for path in ("/changes", f"/customers/{home['id']}", "/snapshot"):
        assert code not in api.get(path).text
    refused(api.write("POST", f"/customers/{home['id']}/registration-code", home["version"]), "stale")


def test_a_log_in_finds_whoever_has_the_address(api: Api) -> None:
    _, (manager,) = api.a_customer("manager")
    api.create("/staff", **LEE)
    people = [let_in(api, manager["email"]), let_in(api, LEE["email"])]
    assert [bool(session["contact"]) for session in people] == [True, False]
    assert log_in(api, LEE["email"].upper())["staff"] == people[1]["staff"]
