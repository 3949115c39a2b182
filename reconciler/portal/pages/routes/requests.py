"""Requests: the list, and the page of one with its quote, files, history and buttons."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from reconciler.portal.actions.row_scope import row_in_scope
from reconciler.portal.actions.statistics import check_filter
from reconciler.portal.pages.context import PageContext, page_context
from reconciler.portal.pages.queries.open_tasks import open_tasks
from reconciler.portal.pages.queries.request_filters import filter_choices
from reconciler.portal.pages.queries.requests import read_requests, request_details
from reconciler.portal.rules.policy import RowScope
from reconciler.portal.rules.states import RequestState
from reconciler.portal.store import tables as t

router = APIRouter(include_in_schema=False)
RequestReader = Annotated[PageContext, page_context("requests.read")]
FilterValue = Annotated[str, Query(max_length=63)]
# A page that asks again sends the number of files in counting that it shows.
ShownCount = Annotated[int | None, Query(ge=0, le=100)]


@router.get("/requests")
def list_requests(
    context: RequestReader,
    state: FilterValue = "",
    service: FilterValue = "",
    owner: FilterValue = "",
    customer: FilterValue = "",
    needs: FilterValue = "",
    q: Annotated[str, Query(max_length=200)] = "",
    after: Annotated[str | None, Query(max_length=400)] = None,
) -> Response:
    """Return the requests in the visitor's scope, newest first."""
    check_filter(context.grant, owner)
    with context.store.read() as connection:
        choices = filter_choices(connection, context, customer)
        tasks = open_tasks(connection, context)
        filter_values = {
            "state": state,
            "service": service,
            "owner": choices.valid_owner(owner),
            "customer": customer,
            "needs": needs,
            "q": q,
        }
        rows, next_cursor, count = read_requests(connection, context, filter_values, after)
    return context.render(
        "requests/list.html",
        requests=rows,
        next_cursor=next_cursor,
        is_first_page=after is None,
        filter_values=filter_values,
        # For links: an empty value would make their addresses longer, and change nothing.
        filter_query={name: value for name, value in filter_values.items() if value},
        states=tuple(RequestState),
        filter_choices=choices,
        count=count,
        open_tasks=tasks,
        shows_owners=context.grant.row_scope is not RowScope.OWN,
    )


@router.get("/requests/{id}")
def show_request(context: RequestReader, id: str, counting: ShownCount = None) -> Response:
    """Return the page of a request; an empty 204 if the page that asks again is up to date.

    `counting` is the number of files in counting that this page shows.
    """
    with context.store.read() as connection:
        details = request_details(
            connection, context, row_in_scope(connection, context.grant, t.requests, id)
        )
    # htmx exchanges nothing at a 204, and asks again: open fields keep what is typed into them.
    if counting and counting == details.files_being_counted:
        return Response(status_code=204)
    return context.render(
        "requests/detail.html",
        details=details,
        request=details.row,
        form=None,
        shown_count=counting,
    )
