"""Statistics as people see them: tiles, plots, the same as tables, and a file for spreadsheets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Final

from babel.dates import format_date
from fastapi import APIRouter, Depends, Query, Response
from markupsafe import Markup

from reconciler.portal.actions.statistics import (
    StatisticsQuery,
    check_filter,
    read_statistics,
)
from reconciler.portal.pages.charts import Bar, columns, rows
from reconciler.portal.pages.context import Visit, visits
from reconciler.portal.pages.queries.requests import filters
from reconciler.portal.pages.rendering import Speech, speech
from reconciler.portal.rules.statistics import RequestTotals, Statistics, default_period
from reconciler.portal.store.clock import moment
from reconciler.portal.uploads.archives import download_headers
from reconciler.portal.uploads.spreadsheets import statistics_csv

router = APIRouter(include_in_schema=False)
Sees = Annotated[Visit, visits("statistics.read")]
Text = Annotated[str, Query(max_length=40)]
MOST_COLUMNS: Final = 24
MOST_ROWS: Final = 10
# Contacts on the page; the file for spreadsheets has all of them.
MOST_PEOPLE: Final = 100


def _asked(
    first: Text = "", last: Text = "", customer: Text = "", contact: Text = ""
) -> StatisticsQuery:
    return StatisticsQuery(first or None, last or None, customer or None, contact or None)


Wanted = Annotated[StatisticsQuery, Depends(_asked)]


@router.get("/statistics")
def show_statistics(visit: Sees, asked: Wanted) -> Response:
    """The figures of what the visitor may see."""
    check_filter(visit.grant, asked.contact)
    with visit.store.read() as connection:
        by = filters(connection, visit, asked.customer)
    asked = replace(asked, contact=by.owner(asked.contact or "") or None)
    found = read_statistics(visit.store, visit.grant, asked)
    usual = (found.first, found.last) == default_period(visit.store.clock())
    say = speech(visit.language)
    for each in found.languages:
        each.name = say.language_name(each.key)
    return visit.page(
        "statistics/show.html",
        found=found,
        by=by,
        contact=asked.contact or "",
        customer=asked.customer or "",
        narrowed=bool(asked.contact or asked.customer or not usual),
        months=_months(say, found),
        by_language=_rows(say, found.languages, "languages"),
        services=_rows(say, found.services, "services"),
        month=say_month,
        most=MOST_PEOPLE,
    )


@router.get("/statistics.csv")
def take_statistics(visit: Sees, asked: Wanted) -> Response:
    """The same for a spreadsheet."""
    found = read_statistics(visit.store, visit.grant, asked)
    headers = download_headers(f"statistics-{found.first}-{found.last}.csv")
    return Response(
        statistics_csv(found), 200, headers, "text/csv; charset=utf-8; header=present"
    )


def say_month(say: Speech, month: str, pattern: str = "LLLL y") -> str:
    """A month (`2026-11`) as readers of this language write it."""
    return str(format_date(moment(f"{month}-01T00:00:00Z").date(), pattern, say.locale))


def _months(say: Speech, found: Statistics) -> Markup:
    shown = found.months[-MOST_COLUMNS:]
    bars = [
        Bar(
            say_month(say, each.key, "LLL"),
            each.words,
            say.number(each.words),
            say("joint.told", what=say_month(say, each.key), told=_told(say, each)),
            each.key[:4] if place == 0 or each.key.endswith("-01") else "",
        )
        for place, each in enumerate(shown)
    ]
    best = max(shown, key=lambda each: each.words)
    told = say(
        "statistics.months.told",
        month=say_month(say, best.key),
        words=say.number(best.words),
    )
    return columns(bars, "plot-months", say("statistics.months"), told, say.number)


def _rows(say: Speech, figures: Sequence[RequestTotals], kind: str) -> Markup:
    bars = [
        Bar(
            _named(say, each),
            each.words,
            say.number(each.words),
            say("joint.told", what=_named(say, each), told=_told(say, each)),
        )
        for each in figures[:MOST_ROWS]
    ]
    return rows(bars, say(f"statistics.{kind}"))


def _named(say: Speech, each: RequestTotals) -> str:
    return each.name or say("statistics.without-service")


def _told(say: Speech, each: RequestTotals) -> str:
    return say.listed(
        [
            say.many("statistics.words", each.words),
            say.many("statistics.requests", each.requests),
        ]
    )
