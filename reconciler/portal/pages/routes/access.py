"""The ways in and out: log in, log out, sign up, ask for a new password.

No answer says who is known here.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response
from sqlalchemy import select

from reconciler.portal.actions import access, links, sign_ups
from reconciler.portal.actions.mails import digest_of
from reconciler.portal.actions.schemas import ResetFields, SignUpFields
from reconciler.portal.pages.context import Visit, local, logged_in, logged_out, visits
from reconciler.portal.pages.forms.form import Form, Mistakes, Sent, judged, missing
from reconciler.portal.pages.languages import language_mistake
from reconciler.portal.pages.navigation import home
from reconciler.portal.rules.principals import SYSTEM
from reconciler.portal.rules.problems import Problem
from reconciler.portal.rules.states import SignUp
from reconciler.portal.store import tables as t
from reconciler.portal.store.unit_of_work import Work
from reconciler.portal.web.response_timing import hide_timing
from reconciler.portal.web.security import host_of

router = APIRouter(include_in_schema=False)
Open = Annotated[Visit, visits("pages.open")]
LogsIn = Annotated[Visit, visits("log-in")]
SignsUp = Annotated[Visit, visits("sign-up")]
Resets = Annotated[Visit, visits("reset")]


@router.get("/login")
def show_log_in(visit: LogsIn, to: Annotated[str, Query(max_length=2000)] = "") -> Response:
    """The log-in; who is logged in already goes on."""
    if visit.principal is not None:
        return visit.to(to if local(to) else home(visit.who))
    return log_in_page(visit, to)


def log_in_page(
    visit: Visit,
    to: str,
    status: int | None = None,
    email: str = "",
    *,
    wrong: Mistakes | None = None,
) -> Response:
    """The log-in, which says what was `wrong` with the last try."""
    return visit.page(
        "access/login.html",
        status,
        wrong=wrong,
        to=to if local(to) else "",
        email=email,
        provider=visit.sign_on.name if visit.sign_on else None,
        may_sign_up=_mode(visit) != SignUp.CLOSED,
    )


def _mode(visit: Visit) -> str:
    with visit.store.read() as connection:
        return str(connection.execute(select(t.settings.c.sign_up)).scalar_one())


@router.post("/login")
def log_in(visit: LogsIn, form: Sent) -> Response:
    """Begin a session, and end the one that this browser had."""
    to, email = form.text("to"), form.text("email")
    try:
        session = access.log_in(
            visit.store,
            email[:254],
            form.secret("password")[:254],
            host_of(visit.request),
            visit.browser,
        )
    except Problem as problem:
        if problem.type not in {"unauthenticated", "rate-limited"}:
            raise
        said = "login.wrong" if problem.type == "unauthenticated" else None
        return log_in_page(visit, to, email=email, wrong=Mistakes({}, problem, said))
    end_session(visit)
    return logged_in(visit, session, to if local(to) else "/")


@router.post("/logout")
# the form is ours, or this is not reached
def log_out(visit: Open, form: Sent) -> Response:  # noqa: ARG001
    """End the session; nothing when there is none any more."""
    end_session(visit)
    return logged_out(visit, "/login", done="logged-out")


def end_session(visit: Visit) -> None:
    """End the session that this browser has, if it has one."""
    secret = visit.request.cookies.get(visit.csrf.session_cookie)
    if visit.principal is not None and secret:
        with visit.store.write(SYSTEM) as work:
            access.log_out(
                work, digest_of(secret)[: access.SESSION_ID], visit.principal.person or ""
            )


@router.get("/sign-up")
def show_sign_up(visit: SignsUp) -> Response:
    """The form by which people ask for access."""
    return _sign_up(visit)


def _sign_up(
    visit: Visit, form: Form | None = None, wrong: Mistakes | None = None
) -> Response:
    return visit.page(
        "access/sign_up.html", wrong=wrong, closed=_mode(visit) == SignUp.CLOSED, form=form
    )


@router.post("/sign-up")
@hide_timing
def sign_up(visit: SignsUp, form: Sent) -> Response:
    """Ask for access; the mail says how to go on."""

    def act(work: Work) -> str:
        wish = judged(
            SignUpFields,
            {
                "name": form.text("name"),
                "email": form.text("email"),
                "role": form.text("role"),
                "language": form.optional("language"),
                "code": form.optional("code"),
            },
            missing(form, "name", "email") | language_mistake(form),
        )
        sign_ups.sign_up(work, wish.model_dump(), host_of(visit.request))
        return "/sign-up/sent"

    return visit.submit(form, act, lambda wrong: _sign_up(visit, form, wrong))


@router.get("/sign-up/sent")
def show_sign_up_sent(visit: SignsUp) -> Response:
    """The same for everybody."""
    return visit.page("access/sent.html", sentence="sent.sign-up")


@router.get("/reset")
def show_reset(visit: Resets) -> Response:
    """The form by which people ask for a link to a new password."""
    return _reset(visit)


def _reset(
    visit: Visit, form: Form | None = None, wrong: Mistakes | None = None
) -> Response:
    return visit.page("access/reset.html", wrong=wrong, form=form)


@router.post("/reset")
@hide_timing
def ask_for_reset(visit: Resets, form: Sent) -> Response:
    """Ask for a link; whether one is sent is known to the mailbox only."""

    def act(work: Work) -> str:
        wish = judged(ResetFields, {"email": form.text("email")}, missing(form, "email"))
        links.ask_for_reset(work, wish.email, host_of(visit.request), visit.browser)
        return "/reset/sent"

    return visit.submit(form, act, lambda wrong: _reset(visit, form, wrong))


@router.get("/reset/sent")
def show_reset_sent(visit: Resets) -> Response:
    """The same for everybody."""
    return visit.page("access/sent.html", sentence="sent.reset")
