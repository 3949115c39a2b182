"""The signed cookie of a visitor who is at the identity provider; it is valid for ten minutes.

A log-in that has started is only in this cookie, so any server process can finish it, and
visitors who never come back leave nothing in the database.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass
from typing import Final

from fastapi import Response
from itsdangerous import BadData, URLSafeSerializer

from reconciler.portal.pages.context import PageContext
from reconciler.portal.sign_on.protocol import SignOnState
from reconciler.portal.store.clock import later

COOKIE: Final = "portal_sign_on"
VALID_MINUTES: Final = 10


@dataclass(frozen=True, slots=True)
class PendingSignOn:
    """A log-in that has started, and the page that the visitor asked for."""

    state: SignOnState
    path: str


def set_cookie(context: PageContext, response: Response, pending: PendingSignOn) -> None:
    """Set the cookie of the pending log-in."""
    # The signature keeps the values from being changed, but not from being read: they are the
    # secrets of this browser alone. The time is signed too, as a browser may ignore `max_age`.
    values = [
        *astuple(pending.state),
        pending.path,
        later(context.store.clock(), minutes=VALID_MINUTES),
    ]
    context.csrf.set_cookie(
        response,
        context.csrf.host_cookie(COOKIE),
        _serializer(context).dumps(values),
        VALID_MINUTES * 60,
    )


def read_cookie(context: PageContext) -> PendingSignOn | None:
    """Return the pending log-in of this browser; None if there is none or it took too long."""
    try:
        state, nonce, verifier, path, valid_until = _serializer(context).loads(
            context.request.cookies.get(context.csrf.host_cookie(COOKIE), "")
        )
    except (
        BadData,
        ValueError,
    ):  # ValueError: another release signed another number of values
        return None
    if valid_until < context.store.clock():
        return None
    return PendingSignOn(SignOnState(state, nonce, verifier), path)


def delete_cookie(context: PageContext, response: Response) -> None:
    """Delete the cookie: a log-in is finished once."""
    context.csrf.delete_cookie(response, context.csrf.host_cookie(COOKIE))


def _serializer(context: PageContext) -> URLSafeSerializer:
    # The salt keeps values that are signed for another purpose from being accepted here.
    return URLSafeSerializer(context.csrf.secret, salt="sign-on")
