"""Statistics of requests, as JSON and for spreadsheets."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Query, Request, Response

from reconciler.portal.actions.statistics import StatisticsQuery, read_statistics
from reconciler.portal.api.router import api_router
from reconciler.portal.api.schemas.requests import Statistics
from reconciler.portal.rules.policy import Grant
from reconciler.portal.uploads.archives import download_headers
from reconciler.portal.uploads.spreadsheets import statistics_csv
from reconciler.portal.web.responses import answer
from reconciler.portal.web.security import requires, store_of

router = api_router(tag="statistics")

ReadGrant = Annotated[Grant, requires("statistics.read")]
Day = Annotated[
    str | None,
    Query(pattern=r"^[1-9]\d{3}-\d\d-\d\d$", json_schema_extra={"format": "date"}),
]
Id = Annotated[str | None, Query(max_length=40)]


# A dependency, so that both routes take the same parameters.
def _query(
    first: Day = None, last: Day = None, customer: Id = None, contact: Id = None
) -> StatisticsQuery:
    return StatisticsQuery(first, last, customer, contact)


Filters = Annotated[StatisticsQuery, Depends(_query)]


@router.get("/statistics", response_model=Statistics)
def show_statistics(request: Request, grant: ReadGrant, query: Filters) -> Response:
    """Return requests, words, costs and days to delivery; by default of twelve months."""
    statistics = read_statistics(store_of(request), grant, query)
    return answer(
        {
            "period": {"first": statistics.first, "last": statistics.last},
            "total": statistics.total.as_json(),
            "months": [totals.as_json() for totals in statistics.months],
            "services": [totals.as_json() for totals in statistics.services],
            "languages": [totals.as_json() for totals in statistics.languages],
            "contacts": [totals.as_json() for totals in statistics.contacts],
        }
    )


@router.get(
    "/statistics.csv",
    response_class=Response,
    responses={200: {"content": {"text/csv": {}}, "description": "One line per total"}},
)
def download_statistics(request: Request, grant: ReadGrant, query: Filters) -> Response:
    """Return the same as CSV for a spreadsheet."""
    statistics = read_statistics(store_of(request), grant, query)
    # RFC 4180, 3: the media type says that the first line holds names
    headers = download_headers(f"statistics-{statistics.first}-{statistics.last}.csv")
    return Response(
        statistics_csv(statistics), 200, headers, "text/csv; charset=utf-8; header=present"
    )
