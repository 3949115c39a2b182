"""One's own account: name, language, password, and log out everywhere."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Response
from sqlalchemy import select

from reconciler.portal.acts import access
from reconciler.portal.acts.shapes import OwnFields
from reconciler.portal.api.security import host_of
from reconciler.portal.pages.forms import Form, Mistakes, Sent, judged
from reconciler.portal.pages.looking import customer_of
from reconciler.portal.pages.passwords import at_its_field, new_password, wait_s
from reconciler.portal.pages.visit import Visit, logged_in, logged_out, visits
from reconciler.portal.rules.problems import Problem
from reconciler.portal.store import tables as t
from reconciler.portal.store.work import Work

router = APIRouter(include_in_schema=False)
Reads = Annotated[Visit, visits("account.read")]
Writes = Annotated[Visit, visits("account.write")]
LogsOut = Annotated[Visit, visits("log-out")]


@router.get("/account")
def show_account(visit: Reads) -> Response:
    """Who one is here."""
    return _account(visit)


def _account(visit: Visit, form: Form | None = None, status: int = 200, **said: Any) -> Response:
    who = visit.grant.principal
    table, id = (t.contacts, who.contact) if who.contact else (t.staff, who.staff)
    with visit.store.read() as connection:
        person: Any = connection.execute(select(table).where(table.c.id == id)).mappings().one()
        customer = customer_of(connection, who.customer) if who.contact else None
    return visit.page(
        "access/account.html", status, person=person, customer=customer, form=form, wrong=said.get("wrong", {}),
        wait=said.get("wait"),
    )  # fmt: skip


@router.post("/account")
def edit(visit: Writes, form: Sent) -> Response:
    """Another name or language, by the person herself."""
    who = visit.grant.principal

    def act(work: Work) -> str:
        form.must_match(access.myself(work, who).values, who.person or "")
        if not form.text("name"):
            raise Mistakes({"name": "mistake.missing"})
        said = judged(OwnFields, {"name": form.text("name"), "language": form.optional("language")})
        row, audited = access.edit_myself(work, who, said.sent())
        work.audit("account", row, *audited)
        return "/account"

    try:
        return visit.to(visit.write(form, act), done="saved")
    except Mistakes as wrong:
        return _account(visit, form, 422, wrong=wrong.fields)


@router.post("/account/password")
def change_password(visit: Writes, form: Sent) -> Response:
    """Another password for whoever knows the old one; a new session begins, all others end."""
    who, host = visit.grant.principal, host_of(visit.request)
    try:
        new = new_password(form)
        session = at_its_field(
            lambda: access.change_password(visit.store, who, form.secret("old")[:254], new, host)
        )  # fmt: skip
    except Mistakes as wrong:
        return _account(visit, None, 422, wrong=wrong.fields)
    except Problem as problem:
        if problem.type == "forbidden":
            return _account(visit, None, 422, wrong={"old": "password.wrong"})
        if problem.type == "rate-limited":
            return _account(visit, None, problem.status, wait=wait_s(problem))
        raise
    return logged_in(visit, session, "/account", done="password")


@router.post("/account/log-out")
def log_out_everywhere(visit: LogsOut, form: Sent) -> Response:
    """End all sessions of one's own."""

    def act(work: Work) -> str:
        access.log_out_everywhere(work, visit.grant.principal.person or "")
        return "/login"

    return logged_out(visit, visit.write(form, act), done="everywhere")
