"""Authentication and authorization: from a token or cookie to a principal and a grant."""

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

from reconciler.portal.actions.sessions import (
    principal_of_session,
    principal_of_token,
    record_session_use,
)
from reconciler.portal.actions.tokens import DAYS, expiry_of, make_token, remember_token_use
from reconciler.portal.rules.policy import PUBLIC, Grant, grant_for, is_known_operation
from reconciler.portal.rules.principals import COMMAND_LINE, Principal, Scope
from reconciler.portal.rules.problems import Problem
from reconciler.portal.store.store import Store

_ADMISSIONS: Final = "portal.admitted"

bearer = HTTPBearer(
    auto_error=False,
    description="A token made by `reconciler portal token`, or that of a session (`POST "
    "/sessions`).",
)


def store_of(request: Request) -> Store:
    """Return the store of the server."""
    store: Store = request.app.state.store
    return store


def host_of(request: Request) -> str:
    """Return the address of the client; behind a proxy, the address that the proxy reports."""
    return request.client.host if request.client else "nowhere"


def principal_of(
    request: Request, credentials: HTTPAuthorizationCredentials | None
) -> Principal | None:
    """Return the sender of the request; None if anonymous. An invalid token is a problem."""
    if credentials is None:
        return None
    store, secret = store_of(request), credentials.credentials
    with store.read() as connection:
        principal = principal_of_token(
            connection, secret, store.clock()
        ) or principal_of_session(connection, secret, store.clock())
    if principal is None:
        raise Problem("unauthenticated", "this token is not valid")
    if principal.person:
        record_session_use(store, secret)
    else:
        remember_token_use(store, principal)
    return principal


@dataclass(frozen=True, slots=True)
class Admission:
    """The principal that a gate admitted, and the value that the gate passes to the route."""

    principal: Principal | None = None
    value: Any = None


class Gate(ABC):
    """The check before a route or page; it names the operation that the policy decides on.

    It runs before the body is read (`body_validation`) and again as a dependency of the route. The
    result is stored with the request, so the principal is looked up once.
    """

    def __init__(self, operation: str) -> None:
        if not is_known_operation(operation):
            raise LookupError(f"the policy has no operation '{operation}'")
        self.operation = operation

    async def admission(self, request: Request) -> Admission:
        """Return the admission of this request; a problem if it is refused."""
        admissions: dict[Gate, Admission] = request.scope.setdefault(_ADMISSIONS, {})
        if self not in admissions:
            admissions[self] = await self._admit(request)
        return admissions[self]

    @abstractmethod
    async def _admit(self, request: Request) -> Admission:
        """Return the admission; called once per request."""


class PolicyGate(Gate):
    """A dependency that admits a request if its principal may do the operation."""

    async def __call__(
        self,
        request: Request,
        _: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)],
    ) -> Grant | None:
        grant: Grant | None = (await self.admission(request)).value
        return grant

    async def _admit(self, request: Request) -> Admission:
        credentials = await bearer(request)
        principal = (
            await run_in_threadpool(principal_of, request, credentials)
            if credentials
            else None
        )
        return Admission(principal, grant_for(principal, self.operation))


class PublicGate(Gate):
    """A dependency that admits everybody without looking at the token, which may have expired.

    It uses no worker thread, so routes without threads answer even if all threads are busy.
    """

    async def __call__(
        self, _: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]
    ) -> None:
        """Admit the request."""

    async def _admit(self, request: Request) -> Admission:  # noqa: ARG002  every caller is admitted
        return Admission()


def gate_of(route: APIRoute) -> Gate | None:
    """Return the gate before a route; None if there is none."""
    dependants = list(route.dependant.dependencies)
    while dependants:
        dependant = dependants.pop()
        dependants.extend(dependant.dependencies)
        if isinstance(dependant.call, Gate):
            return dependant.call
    return None


def requires(operation: str) -> Any:
    """Return the parameter default by which a route names its operation and receives its grant."""
    return Depends(PublicGate(operation) if operation in PUBLIC else PolicyGate(operation))


def new_token(
    store: Store,
    scope: Scope,
    name: str,
    secret: Callable[[], str] = lambda: secrets.token_urlsafe(32),
    *,
    expires: str = str(DAYS),
    owner: str | None = None,
) -> str:
    """Create a token of this scope and return it; only its digest is stored.

    `expires`: a number of days or a date. `owner`: the only owner whose objects it writes. Raises
    ValueError for invalid values.
    """
    with store.write(COMMAND_LINE) as work:
        return make_token(
            work,
            scope,
            name,
            f"rp_{secret()}",
            expires_at=expiry_of(expires, work.now),
            owner=owner,
        )
