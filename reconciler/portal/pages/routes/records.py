"""What the portal remembers: mails, history, usage."""

from __future__ import annotations

from typing import Annotated, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Response
from sqlalchemy import Connection, func, select

from reconciler.portal.acts import outbox
from reconciler.portal.acts.usage import usage
from reconciler.portal.pages.forms import Sent
from reconciler.portal.pages.looking import how_many, one_page
from reconciler.portal.pages.remembering import names_in, told
from reconciler.portal.pages.rendering import Speech, speech
from reconciler.portal.pages.visit import Visit, visits
from reconciler.portal.rules.problems import Problem
from reconciler.portal.rules.searching import search_form
from reconciler.portal.rules.states import MailState
from reconciler.portal.store import tables as t
from reconciler.portal.store.database import among
from reconciler.portal.store.work import Work

router = APIRouter(include_in_schema=False)
Mails = Annotated[Visit, visits("outbox.read")]
Retries = Annotated[Visit, visits("outbox.retry")]
Remembers = Annotated[Visit, visits("history.read")]
Counts = Annotated[Visit, visits("usage.read")]
After = Annotated[str | None, Query(max_length=800)]
OBJECTS: Final = ("contact", "customer", "service", "settings", "request", "staff", "mail", "portal", "token")


@router.get("/admin/outbox")
def list_mails(visit: Mails, state: Annotated[str, Query(max_length=10)] = "", after: After = None) -> Response:
    """The mails, newest first."""
    c = t.outbox.c
    statement = select(t.outbox).where(c.state == state) if state else select(t.outbox)
    with visit.store.read() as connection:
        mails, mark = one_page(connection, statement, (c.revision, c.id), after, descending=True)
        count = how_many(connection, statement)
        counts = {
            row.state: row.n for row in connection.execute(select(c.state, func.count().label("n")).group_by(c.state))
        }
    return visit.page(
        "admin/outbox.html", mails=mails, count=count, state=state, states=tuple(MailState), counts=counts,
        first=_link("/admin/outbox", state=state) if after else None,
        following=_link("/admin/outbox", state=state, after=mark) if mark else None,
    )  # fmt: skip


@router.get("/admin/outbox/{id}")
def read_mail(visit: Mails, id: str) -> Response:
    """One mail, as its reader sees it."""
    with visit.store.read() as connection:
        mail = connection.execute(select(t.outbox).where(t.outbox.c.id == id)).mappings().first()
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


@router.get("/admin/history")
def read_history(
    visit: Remembers, object: Annotated[str, Query(max_length=20)] = "", id: Annotated[str, Query(max_length=40)] = "",
    by: Annotated[str, Query(max_length=200)] = "", after: After = None,
) -> Response:  # fmt: skip
    """The change feed, newest first: who, when, what, which commit."""
    c, say = t.changes.c, speech(visit.language)
    statement = select(t.changes)
    for column, value in ((c.object, object), (c.id, id)):
        if value:
            statement = statement.where(column == value)
    with visit.store.read() as connection:
        if by:
            statement = statement.where(among(connection, c.by, _named(connection, say, by)))
        entries, mark = one_page(connection, statement, (c.revision, c.seq), after, descending=True)
        names = names_in(connection, [*entries, {"id": id, "before": None, "after": None}])
        count = how_many(connection, statement)
    asked = {"object": object, "id": id, "by": by}
    return visit.page(
        "admin/history.html", entries=[told(say, entry, names) for entry in entries], count=count, objects=OBJECTS,
        object=object, id=id, name=names.names.get(id, id), by=by,
        first=_link("/admin/history", **asked) if after else None,
        following=_link("/admin/history", **asked, after=mark) if mark else None,
    )  # fmt: skip


def _named(connection: Connection, say: Speech, text: str) -> list[str]:
    """Whoever did something and has every word of this in the name, in whatever letters, as the pages show it."""
    words = search_form(text).split()
    names = connection.execute(select(t.changes.c.by).distinct()).scalars()
    return [name for name in names if all(word in search_form(name, say.who(name)) for word in words)]


@router.get("/admin/usage")
def show_usage(visit: Counts) -> Response:
    """How much the portal is used."""
    with visit.store.read() as connection:
        figures = usage(connection, visit.store.clock())
    return visit.page("admin/usage.html", usage=figures)


def _link(path: str, **asked: str | None) -> str:
    return f"{path}?{urlencode({name: value for name, value in asked.items() if value})}"
