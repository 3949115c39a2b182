"""The laws of the API: preconditions, idempotency, scopes, problems, paging, history."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import openapi_spec_validator
import pytest
from fastapi.routing import APIRoute

from reconciler.portal.app import check_policies, create_app
from reconciler.portal.server.jobs import expire_links
from reconciler.portal.store.store import Store
from tests.portal.harness import Api, Clock, key, refused


def test_the_document_is_valid_and_names_every_route(api: Api) -> None:
    document = api.get("/openapi.json").json()
    openapi_spec_validator.validate(document)
    found = [route for route in create_app(api.store).routes if isinstance(route, APIRoute)]
    documented = {route.path for route in found if route.include_in_schema}
    assert set(document["paths"]) == documented
    assert document["openapi"].startswith("3.1")


def test_a_write_without_preconditions_is_refused(api: Api) -> None:
    home, (manager,) = api.a_customer("manager")
    path = f"/contacts/{manager['id']}"
    refused(api.patch(path, json={"name": "X"}, headers=key()), "precondition-required")
    refused(api.write("PATCH", path, 7, {"name": "X"}), "stale")
    for tag in ("*", 'W/"1"', "1", '"1", "2"', '"x"'):
        answer = api.patch(path, json={"name": "X"}, headers={**key(), "If-Match": tag})
        refused(answer, "malformed")
    refused(api.post("/customers", json={"name": "New"}, headers=key()), "precondition-required")
    refused(api.patch(path, json={"name": "X"}, headers={"If-Match": '"1"'}), "idempotency-key-required")
    assert api.row(path)["name"] == "Manager 0"
    assert home["version"] == 1


def test_the_etag_is_the_version_and_work_does_not_move_it(api: Api) -> None:
    _, (manager,) = api.a_customer("manager")
    api.a_request(manager)
    answer = api.get(f"/contacts/{manager['id']}")
    assert (answer.headers["etag"], answer.json()["version"]) == ('"1"', 1)
    changed = api.write("PATCH", f"/contacts/{manager['id']}", 1, {"name": "Manager Neu", "language": "de"})
    assert (changed.status_code, changed.headers["etag"]) == (200, '"2"')


def test_the_same_key_does_a_thing_once(api: Api) -> None:
    headers = {**key(), "If-None-Match": "*"}
    first = api.post("/customers", json={"name": "Once"}, headers=headers)
    second = api.post("/customers", json={"name": "Once"}, headers=headers)
    assert (second.status_code, second.json()) == (201, first.json())
    assert second.headers["idempotency-replayed"] == "true"
    assert len(api.items("/customers")) == 1
    refused(api.post("/customers", json={"name": "Other"}, headers=headers), "idempotency-key-reused")


def test_a_refused_write_does_not_use_up_its_key(api: Api) -> None:
    api.create("/customers", name="Taken")
    headers = {**key(), "If-None-Match": "*"}
    refused(api.post("/customers", json={"name": "TAKEN "}, headers=headers), "name-taken")
    other = api.items("/customers")[0]
    api.write("PATCH", f"/customers/{other['id']}", 1, {"name": "Renamed"})
    assert api.post("/customers", json={"name": "TAKEN "}, headers=headers).status_code == 201


def test_keys_of_different_callers_do_not_meet(api: Api, as_scope: Callable[[str], Api]) -> None:
    headers = {**key(), "If-None-Match": "*"}
    api.post("/customers", json={"name": "Mine"}, headers=headers)
    other = as_scope("admin").post("/customers", json={"name": "Yours"}, headers=headers)
    assert (other.status_code, other.json()["name"]) == (201, "Yours")


def test_scopes_allow_what_they_say(api: Api, as_scope: Callable[[str], Api]) -> None:
    read, apply = as_scope("read"), as_scope("apply")
    for client in (read, apply):
        assert client.get("/snapshot").status_code == 200
        refused(client.post("/customers", json={"name": "X"}, headers={**key(), "If-None-Match": "*"}), "forbidden")
        refused(client.get("/outbox"), "forbidden")
    refused(read.post("/leases", json={"scopes": ["settings"]}), "forbidden")
    apply.lease("settings")
    refused(api.get("/meta", headers={"Authorization": "Bearer nobody"}), "unauthenticated")
    del api.headers["Authorization"]
    refused(api.get("/meta"), "unauthenticated")


def test_a_route_without_a_policy_stops_the_server_from_starting(store: Store) -> None:
    app = create_app(store)
    app.get("/forgotten")(lambda: None)
    with pytest.raises(LookupError, match="/forgotten has no policy"):
        check_policies(app)


@pytest.mark.parametrize(
    ("content", "headers", "type"),
    [
        (b'{"name": ', {}, "malformed"),
        (b'{"name": "a", "name": "b"}', {}, "malformed"),
        (b'{"name": NaN}', {}, "malformed"),
        (b'{"name": 1e999}', {}, "malformed"),
        (b'{"a":' * 40 + b"1" + b"}" * 40, {}, "malformed"),
        (b"[" * 100_000, {}, "malformed"),
        (b"\xff\xfe", {}, "malformed"),
        (b'{"name": "a"}', {"content-type": "text/plain"}, "unsupported-media-type"),
        (b"\x1f\x8b", {"content-encoding": "gzip"}, "unsupported-media-type"),
        (b" " * 1_100_000, {}, "too-large"),
        (b'{"name": "a", "is_admin": true}', {}, "unprocessable"),
        (b'{"name": "a\\u0000b"}', {}, "unprocessable"),
        (b'{"name": 7}', {}, "unprocessable"),
        (b'{"name": "  "}', {}, "unprocessable"),
        (b'{"name": "a", "services": ["nowhere"]}', {}, "unprocessable"),
    ],
)
def test_bodies_that_mean_nothing_are_refused(api: Api, content: bytes, headers: dict[str, str], type: str) -> None:
    sent = {"content-type": "application/json", **key(), "If-None-Match": "*", **headers}
    refused(api.post("/customers", content=content, headers=sent), type)
    assert api.items("/customers") == []


@pytest.mark.parametrize(
    "path", ["/contacts/..%2f1", "/contacts/%00", "/contacts/1;drop", "/contacts/9223372036854775808"]
)
def test_ids_of_nothing_are_not_found(api: Api, path: str) -> None:
    assert api.get(path).status_code in {404, 405, 400}


def test_lists_come_in_pages_that_add_up(api: Api) -> None:
    for number in range(7):
        api.create("/customers", name=f"Customer {number}")
    everybody = api.items("/customers", limit=3)
    assert sorted(row["name"] for row in everybody) == [f"Customer {number}" for number in range(7)]
    assert [row["id"] for row in everybody] == sorted(row["id"] for row in everybody)
    refused(api.get("/customers", params={"cursor": "forged"}), "malformed")
    refused(api.get("/customers", params={"limit": 0}), "unprocessable")


def test_history_says_who_did_what_from_what_to_what(api: Api) -> None:
    home, _ = api.a_customer()
    api.write("PATCH", f"/customers/{home['id']}", 1, {"name": "Neu"})
    entries = api.get("/changes").json()["items"]
    last = entries[-1]
    assert (last["what"], last["by"], last["actor"]) == ("PATCH customers", "the admin token", "administrator")
    assert (last["before"], last["after"]) == ({"name": "Acme"}, {"name": "Neu"})
    assert [entry["revision"] for entry in entries] == sorted(entry["revision"] for entry in entries)
    later = api.get("/changes", params={"since": last["revision"] - 1}).json()["items"]
    assert later == [last]
    refused(api.get("/changes", params={"since": 10_000}), "gone")
    refused(api.get("/changes", params={"since": 0, "epoch": "another"}), "gone")


def test_links_run_out_after_fourteen_days_with_revision_and_history(api: Api, store: Store, clock: Clock) -> None:
    _, (manager,) = api.a_customer("manager")
    clock.move(days=14)
    assert expire_links(store) == 0
    before = api.row("/meta")["revision"]
    clock.move(seconds=1)
    assert (expire_links(store), expire_links(store)) == (1, 0)
    assert api.row(f"/contacts/{manager['id']}")["status"] == "link_expired"
    assert (api.row("/meta")["revision"], api.get("/changes").json()["items"][-1]["what"]) == (
        before + 1,
        "link_expired",
    )
    again = api.act(f"/contacts/{manager['id']}/resend-activation", api.row(f"/contacts/{manager['id']}"))
    assert again["status"] == "invited"


def secret_of(mail: dict[str, Any]) -> str:
    return str(mail["text"]).split("/activate/")[1].split()[0]


def activated(api: Api, contact: dict[str, Any], password: str = "Sesam0effne") -> dict[str, Any]:
    """A session of the contact after she opened the newest link."""
    mails = [mail for mail in api.items("/outbox", contact=contact["id"]) if "/activate/" in mail["text"]]
    for mail in mails:
        api.post("/activations", json={"secret": secret_of(mail), "password": password})
    session: dict[str, Any] = api.post("/sessions", json={"email": contact["email"], "password": password}).json()
    return session


def test_a_link_works_once_and_then_the_password_does(api: Api) -> None:
    _, (manager,) = api.a_customer("manager")
    secret = secret_of(api.items("/outbox")[0])
    weak = api.post("/activations", json={"secret": secret, "password": "password"})
    refused(weak, "unprocessable")
    assert api.post("/activations", json={"secret": secret, "password": "Sesam0effne"}).status_code == 204
    refused(api.post("/activations", json={"secret": secret, "password": "Sesam0effne"}), "not-found")
    refused(api.post("/sessions", json={"email": manager["email"], "password": "Falsch123"}), "unauthenticated")
    session = api.post("/sessions", json={"email": manager["email"].upper(), "password": "Sesam0effne"}).json()
    account = api.get("/account", headers={"Authorization": f"Bearer {session['token']}"}).json()
    assert (account["id"], account["status"]) == (manager["id"], "active")


@pytest.mark.parametrize("end", ["removal", "address"])
def test_sessions_end_with_the_removal_and_with_the_address(api: Api, end: str) -> None:
    _, (manager, _) = api.a_customer("manager", "manager")
    session = activated(api, manager)
    mine = {"Authorization": f"Bearer {session['token']}"}
    assert api.get("/account", headers=mine).status_code == 200
    refused(api.get("/snapshot", headers=mine), "forbidden")
    if end == "removal":
        api.act(f"/contacts/{manager['id']}/offboard", api.row(f"/contacts/{manager['id']}"))
    else:
        api.write("PATCH", f"/contacts/{manager['id']}", 1, {"email": "neu@acme.example"})
    refused(api.get("/account", headers=mine), "unauthenticated")
    refused(api.post("/sessions", json={"email": manager["email"], "password": "Sesam0effne"}), "unauthenticated")


def test_an_address_is_one_login_in_the_whole_portal(api: Api) -> None:
    first, (jane,) = api.a_customer("requester")
    second = api.create("/customers", name="Beta")
    taken = {"name": "J", "email": jane["email"].upper(), "role": "observer", "customer": second["id"]}
    refused(api.post("/contacts", json=taken, headers={**key(), "If-None-Match": "*"}), "address-taken")
    api.act(f"/contacts/{jane['id']}/offboard", jane)
    assert api.create("/contacts", **taken)["email"] == jane["email"].upper()
    assert first["id"] != second["id"]


def test_erasing_leaves_nothing_that_names_the_person(api: Api, store: Store) -> None:
    _, (manager, jane) = api.a_customer("manager", "requester")
    refused(api.write("POST", f"/contacts/{jane['id']}/erase", 1), "wrong-state")
    gone = api.act(f"/contacts/{jane['id']}/offboard", jane)
    erased = api.act(f"/contacts/{jane['id']}/erase", gone)
    assert erased["name"].startswith("erased-")
    for path in ("/snapshot", "/changes", "/outbox", "/contacts?include=removed"):
        assert "requester-1@acme.example" not in api.get(path).text
    assert manager["name"] in api.get("/snapshot").text
