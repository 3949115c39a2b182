"""What anybody may do who is not logged in: sign up, activate, log in, ask for a new password.

These routes take no Idempotency-Key: what they carry is secret, and no record of it is kept.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import Request, Response

from reconciler.portal.actions import access, links, sign_ups
from reconciler.portal.actions.schemas import ResetFields, SignUpFields
from reconciler.portal.api.router import api_router
from reconciler.portal.api.schemas.access import Activation, Confirmation, Confirmed, Login, Neutral, Session
from reconciler.portal.rules.policy import Grant
from reconciler.portal.rules.principals import SYSTEM
from reconciler.portal.web.response_timing import hide_timing
from reconciler.portal.web.responses import answer
from reconciler.portal.web.security import host_of, requires, store_of

router = api_router(tag="access")
LogsOut = Annotated[Grant, requires("log-out")]


@router.post("/sign-ups", status_code=202, response_model=Neutral, dependencies=[requires("sign-up")])
@hide_timing
def sign_up(request: Request, wish: SignUpFields) -> Response:
    """Ask for access; the mail that follows says how to go on."""
    with store_of(request).write(SYSTEM) as work:
        sign_ups.sign_up(work, wish.model_dump(), host_of(request))
    return answer({"status": "mailed"}, 202)


@router.post("/sign-ups/confirmations", response_model=Confirmed, dependencies=[requires("sign-up")])
def confirm_sign_up(request: Request, confirmation: Confirmation) -> Response:
    """The address is one's own, by the mailed link."""
    with store_of(request).write(SYSTEM) as work:
        status = sign_ups.confirm(work, confirmation.secret)
    return answer({"status": status})


@router.post("/activations", status_code=204, dependencies=[requires("activate")])
def activate(request: Request, activation: Activation) -> Response:
    """Set the first password behind a mailed link; the person is active then."""
    return _use_link(request, "activation", activation)


@router.post("/resets", status_code=202, response_model=Neutral, dependencies=[requires("reset")])
@hide_timing
def ask_for_reset(request: Request, wish: ResetFields) -> Response:
    """Ask for a link to set a new password."""
    with store_of(request).write(SYSTEM) as work:
        links.ask_for_reset(work, wish.email, host_of(request))
    return answer({"status": "mailed"}, 202)


@router.post("/resets/confirmations", status_code=204, dependencies=[requires("reset")])
def reset(request: Request, activation: Activation) -> Response:
    """Set a new password behind a mailed link; all sessions end."""
    return _use_link(request, "reset", activation)


def _use_link(request: Request, kind: str, activation: Activation) -> Response:
    store = store_of(request)
    kept = links.hash_new_password(store, kind, activation.secret, activation.password)
    with store.write(SYSTEM) as work:
        links.set_password(work, kind, activation.secret, kept, host_of(request))
    return Response(status_code=204)


@router.post("/sessions", status_code=201, response_model=Session, dependencies=[requires("log-in")])
def log_in(request: Request, login: Login) -> Response:
    """A session for a person who knows her password."""
    return answer(access.log_in(store_of(request), login.email, login.password, host_of(request)), 201)


@router.delete("/sessions", status_code=204)
def log_out_everywhere(request: Request, grant: LogsOut) -> Response:
    """End all sessions of one's own."""
    with store_of(request).write(SYSTEM) as work:
        access.log_out_everywhere(work, grant.principal.person or "")
    return Response(status_code=204)


@router.delete("/sessions/{id}", status_code=204)
def log_out(request: Request, id: str, grant: LogsOut) -> Response:
    """End a session of one's own."""
    with store_of(request).write(SYSTEM) as work:
        access.log_out(work, id, grant.principal.person or "")
    return Response(status_code=204)
