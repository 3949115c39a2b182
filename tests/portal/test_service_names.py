"""Renaming and adopting services: everybody who names one finds it, and nobody else was written."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import insert, select

from reconciler.portal.rules.principals import SYSTEM
from reconciler.portal.store import tables as t
from reconciler.portal.store.store import Store
from tests.portal.accounts import statements
from tests.portal.harness import OWNER, Api, applied, refused


def since(api: Api, revision: int) -> dict[str, dict[str, Any]]:
    head = api.row("/meta")
    text = api.get("/snapshot", params={"since": revision, "epoch": head["epoch"]}).text
    return {
        row["id"]: row
        for row in map(json.loads, text.splitlines())
        if row["kind"] not in {"header", "trailer", "former_key"}
    }


@pytest.fixture
def lease(api: Api) -> dict[str, Any]:
    return api.lease("settings", "customer:acme", "customer:beta")


@pytest.fixture
def sworn(api: Api, lease: dict[str, Any]) -> dict[str, Any]:
    """A managed service that others are to name."""
    [made] = api.done(lease, {
        "op": "create_service", "key": "sworn", "fields": {"name": "Sworn"}, "applied": applied(name="Sworn"),
    })  # fmt: skip
    return api.row(f"/services/{made['id']}")


def rename(service: dict[str, Any], key: str = "certified", **more: Any) -> dict[str, Any]:
    return {"op": "rename_service", "id": service["id"], "version": service["version"], "key": key, **more}


def test_every_list_and_request_follows_and_no_version_counts(
    api: Api, lease: dict[str, Any], sworn: dict[str, Any]
) -> None:
    api.create("/services", code="express", name="Express")
    services = ["express", "sworn"]
    made = api.done(
        lease,
        {"op": "create_customer", "key": "acme", "fields": {"name": "Acme", "services": services},
         "applied": applied(services=["sworn", "express"])},
        *({"op": "create_contact", "customer": {"customer": "acme"}, "key": name, "applied": applied(services=["sworn"]),
           "fields": {"name": name, "email": f"{name}@acme.example", "role": role, "services": services}}
          for name, role in (("mara", "manager"), ("jane", "requester"), ("gone", "requester"))),
    )  # fmt: skip
    home, mara, jane, gone = made
    other = api.create("/customers", name="Other", services=["express"])
    old = api.create("/customers", name="Old", services=["sworn"])
    api.act(f"/customers/{old['id']}/archive", old)
    asked = [api.create("/requests", owner=jane["id"], title="T", service="sworn", source_language="en", target_languages=["de"]) for _ in range(2)]  # fmt: skip
    closed = api.bring(asked[1], "delivered")
    api.done(lease, {"op": "remove_contact", "id": gone["id"], "version": 1})
    before = since(api, 0)
    head = api.row("/meta")["revision"]
    [done] = api.done(lease, rename(sworn, applied=applied(name="Sworn")))
    after = since(api, head)

    assert set(after) == {
        home["id"],
        mara["id"],
        jane["id"],
        gone["id"],
        old["id"],
        *(one["id"] for one in asked),
        sworn["id"],
    }
    for id in (home["id"], mara["id"], jane["id"], gone["id"]):
        assert after[id]["services"] == ["certified", "express"]
        assert "certified" in after[id]["applied"]["fields"]["services"]
        assert "sworn" not in after[id]["applied"]["fields"]["services"]
    assert after[old["id"]]["services"] == ["certified"]
    assert [after[one["id"]]["service"] for one in asked] == ["certified", "certified"]
    assert after[closed["id"]]["state"] == "delivered"
    for id in set(after) - {sworn["id"]}:
        assert after[id]["version"] == before[id]["version"]
        assert after[id].get("last_commit") == before[id].get("last_commit")
    service = after[sworn["id"]]
    assert (service["code"], service["external_key"], service["owner"]) == ("certified", "certified", OWNER)
    assert service["version"] == done["version"] == sworn["version"] + 1
    assert api.row(f"/customers/{other['id']}") == other
    [entry] = api.items("/changes", since=head)
    assert (entry["what"], entry["object"], entry["before"]["code"], entry["after"]["code"]) == ("rename_service", "service", "sworn", "certified")  # fmt: skip


def test_a_base_that_names_the_service_where_the_portals_list_does_not_follows_too(
    api: Api, lease: dict[str, Any], sworn: dict[str, Any]
) -> None:
    [home] = api.done(lease, {
        "op": "create_customer", "key": "acme", "fields": {"name": "Acme", "services": "all"},
        "applied": applied(name="sworn", services=["sworn", 7]),
    })  # fmt: skip
    api.done(lease, {
        "op": "create_customer", "key": "beta", "fields": {"name": "sworn"}, "applied": applied(name="sworn"),
    })  # fmt: skip
    head = api.row("/meta")["revision"]
    api.done(lease, rename(sworn))
    assert set(since(api, head)) == {home["id"], sworn["id"]}
    row = api.row(f"/customers/{home['id']}")
    assert (row["services"], row["applied"]["fields"]) == ("all", {"name": "sworn", "services": ["certified", 7]})


def test_a_renamed_service_is_updated_in_the_same_batch(api: Api, lease: dict[str, Any], sworn: dict[str, Any]) -> None:
    update = {
        "op": "update_service", "id": sworn["id"], "version": sworn["version"], "key": "certified",
        "fields": {"name": "Certified"}, "applied": applied(name="Certified"),
    }  # fmt: skip
    api.done(lease, rename(sworn), update)
    row = api.row(f"/services/{sworn['id']}")
    assert (row["code"], row["name"], row["version"], row["life"]) == (
        "certified",
        "Certified",
        sworn["version"] + 1,
        1,
    )


def test_what_a_batch_wrote_before_the_rename_follows_as_well(
    api: Api, lease: dict[str, Any], sworn: dict[str, Any]
) -> None:
    made = api.done(
        lease,
        {"op": "create_customer", "key": "acme", "fields": {"name": "Acme", "services": ["sworn"]}, "applied": applied(services=["sworn"])},
        rename(sworn),
        {"op": "create_contact", "customer": {"customer": "acme"}, "key": "jane",
         "fields": {"name": "Jane", "email": "jane@acme.example", "role": "requester", "services": ["certified"]}},
    )  # fmt: skip
    home = api.row(f"/customers/{made[0]['id']}")
    assert (home["services"], home["version"]) == (["certified"], 1)
    assert home["applied"]["fields"] == {"services": ["certified"]}
    assert api.row(f"/contacts/{made[2]['id']}")["services"] == ["certified"]


def test_a_key_that_another_service_has_is_taken(api: Api, lease: dict[str, Any], sworn: dict[str, Any]) -> None:
    api.create("/services", code="certified", name="Certified")
    refused(api.batch(lease, rename(sworn)), "key-taken")
    assert api.row(f"/services/{sworn['id']}") == sworn


def test_a_key_is_passed_on_when_its_holder_is_renamed_first(
    api: Api, lease: dict[str, Any], sworn: dict[str, Any]
) -> None:
    [made] = api.done(lease, {"op": "create_service", "key": "certified", "fields": {"name": "Certified"}})
    other = api.row(f"/services/{made['id']}")
    refused(api.batch(lease, rename(sworn), rename(other, "sworn")), "key-taken")
    api.done(lease, rename(other, "express"), rename(sworn))
    row = api.row(f"/services/{sworn['id']}")
    assert (row["code"], row["life"]) == ("certified", 2)


def test_a_stale_service_or_one_of_another_owner_or_lease_is_not_renamed(
    api: Api, lease: dict[str, Any], sworn: dict[str, Any]
) -> None:
    refused(api.batch(lease, {**rename(sworn), "version": 9}), "stale")
    refused(api.batch(lease, rename(sworn), owner="somebody-else"), "other-owner")
    api.delete(f"/leases/{lease['id']}")
    refused(api.batch(api.lease("customer:acme", run="run_2"), rename(sworn)), "lease-fenced")


def test_ten_thousand_customers_follow_by_a_few_statements(
    api: Api, store: Store, lease: dict[str, Any], sworn: dict[str, Any]
) -> None:
    api.delete(f"/leases/{lease['id']}")
    api.managed("manager", key="gamma")
    unwatched = replace(store, violations=None)  # the laws are checked on everything there is
    with unwatched.write(SYSTEM) as work:
        for table, form, status in ((t.customers, "name_form", "active"), (t.contacts, "address_form", "removed")):
            pattern = dict(work.connection.execute(select(table)).mappings().one())
            pattern |= {"services": ["sworn"], "applied": applied(services=["sworn"]), form: None, "status": status}
            rows = [{**pattern, "id": f"{table.name}-{n}", "external_key": f"key-{n}"} for n in range(10_000)]
            work.connection.execute(insert(table), rows)
    lease = api.lease("settings", ttl_s=600, run="run_2")
    client = Api.of(unwatched)
    with statements(store) as sent:
        client.done(lease, rename(sworn))
    assert len(sent) < 30
    with store.read() as connection:
        for table in (t.customers, t.contacts):
            copied = select(table.c.services, table.c.version).where(table.c.external_key.startswith("key-"))
            assert {(tuple(row.services), row.version) for row in connection.execute(copied)} == {(("certified",), 2)}


def test_a_service_and_the_settings_that_nobody_owns_are_adopted_once(api: Api, lease: dict[str, Any]) -> None:
    service = api.create("/services", code="certified", name="Certified")
    adopt = {
        "op": "adopt_service", "id": service["id"], "version": 1, "key": "certified", "fields": {"description": "d"},
        "applied": applied(description="d"),
    }  # fmt: skip
    refused(api.batch(lease, {**adopt, "key": "sworn"}), "unprocessable")
    settings = {"op": "adopt_settings", "version": 1, "fields": {"sign_up": "open"}, "applied": applied(sign_up="open")}
    api.done(lease, adopt, settings)
    row, whole = api.row(f"/services/{service['id']}"), api.row("/settings")
    assert (row["owner"], row["external_key"], row["description"], row["version"]) == (OWNER, "certified", "d", 2)
    assert (whole["owner"], whole["sign_up"], whole["applied"]["fields"]) == (OWNER, "open", {"sign_up": "open"})
    for again in ({**adopt, "version": 2}, {**settings, "version": whole["version"]}):
        refused(api.batch(lease, again), "wrong-state")


def test_a_service_that_nobody_owns_is_still_updated_by_older_clients(api: Api, lease: dict[str, Any]) -> None:
    service = api.create("/services", code="certified", name="Certified")
    api.done(
        lease, {"op": "update_service", "id": service["id"], "version": 1, "key": "certified", "applied": applied()}
    )
    assert api.row(f"/services/{service['id']}")["owner"] == OWNER
