"""Registrations: approved as they were reviewed, decided once."""

from __future__ import annotations

from typing import Any

from reconciler.portal.actions.registrations import register
from reconciler.portal.rules.audit import AuditAction
from reconciler.portal.rules.principals import SYSTEM
from reconciler.portal.store.store import Store
from tests.portal.harness import Api, refused


def sign_up(store: Store, customer: str | None, email: str = "rita@acme.example") -> dict[str, Any]:
    """What a person's confirmed sign-up leaves behind."""
    with store.write(SYSTEM) as work:
        home = work.get("customer", customer) if customer else None
        row = register(work, home, {"name": "Rita Ruiz", "email": email, "role": "requester", "language": "fr"})
        work.audit(AuditAction.SIGN_UP, row, None, {"name": "Rita Ruiz"})
    return dict(row.values)


def approval(row: dict[str, Any], customer: str, **more: Any) -> dict[str, Any]:
    return {
        "op": "approve_registration", "registration": row["registration"], "fingerprint": row["fingerprint"],
        "version": row["version"], "customer": {"id": customer}, "key": "rita-ruiz", **more,
    }  # fmt: skip


def test_a_registration_is_decided_once(api: Api, store: Store) -> None:
    home, _, lease = api.managed("manager")
    row = sign_up(store, home["id"])
    rejection = {
        "op": "reject_registration",
        "registration": row["registration"],
        "version": row["version"],
        "reason": "duplicate",
    }
    api.done(lease, rejection)
    refused(api.batch(lease, approval(row, home["id"])), "registration-gone")
    assert [mail for mail in api.mails() if mail[0] == "rejected"] == [("rejected", "rita@acme.example")]
    assert "Motif\u00a0: doublon" in api.items("/outbox", kind="rejected")[0]["text"]


def test_a_registrant_holds_no_address(api: Api, store: Store) -> None:
    home, _, lease = api.managed("manager")
    row = sign_up(store, home["id"])
    api.done(lease, {
        "op": "create_contact", "customer": {"id": home["id"]}, "key": "rita-ruiz",
        "fields": {"name": "Rita Ruiz", "email": "rita@acme.example", "role": "requester"},
    })  # fmt: skip
    refused(api.batch(lease, approval(row, home["id"], key="other")), "address-taken")


def test_the_snapshot_shows_a_pending_registration_apart_from_contacts(api: Api, store: Store) -> None:
    home, _ = api.a_customer("manager")
    row = sign_up(store, home["id"])
    kinds = [line for line in api.get("/snapshot").text.splitlines() if row["id"] in line]
    assert len(kinds) == 1
    assert kinds[0].startswith('{"kind":"registration","id":"reg-')


def test_an_administrator_approves_and_rejects_too(api: Api, store: Store) -> None:
    home, _ = api.a_customer("manager")
    homeless = sign_up(store, None, "h@acme.example")
    refused(api.write("POST", f"/contacts/{homeless['id']}/approve", 1, {}), "unprocessable")
    done = api.act(f"/contacts/{homeless['id']}/approve", homeless, customer=home["id"])
    assert (done["status"], done["customer"]) == ("invited", home["id"])
    other = sign_up(store, home["id"], "o@acme.example")
    assert api.act(f"/contacts/{other['id']}/reject", other, reason="Nobody knows you")["status"] == "removed"
