"""ETag, If-Match and If-None-Match."""

from __future__ import annotations

from reconciler.contract.law import Law, expect, expect_equal, expect_problem, expect_status
from reconciler.contract.portal import Portal


def etag_is_the_version(portal: Portal) -> None:
    """The strong ETag of a row is its version in quotes, and every change counts it."""
    row = portal.customer()
    path = f"/customers/{row['id']}"
    expect_equal(portal.get(path).headers.get("etag"), f'"{row["version"]}"', "the ETag")
    answer = portal.write("PATCH", path, row["version"], {"description": "other"})
    new_row = expect_status(answer, 200)
    expect(new_row["version"] > row["version"], "a change does not count the version")
    expect_equal(answer.headers.get("etag"), f'"{new_row["version"]}"', "the new ETag")


def change_needs_if_match(portal: Portal) -> None:
    """PATCH, DELETE and actions without If-Match answer 428, and nothing is done."""
    row = portal.customer()
    person = portal.contact(row)
    path, contact = f"/customers/{row['id']}", f"/contacts/{person['id']}"
    for method, target, body in (
        ("PATCH", path, {"description": "other"}),
        ("POST", f"{contact}/offboard", {}),
        ("DELETE", contact, None),
    ):
        answer = portal.ask(method, target, json=body, headers=portal.key())
        expect_problem(answer, 428, "precondition-required")
    expect_equal(portal.row(path), row, "the customer")
    expect_equal(portal.row(contact)["status"], person["status"], "the contact's status")


def stale_version_is_refused(portal: Portal) -> None:
    """A write with another version in If-Match answers 412, and nothing is done."""
    row = portal.customer()
    path = f"/customers/{row['id']}"
    for version in (row["version"] + 1, row["version"] + 1000):
        answer = portal.write("PATCH", path, version, {"description": "other"})
        expect_problem(answer, 412, "stale")
    expect_equal(portal.row(path), row, "the customer")


def creation_needs_if_none_match(portal: Portal) -> None:
    """A creation without `If-None-Match: *` answers 428, and nothing is created."""
    body = portal.customer_body()
    answer = portal.ask("POST", "/customers", json=body, headers=portal.key())
    expect_problem(answer, 428, "precondition-required")
    names = {row["name"] for row in portal.items("/customers")}
    expect(body["name"] not in names, "the customer was created")


def leases_and_sessions_need_no_precondition(portal: Portal) -> None:
    """`leases`, `sign-ups` and `sessions` need neither a precondition nor an Idempotency-Key."""
    lease = portal.lease(f"customer:contract-{portal.word()}")
    expect(portal.release(lease).is_success, "a lease cannot be released without headers")
    login = {"email": f"{portal.word()}@contract-suite.example", "password": "Wrong-Pass-1"}
    for path, body in (("/sessions", login), ("/sign-ups", {})):
        status = portal.send("POST", path, json=body, token="").status_code
        expect(status not in {400, 428}, f"POST {path} answers {status} without headers")


def requests_do_not_count_a_version(portal: Portal) -> None:
    """A request that a person sends, and one that is handed to them, leaves their version."""
    home = portal.customer()
    leaver, heir = portal.contact(home), portal.contact(home, "manager")
    portal.request(leaver)
    path = f"/contacts/{leaver['id']}/hand-over"
    answer = portal.write("POST", path, leaver["version"], {"work_to": heir["id"]})
    expect_status(answer, 200)
    version = portal.row(f"/contacts/{heir['id']}")["version"]
    expect_equal(version, heir["version"], "the version of the heir")


LAWS = (
    Law(etag_is_the_version),
    Law(change_needs_if_match),
    Law(stale_version_is_refused),
    Law(creation_needs_if_none_match),
    Law(leases_and_sessions_need_no_precondition, "apply"),
    Law(requests_do_not_count_a_version),
)
