"""Access: log in, log out, sign up, ask for a new password.

No answer tells whether an address is known here.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response
from sqlalchemy import select

from reconciler.portal.actions import access, links, sign_ups
from reconciler.portal.actions.mails import digest_of
from reconciler.portal.actions.schemas import ResetFields, SignUpFields
from reconciler.portal.pages.context import (
    PageContext,
    is_local,
    page_context,
)
from reconciler.portal.pages.forms.form import (
    Form,
    Mistakes,
    SubmittedForm,
    missing_fields,
    validate,
)
from reconciler.portal.pages.forms.resumption import resumption_page, unseal
from reconciler.portal.pages.languages import language_mistake
from reconciler.portal.pages.navigation import home_path
from reconciler.portal.pages.session_cookies import (
    redirect_logged_in,
    redirect_logged_out,
    with_session,
)
from reconciler.portal.rules.principals import SYSTEM
from reconciler.portal.rules.problems import Problem
from reconciler.portal.rules.states import SignUp
from reconciler.portal.store import tables as t
from reconciler.portal.store.unit_of_work import Work
from reconciler.portal.web.response_timing import hide_timing
from reconciler.portal.web.security import host_of

router = APIRouter(include_in_schema=False)
AnyVisitor = Annotated[PageContext, page_context("pages.open")]
LogInVisitor = Annotated[PageContext, page_context("log-in")]
SignUpVisitor = Annotated[PageContext, page_context("sign-up")]
ResetVisitor = Annotated[PageContext, page_context("reset")]


@router.get("/login")
def show_log_in(
    context: LogInVisitor, to: Annotated[str, Query(max_length=2000)] = ""
) -> Response:
    """Return the log-in; redirect visitors who are logged in already."""
    if context.principal is not None:
        return context.redirect(to if is_local(to) else home_path(context.principal_kind))
    return log_in_page(context, to)


def log_in_page(
    context: PageContext,
    to: str,
    status: int | None = None,
    email: str = "",
    *,
    sealed_form: str = "",
    mistakes: Mistakes | None = None,
) -> Response:
    """Return the log-in, with the mistakes of the last attempt.

    `sealed_form` is the form that the log-in leads back to (`forms.resumption`).
    """
    return context.render(
        "access/log_in.html",
        status,
        mistakes=mistakes,
        to=to if is_local(to) else "",
        email=email,
        sealed_form=sealed_form,
        provider=context.sign_on.name if context.sign_on else None,
        may_sign_up=_sign_up_mode(context) != SignUp.CLOSED,
    )


def _sign_up_mode(context: PageContext) -> str:
    with context.store.read() as connection:
        return str(connection.execute(select(t.settings.c.sign_up)).scalar_one())


@router.post("/login")
def log_in(context: LogInVisitor, form: SubmittedForm) -> Response:
    """Begin a session, and end the one that this browser had."""
    # An address has at most 254 characters and a password at most 200, so a text that is cut off
    # at 254 is as wrong as the whole one.
    to, email = form.text("to"), form.text("email")
    try:
        session = access.log_in(
            context.store,
            email[:254],
            form.secret("password")[:254],
            host_of(context.request),
            context.browser_mark,
        )
    except Problem as problem:
        if problem.type not in {"unauthenticated", "rate-limited"}:
            raise
        # The same sentence for an unknown address and a wrong password.
        sentence = "login.wrong" if problem.type == "unauthenticated" else None
        return log_in_page(
            context,
            to,
            email=email,
            sealed_form=form.text("sealed_form"),
            mistakes=Mistakes({}, problem, sentence),
        )
    # The old session ends and is not continued: somebody else may have set its cookie here.
    end_session(context)
    person = session["contact"] or session["staff"]
    if resumed_form := unseal(context.csrf, form.text("sealed_form"), person):
        token = context.csrf.token_of_session(session["token"])
        page = resumption_page(context, resumed_form, csrf_token=token)
        return with_session(context, session, page)
    return redirect_logged_in(context, session, to if is_local(to) else "/")


@router.post("/logout")
# `form` is not read, but checked: otherwise any site could log people out.
def log_out(context: AnyVisitor, form: SubmittedForm) -> Response:  # noqa: ARG001
    """End the session; without one, only redirect."""
    end_session(context)
    return redirect_logged_out(context, "/login", message="logged-out")


def end_session(context: PageContext) -> None:
    """End the session that this browser has, if it has one."""
    secret = context.request.cookies.get(context.csrf.session_cookie)
    if context.principal is not None and secret:
        with context.store.write(SYSTEM) as work:
            access.log_out(
                work, digest_of(secret)[: access.SESSION_ID], context.principal.person or ""
            )


@router.get("/sign-up")
def show_sign_up(context: SignUpVisitor) -> Response:
    """Return the form by which people ask for access."""
    return _sign_up_page(context)


def _sign_up_page(
    context: PageContext, form: Form | None = None, mistakes: Mistakes | None = None
) -> Response:
    return context.render(
        "access/sign_up.html",
        mistakes=mistakes,
        is_closed=_sign_up_mode(context) == SignUp.CLOSED,
        form=form,
    )


@router.post("/sign-up")
@hide_timing  # a known address takes longer: it has a mail to write
def sign_up(context: SignUpVisitor, form: SubmittedForm) -> Response:
    """Record the wish for access; a mail says how to go on."""

    def write_action(work: Work) -> str:
        fields = validate(
            SignUpFields,
            {
                "name": form.text("name"),
                "email": form.text("email"),
                "role": form.text("role"),
                "language": form.text_or_none("language"),
                "code": form.text_or_none("code"),
            },
            missing_fields(form, "name", "email") | language_mistake(form),
        )
        sign_ups.sign_up(work, fields.model_dump(), host_of(context.request))
        return "/sign-up/sent"

    return context.submit(
        form, write_action, lambda mistakes: _sign_up_page(context, form, mistakes)
    )


@router.get("/sign-up/sent")
def show_sign_up_sent(context: SignUpVisitor) -> Response:
    """Return the page after the form; it is the same for known and unknown addresses."""
    return context.render("access/mail_sent.html", sentence="sent.sign-up")


@router.get("/reset")
def show_reset(context: ResetVisitor) -> Response:
    """Return the form by which people ask for a link to set a new password."""
    return _reset_page(context)


def _reset_page(
    context: PageContext, form: Form | None = None, mistakes: Mistakes | None = None
) -> Response:
    return context.render("access/reset.html", mistakes=mistakes, form=form)


@router.post("/reset")
@hide_timing
def ask_for_reset(context: ResetVisitor, form: SubmittedForm) -> Response:
    """Mail a link to set a new password, if the address has an account."""

    def write_action(work: Work) -> str:
        fields = validate(
            ResetFields, {"email": form.text("email")}, missing_fields(form, "email")
        )
        links.ask_for_reset(
            work, fields.email, host_of(context.request), context.browser_mark
        )
        return "/reset/sent"

    return context.submit(
        form, write_action, lambda mistakes: _reset_page(context, form, mistakes)
    )


@router.get("/reset/sent")
def show_reset_sent(context: ResetVisitor) -> Response:
    """Return the page after the form; it is the same for known and unknown addresses."""
    return context.render("access/mail_sent.html", sentence="sent.reset")
