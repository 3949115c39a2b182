"""Who asks: from the bearer token of a request to a principal, and whether the operation is allowed."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from sqlalchemy import Connection, insert, select

from reconciler.portal.acts.mails import digest
from reconciler.portal.rules.policy import known, must_be_allowed
from reconciler.portal.rules.principals import Actor, Principal, Scope
from reconciler.portal.rules.problems import Problem
from reconciler.portal.store import tables as t
from reconciler.portal.store.store import Store

bearer = HTTPBearer(auto_error=False, description="A token made by `reconciler portal token`.")


def store_of(request: Request) -> Store:
    """The store that the server was started with."""
    store: Store = request.app.state.store
    return store


def principal_of(
    request: Request, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]
) -> Principal | None:
    """Who sent the request; None when nobody says so. A token that is not ours is a problem."""
    if credentials is None:
        return None
    with store_of(request).read() as connection:
        found = _by_token(connection, credentials.credentials) or _by_session(connection, credentials.credentials)
    if found is None:
        raise Problem("unauthenticated", "this token is not valid")
    return found


def _by_token(connection: Connection, secret: str) -> Principal | None:
    row = connection.execute(
        select(t.tokens).where(t.tokens.c.digest == digest(secret), t.tokens.c.ended_at.is_(None))
    ).first()
    if row is None:
        return None
    actor = Actor.RECONCILER if row.scope == Scope.APPLY else Actor.ADMINISTRATOR
    return Principal(row.id, row.name, actor, Scope(row.scope), row.contact)


def _by_session(connection: Connection, secret: str) -> Principal | None:
    joined = t.sessions.join(t.contacts, t.contacts.c.id == t.sessions.c.contact)
    row = connection.execute(
        select(t.sessions.c.digest, t.contacts.c.id, t.contacts.c.name).select_from(joined)
        .where(t.sessions.c.digest == digest(secret), t.sessions.c.ended_at.is_(None), t.contacts.c.status == "active")
    ).first()  # fmt: skip
    return Principal(f"session:{row.digest[:16]}", row.name, Actor.SELF, None, row.id) if row else None


class Allowed:
    """A dependency that lets a request pass when its principal may do the operation."""

    def __init__(self, operation: str) -> None:
        if not known(operation):
            raise LookupError(f"no policy knows '{operation}'")
        self.operation = operation

    def __call__(self, principal: Annotated[Principal | None, Depends(principal_of)]) -> Principal | None:
        must_be_allowed(principal, self.operation)
        return principal


def allowed(operation: str) -> Any:
    """The parameter default by which a route names its operation and gets the principal."""
    return Depends(Allowed(operation))


def new_token(
    store: Store, scope: Scope, name: str, secret: Callable[[], str] = lambda: secrets.token_urlsafe(32)
) -> str:
    """A new token of this scope; only its digest is kept, so this is the only time that it is seen."""
    text = f"rp_{secret()}"
    with store.write(Principal("command", "command line", Actor.ADMINISTRATOR)) as work:
        work.connection.execute(
            insert(t.tokens).values(
                digest=digest(text), id=f"tok_{secrets.token_hex(10)}", name=name, scope=str(scope), contact=None,
                created_at=work.now, ended_at=None,
            )
        )  # fmt: skip
    return text
