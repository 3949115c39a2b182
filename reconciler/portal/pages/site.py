"""The site: the routes of all pages, their shared parts, and problems as pages."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final
from urllib.parse import quote

from fastapi import APIRouter, Request, Response
from sqlalchemy import select
from starlette.datastructures import MutableHeaders
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from reconciler.portal.actions import access
from reconciler.portal.i18n.catalogs import LANGUAGES, is_key
from reconciler.portal.pages import routes
from reconciler.portal.pages.brand_colours import brand_css
from reconciler.portal.pages.context import (
    LANGUAGE_COOKIE,
    Visit,
    form_page,
    local,
    visit_of,
    visits,
)
from reconciler.portal.pages.forms.form import Mistakes, Sent
from reconciler.portal.pages.languages import chosen_language
from reconciler.portal.pages.navigation import home
from reconciler.portal.pages.rendering import render_bare
from reconciler.portal.pages.routes.access import log_in_page
from reconciler.portal.rules.audit import Verb
from reconciler.portal.rules.problems import Problem
from reconciler.portal.store import tables as t
from reconciler.portal.store.database import UNAVAILABLE
from reconciler.portal.store.store import Store
from reconciler.portal.store.unit_of_work import Work
from reconciler.portal.web.budgets import RETRY_AFTER_S
from reconciler.portal.web.csrf import CsrfProtection
from reconciler.portal.web.file_streams import file_response

STATIC: Final = Path(__file__).parent / "static"
STATIC_TYPES: Final = {
    "portal.css": "text/css",
    "htmx.min.js": "text/javascript",
    "htmx.LICENSE.txt": "text/plain",
}

router = APIRouter(include_in_schema=False)
# Every page's routes.
PAGES: Final = (router, *routes.ROUTERS)
Open = Annotated[Visit, visits("pages.open")]


def csrf_of(store: Store) -> CsrfProtection:
    """Return the CSRF marks of this portal, made with its secret."""
    with store.read() as connection:
        return CsrfProtection(
            connection.execute(select(t.portal.c.secret)).scalar_one(), store.base_url
        )


@router.get("/")
def begin(visit: Open) -> Response:
    """Redirect to the visitor's first page, or to the log-in."""
    return visit.to(home(visit.who) if visit.principal else "/login")


@router.get("/static/{name}", dependencies=[visits("pages.open")])
def read_static(request: Request, name: str) -> Response:
    """Return one of the static files of the pages."""
    if name not in STATIC_TYPES:
        raise Problem("not-found", f"there is no file '{name}'")
    return file_response(
        request,
        STATIC / name,
        {"Cache-Control": "public, max-age=3600"},
        STATIC_TYPES[name],
    )


@router.get("/branding.css")
def read_brand(visit: Open) -> Response:
    """Return the style sheet with the provider's colours."""
    return Response(
        brand_css(visit.brand.primary_color),
        media_type="text/css",
        headers={"Cache-Control": "public, max-age=60"},
    )


@router.post("/language")
def choose_language(visit: Open, form: Sent) -> Response:
    """Switch the language; for people who are logged in, their account keeps it."""
    language, to = form.text("language"), form.text("to")
    if language not in LANGUAGES:
        raise Problem("unprocessable", f"the pages are in {', '.join(LANGUAGES)}")
    response = visit.to(to if local(to) else "/")
    visit.csrf.set_cookie(response, LANGUAGE_COOKIE, language, 31536000)
    who = visit.principal
    if who is not None:

        def act(work: Work) -> str:
            row, audited = access.edit_own_row(work, who, {"language": language})
            work.audit(Verb.ACCOUNT, row, *audited)
            return to

        visit.write(form, act, as_self=True)
    return response


def problem_page(request: Request, problem: Problem, trace: str) -> Response:
    """Return a problem as a page, or redirect to the log-in or to the page of the form."""
    if request.method == "GET" and problem.type == "method-not-allowed":
        return RedirectResponse(form_page(request), 303)
    if request.method == "GET" and problem.type == "unauthenticated":
        query = f"?{request.url.query}" if request.url.query else ""
        return RedirectResponse(f"/login?to={quote(request.url.path + query)}", 303)
    try:
        visit = visit_of(request)
    except UNAVAILABLE:
        return bare_page(request, problem, trace)
    if problem.type == "unauthenticated":
        return log_in_page(visit, visit.here, wrong=Mistakes({}, problem, "login.lapsed"))
    response = visit.page(
        "problem.html", problem.status, sentence=_sentence(problem), trace=trace
    )
    for name, value in problem.members.get("headers", {}).items():
        response.headers[name] = value
    return response


def bare_page(request: Request, problem: Problem, trace: str) -> Response:
    """Return a problem as a page that needs no database: without visitor and brand."""
    language = chosen_language(None, request.headers.get("accept-language", ""))
    text = render_bare(
        "bare.html", language, {"sentence": _sentence(problem), "trace": trace}
    )
    headers = {
        "Content-Security-Policy": POLICY,
        **({"Retry-After": str(RETRY_AFTER_S)} if problem.status == 503 else {}),
    }
    return Response(
        text, problem.status, {**headers, **problem.members.get("headers", {})}, "text/html"
    )


def _sentence(problem: Problem) -> str:
    return (
        f"problem.{problem.type}" if is_key(f"problem.{problem.type}") else "problem.other"
    )


# Where an address holds a secret, what a page fetches is not told it: only the portal's own
# name is.
#
# Not `no-referrer`: with it browsers leave out from where a form is sent, which is what
# `CsrfProtection` judges.
SECRET_PATHS: Final = ("/activate/", "/confirm/", "/reset/", "/login/sign-on")


class PageHeaders:
    """An ASGI layer that adds the security headers to every page."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or scope["path"].startswith("/api/"):
            await self.app(scope, receive, send)
            return
        referrer = (
            "strict-origin" if scope["path"].startswith(SECRET_PATHS) else "same-origin"
        )

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.setdefault("Content-Security-Policy", POLICY)
                headers.setdefault("Cache-Control", "no-store")
                headers.setdefault("Referrer-Policy", referrer)
                headers.setdefault("X-Content-Type-Options", "nosniff")
                headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
                headers.setdefault(
                    "Permissions-Policy", "camera=(), geolocation=(), microphone=()"
                )
            await send(message)

        await self.app(scope, receive, with_headers)


# No inline script or style, nothing from elsewhere but a logo.
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' https: data:; "
    "connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
