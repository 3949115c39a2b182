"""Responses that begin or end a session in the visitor's browser."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import Response

from reconciler.portal.actions import known_browsers
from reconciler.portal.actions.sessions import HOURS
from reconciler.portal.pages.context import KNOWN_BROWSER_COOKIE, PageContext
from reconciler.portal.rules.throttle import DAY_S


def redirect_logged_in(
    context: PageContext, session: Mapping[str, Any], path: str, message: str | None = None
) -> Response:
    """Redirect with the cookie of a new session."""
    return with_session(context, session, context.redirect(path, message))


def with_session(
    context: PageContext, session: Mapping[str, Any], response: Response
) -> Response:
    """Return the response with the cookie of a new session; the browser is known from now on."""
    context.csrf.set_cookie(
        response, context.csrf.session_cookie, session["token"], HOURS * 3600
    )
    if mark := known_browsers.new_mark(context.store, session):
        context.csrf.set_cookie(
            response,
            context.csrf.host_cookie(KNOWN_BROWSER_COOKIE),
            mark,
            known_browsers.DAYS * DAY_S,
        )
    return response


def redirect_logged_out(context: PageContext, path: str, message: str) -> Response:
    """Redirect without a session; the browser clears what it has stored."""
    response = context.redirect(path, message)
    # Not "cookies": that would delete the chosen language and the mark of the known browser.
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    context.csrf.delete_cookie(response, context.csrf.session_cookie)
    return response
