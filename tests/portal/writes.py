"""One write as it is sent, and the ground that it starts from: an office with everybody who may write."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
from sqlalchemy import delete, insert, select, update

from reconciler.portal.actions.passwords import hash_password
from reconciler.portal.actions.registrations import register
from reconciler.portal.rules.audit import AuditAction
from reconciler.portal.rules.principals import SYSTEM
from reconciler.portal.store import tables as t
from reconciler.portal.store.store import Store
from tests.pages.reader import Reader
from tests.portal.accounts import PASSWORD, newest, secret_of
from tests.portal.harness import Api, key
from tests.portal.identity import Identity
from tests.portal.office import Office, upload

Footprint = dict[str, tuple[int, int]]
"""Table → rows that are gone, rows that came; a changed row is both."""
Rows = dict[str, list[Any]]
KEPT = hash_password(PASSWORD)
CLIENT = httpx.Client(timeout=30, verify=False)  # there is no TLS: no certificates to read


@dataclass
class Write:
    """A request that writes, and what becomes of it when it is sent again."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: Mapping[str, Any] = field(default_factory=dict)
    key: str | None = None
    """Under which its answer is recorded, with what it did."""
    between: Mapping[str, Footprint] = field(default_factory=dict)
    """What may be there besides nothing and all, by the name of the transaction that was the last."""
    again: tuple[int, ...] = ()
    """How it is answered when it is done already, if not as the first time."""
    afresh: Callable[[], Write] | None = None
    """What its sender does next when sending the same again does not do."""

    def send(self, url: str) -> httpx.Response:
        headers = {**self.headers, "Connection": "close"}
        CLIENT.cookies.clear()
        return CLIENT.request(self.method, url + self.path, headers=headers, **self.body)


