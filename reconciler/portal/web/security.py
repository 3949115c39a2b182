"""Who asks: from a bearer token or a session's cookie to a principal, and what it was granted."""

from __future__ import annotations

import secrets
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Final

from fastapi import Depends, Request
from fastapi.routing import APIRoute
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.concurrency import run_in_threadpool

from reconciler.portal.actions.sessions import principal_of_session, principal_of_token, record_session_use
from reconciler.portal.actions.tokens import DAYS, expiry_of, make_token, remember_token_use
from reconciler.portal.rules.policy import PUBLIC, Grant, granted, known
from reconciler.portal.rules.principals import COMMAND_LINE, Principal, Scope
from reconciler.portal.rules.problems import Problem
from reconciler.portal.store.store import Store

_ADMITTED: Final = "portal.admitted"

bearer = HTTPBearer(
    auto_error=False, description="A token made by `reconciler portal token`, or that of a session (`POST /sessions`)."
)


def store_of(request: Request) -> Store:
    """The store that the server was started with."""
    store: Store = request.app.state.store
    return store


def host_of(request: Request) -> str:
    """Where the request comes from; behind a proxy, what the proxy says."""
    return request.client.host if request.client else "nowhere"


def principal_of(request: Request, credentials: HTTPAuthorizationCredentials | None) -> Principal | None:
    """Who sent the request; None when nobody says so. A token that is not ours is a problem."""
    if credentials is None:
        return None
    store, secret = store_of(request), credentials.credentials
    with store.read() as connection:
        found = principal_of_token(connection, secret, store.clock()) or principal_of_session(
            connection, secret, store.clock()
        )
    if found is None:
        raise Problem("unauthenticated", "this token is not valid")
    if found.person:
        record_session_use(store, secret)
    else:
        remember_token_use(store, found)
    return found


@dataclass(frozen=True, slots=True)
class Admission:
    """Who was let in by a gate, and what the gate hands to its route."""

    principal: Principal | None = None
    value: Any = None


class Gate(ABC):
    """What stands before a route or a page: it names the operation that the policy is asked about.

    It is asked before the body is read (`strict`) and once more as a dependency of the route: the answer is kept
    with the request, so that who asks is looked up once.
    """

    def __init__(self, operation: str) -> None:
        if not known(operation):
            raise LookupError(f"no policy knows '{operation}'")
        self.operation = operation

    async def admission(self, request: Request) -> Admission:
        """Who is let in to this request; a problem when nobody is."""
        kept: dict[Gate, Admission] = request.scope.setdefault(_ADMITTED, {})
        if self not in kept:
            kept[self] = await self._admit(request)
        return kept[self]

    @abstractmethod
    async def _admit(self, request: Request) -> Admission:
        """Who is let in; asked once for each request."""


class Allowed(Gate):
    """A dependency that lets a request pass when its principal may do the operation."""

    async def __call__(
        self, request: Request, _: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]
    ) -> Grant | None:
        grant: Grant | None = (await self.admission(request)).value
        return grant

    async def _admit(self, request: Request) -> Admission:
        credentials = await bearer(request)
        principal = await run_in_threadpool(principal_of, request, credentials) if credentials else None
        return Admission(principal, granted(principal, self.operation))


class Open(Gate):
    """A dependency that lets everybody pass: nobody is asked who they are, so a token that ended does not matter.

    It waits for no thread, so that a route which waits for none either answers whatever the others do.
    """

    async def __call__(self, _: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]) -> None:
        """Let pass."""

    async def _admit(self, request: Request) -> Admission:  # noqa: ARG002  nobody is asked
        return Admission()


def gate_of(route: APIRoute) -> Gate | None:
    """The gate that stands before a route; None when none does."""
    waiting = list(route.dependant.dependencies)
    while waiting:
        one = waiting.pop()
        waiting.extend(one.dependencies)
        if isinstance(one.call, Gate):
            return one.call
    return None


def allowed(operation: str) -> Any:
    """The parameter default by which a route names its operation and gets its grant."""
    return Depends(Open(operation) if operation in PUBLIC else Allowed(operation))


def new_token(
    store: Store, scope: Scope, name: str, secret: Callable[[], str] = lambda: secrets.token_urlsafe(32), *,
    expires: str = str(DAYS), owner: str | None = None,
) -> str:  # fmt: skip
    """A new token of this scope; only its digest is kept, so this is the only time that it is seen.

    `expires`: days, or the first day without; `owner`: whose objects alone it writes. A `ValueError`
    when they do not fit.
    """
    with store.write(COMMAND_LINE) as work:
        return make_token(work, scope, name, f"rp_{secret()}", expires_at=expiry_of(expires, work.now), owner=owner)
