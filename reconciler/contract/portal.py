"""The portal under test, and everything that the suite creates in it and takes away again."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from typing import Any, Final

import httpx

from reconciler.contract.client import Client, Row

NAME: Final = "Contract suite"
_SCOPES: Final = ("read", "apply", "admin")
_LINK: Final = re.compile(r"/activate/([A-Za-z0-9_-]{16,})")
# How an open request ends without a delivery.
_ENDS: Final = {"quote_pending": "reject", "quoted": "cancel"}


class Unchecked(Exception):
    """A law cannot be checked here; the message says why."""


class Portal(Client):
    """A portal as the suite's token sees it, with objects of unique names to try the laws on.

    `tokens`: tokens of other scopes, by scope, as far as the caller has them.
    """

    def __init__(
        self, url: str, token: str, tokens: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(url, token)
        self.tokens = dict(tokens or {})
        meta = self.row("/meta")
        # A portal that does not describe the token is asked everything.
        own_token = meta.get("token") or {}
        self.scope = str(own_token.get("scope") or "admin")
        self.start = int(meta["revision"])
        self.start_head = meta.get("head")
        self.run = secrets.token_hex(4)
        self.owner = own_token.get("owner") or f"contract-{self.run}"
        self._customers: list[str] = []
        self._services: list[str] = []
        # With the token that took each lease: only its principal can release it.
        self._leases: dict[str, str] = {}

    def allows(self, scope: str) -> bool:
        """Return whether the suite's token is of this scope or of a wider one."""
        if self.scope not in _SCOPES:
            return False
        return _SCOPES.index(self.scope) >= _SCOPES.index(scope)

    def foreign_customer(self) -> str | None:
        """Return the name of a customer that no run of the suite created; None without one."""
        names = (str(row["name"]) for row in self.items("/customers", limit=200))
        return next((name for name in names if not name.startswith(NAME)), None)

    def token_of(self, scope: str) -> str:
        """Return a token of exactly this scope."""
        if self.scope == scope:
            return self.token
        if scope not in self.tokens:
            variable = f"RECONCILER_CONTRACT_{scope.upper()}_TOKEN"
            raise Unchecked(f"it needs a token of scope {scope} in {variable}")
        return self.tokens[scope]

    def other_token(self) -> str:
        """Return a token of another principal that may take leases."""
        for scope in ("apply", "admin"):
            if self.tokens.get(scope, self.token) != self.token:
                return self.tokens[scope]
        raise Unchecked("it needs a second token, in RECONCILER_CONTRACT_APPLY_TOKEN")

    def word(self) -> str:
        """Return a word that no other object of this or another run has in its name."""
        return f"{self.run}-{next(self._numbers)}"

    def customer_body(self, **fields: Any) -> Row:
        """Return a valid body for a new customer."""
        return {"name": f"{NAME} {self.word()}", **fields}

    def contact_body(self, customer: Row, role: str = "requester", **fields: Any) -> Row:
        """Return a valid body for a new contact."""
        word = self.word()
        person = {"name": f"Person {word}", "email": f"{word}@contract-suite.example"}
        return {"customer": customer["id"], "role": role, **person, **fields}

    def customer(self, **fields: Any) -> Row:
        """Create a customer."""
        row = self._create("/customers", self.customer_body(**fields))
        return self.remember_customer(row)

    def remember_customer(self, row: Row) -> Row:
        """Return the row of a customer, which `tidy` will archive."""
        self._customers.append(row["id"])
        return row

    def contact(self, customer: Row, role: str = "requester", **fields: Any) -> Row:
        """Create a contact."""
        return self._create("/contacts", self.contact_body(customer, role, **fields))

    def service(self, **fields: Any) -> Row:
        """Create a service that nobody may order yet."""
        word = self.word()
        body = {"code": f"contract-{word}", "name": f"{NAME} {word}", **fields}
        row = self._create("/services", body)
        self._services.append(row["id"])
        return row

    def request(self, owner: Row) -> Row:
        """Create an open request of this contact."""
        body = {"owner": owner["id"], "title": f"Request {self.word()}"}
        languages = {"source_language": "en", "target_languages": ["de"]}
        return self._create("/requests", {**body, **languages})

    def _create(self, path: str, body: Row) -> Row:
        answer = self.add(path, body)
        if answer.status_code != 201:
            raise httpx.HTTPStatusError(
                f"{path}: {answer.text[:200]}", request=answer.request, response=answer
            )
        return dict(answer.json())

    def lease_body(self, *scopes: str, **members: Any) -> Row:
        """Return a valid body for a new lease, with an id that the suite chose."""
        claim = {"id": f"lea_{secrets.token_hex(16)}", "scopes": list(scopes), "ttl_s": 60}
        return {**claim, "holder": "contract suite", "run": f"run_{self.run}", **members}

    def ask_for_lease(self, body: Row, **request: Any) -> httpx.Response:
        """Return the answer to a request for a lease, which `tidy` will release."""
        answer = self.ask("POST", "/leases", json=body, **request)
        if answer.status_code == 201:
            self._leases[answer.json()["id"]] = request.get("token", self.token)
        return answer

    def lease(self, *scopes: str, **members: Any) -> Row:
        """Take a lease."""
        answer = self.ask_for_lease(self.lease_body(*scopes, **members))
        answer.raise_for_status()
        return dict(answer.json())

    def release(self, lease: Row) -> httpx.Response:
        """Return the answer to the release of a lease."""
        return self.ask("DELETE", f"/leases/{lease['id']}")

    def batch_body(self, lease: Row, *operations: Row, **members: Any) -> Row:
        """Return a valid body for a batch of these operations."""
        changes = [{"change": f"{self.word()}", **operation} for operation in operations]
        mark = {"owner": self.owner, "run": f"run_{self.run}", "commit": "c0ffee0"}
        body = {"lease": lease["id"], "token": lease["token"], **mark}
        return {**body, "operations": changes, **members}

    def batch(self, lease: Row, *operations: Row, **members: Any) -> httpx.Response:
        """Return the answer to a batch of these operations."""
        body = self.batch_body(lease, *operations, **members)
        return self.ask("POST", "/batches", json=body, headers=self.key())

    def managed(self, *roles: str, **fields: Any) -> tuple[Row, list[Row], Row]:
        """Create a customer and contacts of these roles by a batch; return them and the lease."""
        key = f"contract-{self.word()}"
        lease = self.lease(f"customer:{key}")
        home_fields = self.customer_body(**fields)
        home = {"op": "create_customer", "key": key, "fields": home_fields}
        people = [
            {
                "op": "create_contact",
                "customer": {"customer": key},
                "key": f"person-{number}",
                "fields": _without_customer(self.contact_body({"id": ""}, role)),
            }
            for number, role in enumerate(roles)
        ]
        operations = [
            {**operation, "applied": {"present": True, "fields": operation["fields"]}}
            for operation in (home, *people)
        ]
        answer = self.batch(lease, *operations)
        answer.raise_for_status()
        ids = [result["id"] for result in answer.json()["results"]]
        row = self.remember_customer(self.row(f"/customers/{ids[0]}"))
        return row, [self.row(f"/contacts/{id}") for id in ids[1:]], lease

    def session(self, contact: Row) -> str:
        """Return the token of a session of the contact, who activates their access first."""
        mails = [
            mail
            for mail in self.items("/outbox", contact=contact["id"])
            if str(mail["kind"]).startswith("activation")
        ]
        link = _LINK.search(mails[-1]["text"]) if mails else None
        if link is None:
            raise Unchecked(
                "the activation link cannot be read: its mail was delivered already"
            )
        password = f"Aa1{secrets.token_hex(12)}"
        activation = {"secret": link[1], "password": password}
        self.ask("POST", "/activations", json=activation, token="").raise_for_status()
        login = {"email": contact["email"], "password": password}
        answer = self.send("POST", "/sessions", json=login, token="")
        if answer.status_code == 429:
            raise Unchecked("the portal takes no more log-ins from here at present")
        answer.raise_for_status()
        return str(answer.json()["token"])

    def tidy(self) -> list[str]:
        """Archive, erase, delete and release what was created; return what could not be."""
        for id, token in self._leases.items():
            self.ask("DELETE", f"/leases/{id}", token=token)
        problems = [
            problem for id in self._customers for problem in self._take_away_customer(id)
        ]
        for id in self._services:
            row = self.get(f"/services/{id}")
            if row.is_success:
                answer = self.write("DELETE", f"/services/{id}", row.json()["version"])
                problems += _failure(answer, f"service {id}")
        if self._customers:
            count = len(self._customers)
            problems.append(
                f"customers that stay archived under the name '{NAME}': {count}"
            )
        self._customers, self._services, self._leases = [], [], {}
        return problems

    def _take_away_customer(self, id: str) -> list[str]:
        """End the requests, archive the customer, erase its people; return what failed."""
        if not self.allows("admin"):
            return self._archive_by_batch(id)
        for request in self.items("/requests", customer=id):
            if event := _ENDS.get(request["state"]):
                path = f"/requests/{request['id']}/{event}"
                self.write("POST", path, request["version"], {"reason": "contract suite"})
        self._lift_protection(id)
        home = self.row(f"/customers/{id}")
        problems = []
        if home["status"] == "active":
            answer = self.write("POST", f"/customers/{id}/archive", home["version"])
            problems += _failure(answer, f"customer {id}")
        for person in self.items("/contacts", customer=id, include="removed"):
            path = f"/contacts/{person['id']}/erase"
            answer = self.write("POST", path, person["version"])
            problems += _failure(answer, f"contact {person['id']}")
        return problems

    def _lift_protection(self, customer: str) -> None:
        rows = [(f"/customers/{customer}", self.row(f"/customers/{customer}"))]
        people = self.items("/contacts", customer=customer)
        rows += [(f"/contacts/{row['id']}", row) for row in people]
        for path, row in rows:
            if row["protected"]:
                self.write("PATCH", path, row["version"], {"protected": False})

    def _archive_by_batch(self, id: str) -> list[str]:
        home = self.row(f"/customers/{id}")
        if home["status"] != "active":
            return []
        lease = self.lease(f"customer:{home['external_key']}")
        archive = {"op": "archive_customer", "id": id, "version": home["version"]}
        answer = self.batch(lease, archive)
        self.release(lease)
        return _failure(answer, f"customer {id}")


def _without_customer(body: Row) -> Row:
    return {name: value for name, value in body.items() if name != "customer"}


def _failure(answer: httpx.Response, subject: str) -> list[str]:
    return [] if answer.is_success else [f"{subject}: {answer.text[:200]}"]
