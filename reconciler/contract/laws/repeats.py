"""Idempotency-Key: a repeated write is answered and not done again."""

from __future__ import annotations

from reconciler.contract.law import Law, expect, expect_equal, expect_problem, expect_status
from reconciler.contract.portal import Portal


def write_needs_an_idempotency_key(portal: Portal) -> None:
    """A write without Idempotency-Key answers 400, and nothing is done."""
    body = portal.customer_body()
    answer = portal.ask("POST", "/customers", json=body, headers={"If-None-Match": "*"})
    expect_problem(answer, 400, "idempotency-key-required")
    row = portal.customer()
    path = f"/customers/{row['id']}"
    headers = {"If-Match": f'"{row["version"]}"'}
    answer = portal.ask("PATCH", path, json={"description": "other"}, headers=headers)
    expect_problem(answer, 400, "idempotency-key-required")
    expect_equal(portal.row(path), row, "the customer")


def same_key_gets_the_same_answer(portal: Portal) -> None:
    """The same write with the same key gets the same answer, and is done once."""
    home, key = portal.customer(), portal.key()
    body = portal.contact_body(home)
    first = portal.add("/contacts", body, **key)
    row = expect_status(first, 201)
    revision = portal.row("/meta")["revision"]
    second = portal.add("/contacts", body, **key)
    expect_equal(expect_status(second, 201), row, "the second answer")
    expect_equal(portal.row("/meta")["revision"], revision, "the revision afterwards")
    people = list(portal.items("/contacts", customer=home["id"]))
    expect_equal(len(people), 1, "the number of contacts")
    mails = list(portal.items("/outbox", contact=row["id"]))
    expect_equal(len(mails), 1, "the number of mails")


def same_key_for_another_write_is_refused(portal: Portal) -> None:
    """A key that was used for another method, path or body answers 422, and nothing is done."""
    key, body = portal.key(), portal.customer_body()
    answer = portal.add("/customers", body, **key)
    row = portal.remember_customer(expect_status(answer, 201))
    path, change = f"/customers/{row['id']}", {"description": "other"}
    service = {"code": f"contract-{portal.word()}", "name": "Other"}
    answers = [
        portal.add("/customers", portal.customer_body(), **key),
        portal.add("/services", service, **key),
        portal.write("PATCH", path, row["version"], change, **key),
    ]
    for answer in answers:
        expect_problem(answer, 422, "idempotency-key-reused")
    expect_equal(portal.row(path), row, "the customer")


def refused_write_keeps_its_key(portal: Portal) -> None:
    """Only successful answers are stored: the key of a refused write can be used again."""
    row, key = portal.customer(), portal.key()
    path, change = f"/customers/{row['id']}", {"description": "other"}
    stale = portal.write("PATCH", path, row["version"] + 7, change, **key)
    expect_problem(stale, 412)
    expect_status(portal.write("PATCH", path, row["version"], change, **key), 200)


def keys_belong_to_a_principal(portal: Portal) -> None:
    """Two principals may use the same key for different writes."""
    home, key = portal.customer(), portal.key()
    person = portal.contact(home, "manager")
    path = f"/customers/{home['id']}"
    change = {"description": "other"}
    expect_status(portal.write("PATCH", path, home["version"], change, **key), 200)
    session = portal.session(person)
    account = expect_status(portal.get("/account", token=session), 200)
    headers = {**key, "If-Match": f'"{account["version"]}"'}
    answer = portal.ask(
        "PATCH", "/account", json={"language": "fr"}, headers=headers, token=session
    )
    expect_status(answer, 200)


def repeated_batch_is_done_once(portal: Portal) -> None:
    """A batch that is sent again with its key gets the same answer, and makes no revision."""
    home, _, lease = portal.managed("manager")
    record = {"op": "update_customer", "id": home["id"], "version": home["version"]}
    body = portal.batch_body(lease, {**record, "fields": {"description": "other"}})
    key = portal.key()
    first = portal.ask("POST", "/batches", json=body, headers=key)
    expect_status(first, 200)
    second = portal.ask("POST", "/batches", json=body, headers=key)
    expect(second.json() == first.json(), "the second answer differs from the first one")
    row = portal.row(f"/customers/{home['id']}")
    expect_equal(row["version"], home["version"] + 1, "the version afterwards")


LAWS = (
    Law(write_needs_an_idempotency_key),
    Law(same_key_gets_the_same_answer),
    Law(same_key_for_another_write_is_refused),
    Law(refused_write_keeps_its_key),
    Law(keys_belong_to_a_principal),
    Law(repeated_batch_is_done_once, "apply"),
)
