"""The administrator's outbox: mails, and dead ones to send again."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response
from sqlalchemy import func, select

from reconciler.portal.actions import outbox
from reconciler.portal.pages.context import PageContext, page_context
from reconciler.portal.pages.forms.form import SubmittedForm
from reconciler.portal.pages.queries.paging import count_rows, list_url, read_page
from reconciler.portal.rules.problems import Problem
from reconciler.portal.rules.states import MailState
from reconciler.portal.store import tables as t
from reconciler.portal.store.unit_of_work import Work

router = APIRouter(include_in_schema=False)
OutboxReader = Annotated[PageContext, page_context("outbox.read")]
OutboxRetrier = Annotated[PageContext, page_context("outbox.retry")]
Cursor = Annotated[str | None, Query(max_length=800)]


@router.get("/admin/outbox")
def list_mails(
    context: OutboxReader,
    state: Annotated[str, Query(max_length=10)] = "",
    after: Cursor = None,
) -> Response:
    """Return the mails, newest first."""
    c = t.outbox.c
    statement = select(t.outbox).where(c.state == state) if state else select(t.outbox)
    with context.store.read() as connection:
        mails, next_cursor = read_page(
            connection, statement, (c.revision, c.id), after, descending=True
        )
        count = count_rows(connection, statement)
        counts = {
            row.state: row.number
            for row in connection.execute(
                select(c.state, func.count().label("number")).group_by(c.state)
            )
        }
    query = {"state": state}
    return context.render(
        "outbox/list.html",
        mails=mails,
        count=count,
        state=state,
        states=tuple(MailState),
        counts=counts,
        first_page=list_url("/admin/outbox", query) if after else None,
        next_page=list_url("/admin/outbox", {**query, "after": next_cursor})
        if next_cursor
        else None,
    )


@router.get("/admin/outbox/{id}")
def show_mail(context: OutboxReader, id: str) -> Response:
    """Return the page of a mail, with its text but without its secrets."""
    with context.store.read() as connection:
        mail = (
            connection.execute(select(t.outbox).where(t.outbox.c.id == id))
            .mappings()
            .first()
        )
    if mail is None:
        raise Problem("not-found", f"there is no mail '{id}'")
    return context.render("outbox/detail.html", mail=outbox.readable(dict(mail)))


@router.post("/admin/outbox/{id}/retry")
def retry_mail(context: OutboxRetrier, id: str, form: SubmittedForm) -> Response:
    """Put a dead mail into the queue again."""

    def write_action(work: Work) -> str:
        outbox.queue_again(work, id)
        return f"/admin/outbox/{id}"

    return context.redirect(context.write_once(form, write_action), message="retried")
