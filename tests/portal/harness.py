"""A client of the portal in the words of the contract, and a clock that tests can move."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import update
from starlette.testclient import TestClient

from reconciler.portal.actions import quotes
from reconciler.portal.app import create_app
from reconciler.portal.rules.audit import AuditAction
from reconciler.portal.rules.principals import Actor, Principal, Scope
from reconciler.portal.store import tables as t
from reconciler.portal.store.clock import later
from reconciler.portal.store.store import Store
from reconciler.portal.web.security import new_token

OWNER = "acme-translations"
_keys = itertools.count()
_ON_THE_WAY: Final[dict[str, tuple[str, ...]]] = {
    "quote_pending": (), "quoted": ("approve",), "in_progress": ("approve", "accept"),
    "delivered": ("approve", "accept", "deliver"), "cancelled": ("reject",),
}  # fmt: skip
"""The events from a request that waits for its quote to a state."""


@dataclass
class Clock:
    """Stands still until it is moved."""

    now: str = "2026-11-23T12:00:00Z"

    def __call__(self) -> str:
        return self.now

    def move(self, **span: float) -> None:
        self.now = later(self.now, **span)


class Api(TestClient):
    """Requests with the headers that writes need."""

    store: Store

    @classmethod
    def of(cls, store: Store, scope: str = "admin") -> Api:
        token = new_token(store, Scope(scope), f"the {scope} token")
        client = cls(
            create_app(store), base_url="http://testserver/api/v1", headers={"Authorization": f"Bearer {token}"},
            raise_server_exceptions=False,
        )  # fmt: skip
        client.store = store
        return client

    def create(self, path: str, **body: Any) -> dict[str, Any]:
        """The row that a POST made."""
        answer = self.post(path, json=body, headers={**key(), "If-None-Match": "*"})
        assert answer.status_code == 201, answer.text
        created: dict[str, Any] = answer.json()
        return created

    def write(self, method: str, path: str, version: int, body: Any = None) -> Any:
        """A write to what exists."""
        return self.request(method, path, json=body, headers={**key(), "If-Match": f'"{version}"'})

    def act(self, path: str, row: dict[str, Any], **body: Any) -> dict[str, Any]:
        """The row after an action on it."""
        answer = self.write("POST", f"{path}", row["version"], body)
        assert answer.status_code == 200, answer.text
        done: dict[str, Any] = answer.json()
        return done

    def row(self, path: str) -> dict[str, Any]:
        """What stands there now."""
        found: dict[str, Any] = self.get(path).json()
        return found

    def items(self, path: str, **params: Any) -> list[dict[str, Any]]:
        """All rows of a list, over all its pages."""
        found: list[dict[str, Any]] = []
        cursor: dict[str, Any] = {}
        while True:
            page = self.get(path, params={**params, **cursor}).json()
            found += page["items"]
            if page["next"] is None:
                return found
            cursor = {"cursor": page["next"]}

    def items_of_history(self) -> list[dict[str, Any]]:
        """Every entry of the feed."""
        found: list[dict[str, Any]] = []
        since: dict[str, Any] = {}
        while True:
            page = self.get("/changes", params={"limit": 200, **since}).json()
            found += page["items"]
            if page["next"] is None:
                return found
            since = {"since": page["next"]}

    def lease(self, *scopes: str, ttl_s: float = 60, run: str = "run_1") -> dict[str, Any]:
        answer = self.post("/leases", json={"scopes": list(scopes), "ttl_s": ttl_s, "holder": "tests", "run": run})
        assert answer.status_code == 201, answer.text
        lease: dict[str, Any] = answer.json()
        return lease

    def batch(self, lease: dict[str, Any], *operations: dict[str, Any], **more: Any) -> Any:
        """The answer to a batch of these operations."""
        body = {
            "lease": lease["id"], "token": lease["token"], "owner": OWNER, "run": "run_1", "commit": "4f1c4f1c",
            "operations": [{"change": f"change-{n}", **each} for n, each in enumerate(operations)], **more,
        }  # fmt: skip
        return self.post("/batches", json=body, headers=key())

    def done(self, lease: dict[str, Any], *operations: dict[str, Any], **more: Any) -> list[dict[str, Any]]:
        """The results of a batch that was carried out."""
        answer = self.batch(lease, *operations, **more)
        assert answer.status_code == 200, answer.text
        results: list[dict[str, Any]] = answer.json()["results"]
        return results

    def mails(self) -> list[tuple[str, str]]:
        """Kind and address of all mails, sorted."""
        return sorted((mail["kind"], mail["to"]) for mail in self.items("/outbox"))

    def a_customer(self, *people: str, name: str = "Acme", **more: Any) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        """A customer of this name and people of these roles, named after them (`manager-0`, …)."""
        home = self.create("/customers", name=name, project_managers=["lee@provider.example"], **more)
        found = [
            self.create(
                "/contacts", customer=home["id"], name=f"{role.title()} {n}", role=role,
                email=f"{role}-{n}@{name.lower()}.example",
            )
            for n, role in enumerate(people)
        ]  # fmt: skip
        return home, found

    def a_request(self, owner: dict[str, Any], title: str = "Manual") -> dict[str, Any]:
        return self.create(
            "/requests", owner=owner["id"], title=title, source_language="en", target_languages=["de", "fr"]
        )

    def bring(self, request: dict[str, Any], state: str) -> dict[str, Any]:
        """The new request once the events that lead to this state happened, each by whoever may bring it about."""
        path = f"/requests/{request['id']}"
        for event in _ON_THE_WAY[state]:
            version = self.row(path)["version"]
            match event:
                case "accept":
                    _accept(self.store, request)
                    continue
                case "deliver":
                    body: Any = {"files": [{"upload": self.upload(), "language": request["target_languages"][0]}]}
                case "approve":
                    body = {"words": 5}
                case _:
                    body = {"reason": "late"}
            answer = self.write("POST", f"{path}/{event}", version, body)
            assert answer.status_code == 200, answer.text
        return self.row(path)

    def upload(self) -> str:
        """The id of a file that was sent just now."""
        headers = {**key(), "If-None-Match": "*", "Content-Type": "application/octet-stream"}
        answer = self.post("/uploads", params={"name": "sheet.txt"}, content=b"Four words are here.", headers=headers)
        return str(answer.json()["id"])

    def managed(self, *people: str, key: str = "acme") -> tuple[dict[str, Any], list[dict[str, Any]], dict[str, Any]]:
        """A managed customer, its managed people, and a lease on it."""
        home, found = self.a_customer(*people, name=key.title())
        lease = self.lease(f"customer:{key}")
        operations = [
            {"op": "adopt_customer", "id": home["id"], "version": 1, "key": key, "applied": applied(name=home["name"])}
        ]
        operations += [
            {
                "op": "adopt_contact", "id": one["id"], "version": 1, "key": one["name"].lower().replace(" ", "-"),
                "applied": applied(name=one["name"], email=one["email"], role=one["role"]),
            }
            for one in found
        ]  # fmt: skip
        self.done(lease, *operations)
        return (
            self.row(f"/customers/{home['id']}"), [self.row(f"/contacts/{one['id']}") for one in found], lease
        )  # fmt: skip


def past_the_portal(store: Store, request: str, state: str) -> None:
    """Put a request into a state that no event leads to from where it is."""
    with store.unversioned() as connection:
        connection.execute(update(t.requests).where(t.requests.c.id == request).values(state=state, expires_at=None))


def _accept(store: Store, request: dict[str, Any]) -> None:
    """The owner accepts the quote; most of these tests let nobody log in."""
    owner = Principal("tests", "the owner", Actor.SELF, contact=request["owner"], customer=request["customer"])
    with store.write(owner) as work:
        row = work.get("request", request["id"])
        work.audit(AuditAction.REQUESTS_ACCEPT, row, *quotes.accept(work, row))


def key() -> dict[str, str]:
    """An idempotency key nobody used."""
    return {"Idempotency-Key": f"tests-{next(_keys):08}"}


def applied(**fields: Any) -> dict[str, Any]:
    return {"present": True, "fields": fields}


def refused(answer: Any, type: str) -> dict[str, Any]:
    """The problem that was answered, of this type and no other."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    problem: dict[str, Any] = answer.json()
    assert problem["type"] == type, problem
    assert problem["status"] == answer.status_code
    return problem
