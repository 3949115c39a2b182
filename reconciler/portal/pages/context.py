"""Who looks at a page: from a cookie to a `Visit`, the one value that every page function gets.

A page names its operation with `visits("operation")`, as an API route does with `allowed`; the table
of `rules.policy` decides. A bearer token opens no page and a cookie no API: so no page of somebody
else can make a browser write through the API.
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
from reconciler.portal.actions.sessions import HOURS, by_session, note_use
from reconciler.portal.i18n.portal_name import name_for
from reconciler.portal.pages.forms.form import Form, Mistakes, refusal
from reconciler.portal.pages.languages import chosen_language
from reconciler.portal.pages.navigation import ADMINISTRATION, WORK, Place, page_of_form, places
from reconciler.portal.pages.rendering import render
from reconciler.portal.rules.policy import Grant, Reach, granted, reach_of
from reconciler.portal.rules.principals import Actor, Principal, Who
from reconciler.portal.rules.problems import Problem
from reconciler.portal.rules.throttle import DAY_S
from reconciler.portal.sign_on.journey import SignOn
from reconciler.portal.store import tables as t
from reconciler.portal.store.store import Store
from reconciler.portal.store.unit_of_work import Work
from reconciler.portal.web.csrf import DONE_COOKIE, Marks
from reconciler.portal.web.idempotency import Done, kept_answer, keyed
from reconciler.portal.web.security import Admission, Gate, store_of

LANGUAGE_COOKIE: Final = "portal_language"
KNOWN_COOKIE: Final = "portal_known"
MOST_NAMED: Final = 50
"""Requests that a page names when they stand in somebody's way."""
NOBODY: Final = Principal("anonymous", "somebody", Actor.SELF)


@dataclass(frozen=True, slots=True)
class Brand:
    """Under which name, colour and picture the portal appears."""

    name: str
    primary_color: str | None
    logo: str | None


@dataclass(frozen=True)
class Visit:
    """One request for a page: who, in which language, granted what, with which marks for forms."""

    request: Request
    store: Store
    marks: Marks
    principal: Principal | None
    language: str
    brand: Brand
    sign_on: SignOn | None
    """Where people may log in with somebody else's word for who they are."""
    granted: Grant | None = None

    @property
    def grant(self) -> Grant:
        """What was granted; only pages that are open to everybody have none."""
        if self.granted is None:
            raise LookupError(f"{self.request.url.path} is open to everybody: nothing was granted")
        return self.granted

    @property
    def who(self) -> Who:
        return self.principal.who if self.principal else Who.ANONYMOUS

    @property
    def browser(self) -> str:
        """The mark by which the browser is known, if it has one (`known_browsers`)."""
        return self.request.cookies.get(self.marks.bound(KNOWN_COOKIE), "")

    @property
    def path(self) -> str:
        return self.request.url.path

    @property
    def place(self) -> str:
        """The path of the page that is shown; of a form that was sent, that of the page it stands on."""
        return self.path if self.request.method == "GET" else form_page(self.request)

    @property
    def here(self) -> str:
        """The page as an address to come back to."""
        query = self.request.url.query if self.request.method == "GET" else ""
        return self.place + (f"?{query}" if query else "")

    @property
    def menu(self) -> list[tuple[str, list[Place]]]:
        """The menu: the title of each part, and the places that the visitor may go to."""
        parts = (("frame.work", WORK), ("frame.administration", ADMINISTRATION))
        return [(title, places(self.who, entries)) for title, entries in parts]

    def at(self, place: Place) -> bool:
        """Whether this page is the place, or within it."""
        if place.path == "/requests" and self.place == "/requests/new":
            return False
        return self.place == place.path or self.place.startswith(f"{place.path}/")

    def may(self, operation: str) -> Reach | None:
        """With whose things the visitor may do an operation; None: not at all."""
        return reach_of(self.who, operation)

    def page(
        self, template: str, status: int | None = None, *, wrong: Mistakes | None = None, **values: Any
    ) -> Response:
        """The template as an answer; templates know `visit`, `t` and the filters of `rendering`.

        `wrong`: why the form that was sent was not taken; the page begins with it and tells it at its fields.
        """
        problem = wrong.problem if wrong else None
        work = self._titles(problem.members.get("requests", [])) if problem else []
        shown = {"visit": self, "mark": self.marks.mark(self.request), "work": work, **values}
        text = render(template, self.language, shown, self.request.cookies.get(DONE_COOKIE, ""), wrong)
        response = Response(text, status or (wrong.status if wrong else 200), media_type="text/html")
        response.headers.update(problem.members.get("headers", {}) if problem else {})
        if self.principal is None:
            self.marks.remember_form(self.request, response)
        self.marks.was_told(self.request, response)
        return response

    def _titles(self, requests: Sequence[str]) -> list[tuple[str, str]]:
        """Id and title of the requests that a problem is about."""
        c = t.requests.c
        with self.store.read() as connection:
            found = connection.execute(
                select(c.id, c.title).where(c.id.in_(requests[:MOST_NAMED])).order_by(c.title, c.id)
            )
            return [(row.id, row.title) for row in found]

    def to(self, path: str, done: str | None = None) -> Response:
        """Go on to another page; `done` names the sentence (`done.…`) that it begins with, this once."""
        response = RedirectResponse(path, 303)
        if done:
            self.marks.tell_next(response, done)
        return response

    def submit(
        self, form: Form, act: Callable[[Work], str], again: Callable[[Mistakes], Response], *, done: str | None = None
    ) -> Response:
        """Carry out what a form says and go on; the form `again`, with what was typed, when it is not taken."""
        try:
            return self.to(self.write(form, act), done=done)
        except Mistakes as wrong:
            return again(wrong)
        except Problem as problem:
            met = refusal(problem)
            try:
                return again(met)
            except Problem:  # what the form was about is gone: there is no page to show it on again
                raise problem from None

    def done_before(self, form: Form) -> str | None:
        """Where to go on to from a form that was carried out already; asked before work that takes long."""
        kept = kept_answer(self.store, self.principal or NOBODY, form.once, form.fingerprint)
        return kept[2]["Location"] if kept else None

    def write(self, form: Form, act: Callable[[Work], str], *, as_self: bool = False) -> str:
        """Carry out an act once, however often the form is sent; where to go on to, as the act says.

        `as_self`: people who edit themselves are named so in the history, whatever their role is.
        """
        who = self.principal or NOBODY
        if as_self:
            who = replace(who, actor=Actor.SELF)

        def done(work: Work) -> Done:
            return 303, None, {"Location": act(work)}

        _, _, headers = keyed(self.store, who, form.once, form.fingerprint, done)
        return headers["Location"]


