"""One's own account: name, language, password, and log out everywhere."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Response
from sqlalchemy import select

from reconciler.portal.actions import access
from reconciler.portal.actions.schemas import OwnFields
from reconciler.portal.pages.context import Visit, logged_in, logged_out, visits
from reconciler.portal.pages.forms.form import Form, Mistakes, Sent, judged, refusal
from reconciler.portal.pages.forms.passwords import twice
from reconciler.portal.pages.languages import language_mistake
from reconciler.portal.pages.queries.checkout import customer_of
from reconciler.portal.rules.audit import Verb
from reconciler.portal.rules.passwords import weakness
from reconciler.portal.rules.problems import Problem
from reconciler.portal.store import tables as t
from reconciler.portal.store.unit_of_work import Work
from reconciler.portal.web.security import host_of

router = APIRouter(include_in_schema=False)
Reads = Annotated[Visit, visits("account.read")]
Writes = Annotated[Visit, visits("account.write")]
LogsOut = Annotated[Visit, visits("log-out")]


@router.get("/account")
def show_account(visit: Reads) -> Response:
    """Who one is here."""
    return _account(visit)


def _account(
    visit: Visit, form: Form | None = None, wrong: Mistakes | None = None
) -> Response:
    who = visit.grant.principal
    with visit.store.read() as connection:
        customer = customer_of(connection, who.customer) if who.contact else None
    return visit.page(
        "access/account.html",
        wrong=wrong,
        person=_myself(visit),
        customer=customer,
        form=form,
    )


def _myself(visit: Visit) -> Any:
    who = visit.grant.principal
    table, id = (t.contacts, who.contact) if who.contact else (t.staff, who.staff)
    with visit.store.read() as connection:
        return connection.execute(select(table).where(table.c.id == id)).mappings().one()


@router.post("/account")
def edit(visit: Writes, form: Sent) -> Response:
    """Another name or language, by the person herself."""
    who = visit.grant.principal

    def act(work: Work) -> str:
        form.must_match(access.own_row(work, who).values, who.person or "")
        said = judged(
            OwnFields,
            {"name": form.text("name"), "language": form.optional("language")},
            language_mistake(form, _myself(visit)["language"]),
        )
        row, audited = access.edit_own_row(work, who, said.sent_fields())
        work.audit(Verb.ACCOUNT, row, *audited)
        return "/account"

    return visit.submit(form, act, lambda wrong: _account(visit, form, wrong), done="saved")


@router.post("/account/password")
def change_password(visit: Writes, form: Sent) -> Response:
    """Another password for whoever knows the old one; a new session begins, all others end."""
    who, old, host = visit.grant.principal, form.secret("old")[:254], host_of(visit.request)
    try:
        _must_fit(visit, form, old, host)
        session = access.change_password(
            visit.store, who, old, form.secret("password"), host
        )
    except Mistakes as wrong:
        return _account(visit, wrong=wrong)
    except Problem as problem:
        found = (
            Mistakes({"old": "password.wrong"})
            if problem.type == "forbidden"
            else refusal(problem)
        )
        return _account(visit, wrong=found)
    return logged_in(visit, session, "/account", done="password")


def _must_fit(visit: Visit, form: Form, old: str, host: str) -> None:
    """Mistakes unless the new password would do; then the old one is judged as well, so that
    all is told at once.
    """
    wrong = twice(form)
    person = _myself(visit)
    if weak := weakness(form.secret("password"), (person["name"], person["email"])):
        wrong.setdefault("password", f"password.{weak}")
    if not old:
        wrong["old"] = "mistake.missing"
    elif wrong and not access.knows_password(visit.store, visit.grant.principal, old, host):
        wrong["old"] = "password.wrong"
    if wrong:
        raise Mistakes(wrong)


@router.post("/account/log-out")
def log_out_everywhere(visit: LogsOut, form: Sent) -> Response:
    """End all sessions of one's own."""

    def act(work: Work) -> str:
        access.log_out_everywhere(work, visit.grant.principal.person or "")
        return "/login"

    return logged_out(visit, visit.write(form, act), done="everywhere")
