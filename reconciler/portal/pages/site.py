"""The site: the routes of all pages, their shared parts, and problems as pages."""

from __future__ import annotations

from typing import Annotated, Final
from urllib.parse import quote

from fastapi import APIRouter, Request, Response
from sqlalchemy import select
from starlette.datastructures import MutableHeaders
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from reconciler.portal.i18n.catalogs import LANGUAGES, is_key
from reconciler.portal.pages import routes
from reconciler.portal.pages.brand_colours import brand_css
from reconciler.portal.pages.context import (
    LANGUAGE_COOKIE,
    LANGUAGE_COOKIE_S,
    PageContext,
    context_of,
    form_page_path,
    is_local,
    page_context,
)
from reconciler.portal.pages.forms.form import Mistakes, SubmittedForm
from reconciler.portal.pages.forms.resumption import kept_form, resumption_page, seal
from reconciler.portal.pages.languages import chosen_language
from reconciler.portal.pages.navigation import home_path
from reconciler.portal.pages.rendering import STATIC, render_standalone
from reconciler.portal.pages.routes.access import log_in_page
from reconciler.portal.rules.problems import Problem
from reconciler.portal.store import tables as t
from reconciler.portal.store.database import UNAVAILABLE
from reconciler.portal.store.store import Store
from reconciler.portal.web.budgets import RETRY_AFTER_S
from reconciler.portal.web.csrf import CsrfProtection
from reconciler.portal.web.file_streams import file_response

STATIC_TYPES: Final = {
    "portal.css": "text/css",
    "htmx.min.js": "text/javascript",
    "portal.js": "text/javascript",
    "htmx.LICENSE.txt": "text/plain",
}

router = APIRouter(include_in_schema=False)
# The routers of all pages, in the order in which a path is matched.
PAGE_ROUTERS: Final = (router, *routes.ROUTERS)
AnyVisitor = Annotated[PageContext, page_context("pages.open")]


def csrf_protection(store: Store) -> CsrfProtection:
    """Return the CSRF protection with the secret that all server processes share."""
    with store.read() as connection:
        return CsrfProtection(
            connection.execute(select(t.portal.c.secret)).scalar_one(), store.base_url
        )


@router.get("/")
def redirect_to_home(context: AnyVisitor) -> Response:
    """Redirect to the visitor's first page, or to the log-in."""
    return context.redirect(
        home_path(context.principal_kind) if context.principal else "/login"
    )


@router.get("/static/{name}", dependencies=[page_context("pages.open")])
def read_static_file(request: Request, name: str) -> Response:
    """Return one of the static files of the pages."""
    # A table of names instead of a path below the folder: no `..` leads out of it.
    if name not in STATIC_TYPES:
        raise Problem("not-found", f"there is no file '{name}'")
    return file_response(
        request,
        STATIC / name,
        # `public`: many proxies cache no answer to a request with a cookie unless it says so. The
        # pages name the version of each file, so that an update reaches everybody at once.
        {"Cache-Control": "public, max-age=3600"},
        STATIC_TYPES[name],
    )


@router.get("/branding.css")
def read_brand_styles(context: AnyVisitor) -> Response:
    """Return the style sheet with the provider's colours."""
    # A file of its own, as the content security policy forbids inline styles.
    return Response(
        brand_css(context.brand.primary_color),
        media_type="text/css",
        headers={"Cache-Control": "public, max-age=60"},
    )


@router.post("/language")
def choose_language(context: AnyVisitor, form: SubmittedForm) -> Response:
    """Switch the language of the pages in this browser; mails keep that of the account."""
    language, path = form.text("language"), form.text("to")
    if language not in LANGUAGES:
        raise Problem("unprocessable", f"the pages are in {', '.join(LANGUAGES)}")
    # `path` comes from a hidden field, which any sender of the form can change.
    response = context.redirect(path if is_local(path) else "/")
    context.csrf.set_cookie(response, LANGUAGE_COOKIE, language, LANGUAGE_COOKIE_S)
    return response


def problem_page(request: Request, problem: Problem, trace: str) -> Response:
    """Return a problem as a page, or redirect to the log-in or to the page of the form."""
    # The address of a form answers to POST only. People open it from the address bar of a refused
    # form, or from the history of the browser.
    if request.method == "GET" and problem.type == "method-not-allowed":
        return RedirectResponse(form_page_path(request), 303)
    if request.method == "GET" and problem.type == "unauthenticated":
        query = f"?{request.url.query}" if request.url.query else ""
        return RedirectResponse(f"/login?to={quote(request.url.path + query)}", 303)
    try:
        context = context_of(request)
    except UNAVAILABLE:
        return standalone_problem_page(request, problem, trace)
    form = kept_form(request, problem)
    # The session ended while a form was open.
    if problem.type == "unauthenticated":
        sealed_form = seal(context.csrf, form) if form else ""
        sentence = "login.lapsed.kept" if sealed_form else "login.lapsed"
        return log_in_page(
            context,
            context.url,
            sealed_form=sealed_form,
            mistakes=Mistakes({}, problem, sentence),
        )
    # The visitor has logged in again in another window.
    if form:
        return resumption_page(context, form, problem.status)
    response = context.render(
        "problem.html", problem.status, sentence=_sentence_of(problem), trace=trace
    )
    for name, value in problem.members.get("headers", {}).items():
        response.headers[name] = value
    return response


def standalone_problem_page(request: Request, problem: Problem, trace: str) -> Response:
    """Return a problem as a page that needs no database: it has neither visitor nor brand."""
    language = chosen_language(None, request.headers.get("accept-language", ""))
    text = render_standalone(
        "standalone_problem.html",
        language,
        {"sentence": _sentence_of(problem), "trace": trace},
    )
    headers = {
        "Content-Security-Policy": CONTENT_SECURITY_POLICY,
        **({"Retry-After": str(RETRY_AFTER_S)} if problem.status == 503 else {}),
    }
    return Response(
        text, problem.status, {**headers, **problem.members.get("headers", {})}, "text/html"
    )


def _sentence_of(problem: Problem) -> str:
    return (
        f"problem.{problem.type}" if is_key(f"problem.{problem.type}") else "problem.other"
    )


# The addresses of these pages hold a secret: they send only the origin as the referrer, so that no
# style sheet, script or link tells the secret.
#
# Not `no-referrer`: it makes browsers send `Origin: null` with a form, which is refused.
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

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                # `setdefault`: static files choose their own Cache-Control.
                headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
                # A page shows personal data; after log-out, the Back button must not show it again.
                headers.setdefault("Cache-Control", "no-store")
                headers.setdefault("Referrer-Policy", referrer)
                headers.setdefault("X-Content-Type-Options", "nosniff")
                headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
                headers.setdefault(
                    "Permissions-Policy", "camera=(), geolocation=(), microphone=()"
                )
            await send(message)

        await self.app(scope, receive, send_with_headers)


# No inline script or style, and nothing from other sites but a logo (`https:`). `data:` is for the
# empty icon of `base.html`, which keeps browsers from asking for /favicon.ico.
CONTENT_SECURITY_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' https: data:; "
    "connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
