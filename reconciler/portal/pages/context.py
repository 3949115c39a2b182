"""The page context: from a cookie to a `PageContext`, the value that every page function receives.

A page names its operation with `page_context("operation")`, as an API route does with `requires`;
the table of `rules.policy` decides. A bearer token opens no page and a cookie opens no API. So a
page of another site cannot make a browser write through the API.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from fastapi import Depends, Request, Response
from sqlalchemy import select
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse

from reconciler.portal.actions.sessions import principal_of_session, record_session_use
from reconciler.portal.i18n.portal_name import name_for
from reconciler.portal.pages.forms.form import Form, Mistakes, mistakes_of
from reconciler.portal.pages.languages import chosen_language
from reconciler.portal.pages.navigation import (
    ADMINISTRATION_ENTRIES,
    WORK_ENTRIES,
    MenuEntry,
    page_of_form,
    permitted_entries,
)
from reconciler.portal.pages.rendering import render_template
from reconciler.portal.rules.policy import Grant, RowScope, grant_for, row_scope_of
from reconciler.portal.rules.principals import Actor, Principal, PrincipalKind
from reconciler.portal.rules.problems import Problem
from reconciler.portal.rules.throttle import DAY_S
from reconciler.portal.sign_on.protocol import SignOn
from reconciler.portal.store import tables as t
from reconciler.portal.store.store import Store
from reconciler.portal.store.unit_of_work import Work
from reconciler.portal.web.csrf import MESSAGE_COOKIE, CsrfProtection
from reconciler.portal.web.idempotency import WriteResult, run_once, stored_answer
from reconciler.portal.web.security import Admission, Gate, store_of

LANGUAGE_COOKIE: Final = "portal_language"
LANGUAGE_COOKIE_S: Final = 365 * DAY_S
KNOWN_BROWSER_COOKIE: Final = "portal_known"
# The most requests that a page lists when they prevent an action.
MAX_LISTED_REQUESTS: Final = 50
# The author of the forms that are sent before log-in: sign-up, reset, activation.
ANONYMOUS: Final = Principal("anonymous", "somebody", Actor.SELF)


@dataclass(frozen=True, slots=True)
class Brand:
    """The name, colour and logo of the portal."""

    name: str
    primary_color: str | None
    logo: str | None


@dataclass(frozen=True)
class PageContext:
    """One request for a page: principal, language, brand, grant, and CSRF protection."""

    request: Request
    store: Store
    csrf: CsrfProtection
    principal: Principal | None
    language: str
    brand: Brand
    sign_on: SignOn | None
    """The identity provider; None if people log in with a password only."""
    optional_grant: Grant | None = None
    """The grant; None on pages that are open to everybody."""

    @property
    def grant(self) -> Grant:
        """The grant; a LookupError on pages that are open to everybody."""
        if self.optional_grant is None:
            raise LookupError(f"{self.request.url.path} is open to everybody: no grant")
        return self.optional_grant

    @property
    def principal_kind(self) -> PrincipalKind:
        return self.principal.kind if self.principal else PrincipalKind.ANONYMOUS

    @property
    def browser_mark(self) -> str:
        """The mark of a known browser (`actions.known_browsers`); empty if it has none."""
        return self.request.cookies.get(self.csrf.host_cookie(KNOWN_BROWSER_COOKIE), "")

    @property
    def path(self) -> str:
        return self.request.url.path

    @property
    def page_path(self) -> str:
        """The path of the page; for a submitted form, the path of the page with the form."""
        return self.path if self.request.method == "GET" else form_page_path(self.request)

    @property
    def url(self) -> str:
        """Path and query of the page, for links that return to it."""
        # The query of a POST belongs to the address of the form, not to its page.
        query = self.request.url.query if self.request.method == "GET" else ""
        return self.page_path + (f"?{query}" if query else "")

    @property
    def menu(self) -> list[tuple[str, list[MenuEntry]]]:
        """The menu: the title of each part, and the entries that the visitor may open."""
        parts = (
            ("frame.work", WORK_ENTRIES),
            ("frame.administration", ADMINISTRATION_ENTRIES),
        )
        return [
            (title, permitted_entries(self.principal_kind, entries))
            for title, entries in parts
        ]

    def is_within(self, entry: MenuEntry) -> bool:
        """Return whether this page is the page of the entry or below it."""
        # The new request is below the list by its path, but has an entry of its own.
        if entry.path == "/requests" and self.page_path == "/requests/new":
            return False
        return self.page_path == entry.path or self.page_path.startswith(f"{entry.path}/")

    def row_scope(self, operation: str) -> RowScope | None:
        """Return the row scope of the visitor for an operation; None if they may not do it."""
        return row_scope_of(self.principal_kind, operation)

    def render(
        self,
        template: str,
        status: int | None = None,
        *,
        mistakes: Mistakes | None = None,
        **values: Any,
    ) -> Response:
        """Return the template as a response; it knows `context`, `t` and the values.

        `mistakes` are those of a refused form: the page lists them at its top and at the fields.
        """
        problem = mistakes.problem if mistakes else None
        # `requests` are those that prevent the action; the page links to them.
        blocking_requests = (
            self._titles_of(problem.members.get("requests", [])) if problem else []
        )
        text = render_template(
            template,
            self.language,
            {
                "context": self,
                "csrf_token": self.csrf.token(self.request),
                "blocking_requests": blocking_requests,
                **values,
            },
            self.request.cookies.get(MESSAGE_COOKIE, ""),
            mistakes,
        )
        response = Response(
            text, status or (mistakes.status if mistakes else 200), media_type="text/html"
        )
        # Such as Retry-After of a refused log-in.
        response.headers.update(problem.members.get("headers", {}) if problem else {})
        # Before log-in, the token of forms is derived from this cookie, as there is no session.
        if self.principal is None:
            self.csrf.set_form_cookie(self.request, response)
        self.csrf.clear_message(self.request, response)
        return response

    def _titles_of(self, requests: Sequence[str]) -> list[tuple[str, str]]:
        """Return id and title of these requests, by title."""
        c = t.requests.c
        with self.store.read() as connection:
            rows = connection.execute(
                select(c.id, c.title, c.number)
                .where(c.id.in_(requests[:MAX_LISTED_REQUESTS]))
                .order_by(c.title, c.id)
            )
            return [(row.id, f"{row.title} (#{row.number})") for row in rows]

    def redirect(self, path: str, message: str | None = None) -> Response:
        """Redirect to another page, which begins with the sentence `done.MESSAGE` once."""
        # 303: the browser follows with a GET, so that reloading the page sends no form again.
        response = RedirectResponse(path, 303)
        if message:
            self.csrf.set_message(response, message)
        return response

    def submit(
        self,
        form: Form,
        write_action: Callable[[Work], str],
        show_again: Callable[[Mistakes], Response],
        *,
        message: str | None = None,
    ) -> Response:
        """Carry out a form and redirect; if it is refused, return its page with the mistakes.

        `write_action` returns the path to redirect to. `show_again` returns the page with the form
        as the visitor filled it in.
        """
        if form.is_resumed:
            return show_again(Mistakes(form_sentence="resume.check"))
        try:
            return self.redirect(self.write_once(form, write_action), message=message)
        except Mistakes as mistakes:
            return show_again(mistakes)
        except Problem as problem:
            refusal = mistakes_of(problem)
            try:
                return show_again(refusal)
            except Problem:
                # The object is gone, so there is no page to show the form on: report the first
                # problem, which is about the action, and not the `not-found` of the page.
                raise problem from None

    def earlier_redirect(self, form: Form) -> str | None:
        """Return where the same form was redirected to before; ask this before slow work."""
        answer = stored_answer(
            self.store,
            self.principal or ANONYMOUS,
            form.idempotency_key,
            form.fingerprint,
        )
        return answer[2]["Location"] if answer else None

    def write_once(self, form: Form, write_action: Callable[[Work], str]) -> str:
        """Carry out an action once, however often the form is sent; return where to redirect to."""
        author = self.principal or ANONYMOUS

        def write_redirect(work: Work) -> WriteResult:
            # The stored answer needs no body: a repeated form is redirected like the first one.
            return 303, None, {"Location": write_action(work)}

        _, _, headers = run_once(
            self.store, author, form.idempotency_key, form.fingerprint, write_redirect
        )
        return headers["Location"]


class PageGate(Gate):
    """A dependency that admits visitors who may do the operation."""

    async def __call__(self, request: Request) -> PageContext:
        context: PageContext = (await self.admission(request)).value
        # The admission was stored by the check before the body, with that check's request. Only
        # the request of the route reads the body, so the context must hold this one.
        return replace(context, request=request)

    async def _admit(self, request: Request) -> Admission:
        # The lookup reads the database, which would block the event loop.
        context = await run_in_threadpool(context_of, request)
        grant = grant_for(context.principal, self.operation)
        return Admission(context.principal, replace(context, optional_grant=grant))


def page_context(operation: str) -> Any:
    """Return the annotation by which a page names its operation and receives its context."""
    return Depends(PageGate(operation))


def context_of(request: Request) -> PageContext:
    """Return the page context without a grant."""
    store, csrf = store_of(request), csrf_of(request)
    secret = request.cookies.get(csrf.session_cookie)
    with store.read() as connection:
        principal = (
            principal_of_session(connection, secret, store.clock()) if secret else None
        )
        name = connection.execute(select(t.portal.c.name)).scalar_one()
        branding = connection.execute(select(t.settings.c.branding)).scalar_one()
    if principal is not None and secret:
        record_session_use(store, secret)
    # The language that was chosen on the pages is that of this browser. The account's language is
    # also that of mails, which reading a page in another language must not change.
    account_language = principal.language if principal else None
    language = chosen_language(
        request.cookies.get(LANGUAGE_COOKIE) or account_language,
        request.headers.get("accept-language", ""),
    )
    brand = Brand(
        name_for(language, name),
        branding.get("primary_color"),
        displayable_logo(branding.get("logo") or ""),
    )
    return PageContext(
        request, store, csrf, principal, language, brand, request.app.state.sign_on
    )


def displayable_logo(url: str) -> str | None:
    """Return the URL of the logo if a page may show it, else None."""
    # The settings accept any text, also from files. The content security policy allows images over
    # https only, and a browser shows a broken image for the rest.
    return url if re.fullmatch(r"https://[^\s/]+(/\S*)?", url) else None


def form_page_path(request: Request) -> str:
    """Return the path of the page with the form that is sent to the path of this request."""
    methods = request.app.state.methods
    return page_of_form(
        request.url.path, lambda path: "GET" in methods.allow_header(path).split(", ")
    )


def csrf_of(request: Request) -> CsrfProtection:
    """Return the CSRF protection of the server's pages."""
    csrf: CsrfProtection = request.app.state.csrf
    return csrf


def is_local(path: str) -> bool:
    """Return whether a redirect to this path stays in this portal."""
    # Browsers read `//host` as another site, and `/\host` too: they turn backslashes into slashes.
    return path.startswith("/") and not path.startswith(("//", "/\\"))
