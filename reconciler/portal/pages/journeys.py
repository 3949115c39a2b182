"""What a browser keeps while its visitor is away at the identity provider: a signed cookie, for ten minutes.

Nothing of a log-in that was begun is in the database, so any server process can end it.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass
from typing import Final

from fastapi import Response
from itsdangerous import BadData, URLSafeSerializer

from reconciler.portal.pages.visit import Visit
from reconciler.portal.sign_on.journey import Departure
from reconciler.portal.store.clock import later

MINUTES: Final = 10


@dataclass(frozen=True, slots=True)
class Journey:
    """A log-in that was begun, and the page that the visitor wanted."""

    departure: Departure
    to: str


def depart(visit: Visit, response: Response, journey: Journey) -> None:
    """Let the browser keep the journey."""
    kept = [*astuple(journey.departure), journey.to, later(visit.store.clock(), minutes=MINUTES)]
    response.set_cookie(
        _name(visit), _seal(visit).dumps(kept), max_age=MINUTES * 60, path="/", httponly=True, samesite="lax",
        secure=visit.marks.secure,
    )  # fmt: skip


def begun(visit: Visit) -> Journey | None:
    """The journey that this browser began; None when there is none, or it took too long."""
    try:
        state, nonce, verifier, to, until = _seal(visit).loads(visit.request.cookies.get(_name(visit), ""))
    except (BadData, ValueError):
        return None
    return Journey(Departure(state, nonce, verifier), to) if until >= visit.store.clock() else None


def end(visit: Visit, response: Response) -> None:
    """The journey is over, whatever came of it."""
    response.delete_cookie(_name(visit), path="/", httponly=True, samesite="lax", secure=visit.marks.secure)


def _name(visit: Visit) -> str:
    return "__Host-portal_sign_on" if visit.marks.secure else "portal_sign_on"


def _seal(visit: Visit) -> URLSafeSerializer:
    return URLSafeSerializer(visit.marks.secret, salt="sign-on")
