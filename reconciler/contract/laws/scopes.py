"""The permissions of tokens, scopes and sessions."""

from __future__ import annotations

from reconciler.contract.law import Law, expect_equal, expect_problem, expect_status
from reconciler.contract.portal import Portal, Unchecked


def nobody_is_let_in_without_a_token(portal: Portal) -> None:
    """Without a token, or with an unknown one, the answer is 401."""
    for token in ("", f"wrong-{portal.run}"):
        for path in (
            "/meta",
            "/snapshot",
            "/customers",
            "/contacts",
            "/changes",
            "/outbox",
        ):
            expect_problem(portal.get(path, token=token), 401, "unauthenticated")
        answer = portal.ask("POST", "/batches", json={}, token=token)
        expect_problem(answer, 401, "unauthenticated")


def read_scope_only_reads(portal: Portal) -> None:
    """A token of scope `read` reads, and answers 403 to leases, batches and other writes."""
    token = portal.token_of("read")
    expect_status(portal.get("/meta", token=token), 200)
    body = portal.lease_body(f"customer:contract-{portal.word()}")
    expect_problem(portal.ask_for_lease(body, token=token), 403, "forbidden")
    for path, content in (("/batches", {}), ("/customers", portal.customer_body())):
        headers = {**portal.key(), "If-None-Match": "*"}
        answer = portal.ask("POST", path, json=content, headers=headers, token=token)
        expect_problem(answer, 403, "forbidden")


def apply_scope_applies_and_does_not_administer(portal: Portal) -> None:
    """A token of scope `apply` takes leases, and answers 403 to what only administrators do."""
    token = portal.token_of("apply")
    body = portal.lease_body(f"customer:contract-{portal.word()}")
    expect_status(portal.ask_for_lease(body, token=token), 201)
    headers = {**portal.key(), "If-None-Match": "*"}
    content = portal.customer_body()
    answer = portal.ask("POST", "/customers", json=content, headers=headers, token=token)
    expect_problem(answer, 403, "forbidden")
    expect_problem(portal.get("/outbox", token=token), 403, "forbidden")


def bound_token_writes_for_its_owner_only(portal: Portal) -> None:
    """A token that is bound to one owner answers 403 to batches and leases of another owner."""
    token = portal.token_of("apply")
    owner = portal.get("/meta", token=token).json()["token"]["owner"]
    if owner in {None, portal.owner}:
        raise Unchecked("it needs a token that is bound to an owner")
    home, _, lease = portal.managed("manager")
    body = portal.lease_body(f"customer:{home['external_key']}", run="run_bound")
    expect_problem(portal.ask_for_lease(body, token=token), 403, "forbidden")
    update = {"op": "update_customer", "id": home["id"], "version": home["version"]}
    batch = portal.batch_body(lease, {**update, "fields": {"description": "other"}})
    answer = portal.ask("POST", "/batches", json=batch, headers=portal.key(), token=token)
    expect_problem(answer, 403, "forbidden")
    expect_equal(portal.row(f"/customers/{home['id']}"), home, "the customer")


def contact_sees_only_their_customer(portal: Portal) -> None:
    """A contact's session answers 403 to the snapshot, and 404 to another customer's request."""
    home, elsewhere = portal.customer(), portal.customer()
    session = portal.session(portal.contact(home, "manager"))
    other_request = portal.request(portal.contact(elsewhere))
    for path in ("/snapshot", "/customers", "/outbox", "/changes"):
        expect_problem(portal.get(path, token=session), 403, "forbidden")
    answer = portal.get(f"/requests/{other_request['id']}", token=session)
    expect_problem(answer, 404, "not-found")


LAWS = (
    Law(nobody_is_let_in_without_a_token, "read"),
    Law(read_scope_only_reads, "read"),
    Law(apply_scope_applies_and_does_not_administer, "read"),
    Law(bound_token_writes_for_its_owner_only, "apply"),
    Law(contact_sees_only_their_customer),
)
