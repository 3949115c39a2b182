"""The context of a page: from a cookie to a `Visit`, the one value that every page function gets.

A page names its operation with `visits("operation")`, as an API route does with `requires`; the
table of `rules.policy` decides. A bearer token opens no page and a cookie opens no API. So a page
of another site cannot make a browser write through the API.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from fastapi import Depends, Request, Response
from sqlalchemy import select
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse

from reconciler.portal.actions import known_browsers
from reconciler.portal.actions.sessions import (
    HOURS,
    principal_of_session,
    record_session_use,
)
from reconciler.portal.i18n.portal_name import name_for
from reconciler.portal.pages.forms.form import Form, Mistakes, refusal
from reconciler.portal.pages.languages import chosen_language
from reconciler.portal.pages.navigation import (
    ADMINISTRATION,
    WORK,
    Place,
    page_of_form,
    places,
)
from reconciler.portal.pages.rendering import render
from reconciler.portal.rules.policy import Grant, RowScope, grant_for, row_scope_of
from reconciler.portal.rules.principals import Actor, Principal, PrincipalKind
from reconciler.portal.rules.problems import Problem
from reconciler.portal.rules.throttle import DAY_S
from reconciler.portal.sign_on.journey import SignOn
from reconciler.portal.store import tables as t
from reconciler.portal.store.store import Store
from reconciler.portal.store.unit_of_work import Work
from reconciler.portal.web.csrf import MESSAGE_COOKIE, CsrfProtection
from reconciler.portal.web.idempotency import WriteResult, run_once, stored_answer
from reconciler.portal.web.security import Admission, Gate, store_of

LANGUAGE_COOKIE: Final = "portal_language"
KNOWN_COOKIE: Final = "portal_known"
# Requests that a page names when they stand in somebody's way.
MOST_NAMED: Final = 50
NOBODY: Final = Principal("anonymous", "somebody", Actor.SELF)


@dataclass(frozen=True, slots=True)
class Brand:
    """The name, colour and logo of the portal."""

    name: str
    primary_color: str | None
    logo: str | None


@dataclass(frozen=True)
class Visit:
    """One request for a page: principal, language, grant, and marks for forms."""

    request: Request
    store: Store
    csrf: CsrfProtection
    principal: Principal | None
    language: str
    brand: Brand
    sign_on: SignOn | None
    """Where people may log in with somebody else's word for who they are."""
    granted: Grant | None = None

    @property
    def grant(self) -> Grant:
        """The grant; only pages that are open to everybody have none."""
        if self.granted is None:
            raise LookupError(
                f"{self.request.url.path} is open to everybody: nothing was granted"
            )
        return self.granted

    @property
    def who(self) -> PrincipalKind:
        return self.principal.kind if self.principal else PrincipalKind.ANONYMOUS

    @property
    def browser(self) -> str:
        """The mark of a known browser (`known_browsers`); empty if it has none."""
        return self.request.cookies.get(self.csrf.host_cookie(KNOWN_COOKIE), "")

    @property
    def path(self) -> str:
        return self.request.url.path

    @property
    def place(self) -> str:
        """The path of the page; for a form that was sent, the path of its page."""
        return self.path if self.request.method == "GET" else form_page(self.request)

    @property
    def here(self) -> str:
        """The address of the page, to return to."""
        query = self.request.url.query if self.request.method == "GET" else ""
        return self.place + (f"?{query}" if query else "")

    @property
    def menu(self) -> list[tuple[str, list[Place]]]:
        """The menu: the title of each part, and the places that the visitor may open."""
        parts = (("frame.work", WORK), ("frame.administration", ADMINISTRATION))
        return [(title, places(self.who, entries)) for title, entries in parts]

    def at(self, place: Place) -> bool:
        """Whether this page is the place or below it."""
        if place.path == "/requests" and self.place == "/requests/new":
            return False
        return self.place == place.path or self.place.startswith(f"{place.path}/")

    def may(self, operation: str) -> RowScope | None:
        """Return the row scope of the visitor for an operation; None if they may not do it."""
        return row_scope_of(self.who, operation)

    def page(
        self,
        template: str,
        status: int | None = None,
        *,
        wrong: Mistakes | None = None,
        **values: Any,
    ) -> Response:
        """Return the template as a response; it knows `visit`, `t` and the values.

        `wrong` holds the mistakes of a refused form: the page lists them at its top and at the
        fields.
        """
        problem = wrong.problem if wrong else None
        work = self._titles(problem.members.get("requests", [])) if problem else []
        shown = {
            "visit": self,
            "mark": self.csrf.token(self.request),
            "work": work,
            **values,
        }
        text = render(
            template,
            self.language,
            shown,
            self.request.cookies.get(MESSAGE_COOKIE, ""),
            wrong,
        )
        response = Response(
            text, status or (wrong.status if wrong else 200), media_type="text/html"
        )
        response.headers.update(problem.members.get("headers", {}) if problem else {})
        if self.principal is None:
            self.csrf.set_form_cookie(self.request, response)
        self.csrf.clear_message(self.request, response)
        return response

    def _titles(self, requests: Sequence[str]) -> list[tuple[str, str]]:
        """Return id and title of the requests that a problem names."""
        c = t.requests.c
        with self.store.read() as connection:
            found = connection.execute(
                select(c.id, c.title)
                .where(c.id.in_(requests[:MOST_NAMED]))
                .order_by(c.title, c.id)
            )
            return [(row.id, row.title) for row in found]

    def to(self, path: str, done: str | None = None) -> Response:
        """Redirect to another page; `done` is the key of the sentence that it shows once."""
        response = RedirectResponse(path, 303)
        if done:
            self.csrf.set_message(response, done)
        return response

    def submit(
        self,
        form: Form,
        act: Callable[[Work], str],
        again: Callable[[Mistakes], Response],
        *,
        done: str | None = None,
    ) -> Response:
        """Carry out a form and redirect; if it is refused, return it `again` as it was typed."""
        try:
            return self.to(self.write(form, act), done=done)
        except Mistakes as wrong:
            return again(wrong)
        except Problem as problem:
            met = refusal(problem)
            try:
                return again(met)
            except (
                Problem
            ):  # what the form was about is gone: there is no page to show it on again
                raise problem from None

    def done_before(self, form: Form) -> str | None:
        """Return the redirect of a form that was carried out before; ask it before slow work."""
        kept = stored_answer(
            self.store, self.principal or NOBODY, form.once, form.fingerprint
        )
        return kept[2]["Location"] if kept else None

    def write(
        self, form: Form, act: Callable[[Work], str], *, as_self: bool = False
    ) -> str:
        """Carry out an action once, however often the form is sent; return where to redirect to.

        With `as_self`, the history names people who edit themselves as such, whatever their role.
        """
        who = self.principal or NOBODY
        if as_self:
            who = replace(who, actor=Actor.SELF)

        def done(work: Work) -> WriteResult:
            return 303, None, {"Location": act(work)}

        _, _, headers = run_once(self.store, who, form.once, form.fingerprint, done)
        return headers["Location"]


