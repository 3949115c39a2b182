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

Reads = Annotated[Grant, requires("statistics.read")]
Day = Annotated[str | None, Query(pattern=r"^[1-9]\d{3}-\d\d-\d\d$", json_schema_extra={"format": "date"})]
Id = Annotated[str | None, Query(max_length=40)]


def _asked(first: Day = None, last: Day = None, customer: Id = None, contact: Id = None) -> StatisticsQuery:
    return StatisticsQuery(first, last, customer, contact)


Wanted = Annotated[StatisticsQuery, Depends(_asked)]


@router.get("/statistics", response_model=Statistics)
def show_statistics(request: Request, grant: Reads, asked: Wanted) -> Response:
    """Requests, words, costs and days to delivery: of the last twelve months, or from the first to the last day."""
    found = read_statistics(store_of(request), grant, asked)
    return answer({
        "period": {"first": found.first, "last": found.last}, "total": found.total.as_json(),
        "months": [each.as_json() for each in found.months], "services": [each.as_json() for each in found.services],
        "languages": [each.as_json() for each in found.languages],
        "contacts": [each.as_json() for each in found.contacts],
    })  # fmt: skip


@router.get(
    "/statistics.csv", response_class=Response,
    responses={200: {"content": {"text/csv": {}}, "description": "One line for each figure"}},
)  # fmt: skip
def download_statistics(request: Request, grant: Reads, asked: Wanted) -> Response:
    """The same for a spreadsheet."""
    found = read_statistics(store_of(request), grant, asked)
    headers = download_headers(f"statistics-{found.first}-{found.last}.csv")
    return Response(statistics_csv(found), 200, headers, "text/csv; charset=utf-8; header=present")
