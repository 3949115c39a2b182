"""Requests as people see them: the list, and one with its quote, files, history and buttons."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from reconciler.portal.actions.row_scope import row_in_scope
from reconciler.portal.actions.statistics import check_filter
from reconciler.portal.pages.context import Visit, visits
from reconciler.portal.pages.queries.requests import filters, list_of_requests, one_request
from reconciler.portal.pages.queries.todo import needs as all_needs
from reconciler.portal.rules.policy import RowScope
from reconciler.portal.rules.states import RequestState
from reconciler.portal.store import tables as t

router = APIRouter(include_in_schema=False)
Sees = Annotated[Visit, visits("requests.read")]
Text = Annotated[str, Query(max_length=63)]
# How many counts the page shows that asks again.
Counting = Annotated[int | None, Query(ge=0, le=100)]


@router.get("/requests")
def list_requests(
    visit: Sees,
    state: Text = "",
    service: Text = "",
    owner: Text = "",
    customer: Text = "",
    needs: Text = "",
    after: Annotated[str | None, Query(max_length=400)] = None,
) -> Response:
    """The requests within reach, newest first."""
    check_filter(visit.grant, owner)
    with visit.store.read() as connection:
        by, waiting = filters(connection, visit, customer), all_needs(connection, visit)
        chosen = {
            "state": state,
            "service": service,
            "owner": by.owner(owner),
            "customer": customer,
            "needs": needs,
        }
        rows, following, count = list_of_requests(connection, visit, chosen, after)
    asked = {name: value for name, value in chosen.items() if value}
    return visit.page(
        "requests/list.html",
        requests=rows,
        following=following,
        first=after is not None,
        chosen=chosen,
        asked=asked,
        states=tuple(RequestState),
        by=by,
        count=count,
        needs=waiting,
        others=visit.grant.row_scope is not RowScope.OWN,
    )


@router.get("/requests/{id}")
def show_request(visit: Sees, id: str, counting: Counting = None) -> Response:
    """One request; nothing when `counting` says how many of its files are being counted, and
    they still are.
    """
    with visit.store.read() as connection:
        found = one_request(
            connection, visit, row_in_scope(connection, visit.grant, t.requests, id)
        )
    if counting and counting == found.counting:
        return Response(status_code=204)
    return visit.page(
        "requests/one.html", found=found, request=found.row, form=None, asked=counting
    )
