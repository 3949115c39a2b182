"""What tests of accounts share: secrets from mails, people who log in, and what a request costs."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from sqlalchemy import event, select

from reconciler.portal.store import tables as t
from reconciler.portal.store.store import Store
from tests.portal.harness import Api

PASSWORD = "Sesam0effne"
OTHER = "Ganz-anders-77"


def secret_of(mail: dict[str, Any], page: str) -> str:
    """The secret of the link to this page in a mail."""
    return str(mail["text"]).split(f"/{page}/")[1].split()[0]


def newest(api: Api, to: str, kind: str) -> dict[str, Any]:
    """The newest mail of this kind to an address."""
    found = [mail for mail in api.items("/outbox", kind=kind) if mail["to"] == to]
    assert found, (to, kind, api.mails())
    return max(found, key=lambda mail: str(mail["created_at"]))


def mails_as_sent(store: Store) -> list[dict[str, Any]]:
    """Every mail as its reader gets it, with the links that the API keeps from administrators."""
    with store.read() as connection:
        return [dict(row) for row in connection.execute(select(t.outbox).order_by(t.outbox.c.created_at)).mappings()]


def bearer(session: dict[str, Any]) -> dict[str, str]:
    return {"Authorization": f"Bearer {session['token']}"}


def activate(api: Api, email: str, password: str = PASSWORD) -> None:
    """The person opens the newest activation link."""
    kinds = [mail for mail in api.items("/outbox") if mail["to"] == email and "/activate/" in mail["text"]]
    secret = secret_of(max(kinds, key=lambda mail: str(mail["created_at"])), "activate")
    answer = api.post("/activations", json={"secret": secret, "password": password})
    assert answer.status_code == 204, answer.text


def log_in(api: Api, email: str, password: str = PASSWORD) -> dict[str, Any]:
    """A new session."""
    answer = api.post("/sessions", json={"email": email, "password": password})
    assert answer.status_code == 201, answer.text
    session: dict[str, Any] = answer.json()
    return session


def let_in(api: Api, email: str) -> dict[str, Any]:
    """A session of somebody who was invited."""
    activate(api, email)
    return log_in(api, email)


@contextlib.contextmanager
def statements(store: Store) -> Iterator[list[str]]:
    """The statements that the database is sent meanwhile, without their values."""
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        sent.append(" ".join(statement.split()))

    event.listen(store.engine, "before_cursor_execute", note)
    yield sent
    event.remove(store.engine, "before_cursor_execute", note)
