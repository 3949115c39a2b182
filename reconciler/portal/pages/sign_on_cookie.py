"""The signed cookie of a visitor who is at the identity provider; it is valid for ten minutes.

The database holds nothing of a log-in that has started, so any server process can finish it.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass
from typing import Final

from fastapi import Response
from itsdangerous import BadData, URLSafeSerializer

from reconciler.portal.pages.context import Visit
from reconciler.portal.sign_on.journey import SignOnState
from reconciler.portal.store.clock import later

COOKIE: Final = "portal_sign_on"
MINUTES: Final = 10


@dataclass(frozen=True, slots=True)
class Journey:
    """A log-in that has started, and the page that the visitor asked for."""

    departure: SignOnState
    to: str


def depart(visit: Visit, response: Response, journey: Journey) -> None:
    """Set the cookie of the journey."""
    kept = [
        *astuple(journey.departure),
        journey.to,
        later(visit.store.clock(), minutes=MINUTES),
    ]
    visit.csrf.set_cookie(
        response, visit.csrf.host_cookie(COOKIE), _seal(visit).dumps(kept), MINUTES * 60
    )


def begun(visit: Visit) -> Journey | None:
    """Return the journey of this browser; None if there is none or it took too long."""
    try:
        state, nonce, verifier, to, until = _seal(visit).loads(
            visit.request.cookies.get(visit.csrf.host_cookie(COOKIE), "")
        )
    except (BadData, ValueError):
        return None
    return (
        Journey(SignOnState(state, nonce, verifier), to)
        if until >= visit.store.clock()
        else None
    )


def end(visit: Visit, response: Response) -> None:
    """Delete the cookie of the journey."""
    visit.csrf.delete_cookie(response, visit.csrf.host_cookie(COOKIE))


def _seal(visit: Visit) -> URLSafeSerializer:
    return URLSafeSerializer(visit.csrf.secret, salt="sign-on")
