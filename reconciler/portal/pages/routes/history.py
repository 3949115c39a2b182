"""The administrator's history."""

from __future__ import annotations

from typing import Annotated, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Response
from sqlalchemy import Connection, select

from reconciler.portal.pages.context import Visit, visits
from reconciler.portal.pages.queries.checkout import how_many, one_page
from reconciler.portal.pages.queries.history import names_in, told
from reconciler.portal.pages.rendering import Speech, speech
from reconciler.portal.rules.search import search_form
from reconciler.portal.store import tables as t
from reconciler.portal.store.database import is_one_of

router = APIRouter(include_in_schema=False)
Remembers = Annotated[Visit, visits("history.read")]
After = Annotated[str | None, Query(max_length=800)]
OBJECTS: Final = (
    "contact",
    "customer",
    "service",
    "settings",
    "request",
    "staff",
    "mail",
    "portal",
    "token",
)


@router.get("/admin/history")
def read_history(
    visit: Remembers,
    object: Annotated[str, Query(max_length=20)] = "",
    id: Annotated[str, Query(max_length=40)] = "",
    by: Annotated[str, Query(max_length=200)] = "",
    after: After = None,
) -> Response:
    """The change feed, newest first: who, when, what, which commit."""
    c, say = t.changes.c, speech(visit.language)
    statement = select(t.changes)
    for column, value in ((c.object, object), (c.id, id)):
        if value:
            statement = statement.where(column == value)
    with visit.store.read() as connection:
        if by:
            statement = statement.where(
                is_one_of(connection, c.by, _named(connection, say, by))
            )
        entries, mark = one_page(
            connection, statement, (c.revision, c.seq), after, descending=True
        )
        names = names_in(connection, [*entries, {"id": id, "before": None, "after": None}])
        count = how_many(connection, statement)
    asked = {"object": object, "id": id, "by": by}
    return visit.page(
        "admin/history.html",
        entries=[told(say, entry, names) for entry in entries],
        count=count,
        objects=OBJECTS,
        object=object,
        id=id,
        name=names.names.get(id, id),
        by=by,
        first=_link("/admin/history", **asked) if after else None,
        following=_link("/admin/history", **asked, after=mark) if mark else None,
    )


def _named(connection: Connection, say: Speech, text: str) -> list[str]:
    """Whoever did something and has every word of this in the name, in whatever letters, as the
    pages show it.
    """
    words = search_form(text).split()
    names = connection.execute(select(t.changes.c.by).distinct()).scalars()
    return [
        name
        for name in names
        if all(word in search_form(name, say.who(name)) for word in words)
    ]


def _link(path: str, **asked: str | None) -> str:
    return f"{path}?{urlencode({name: value for name, value in asked.items() if value})}"
