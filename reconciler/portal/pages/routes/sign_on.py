"""Log in at the identity provider, where the portal has one: there and back again."""

from __future__ import annotations

import logging
from typing import Annotated, Final

from fastapi import APIRouter, Query, Response
from starlette.responses import RedirectResponse

from reconciler.portal.actions import access
from reconciler.portal.pages import sign_on_cookie
from reconciler.portal.pages.context import Visit, local, logged_in, visits
from reconciler.portal.pages.forms.form import Mistakes, Told
from reconciler.portal.pages.routes.access import end_session, log_in_page
from reconciler.portal.pages.sign_on_cookie import Journey
from reconciler.portal.rules.problems import Problem
from reconciler.portal.sign_on.journey import (
    NotProven,
    ProviderUnavailable,
    SignOn,
    SignOnState,
)
from reconciler.portal.store.clock import moment
from reconciler.portal.web.security import host_of

LOG: Final = logging.getLogger("portal")
# The page that is registered at the provider.
BACK: Final = "/login/sign-on/back"

router = APIRouter(include_in_schema=False)
LogsIn = Annotated[Visit, visits("log-in")]


@router.get("/login/sign-on")
def leave(visit: LogsIn, to: Annotated[str, Query(max_length=2000)] = "") -> Response:
    """Go to the provider."""
    provider, departure = _provider(visit), SignOnState.new()
    try:
        away = provider.address(departure, _back(visit), visit.language)
    except ProviderUnavailable as error:
        return _unanswered(visit, to, error)
    response = RedirectResponse(away, 303)
    sign_on_cookie.depart(visit, response, Journey(departure, to if local(to) else ""))
    return response


@router.get(BACK)
def come_back(visit: LogsIn) -> Response:
    """Begin a session with what the provider proves, and end the one that this browser had."""
    provider, journey = _provider(visit), sign_on_cookie.begun(visit)
    if journey is None:
        return log_in_page(visit, "", 400, wrong=_wrong(provider, "login.sign-on.broken"))
    response = _come_back(visit, provider, journey)
    sign_on_cookie.end(visit, response)
    return response


def _come_back(visit: Visit, provider: SignOn, journey: Journey) -> Response:
    def prove() -> str:
        answer, now = (
            dict(visit.request.query_params),
            moment(visit.store.clock()).timestamp(),
        )
        return provider.proven_address(journey.departure, answer, _back(visit), now)

    try:
        session = access.sign_on(visit.store, host_of(visit.request), prove)
    except NotProven as error:
        LOG.warning("sign-on", extra={"reason": str(error)})
        return log_in_page(
            visit, journey.to, 403, wrong=_wrong(provider, "login.sign-on.refused")
        )
    except ProviderUnavailable as error:
        return _unanswered(visit, journey.to, error)
    except Problem as problem:
        said = (
            None
            if problem.type == "rate-limited"
            else _wrong(provider, "login.sign-on.unknown").whole
        )
        return log_in_page(visit, journey.to, wrong=Mistakes({}, problem, said))
    end_session(visit)
    return logged_in(visit, session, journey.to or "/")


def _unanswered(visit: Visit, to: str, error: ProviderUnavailable) -> Response:
    LOG.warning("sign-on", extra={"reason": str(error)})
    response = log_in_page(
        visit, to, 503, wrong=_wrong(_provider(visit), "login.sign-on.unanswered")
    )
    response.headers["Retry-After"] = "30"
    return response


def _wrong(provider: SignOn, sentence: str) -> Mistakes:
    return Mistakes(whole=Told(sentence, {"provider": provider.name}))


def _provider(visit: Visit) -> SignOn:
    if visit.sign_on is None:
        raise Problem("not-found", "people log in here with a password only")
    return visit.sign_on


def _back(visit: Visit) -> str:
    return visit.store.base_url.rstrip("/") + BACK