class Visits(Gate):
    """A dependency that lets a visitor in when she may do the operation."""

    async def __call__(self, request: Request) -> Visit:
        visit: Visit = (await self.admission(request)).value
        return replace(visit, request=request)  # the one that reads the form

    async def _admit(self, request: Request) -> Admission:
        visit = await run_in_threadpool(visit_of, request)
        grant = granted(visit.principal, self.operation)
        return Admission(visit.principal, replace(visit, granted=grant))


def visits(operation: str) -> Any:
    """The annotation by which a page names its operation and gets its visit."""
    return Depends(Visits(operation))


def visit_of(request: Request) -> Visit:
    """The visit without a grant: who is there, and which language they read."""
    store, marks = store_of(request), marks_of(request)
    secret = request.cookies.get(marks.session_cookie)
    with store.read() as connection:
        principal = by_session(connection, secret, store.clock()) if secret else None
        name = connection.execute(select(t.portal.c.name)).scalar_one()
        branding = connection.execute(select(t.settings.c.branding)).scalar_one()
    if principal is not None and secret:
        note_use(store, secret)
    wished = principal.language if principal else request.cookies.get(LANGUAGE_COOKIE)
    language = chosen_language(wished, request.headers.get("accept-language", ""))
    brand = Brand(name_for(language, name), branding.get("primary_color"), shown_picture(branding.get("logo") or ""))
    return Visit(request, store, marks, principal, language, brand, request.app.state.sign_on)


def shown_picture(address: str) -> str | None:
    """The logo's address, when it is one that a page may show."""
    return address if re.fullmatch(r"https://[^\s/]+(/\S*)?", address) else None


def form_page(request: Request) -> str:
    """The page that the form stands on which is sent to the address of this request."""
    methods = request.app.state.methods
    return page_of_form(request.url.path, lambda path: "GET" in methods.of(path).split(", "))


def marks_of(request: Request) -> Marks:
    """The secrets that the pages' cookies and forms are marked with."""
    marks: Marks = request.app.state.marks
    return marks


def local(to: str) -> bool:
    """Whether an address is a page of ours: nobody is sent to another site."""
    return to.startswith("/") and not to.startswith(("//", "/\\"))


def logged_in(visit: Visit, session: Mapping[str, Any], to: str, done: str | None = None) -> Response:
    """Go on with a new session, as its cookie; the browser is known from here on."""
    response = visit.to(to, done)
    visit.marks.keep(response, visit.marks.session_cookie, session["token"], HOURS * 3600)
    if mark := known_browsers.mark_of(visit.store, session):
        visit.marks.keep(response, visit.marks.bound(KNOWN_COOKIE), mark, known_browsers.DAYS * DAY_S)
    return response


def logged_out(visit: Visit, to: str, done: str) -> Response:
    """Go on without a session, in a browser that keeps nothing of what it was shown."""
    response = visit.to(to, done)
    response.headers["Clear-Site-Data"] = '"cache", "storage"'  # not cookies: the language is kept
    visit.marks.drop(response, visit.marks.session_cookie)
    return response
