"""A batch says what it was judged on, and nothing is done when that is so no more."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import pytest
from sqlalchemy import text

from reconciler.portal.actions.expectations import changes_since
from reconciler.portal.demo.seed import add_invented_customers
from reconciler.portal.store.store import Store
from tests.portal.accounts import OTHER, PASSWORD, activate, bearer, let_in, log_in, statements
from tests.portal.harness import Api, refused
from tests.portal.test_registrations import sign_up


def revision(api: Api) -> int:
    return int(api.row("/meta")["revision"])


def a_group(api: Api) -> tuple[dict[str, Any], list[dict[str, Any]], dict[str, Any], Any]:
    """A managed customer, its people, its lease, and an operation on it that is always possible."""
    home, people, lease = api.managed("manager", "requester")
    operation = {"op": "record", "object": "customer", "id": home["id"], "version": home["version"]}
    return home, people, lease, operation


def rows(**found: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"kind": kind, "id": row["id"], "version": row["version"]} for kind, row in found.items()]


def test_rows_of_every_kind_are_expected_in_their_versions(api: Api) -> None:
    service = api.create("/services", code="certified", name="Certified")
    home, (manager, _), lease, operation = a_group(api)
    expected = rows(settings=api.row("/settings"), service=service, customer=home, contact=manager)
    api.done(lease, operation, expects={"rows": expected})
    expected[1]["version"] += 1
    before = api.get("/snapshot").text.splitlines()[1:-1]
    problem = refused(api.batch(lease, operation, expects={"rows": expected}), "stale")
    assert (problem["kind"], problem["id"]) == ("service", service["id"])
    assert "operation" not in problem
    assert api.get("/snapshot").text.splitlines()[1:-1] == before


def test_a_row_that_is_gone_or_of_another_kind_is_stale(api: Api) -> None:
    service = api.create("/services", code="certified", name="Certified")
    home, _, lease, operation = a_group(api)
    removed = api.write("DELETE", f"/services/{service['id']}", 1)
    assert removed.status_code == 204
    for expected in (rows(service=service), rows(contact=home)):
        problem = refused(api.batch(lease, operation, expects={"rows": expected}), "stale")
        assert problem["id"] == expected[0]["id"]


def test_versions_are_those_before_the_first_operation(api: Api) -> None:
    home, _, lease, _ = a_group(api)
    update = {"op": "update_customer", "id": home["id"], "version": home["version"], "fields": {"description": "x"}}
    api.done(lease, update, expects={"rows": rows(customer=home)})
    refused(api.batch(lease, update, expects={"rows": rows(customer=home)}), "stale")


def test_many_rows_are_compared_by_one_statement_a_kind(api: Api, store: Store) -> None:
    _, (manager, _), lease, operation = a_group(api)
    add_invented_customers(store, 700, 1)
    customers = [row for row in api.items("/customers", limit=200) if row["id"] != operation["id"]]
    expected = [{"kind": "customer", "id": row["id"], "version": row["version"]} for row in customers]
    with statements(store) as sent:
        api.done(lease, operation, expects={"rows": [*expected, *rows(contact=manager)]})
    assert len(expected) == 700
    assert len([one for one in sent if one.startswith(("SELECT customers.id, customers.version FROM", "SELECT contacts.id, contacts.version FROM"))]) == 2  # fmt: skip


def test_more_rows_than_a_batch_may_expect_are_unprocessable(api: Api) -> None:
    home, _, lease, operation = a_group(api)
    refused(api.batch(lease, operation, expects={"rows": rows(customer=home) * 20_001}), "unprocessable")


Act = Callable[[Api, Store, dict[str, Any], dict[str, Any]], object]


def _patch(**fields: Any) -> Act:
    return lambda api, _, __, jane: _written(api, "PATCH", f"/contacts/{jane['id']}", jane["version"], fields)


def _patch_home(**fields: Any) -> Act:
    return lambda api, _, home, __: _written(api, "PATCH", f"/customers/{home['id']}", home["version"], fields)


def _written(api: Api, method: str, path: str, version: int, body: Any) -> None:
    answer = api.write(method, path, version, body)
    assert answer.is_success, answer.text


def _approve(api: Api, store: Store, home: dict[str, Any], _: dict[str, Any]) -> None:
    rita = sign_up(store, home["id"])
    api.act(f"/contacts/{rita['id']}/approve", rita)


def _restore(api: Api, _: Store, __: dict[str, Any], jane: dict[str, Any]) -> None:
    gone = api.act(f"/contacts/{jane['id']}/offboard", jane)
    api.act(f"/contacts/{jane['id']}/restore", gone)


def _archive_and_restore(api: Api, _: Store, home: dict[str, Any], __: dict[str, Any]) -> None:
    gone = api.act(f"/customers/{home['id']}/archive", home)
    api.act(f"/customers/{home['id']}/restore", gone)


def _own_account(api: Api, _: Store, __: dict[str, Any], jane: dict[str, Any]) -> None:
    """Jane is in already: her name, her language, her password are hers."""
    session = bearer(log_in(api, jane["email"]))
    version = api.get("/account", headers=session).json()["version"]
    headers = {**session, "If-Match": f'"{version}"', "Idempotency-Key": "own-account-1"}
    assert api.patch("/account", json={"name": "Joan", "language": "fr"}, headers=headers).is_success
    assert api.put("/account/password", json={"old": PASSWORD, "new": OTHER}, headers=session).is_success


def _work(api: Api, _: Store, __: dict[str, Any], jane: dict[str, Any]) -> None:
    asked = api.a_request(jane)
    api.bring(asked, "delivered")


CHANGES_RIGHTS: Final[dict[str, Act]] = {
    "somebody comes": lambda api, _, home, __: api.create(
        "/contacts", customer=home["id"], name="Nora", email="nora@acme.example", role="observer"
    ),
    "a sign-up is approved": _approve,
    "a role": _patch(role="observer"),
    "a list of services": _patch(services=[]),
    "an address": _patch(email="joan@acme.example"),
    "a removal": lambda api, _, __, jane: api.act(f"/contacts/{jane['id']}/offboard", jane),
    "a restored contact": _restore,
    "a customer that comes back": _archive_and_restore,
    "the customer's services": _patch_home(services="all"),
    "the customer's project managers": _patch_home(project_managers=[]),
}  # fmt: skip
CHANGES_NOTHING: Final[dict[str, Act]] = {
    "nothing": lambda *_: None,
    "a person's own name, language and password": _own_account,
    "a name by somebody else": _patch(name="Joan", language="fr"),
    "a request": _work,
    "a sign-up that waits": lambda _, store, home, __: sign_up(store, home["id"]),
    "the customer's name": _patch_home(name="Acme Ltd", description="d", email_domains=["acme.example"]),
    "the provider's people": lambda api, *_: api.create("/staff", name="Max", email="max@provider.example", kind="project_manager"),
}  # fmt: skip


@pytest.mark.parametrize("what", CHANGES_RIGHTS)
def test_what_changes_rights_at_a_customer_is_stale(api: Api, store: Store, what: str) -> None:
    (home, (_, jane), lease, _), seen = a_group(api), revision(api)
    CHANGES_RIGHTS[what](api, store, home, jane)
    record = {
        "op": "record",
        "object": "customer",
        "id": home["id"],
        "version": api.row(f"/customers/{home['id']}")["version"],
    }
    for customers in (None, [home["id"]]):
        problem = refused(
            api.batch(lease, record, expects={"people": {"customers": customers, "revision": seen}}), "stale"
        )
        assert problem["kind"] in {"contact", "customer"}
        assert problem["id"] in {home["id"], *(row["id"] for row in api.items("/contacts", include="removed"))}
    api.done(lease, record, expects={"people": {"customers": ["cus_elsewhere"], "revision": seen}})
    api.done(
        lease,
        {**record, "version": record["version"] + 1},
        expects={"people": {"customers": None, "revision": revision(api)}},
    )


@pytest.mark.parametrize("what", CHANGES_NOTHING)
def test_what_changes_nobodys_rights_is_not_stale(api: Api, store: Store, what: str) -> None:
    home, (_, jane), lease, record = a_group(api)
    activate(api, jane["email"])
    jane, seen = api.row(f"/contacts/{jane['id']}"), revision(api)
    CHANGES_NOTHING[what](api, store, home, jane)
    record["version"] = api.row(f"/customers/{home['id']}")["version"]
    api.done(lease, record, expects={"rows": [], "people": {"customers": None, "revision": seen}})


def test_an_activation_is_stale(api: Api) -> None:
    (_, (_, jane), lease, record), seen = a_group(api), revision(api)
    let_in(api, jane["email"])
    problem = refused(api.batch(lease, record, expects={"people": {"customers": None, "revision": seen}}), "stale")
    assert (problem["kind"], problem["id"]) == ("contact", jane["id"])


def test_a_new_service_is_stale(api: Api) -> None:
    (*_, lease, record), seen = a_group(api), revision(api)
    api.create("/services", code="certified", name="Certified")
    problem = refused(api.batch(lease, record, expects={"people": {"customers": None, "revision": seen}}), "stale")
    assert problem["kind"] == "service"


def test_what_the_run_itself_did_is_expected_and_what_another_run_did_is_not(api: Api) -> None:
    (_, (_, jane), lease, record), seen = a_group(api), revision(api)
    demotion = {"op": "change_role", "id": jane["id"], "version": jane["version"], "fields": {"role": "observer"}}
    api.done(lease, demotion)
    expects = {"people": {"customers": None, "revision": seen}}
    record["version"] = api.row(f"/customers/{record['id']}")["version"]
    refused(api.batch(lease, record, run="run_2", expects=expects), "stale")
    api.done(lease, record, expects=expects)


def test_a_revision_that_the_portal_has_not_reached_is_stale(api: Api) -> None:
    _, _, lease, record = a_group(api)
    later = {"people": {"customers": None, "revision": revision(api) + 1}}
    refused(api.batch(lease, record, expects=later), "stale")


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_only_what_is_newer_than_the_revision_is_read(store: Store) -> None:
    asked = changes_since(7, "run_1").compile(store.engine, compile_kwargs={"literal_binds": True})
    with store.read() as connection:
        steps = [str(row.detail) for row in connection.execute(text(f"EXPLAIN QUERY PLAN {asked}"))]
    assert any("SEARCH changes USING" in step and "revision>?" in step for step in steps), steps
    assert not any(step.startswith("SCAN") or "TEMP B-TREE" in step for step in steps), steps
