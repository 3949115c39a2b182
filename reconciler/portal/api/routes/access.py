"""Routes without authentication: sign up, activate, log in, ask for a new password.

They take no Idempotency-Key: they carry secrets, and no record of them is stored.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import Request, Response

from reconciler.portal.actions import access, links, sign_ups
from reconciler.portal.actions.schemas import ResetFields, SignUpFields
from reconciler.portal.api.router import api_router
from reconciler.portal.api.schemas.access import (
    Activation,
    Confirmation,
    Confirmed,
    Login,
    MailedAnswer,
    Session,
)
from reconciler.portal.rules.policy import Grant
from reconciler.portal.rules.principals import SYSTEM
from reconciler.portal.web.response_timing import hide_timing
from reconciler.portal.web.responses import answer
from reconciler.portal.web.security import host_of, requires, store_of

router = api_router(tag="access")
LogOutGrant = Annotated[Grant, requires("log-out")]


@router.post(
    "/sign-ups",
    status_code=202,
    response_model=MailedAnswer,
    dependencies=[requires("sign-up")],
)
@hide_timing
def sign_up(request: Request, fields: SignUpFields) -> Response:
    """Ask for access; a mail explains the next step."""
    with store_of(request).write(SYSTEM) as work:
        sign_ups.sign_up(work, fields.model_dump(), host_of(request))
    return answer({"status": "mailed"}, 202)


@router.post(
    "/sign-ups/confirmations", response_model=Confirmed, dependencies=[requires("sign-up")]
)
def confirm_sign_up(request: Request, confirmation: Confirmation) -> Response:
    """Confirm one's own address with the mailed link."""
    with store_of(request).write(SYSTEM) as work:
        status = sign_ups.confirm(work, confirmation.secret)
    return answer({"status": status})


@router.post("/activations", status_code=204, dependencies=[requires("activate")])
def activate(request: Request, activation: Activation) -> Response:
    """Set the first password with a mailed link; the person becomes active."""
    return _use_link(request, "activation", activation)


@router.post(
    "/resets",
    status_code=202,
    response_model=MailedAnswer,
    dependencies=[requires("reset")],
)
@hide_timing
def ask_for_reset(request: Request, fields: ResetFields) -> Response:
    """Ask for a link to set a new password."""
    with store_of(request).write(SYSTEM) as work:
        links.ask_for_reset(work, fields.email, host_of(request))
    return answer({"status": "mailed"}, 202)


@router.post("/resets/confirmations", status_code=204, dependencies=[requires("reset")])
def reset(request: Request, activation: Activation) -> Response:
    """Set a new password with a mailed link; all sessions end."""
    return _use_link(request, "reset", activation)


def _use_link(request: Request, kind: str, activation: Activation) -> Response:
    store = store_of(request)
    # hashed before the transaction, because all writers wait for it
    password_hash = links.hash_new_password(
        store, kind, activation.secret, activation.password
    )
    with store.write(SYSTEM) as work:
        links.set_password(work, kind, activation.secret, password_hash, host_of(request))
    return Response(status_code=204)


@router.post(
    "/sessions", status_code=201, response_model=Session, dependencies=[requires("log-in")]
)
def log_in(request: Request, login: Login) -> Response:
    """Begin a session with a password."""
    # needs no `hide_timing`: comparing a hash takes as long for an unknown address
    return answer(
        access.log_in(store_of(request), login.email, login.password, host_of(request)), 201
    )


@router.delete("/sessions", status_code=204)
def log_out_everywhere(request: Request, grant: LogOutGrant) -> Response:
    """End all of one's own sessions."""
    with store_of(request).write(SYSTEM) as work:
        access.log_out_everywhere(work, grant.principal.person or "")
    return Response(status_code=204)


@router.delete("/sessions/{id}", status_code=204)
def log_out(request: Request, id: str, grant: LogOutGrant) -> Response:
    """End one of one's own sessions."""
    # not `write_as`, which refuses a session that ended meanwhile: that is no error here
    with store_of(request).write(SYSTEM) as work:
        access.log_out(work, id, grant.principal.person or "")
    return Response(status_code=204)