class Visits(Gate):
    """A dependency that admits visitors who may do the operation."""

    async def __call__(self, request: Request) -> Visit:
        visit: Visit = (await self.admission(request)).value
        return replace(visit, request=request)  # the one that reads the form

    async def _admit(self, request: Request) -> Admission:
        visit = await run_in_threadpool(visit_of, request)
        grant = grant_for(visit.principal, self.operation)
        return Admission(visit.principal, replace(visit, granted=grant))


def visits(operation: str) -> Any:
    """Return the annotation by which a page names its operation and gets its visit."""
    return Depends(Visits(operation))


def visit_of(request: Request) -> Visit:
    """Return the visit without a grant: the principal and their language."""
    store, marks = store_of(request), csrf_of(request)
    secret = request.cookies.get(marks.session_cookie)
    with store.read() as connection:
        principal = (
            principal_of_session(connection, secret, store.clock()) if secret else None
        )
        name = connection.execute(select(t.portal.c.name)).scalar_one()
        branding = connection.execute(select(t.settings.c.branding)).scalar_one()
    if principal is not None and secret:
        record_session_use(store, secret)
    wished = principal.language if principal else request.cookies.get(LANGUAGE_COOKIE)
    language = chosen_language(wished, request.headers.get("accept-language", ""))
    brand = Brand(
        name_for(language, name),
        branding.get("primary_color"),
        shown_picture(branding.get("logo") or ""),
    )
    return Visit(
        request, store, marks, principal, language, brand, request.app.state.sign_on
    )


def shown_picture(address: str) -> str | None:
    """Return the address of the logo if a page may show it, else None."""
    return address if re.fullmatch(r"https://[^\s/]+(/\S*)?", address) else None


def form_page(request: Request) -> str:
    """Return the page with the form that is sent to the address of this request."""
    methods = request.app.state.methods
    return page_of_form(
        request.url.path, lambda path: "GET" in methods.of(path).split(", ")
    )


def csrf_of(request: Request) -> CsrfProtection:
    """Return the marks of the pages' cookies and forms."""
    marks: CsrfProtection = request.app.state.csrf
    return marks


def local(to: str) -> bool:
    """Whether an address is a page of this portal; redirects lead to no other site."""
    return to.startswith("/") and not to.startswith(("//", "/\\"))


def logged_in(
    visit: Visit, session: Mapping[str, Any], to: str, done: str | None = None
) -> Response:
    """Redirect with the cookie of a new session; the browser is known from now on."""
    response = visit.to(to, done)
    visit.csrf.set_cookie(
        response, visit.csrf.session_cookie, session["token"], HOURS * 3600
    )
    if mark := known_browsers.new_mark(visit.store, session):
        visit.csrf.set_cookie(
            response,
            visit.csrf.host_cookie(KNOWN_COOKIE),
            mark,
            known_browsers.DAYS * DAY_S,
        )
    return response


def logged_out(visit: Visit, to: str, done: str) -> Response:
    """Redirect without a session; the browser clears what it has stored."""
    response = visit.to(to, done)
    response.headers["Clear-Site-Data"] = (
        '"cache", "storage"'  # not cookies: the language is kept
    )
    visit.csrf.delete_cookie(response, visit.csrf.session_cookie)
    return response
