"""The administrator's history: the change feed as sentences."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Query, Response
from sqlalchemy import Connection, select

from reconciler.portal.pages.context import PageContext, page_context
from reconciler.portal.pages.queries.history import history_entry, mentioned_objects
from reconciler.portal.pages.queries.paging import count_rows, list_url, read_page
from reconciler.portal.pages.rendering import Translator, translator
from reconciler.portal.rules.search import search_form
from reconciler.portal.store import tables as t
from reconciler.portal.store.database import is_one_of

router = APIRouter(include_in_schema=False)
HistoryReader = Annotated[PageContext, page_context("history.read")]
Cursor = Annotated[str | None, Query(max_length=800)]
OBJECT_KINDS: Final = (
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
def list_history(
    context: HistoryReader,
    object_kind: Annotated[str, Query(alias="object", max_length=20)] = "",
    id: Annotated[str, Query(max_length=40)] = "",
    author: Annotated[str, Query(alias="by", max_length=200)] = "",
    after: Cursor = None,
) -> Response:
    """Return the history, newest first; `id` limits it to one object."""
    c, translate = t.changes.c, translator(context.language)
    statement = select(t.changes)
    for column, value in ((c.object, object_kind), (c.id, id)):
        if value:
            statement = statement.where(column == value)
    with context.store.read() as connection:
        if author:
            statement = statement.where(
                is_one_of(
                    connection, c.by, _authors_with_words(connection, translate, author)
                )
            )
        entries, next_cursor = read_page(
            connection, statement, (c.revision, c.seq), after, descending=True
        )
        # The object of the filter too: its name is in the heading, even without any entry.
        mentioned = mentioned_objects(
            connection, [*entries, {"id": id, "before": None, "after": None}]
        )
        count = count_rows(connection, statement)
    query = {"object": object_kind, "id": id, "by": author}
    return context.render(
        "history/list.html",
        entries=[history_entry(translate, entry, mentioned) for entry in entries],
        count=count,
        object_kinds=OBJECT_KINDS,
        object_kind=object_kind,
        id=id,
        name=mentioned.names.get(id, id),
        author=author,
        first_page=list_url("/admin/history", query) if after else None,
        next_page=list_url("/admin/history", {**query, "after": next_cursor})
        if next_cursor
        else None,
    )


def _authors_with_words(
    connection: Connection, translate: Translator, text: str
) -> list[str]:
    """Return the authors whose name holds every typed word, in any case and with any accents."""
    words = search_form(text).split()
    mentioned = connection.execute(select(t.changes.c.by).distinct()).scalars()
    return [
        name
        for name in mentioned
        if all(word in search_form(name, translate.author(name)) for word in words)
    ]
