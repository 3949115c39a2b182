"""Leases beyond the laws of the contract suite: those that expire, and the words of refusals."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from reconciler.portal.rules.principals import SYSTEM
from reconciler.portal.store import tables as t
from reconciler.portal.store.store import Store
from tests.portal.harness import Api, refused


@pytest.fixture
def api(store: Store) -> Api:
    return Api.of(store, "apply")


def claim(**changes: Any) -> dict[str, Any]:
    return {"scopes": ["customer:acme"], "ttl_s": 60, "holder": "ci", "run": "run_1", **changes}


def new_id() -> str:
    return f"lea_{secrets.token_hex(16)}"


def expire(store: Store) -> str:
    """Let every lease have expired a second ago, at the returned second."""
    moment = datetime.now(UTC) - timedelta(seconds=1)
    with store.write(SYSTEM) as work:
        work.connection.execute(update(t.leases).values(expires_at=moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")))
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def test_a_lease_is_renewed_and_ended_by_its_principal_only(api: Api, store: Store) -> None:
    lease, other = api.post("/leases", json=claim(id=new_id())).json(), Api.of(store, "apply")
    refused(other.put(f"/leases/{lease['id']}", json={"token": lease["token"]}), "lease-fenced")
    assert other.delete(f"/leases/{lease['id']}").status_code == 204
    assert api.put(f"/leases/{lease['id']}", json={"token": lease["token"]}).status_code == 200
    wrong = refused(api.put(f"/leases/{lease['id']}", json={"token": lease["token"] + 1}), "lease-fenced")
    assert wrong["detail"] == f"lease '{lease['id']}' has another token"


def test_an_ended_id_is_refused_and_its_scopes_are_free(api: Api, store: Store) -> None:
    given_back, expired = claim(id=new_id()), claim(id=new_id(), run="run_2")
    assert api.post("/leases", json=given_back).status_code == 201
    api.delete(f"/leases/{given_back['id']}")
    assert api.post("/leases", json=expired).status_code == 201
    expire(store)
    for asked in (given_back, expired):
        assert refused(api.post("/leases", json=asked), "lease-ended")["status"] == 409
    assert api.post("/leases", json=claim(run="run_3")).status_code == 201


def test_every_refusal_names_holder_run_and_end(api: Api, store: Store) -> None:
    lease = api.post("/leases", json=claim(id=new_id())).json()
    held = refused(api.post("/leases", json=claim(run="run_2")), "lease-held")
    assert "'customer:acme' is held by ci, run run_1, for " in held["detail"]
    end = expire(store)
    api.post("/leases", json=claim(run="run_3"))
    fenced = refused(api.put(f"/leases/{lease['id']}", json={"token": lease["token"]}), "lease-fenced")
    assert f"of ci, run run_1, ended at {end}" in fenced["detail"]


def test_an_id_is_128_random_bits(api: Api) -> None:
    refused(api.post("/leases", json=claim(id="lea_1")), "unprocessable")
