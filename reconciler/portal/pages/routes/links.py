"""What opens behind a mailed link: confirm an address, set the first password or a new one.

Opening a page uses no link up: mail scanners open all of them. Sending its form does.
"""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Response

from reconciler.portal.actions import links, sign_ups
from reconciler.portal.pages.context import Visit, visits
from reconciler.portal.pages.forms.form import Mistakes, Sent
from reconciler.portal.pages.forms.passwords import at_its_field, twice
from reconciler.portal.rules.problems import Problem
from reconciler.portal.store.unit_of_work import Work
from reconciler.portal.web.security import host_of

router = APIRouter(include_in_schema=False)
SignsUp = Annotated[Visit, visits("sign-up")]
Activates = Annotated[Visit, visits("activate")]
Resets = Annotated[Visit, visits("reset")]


@router.get("/confirm/{secret}")
def show_confirm(visit: SignsUp, secret: str) -> Response:
    """The button by which an address is confirmed."""
    try:
        with visit.store.read() as connection:
            sign_ups.link_must_work(connection, secret, visit.store.clock())
    except Problem as problem:
        return _useless(visit, problem, "confirm")
    return visit.page("access/confirm.html", secret=secret)


@router.post("/confirm/{secret}")
def confirm(visit: SignsUp, secret: str, form: Sent) -> Response:
    """The address is confirmed."""

    def act(work: Work) -> str:
        return f"/confirmed/{sign_ups.confirm(work, secret)}"

    try:
        return visit.to(visit.write(form, act))
    except Problem as problem:
        return _useless(visit, problem, "confirm")


@router.get("/confirmed/{status}")
def show_confirmed(
    visit: SignsUp, status: Literal["waiting", "invited", "known"]
) -> Response:
    """What became of the sign-up."""
    return visit.page("access/confirmed.html", became=status)


@router.get("/activate/{secret}")
def show_activate(visit: Activates, secret: str) -> Response:
    """The form by which the first password is set."""
    return _show(visit, "activation", secret)


@router.post("/activate/{secret}")
def activate(visit: Activates, secret: str, form: Sent) -> Response:
    """The password is set, and its person active."""
    return _set(visit, "activation", secret, form)


@router.get("/reset/{secret}")
def show_reset(visit: Resets, secret: str) -> Response:
    """The form by which a new password is set."""
    return _show(visit, "reset", secret)


@router.post("/reset/{secret}")
def reset(visit: Resets, secret: str, form: Sent) -> Response:
    """The new password is set; all sessions ended."""
    return _set(visit, "reset", secret, form)


def _show(visit: Visit, kind: str, secret: str, wrong: Mistakes | None = None) -> Response:
    try:
        with visit.store.read() as connection:
            person = links.person_behind(connection, kind, secret, visit.store.clock())
    except Problem as problem:
        return _useless(visit, problem, kind)
    return visit.page(
        "access/password.html", wrong=wrong, kind=kind, action=visit.path, person=person
    )


def _set(visit: Visit, kind: str, secret: str, form: Sent) -> Response:
    try:
        if place := visit.done_before(form):
            return visit.to(place, done="activated")
        kept = at_its_field(
            lambda: links.hash_new_password(
                visit.store, kind, secret, form.secret("password")
            ),
            twice(form),
        )

        def act(work: Work) -> str:
            links.set_password(work, kind, secret, kept, host_of(visit.request))
            return "/login"

        return visit.to(visit.write(form, act), done="activated")
    except Mistakes as wrong:
        return _show(visit, kind, secret, wrong)
    except Problem as problem:
        return _useless(visit, problem, kind)


def _useless(visit: Visit, problem: Problem, kind: str) -> Response:
    """The page about a link that does not work; other problems go on."""
    if problem.type != "not-found":
        raise problem
    return visit.page("access/link.html", problem.status, kind=kind)
