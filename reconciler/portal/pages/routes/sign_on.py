"""Log-in at the identity provider, where the portal has one: the redirect, and the way back."""

from __future__ import annotations

import logging
from typing import Annotated, Final

from fastapi import APIRouter, Query, Response
from starlette.responses import RedirectResponse

from reconciler.portal.actions import access
from reconciler.portal.pages import sign_on_cookie
from reconciler.portal.pages.context import (
    PageContext,
    is_local,
    page_context,
)
from reconciler.portal.pages.forms.form import FilledSentence, Mistakes
from reconciler.portal.pages.routes.access import end_session, log_in_page
from reconciler.portal.pages.session_cookies import redirect_logged_in
from reconciler.portal.pages.sign_on_cookie import PendingSignOn
from reconciler.portal.rules.problems import Problem
from reconciler.portal.sign_on.protocol import (
    NotProven,
    ProviderUnavailable,
    SignOn,
    SignOnState,
)
from reconciler.portal.store.clock import moment
from reconciler.portal.web.security import host_of

LOG: Final = logging.getLogger("portal")
# The redirect URI that is registered at the provider, which compares it character by character.
CALLBACK_PATH: Final = "/login/sign-on/back"

router = APIRouter(include_in_schema=False)
LogInVisitor = Annotated[PageContext, page_context("log-in")]


@router.get("/login/sign-on")
def redirect_to_provider(
    context: LogInVisitor, to: Annotated[str, Query(max_length=2000)] = ""
) -> Response:
    """Redirect to the provider."""
    provider, state = _provider_of(context), SignOnState.new()
    try:
        address = provider.authorization_url(
            state, _callback_url(context), context.language
        )
    except ProviderUnavailable as error:
        return _provider_unavailable_page(context, to, error)
    response = RedirectResponse(address, 303)
    sign_on_cookie.set_cookie(
        context, response, PendingSignOn(state, to if is_local(to) else "")
    )
    return response


@router.get(CALLBACK_PATH)
def finish_log_in(context: LogInVisitor) -> Response:
    """Begin a session for the address that the provider proves, and end the old session."""
    provider, pending = _provider_of(context), sign_on_cookie.read_cookie(context)
    # Without the cookie, the address may come from somebody else's log-in: whoever opens it must
    # not be logged in as that person (RFC 6749, 10.12).
    if pending is None:
        return log_in_page(
            context, "", 400, mistakes=_sign_on_mistake(provider, "login.sign-on.broken")
        )
    response = _log_in(context, provider, pending)
    sign_on_cookie.delete_cookie(context, response)
    return response


def _log_in(context: PageContext, provider: SignOn, pending: PendingSignOn) -> Response:
    def prove() -> str:
        parameters = dict(context.request.query_params)
        now = moment(context.store.clock()).timestamp()
        return provider.verified_address(
            pending.state, parameters, _callback_url(context), now
        )

    try:
        session = access.sign_on(context.store, host_of(context.request), prove)
    except NotProven as error:
        # The reason is for the log only: the visitor may be an attacker.
        LOG.warning("sign-on", extra={"reason": str(error)})
        return log_in_page(
            context,
            pending.path,
            403,
            mistakes=_sign_on_mistake(provider, "login.sign-on.refused"),
        )
    except ProviderUnavailable as error:
        return _provider_unavailable_page(context, pending.path, error)
    except Problem as problem:
        sentence = (
            None
            if problem.type == "rate-limited"
            else _sign_on_mistake(provider, "login.sign-on.unknown").form_sentence
        )
        return log_in_page(context, pending.path, mistakes=Mistakes({}, problem, sentence))
    end_session(context)
    return redirect_logged_in(context, session, pending.path or "/")


def _provider_unavailable_page(
    context: PageContext, to: str, error: ProviderUnavailable
) -> Response:
    LOG.warning("sign-on", extra={"reason": str(error)})
    response = log_in_page(
        context,
        to,
        503,
        mistakes=_sign_on_mistake(_provider_of(context), "login.sign-on.unanswered"),
    )
    response.headers["Retry-After"] = "30"
    return response


def _sign_on_mistake(provider: SignOn, sentence: str) -> Mistakes:
    return Mistakes(form_sentence=FilledSentence(sentence, {"provider": provider.name}))


def _provider_of(context: PageContext) -> SignOn:
    if context.sign_on is None:
        raise Problem("not-found", "people log in here with a password only")
    return context.sign_on


def _callback_url(context: PageContext) -> str:
    """Return the redirect URI, with the host of the settings and not with that of the request."""
    return context.store.base_url.rstrip("/") + CALLBACK_PATH
