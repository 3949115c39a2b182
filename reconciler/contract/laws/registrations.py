"""Registrations: people who sign up, and what becomes of their request."""

from __future__ import annotations

import hashlib
import json
import re
from typing import Final

from reconciler.contract.client import Row
from reconciler.contract.law import Law, expect, expect_equal, expect_problem, expect_status
from reconciler.contract.portal import Portal, Unchecked

_LINK: Final = re.compile(r"/confirm/([A-Za-z0-9_-]{16,})")


def _sign_up(portal: Portal, home: Row) -> Row:
    """Return the pending registration of a person at the customer, as the snapshot shows it."""
    if portal.row("/settings")["sign_up"] != "approval_required":
        raise Unchecked("sign-up is not `approval_required` in this portal's settings")
    email = f"{portal.word()}@{home['email_domains'][0]}"
    person = {"name": "Person Who Signs Up", "email": email, "role": "manager"}
    body = {**person, "language": "fr"}
    answer = portal.send("POST", "/sign-ups", json=body, token="")
    if answer.status_code == 429:
        raise Unchecked("the portal takes no more sign-ups from here at present")
    expect_status(answer, 202)
    mails = [
        mail for mail in portal.items("/outbox", kind="confirm") if mail["to"] == email
    ]
    link = _LINK.search(mails[-1]["text"]) if mails else None
    if link is None:
        raise Unchecked(
            "the link of a sign-up cannot be read: its mail was delivered already"
        )
    path, secret = "/sign-ups/confirmations", {"secret": link[1]}
    status = expect_status(portal.ask("POST", path, json=secret, token=""), 200)["status"]
    expect_equal(status, "waiting", "the status of the confirmed sign-up")
    lines = [json.loads(line) for line in portal.get("/snapshot").text.splitlines()]
    rows = [row for row in lines if row["kind"] == "registration" and row["email"] == email]
    expect_equal(len(rows), 1, "the number of its registrations in the snapshot")
    return dict(rows[0])


def _managed_home(portal: Portal) -> tuple[Row, Row]:
    domain = f"{portal.word()}.contract-suite.example"
    home, _, lease = portal.managed("manager", email_domains=[domain], language="de")
    return home, lease


def _approval(home: Row, registration: Row, key: str) -> Row:
    """Return the operation that approves with fewer rights and another language."""
    operation = {"op": "approve_registration", "registration": registration["id"]}
    review = {name: registration[name] for name in ("fingerprint", "version")}
    fields = {"role": "requester", "language": "es"}
    return {
        **operation,
        **review,
        "customer": {"id": home["id"]},
        "key": key,
        "fields": fields,
    }


def registration_has_a_fingerprint(portal: Portal) -> None:
    """A registration's fingerprint is the SHA-256 of customer, address, name, role, language."""
    home, _ = _managed_home(portal)
    registration = _sign_up(portal, home)
    values = {name: registration[name] for name in ("email", "language", "name", "role")}
    document = {"customer": home["name"], **values}
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    digest = hashlib.sha256(text.encode()).hexdigest()
    expect_equal(registration["fingerprint"], f"sha256:{digest}", "the fingerprint")
    person = portal.row(f"/contacts/{registration['contact']}")
    expect_equal(person["status"], "unapproved", "the status of the contact")


def approval_needs_the_reviewed_fingerprint(portal: Portal) -> None:
    """A batch approves a registration as it was reviewed, with the file's fields, once."""
    home, lease = _managed_home(portal)
    registration = _sign_up(portal, home)
    approval = _approval(home, registration, "person-who-signs-up")
    other_value = {**approval, "fingerprint": f"sha256:{'0' * 64}"}
    expect_problem(portal.batch(lease, other_value), 409, "registration-changed")
    expect_status(portal.batch(lease, approval), 200)
    person = portal.row(f"/contacts/{registration['contact']}")
    for name, value in (("status", "invited"), ("role", "requester"), ("language", "es")):
        expect_equal(person[name], value, f"`{name}` of the contact")
    mails = [mail["kind"] for mail in portal.items("/outbox", contact=person["id"])]
    expect_equal(mails.count("activation"), 1, "the number of activation mails")
    again = portal.batch(lease, {**approval, "key": "other-key"})
    expect_problem(again, 409, "registration-gone")


def rejection_sends_one_mail(portal: Portal) -> None:
    """A rejected registration gets one mail, and its address stays free."""
    home, lease = _managed_home(portal)
    registration = _sign_up(portal, home)
    rejection = {"op": "reject_registration", "registration": registration["id"]}
    operation = {**rejection, "version": registration["version"], "reason": "duplicate"}
    expect_status(portal.batch(lease, operation), 200)
    mails = portal.items("/outbox", contact=registration["contact"], kind="rejected")
    letters = [(mail["to"], mail["language"]) for mail in mails]
    expect_equal(letters, [(registration["email"], "fr")], "the list of mails")
    person = portal.contact_body(home, email=registration["email"])
    answer = portal.add("/contacts", person)
    expect(answer.status_code == 201, "the address of a rejected person is not free")


LAWS = (
    Law(registration_has_a_fingerprint),
    Law(approval_needs_the_reviewed_fingerprint),
    Law(rejection_sends_one_mail),
)
