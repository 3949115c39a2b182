"""The pages behind mailed links: confirm an address, set the first password or a new one.

Opening such a page does not use up its link, because mail scanners open every link. Sending its
form does.
"""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Response

from reconciler.portal.actions import links, sign_ups
from reconciler.portal.pages.context import PageContext, page_context
from reconciler.portal.pages.forms.form import Mistakes, SubmittedForm
from reconciler.portal.pages.forms.passwords import (
    password_mistakes,
    raise_weakness_as_mistake,
)
from reconciler.portal.pages.queries.rows import project_managers_of
from reconciler.portal.rules.problems import Problem
from reconciler.portal.store.unit_of_work import Work
from reconciler.portal.web.security import host_of

router = APIRouter(include_in_schema=False)
SignUpVisitor = Annotated[PageContext, page_context("sign-up")]
ActivationVisitor = Annotated[PageContext, page_context("activate")]
ResetVisitor = Annotated[PageContext, page_context("reset")]


@router.get("/confirm/{secret}")
def show_confirm(context: SignUpVisitor, secret: str) -> Response:
    """Return the page with the button that confirms an address."""
    try:
        with context.store.read() as connection:
            sign_ups.check_link(connection, secret, context.store.clock())
    except Problem as problem:
        return _ended_confirmation(context, problem, secret)
    return context.render("links/confirm_address.html", secret=secret)


@router.post("/confirm/{secret}")
def confirm(context: SignUpVisitor, secret: str, form: SubmittedForm) -> Response:
    """Confirm the address."""

    def write_action(work: Work) -> str:
        return f"/confirmed/{sign_ups.confirm(work, secret)}"

    try:
        return context.redirect(context.write_once(form, write_action))
    except Problem as problem:
        return _ended_confirmation(context, problem, secret)


def _ended_confirmation(context: PageContext, problem: Problem, secret: str) -> Response:
    """Redirect to the result of the sign-up if the link was used, else say that it is dead."""
    with context.store.read() as connection:
        status = sign_ups.status_behind(connection, secret)
    if status and problem.type == "not-found":
        return context.redirect(f"/confirmed/{status}")
    return _invalid_link_page(context, problem, "confirm", secret)


@router.get("/confirmed/{status}")
def show_confirmed(
    context: SignUpVisitor, status: Literal["waiting", "invited", "known"]
) -> Response:
    """Return the page with the result of a sign-up."""
    return context.render("links/address_confirmed.html", result=status)


@router.get("/activate/{secret}")
def show_activate(context: ActivationVisitor, secret: str) -> Response:
    """Return the form to set the first password."""
    return _password_page(context, "activation", secret)


@router.post("/activate/{secret}")
def activate(context: ActivationVisitor, secret: str, form: SubmittedForm) -> Response:
    """Set the first password; its person is active from now on."""
    return _set_password(context, "activation", secret, form)


@router.get("/reset/{secret}")
def show_reset(context: ResetVisitor, secret: str) -> Response:
    """Return the form to set a new password."""
    return _password_page(context, "reset", secret)


@router.post("/reset/{secret}")
def reset(context: ResetVisitor, secret: str, form: SubmittedForm) -> Response:
    """Set the new password and end all sessions of its person."""
    return _set_password(context, "reset", secret, form)


def _password_page(
    context: PageContext, kind: str, secret: str, mistakes: Mistakes | None = None
) -> Response:
    try:
        with context.store.read() as connection:
            person = links.person_behind(connection, kind, secret, context.store.clock())
    except Problem as problem:
        return _invalid_link_page(context, problem, kind, secret)
    return context.render(
        "links/set_password.html",
        mistakes=mistakes,
        kind=kind,
        action=context.path,
        person=person,
    )


def _set_password(
    context: PageContext, kind: str, secret: str, form: SubmittedForm
) -> Response:
    try:
        # A link works once. Without this question, a second click on the button would show the page
        # about a link that does not work, although the password is set.
        if path := context.earlier_redirect(form):
            return context.redirect(path, message="activated")
        # Hashing is slow on purpose, and a transaction keeps all other writes waiting.
        password_hash = raise_weakness_as_mistake(
            lambda: links.hash_new_password(
                context.store, kind, secret, form.secret("password")
            ),
            password_mistakes(form),
        )

        def write_action(work: Work) -> str:
            links.set_password(work, kind, secret, password_hash, host_of(context.request))
            return "/login"

        return context.redirect(context.write_once(form, write_action), message="activated")
    except Mistakes as mistakes:
        return _password_page(context, kind, secret, mistakes)
    except Problem as problem:
        return _invalid_link_page(context, problem, kind, secret)


def _invalid_link_page(
    context: PageContext, problem: Problem, kind: str, secret: str
) -> Response:
    """Return the page about a link that does not work; raise other problems again."""
    if problem.type != "not-found":
        raise problem
    reason, managers = "", []
    with context.store.read() as connection:
        now = context.store.clock()
        if kind == "activation" and (
            dead := links.dead_link(connection, kind, secret, now)
        ):
            reason, person = f".{dead[0]}", dead[1]
            if "customer" in person:
                managers = project_managers_of(connection, person["customer"])
            if reason == ".expired" and not managers:
                reason = ""  # there is nobody to name
    return context.render(
        "links/invalid_link.html",
        problem.status,
        kind=kind,
        sentence=f"{kind}{reason}",
        project_managers=managers,
    )
