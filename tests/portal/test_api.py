"""The API beyond the laws of the contract suite (`test_contract`): bodies, tags, history, links."""

from __future__ import annotations

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


def test_an_if_match_that_is_not_one_strong_tag_is_malformed(api: Api) -> None:
    _, (manager,) = api.a_customer("manager")
    path = f"/contacts/{manager['id']}"
    for tag in ("*", 'W/"1"', "1", '"1", "2"', '"x"'):
        answer = api.patch(path, json={"name": "X"}, headers={**key(), "If-Match": tag})
        refused(answer, "malformed")
    assert api.row(path)["name"] == "Manager 0"


def test_an_answer_from_memory_says_so(api: Api) -> None:
    headers = {**key(), "If-None-Match": "*"}
    first = api.post("/customers", json={"name": "Once"}, headers=headers)
    second = api.post("/customers", json={"name": "Once"}, headers=headers)
    assert "idempotency-replayed" not in first.headers
    assert second.headers["idempotency-replayed"] == "true"


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


def test_a_page_has_at_least_one_row_and_pages_are_sorted_by_id(api: Api) -> None:
    for number in range(7):
        api.create("/customers", name=f"Customer {number}")
    everybody = api.items("/customers", limit=3)
    assert [row["id"] for row in everybody] == sorted(row["id"] for row in everybody)
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
