"""The administrator's outbox: mails, and dead letters to send again."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Response
from sqlalchemy import func, select

from reconciler.portal.actions import outbox
from reconciler.portal.pages.context import Visit, visits
from reconciler.portal.pages.forms.form import Sent
from reconciler.portal.pages.queries.checkout import how_many, one_page
from reconciler.portal.rules.problems import Problem
from reconciler.portal.rules.states import MailState
from reconciler.portal.store import tables as t
from reconciler.portal.store.unit_of_work import Work

router = APIRouter(include_in_schema=False)
Mails = Annotated[Visit, visits("outbox.read")]
Retries = Annotated[Visit, visits("outbox.retry")]
After = Annotated[str | None, Query(max_length=800)]


@router.get("/admin/outbox")
def list_mails(
    visit: Mails, state: Annotated[str, Query(max_length=10)] = "", after: After = None
) -> Response:
    """The mails, newest first."""
    c = t.outbox.c
    statement = select(t.outbox).where(c.state == state) if state else select(t.outbox)
    with visit.store.read() as connection:
        mails, mark = one_page(
            connection, statement, (c.revision, c.id), after, descending=True
        )
        count = how_many(connection, statement)
        counts = {
            row.state: row.n
            for row in connection.execute(
                select(c.state, func.count().label("n")).group_by(c.state)
            )
        }
    return visit.page(
        "admin/outbox.html",
        mails=mails,
        count=count,
        state=state,
        states=tuple(MailState),
        counts=counts,
        first=_link("/admin/outbox", state=state) if after else None,
        following=_link("/admin/outbox", state=state, after=mark) if mark else None,
    )


@router.get("/admin/outbox/{id}")
def read_mail(visit: Mails, id: str) -> Response:
    """One mail, as its reader sees it."""
    with visit.store.read() as connection:
        mail = (
            connection.execute(select(t.outbox).where(t.outbox.c.id == id))
            .mappings()
            .first()
        )
    if mail is None:
        raise Problem("not-found", f"there is no mail '{id}'")
    return visit.page("admin/mail.html", mail=outbox.readable(dict(mail)))


@router.post("/admin/outbox/{id}/retry")
def retry_mail(visit: Retries, id: str, form: Sent) -> Response:
    """Send a dead letter once more."""

    def act(work: Work) -> str:
        outbox.queue_again(work, id)
        return f"/admin/outbox/{id}"

    return visit.to(visit.write(form, act), done="retried")


def _link(path: str, **asked: str | None) -> str:
    return f"{path}?{urlencode({name: value for name, value in asked.items() if value})}"