@dataclass
class Ground:
    """Where every write starts: the same office each time, and an identity provider."""

    office: Office
    provider: Identity
    route: str = ""
    """Method and path, as in the table of routes."""

    @property
    def admin(self) -> Api:
        return self.office.admin

    @property
    def store(self) -> Store:
        return self.admin.store

    def path(self, row: Mapping[str, Any] | None) -> str:
        return self.route.split()[1].format_map(row or {})

    def call(self, row: Mapping[str, Any] | None = None, body: Any = None, by: Api | None = None, **more: Any) -> Write:
        """A write of the API with an idempotency key, to this row or to make one."""
        headers = {**key(), "Authorization": str((by or self.admin).headers["Authorization"])}
        headers |= {"If-None-Match": "*"} if row is None else {"If-Match": f'"{row.get("version")}"'}
        headers |= more.pop("headers", {})
        sent = more.pop("sent", {"json": body})
        path = self.path(row) + more.pop("query", "")
        return Write(self.route.split()[0], path, headers, sent, headers["Idempotency-Key"], **more)

    def ask(self, body: Any = None, row: Mapping[str, Any] | None = None, by: Api | None = None, **more: Any) -> Write:
        """A write of the API that takes no idempotency key, by nobody unless somebody is named."""
        headers = {"Authorization": str(by.headers["Authorization"])} if by else {}
        return Write(self.route.split()[0], self.path(row), headers, {"json": body}, **more)

    def visitor(self, name: str = "") -> Reader:
        """A browser in which this person is logged in, or nobody."""
        reader = Reader(self.admin.app, base_url="http://testserver", headers={"Accept-Language": "en"})
        if name:
            reader.cookies.set("portal", self.office.clients[name].headers["Authorization"].split()[1])
        return reader

    def form(
        self, visitor: str, opened: str, row: Mapping[str, Any] | None = None, /, *, files: Any = None,
        between: Mapping[str, Footprint] | None = None, again: tuple[int, ...] = (), **fields: Any,
    ) -> Write:  # fmt: skip
        """The form of this route as it stands on an opened page, filled in."""
        reader, action = self.visitor(visitor), self.path(row)
        reader.open(opened)
        values = {**reader.form_to(action).values, **fields}
        body = {"data": values, **({"files": files} if files else {})}
        return Write("POST", action, cookies(reader), body, f"form-{values['once'][0]}", between or {}, again)

    def contact(self, name: str) -> dict[str, Any]:
        return self.admin.row(f"/contacts/{self.office.ids[name]}")

    def request(self, id: Any) -> dict[str, Any]:
        return self.admin.row(f"/requests/{id}")

    def sent(self, owner: str = "jane") -> dict[str, Any]:
        """A request that waits for its quote."""
        client = self.office.clients[owner]
        return self.request(self.office.send(client, upload(client)["id"])["id"])

    def quoted(self) -> dict[str, Any]:
        return self.request(self.office.quoted())

    def accepted(self) -> dict[str, Any]:
        id = self.office.quoted()
        self.office.do(self.office.jane, "accept", id)
        return self.request(id)

    def cancelled(self) -> dict[str, Any]:
        id = self.office.quoted()
        self.office.do(self.office.pm, "cancel", id, reason="late")
        return self.request(id)

    def removed(self) -> dict[str, Any]:
        """Olga, who left."""
        row = self.contact("olga")
        return self.admin.act(f"/contacts/{row['id']}/offboard", row, reason="left")

    def invited(self) -> dict[str, Any]:
        """Nora, who has not opened her link yet."""
        home = self.office.home["id"]
        return self.admin.create(
            "/contacts", customer=home, name="Nora", email="nora@acme.example", role="requester"
        )  # fmt: skip

    def registered(self) -> dict[str, Any]:
        """Rita, who waits for approval."""
        with self.store.write(SYSTEM) as work:
            fields = {"name": "Rita", "email": "rita@acme.example", "role": "requester", "language": None}
            row = register(work, work.get("customer", self.office.home["id"]), fields)
            work.audit(AuditAction.SIGN_UP, row, None, {})
        return self.admin.row(f"/contacts/{row.id}")

    def colleague(self) -> dict[str, Any]:
        """One of the provider's people who has not opened her link yet."""
        return self.admin.create("/staff", name="Max", email="max@provider.example", kind="project_manager")

    def home(self) -> dict[str, Any]:
        return self.admin.row(f"/customers/{self.office.home['id']}")

    def archived(self) -> dict[str, Any]:
        home = self.home()
        return self.admin.act(f"/customers/{home['id']}/archive", home)

    def with_code(self) -> dict[str, Any]:
        """The customer, whose people may sign up with a code."""
        home = self.home()
        assert self.admin.write("POST", f"/customers/{home['id']}/registration-code", home["version"]).is_success
        return self.home()

    def service(self) -> dict[str, Any]:
        """A service that nobody refers to."""
        return self.admin.create("/services", code="express", name="Express")

    def dead_letter(self) -> dict[str, Any]:
        id = self.admin.items("/outbox")[0]["id"]
        with self.store.unversioned() as connection:
            connection.execute(update(t.outbox).where(t.outbox.c.id == id).values(state="dead", tries=9))
        return {"id": id}

    def known(self) -> str:
        """The address of Jane, who has a password."""
        with self.store.write(SYSTEM) as work:
            row = work.get("contact", self.office.ids["jane"])
            row["password"] = KEPT
            return str(row["email"])

    def link(self, kind: str, page: str, email: str) -> dict[str, Any]:
        """The secret that was mailed to this address."""
        return {"secret": secret_of(newest(self.admin, email, kind), page)}

    def activation(self) -> dict[str, Any]:
        return self.link("activation", "activate", self.invited()["email"])

    def reset(self) -> dict[str, Any]:
        email = self.known()
        assert self.admin.post("/resets", json={"email": email}).is_success
        return self.link("reset", "reset", email)

    def confirmation(self) -> dict[str, Any]:
        wish = {"name": "Rita", "email": "rita@acme.example", "role": "requester", "language": "fr"}
        assert self.admin.post("/sign-ups", json=wish).is_success
        return self.link("confirm", "confirm", wish["email"])


def cookies(reader: Reader) -> dict[str, str]:
    """The header with what a browser keeps."""
    return {"Cookie": "; ".join(f"{name}={value}" for name, value in reader.cookies.items())}


def whole(store: Store) -> Rows:
    """All that a write may leave behind: every row of every table."""
    with store.read() as connection:
        return {table.name: connection.execute(select(table)).all() for table in t.metadata.sorted_tables}  # type: ignore[misc]


def restored(store: Store, rows: Rows) -> None:
    """The database is what it was; sessions begin now, for they grow old."""
    now = store.clock()
    with store.unversioned() as connection:
        for table in reversed(t.metadata.sorted_tables):
            connection.execute(delete(table))
        for table in t.metadata.sorted_tables:
            fresh = {"created_at": now, "used_at": now} if table is t.sessions else {}
            if rows[table.name]:
                connection.execute(insert(table), [{**row._mapping, **fresh} for row in rows[table.name]])
