"""The table of all writing routes of the API: each with a state of the portal, and the write that begins there."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any, Final

from tests.portal.accounts import OTHER, PASSWORD
from tests.portal.harness import applied
from tests.portal.office import upload
from tests.portal.writes import Ground, Write

Maker = Callable[[Ground], Write]
TRIED: Final = {"the try of a password is counted": {"attempts": (0, 3)}}
"""A try is counted in a transaction of its own, before it is judged (`actions.access`)."""
TRIED_AT_HOME: Final = {"the try of somebody who is logged in is counted": {"attempts": (0, 1)}}
RITA: Final[dict[str, Any]] = {"name": "Rita", "email": "rita@acme.example", "role": "requester"}


def log_in(email: str, password: str) -> Write:
    return Write("POST", "/api/v1/sessions", {}, {"json": {"email": email, "password": password}})


def _batch(at: Ground) -> Write:
    home, (boss, leaver), lease = at.admin.managed("manager", "requester", key="gamma")
    at.admin.a_request(leaver)
    operations: list[dict[str, Any]] = [
        {"op": "create_contact", "customer": {"id": home["id"], "version": home["version"]}, "key": "nora", "generation": 1,
         "fields": {"name": "Nora", "email": "nora@gamma.example", "role": "observer"}, "applied": applied()},
        {"op": "remove_contact", "id": leaver["id"], "version": leaver["version"], "reason": "left",
         "work_to": {"id": boss["id"], "version": boss["version"]}},
        {"op": "update_customer", "id": home["id"], "version": home["version"], "fields": {"language": "fr"}},
    ]  # fmt: skip
    return at.call(body={
        "lease": lease["id"], "token": lease["token"], "owner": "acme-translations", "run": "run_1", "commit": "4f1c4f1c",
        "operations": [{"change": f"change-{n}", **each} for n, each in enumerate(operations)],
    })  # fmt: skip


def _take_lease(at: Ground) -> Write:
    body = {"scopes": ["customer:acme", "customer:beta"], "ttl_s": 1, "holder": "tests", "run": "run_1"}
    write = at.ask(body, by=at.admin, again=(201, 409))

    def when_it_ran_out() -> Write:
        time.sleep(1.1)
        return write

    write.afresh = when_it_ran_out
    return write


def _of_lease(at: Ground, ttl_s: int | None) -> Write:
    lease = at.admin.lease("customer:acme")
    return at.ask({"token": lease["token"], "ttl_s": ttl_s} if ttl_s else None, row=lease, by=at.admin)


def _offboard(at: Ground) -> Write:
    at.sent("tom")
    at.sent("tom")
    return at.call(at.contact("tom"), {"work_to": at.office.ids["jane"], "reason": "left"})


def _hand_over(at: Ground) -> Write:
    at.sent("tom")
    return at.call(at.contact("tom"), {"work_to": at.office.ids["jane"]}, at.office.mara)


def _send_request(at: Ground) -> Write:
    body = {
        "title": "Leaflet", "service": "certified", "workflow": "automatic_quote", "source_language": "en",
        "target_languages": ["de", "fr"], "files": [upload(at.office.jane)["id"]],
    }  # fmt: skip
    return at.call(body=body, by=at.office.jane)


def _deliver(at: Ground) -> Write:
    row, sent = at.accepted(), upload(at.office.pm, "Blatt.txt")
    return at.call(row, {"files": [{"upload": sent["id"], "language": "de"}]}, at.office.pm)


def _upload(at: Ground) -> Write:
    sent = {"content": b"Ten small words."}
    return at.call(
        by=at.office.jane, query="?name=leaflet.txt", sent=sent, headers={"Content-Type": "application/octet-stream"}
    )


def _activate(at: Ground) -> Write:
    body = {**at.activation(), "password": PASSWORD}
    return at.ask(body, again=(404,), afresh=lambda: log_in("nora@acme.example", PASSWORD))


def _reset(at: Ground) -> Write:
    body, email = {**at.reset(), "password": OTHER}, at.known()
    return at.ask(body, again=(404,), afresh=lambda: log_in(email, OTHER))


def _log_out(at: Ground) -> Write:
    session = at.admin.post("/sessions", json={"email": at.known(), "password": PASSWORD}).json()
    return at.ask(row=session, by=at.office.jane)


def _change_password(at: Ground) -> Write:
    email, body = at.known(), {"old": PASSWORD, "new": OTHER}
    return at.ask(body, by=at.office.jane, between=TRIED_AT_HOME, again=(401,), afresh=lambda: log_in(email, OTHER))


API: Final[Mapping[str, Maker]] = {
    "POST /api/v1/leases": _take_lease,
    "PUT /api/v1/leases/{id}": lambda at: _of_lease(at, 600),
    "DELETE /api/v1/leases/{id}": lambda at: _of_lease(at, None),
    "POST /api/v1/batches": _batch,
    "PATCH /api/v1/settings": lambda at: at.call(at.admin.row("/settings"), {"sign_up": "open"}),
    "POST /api/v1/services": lambda at: at.call(body={"code": "express", "name": "Express"}),
    "PATCH /api/v1/services/{id}": lambda at: at.call(at.service(), {"description": "By tomorrow"}),
    "DELETE /api/v1/services/{id}": lambda at: at.call(at.service()),
    "POST /api/v1/customers": lambda at: at.call(body={"name": "Gamma"}),
    "PATCH /api/v1/customers/{id}": lambda at: at.call(at.home(), {"name": "Acme Ltd", "language": "fr"}),
    "POST /api/v1/customers/{id}/archive": lambda at: at.call(at.home(), {"reason": "left"}),
    "POST /api/v1/customers/{id}/restore": lambda at: at.call(at.archived()),
    "POST /api/v1/customers/{id}/registration-code": lambda at: at.call(at.home()),
    "DELETE /api/v1/customers/{id}/registration-code": lambda at: at.call(at.with_code()),
    "POST /api/v1/contacts": lambda at: at.call(body={**RITA, "customer": at.office.home["id"]}),
    "PATCH /api/v1/contacts/{id}": lambda at: at.call(at.contact("tom"), {"email": "new@acme.example"}),
    "DELETE /api/v1/contacts/{id}": lambda at: at.call(at.contact("olga"), by=at.office.mara),
    "POST /api/v1/contacts/{id}/offboard": _offboard,
    "POST /api/v1/contacts/{id}/hand-over": _hand_over,
    "POST /api/v1/contacts/{id}/approve": lambda at: at.call(at.registered(), {}),
    "POST /api/v1/contacts/{id}/reject": lambda at: at.call(at.registered(), {"reason": "ask your manager"}),
    "POST /api/v1/contacts/{id}/restore": lambda at: at.call(at.removed()),
    "POST /api/v1/contacts/{id}/resend-activation": lambda at: at.call(at.invited()),
    "POST /api/v1/contacts/{id}/erase": lambda at: at.call(at.removed()),
    "POST /api/v1/requests": _send_request,
    "PATCH /api/v1/requests/{id}": lambda at: at.call(at.sent(), {"deadline": "2027-03-01T12:00:00Z"}),
    "POST /api/v1/requests/{id}/approve": lambda at: at.call(at.sent(), {"words": 12}, at.office.pm),
    "POST /api/v1/requests/{id}/reject": lambda at: at.call(at.sent(), {"reason": "too late"}, at.office.pm),
    "POST /api/v1/requests/{id}/cancel": lambda at: at.call(at.quoted(), {"reason": "too late"}, at.office.pm),
    "POST /api/v1/requests/{id}/revive": lambda at: at.call(at.cancelled(), {}, at.office.pm),
    "POST /api/v1/requests/{id}/progress": lambda at: at.call(at.accepted(), {"progress": 60}, at.office.pm),
    "POST /api/v1/requests/{id}/deliver": _deliver,
    "POST /api/v1/requests/{id}/accept": lambda at: at.call(at.quoted(), by=at.office.jane),
    "POST /api/v1/requests/{id}/decline": lambda at: at.call(at.quoted(), {"reason": "too dear"}, at.office.jane),
    "POST /api/v1/requests/{id}/reassign": lambda at: at.call(
        at.quoted(), {"owner": at.office.ids["tom"]}, at.office.mara
    ),
    "POST /api/v1/uploads": _upload,
    "POST /api/v1/activations": _activate,
    "POST /api/v1/sessions": lambda at: at.ask({"email": at.known(), "password": PASSWORD}, between=TRIED),
    "DELETE /api/v1/sessions/{id}": _log_out,
    "DELETE /api/v1/sessions": lambda at: at.ask(by=at.office.jane, again=(401,)),
    "PATCH /api/v1/account": lambda at: at.call(at.contact("jane"), {"language": "fr"}, at.office.jane),
    "PUT /api/v1/account/password": _change_password,
    "POST /api/v1/sign-ups": lambda at: at.ask(RITA),
    "POST /api/v1/sign-ups/confirmations": lambda at: at.ask(at.confirmation(), again=(404,)),
    "POST /api/v1/resets": lambda at: at.ask({"email": at.known()}),
    "POST /api/v1/resets/confirmations": _reset,
    "POST /api/v1/staff": lambda at: at.call(
        body={"name": "Max", "email": "max@provider.example", "kind": "project_manager"}
    ),
    "PATCH /api/v1/staff/{id}": lambda at: at.call(at.colleague(), {"email": "maxi@provider.example"}),
    "DELETE /api/v1/staff/{id}": lambda at: at.call(at.colleague()),
    "POST /api/v1/staff/{id}/resend-activation": lambda at: at.call(at.colleague()),
    "POST /api/v1/outbox/{id}/retry": lambda at: at.call(at.dead_letter()),
}  # fmt: skip
