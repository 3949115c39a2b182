"""The snapshot: one revision, complete or not at all, and what moved since."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from sqlalchemy import text

from reconciler.portal.store.database import renew_epoch
from reconciler.portal.store.store import Store
from tests.portal.harness import Api, refused


def read(api: Api, **params: Any) -> list[dict[str, Any]]:
    return [json.loads(line) for line in api.get("/snapshot", params=params).text.splitlines()]


def test_the_trailer_proves_that_nothing_is_missing(api: Api) -> None:
    _, (manager, jane) = api.a_customer("manager", "requester")
    api.a_request(jane)
    api.act(f"/contacts/{manager['id']}/offboard", manager)
    raw = api.get("/snapshot").content
    *body, last = raw.splitlines(keepends=True)
    trailer = json.loads(last)
    assert trailer["sha256"] == hashlib.sha256(b"".join(body)).hexdigest()
    assert trailer["counts"] == {
        "settings": 1,
        "service": 0,
        "customer": 1,
        "contact": 2,
        "registration": 0,
        "request": 1,
        "former_key": 0,
    }
    kinds = [json.loads(line)["kind"] for line in body]
    assert kinds == ["header", "settings", "customer", "contact", "contact", "request"]
    assert {row["status"] for row in read(api) if row["kind"] == "contact"} == {"invited", "removed"}


def test_since_shows_what_was_written_after_also_what_is_closed(api: Api) -> None:
    _, (manager,) = api.a_customer("manager")
    asked = api.a_request(manager)
    head = api.row("/meta")
    api.bring(asked, "delivered")
    found = read(api, since=head["revision"], epoch=head["epoch"])
    assert [row["kind"] for row in found] == ["header", "request", "trailer"]
    assert found[1]["state"] == "delivered"


def test_a_new_epoch_voids_everything_that_was_remembered(api: Api, store: Store) -> None:
    for number in range(3):
        api.create("/customers", name=f"Customer {number}")
    cursor = api.get("/customers", params={"limit": 1}).json()["next"]
    head, tag = api.row("/meta"), api.get("/snapshot").headers["etag"]
    with store.unversioned() as connection:
        renew_epoch(connection)
    refused(api.get("/snapshot", params={"since": head["revision"], "epoch": head["epoch"]}), "gone")
    refused(api.get("/customers", params={"cursor": cursor}), "gone")
    assert api.get("/snapshot", headers={"If-None-Match": tag}).status_code == 200


def test_all_rows_are_of_one_revision_while_others_write(api: Api, store: Store) -> None:
    home, _ = api.a_customer("manager", "requester")
    with store.read() as connection:
        seen = connection.execute(text("SELECT revision FROM portal")).scalar_one()
        api.write("PATCH", f"/customers/{home['id']}", 1, {"name": "Meanwhile"})
        assert connection.execute(text("SELECT name FROM customers")).scalar() == "Acme"
        assert connection.execute(text("SELECT revision FROM portal")).scalar() == seen
    assert api.row("/meta")["revision"] == seen + 1
