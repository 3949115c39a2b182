"""Statistics: tiles, charts, tables, and a file for spreadsheets."""

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
from reconciler.portal.pages.charts import Bar, bar_chart, column_chart
from reconciler.portal.pages.context import PageContext, page_context
from reconciler.portal.pages.queries.request_filters import filter_choices
from reconciler.portal.pages.rendering import Translator, translator
from reconciler.portal.rules.statistics import RequestTotals, Statistics, default_period
from reconciler.portal.store.clock import moment
from reconciler.portal.uploads.archives import download_headers
from reconciler.portal.uploads.spreadsheets import EXCEL_MARK, statistics_csv

router = APIRouter(include_in_schema=False)
StatisticsReader = Annotated[PageContext, page_context("statistics.read")]
FilterValue = Annotated[str, Query(max_length=40)]
# Columns and bars of a chart; the table below it has all rows.
MAX_COLUMNS: Final = 24
MAX_BARS: Final = 10
# Contacts on the page; the file for spreadsheets has all of them.
MAX_CONTACTS: Final = 100


def _query_parameters(
    first: FilterValue = "",
    last: FilterValue = "",
    customer: FilterValue = "",
    contact: FilterValue = "",
) -> StatisticsQuery:
    # A form sends a field without a choice as an empty text, which means no filter.
    return StatisticsQuery(first or None, last or None, customer or None, contact or None)


QueryParameters = Annotated[StatisticsQuery, Depends(_query_parameters)]


@router.get("/statistics")
def show_statistics(context: StatisticsReader, query: QueryParameters) -> Response:
    """Return the figures of the requests that the visitor may see."""
    check_filter(context.grant, query.contact)
    with context.store.read() as connection:
        choices = filter_choices(connection, context, query.customer)
    query = replace(query, contact=choices.valid_owner(query.contact or "") or None)
    statistics = read_statistics(context.store, context.grant, query)
    is_default_period = (statistics.first, statistics.last) == default_period(
        context.store.clock()
    )
    translate = translator(context.language)
    for totals in statistics.languages:
        totals.name = translate.language_name(totals.key)
    return context.render(
        "statistics/overview.html",
        statistics=statistics,
        filter_choices=choices,
        contact=query.contact or "",
        customer=query.customer or "",
        is_filtered=bool(query.contact or query.customer or not is_default_period),
        month_chart=_month_chart(translate, statistics),
        language_chart=_bar_chart(translate, statistics.languages, "languages"),
        service_chart=_bar_chart(translate, statistics.services, "services"),
        month_name=month_name,
        max_contacts=MAX_CONTACTS,
    )


@router.get("/statistics.csv")
def download_statistics(context: StatisticsReader, query: QueryParameters) -> Response:
    """Return the same figures as a file for spreadsheets."""
    statistics = read_statistics(context.store, context.grant, query)
    headers = download_headers(f"statistics-{statistics.first}-{statistics.last}.csv")
    text = statistics_csv(statistics, translator(context.language).decimal_sign)
    content_type = "text/csv; charset=utf-8; header=present"
    return Response(EXCEL_MARK + text, 200, headers, content_type)


def month_name(translate: Translator, month: str, pattern: str = "LLLL y") -> str:
    """Return a month (`2026-11`) in the language of the reader."""
    # `L`, not `M`: several languages inflect the name of a month beside a day.
    return str(
        format_date(moment(f"{month}-01T00:00:00Z").date(), pattern, translate.locale)
    )


def _month_chart(translate: Translator, statistics: Statistics) -> Markup:
    months = statistics.months[-MAX_COLUMNS:]
    bars = [
        Bar(
            month_name(translate, totals.key, "LLL"),
            totals.order_words,
            translate.number(totals.order_words),
            translate(
                "joint.told",
                what=month_name(translate, totals.key),
                told=_totals_text(translate, totals),
            ),
            # The year once, below its first month.
            totals.key[:4] if index == 0 or totals.key.endswith("-01") else "",
        )
        for index, totals in enumerate(months)
    ]
    best_month = max(months, key=lambda totals: totals.order_words)
    description = translate(
        "statistics.months.told",
        month=month_name(translate, best_month.key),
        words=translate.number(best_month.order_words),
    )
    return column_chart(
        bars, "plot-months", translate("statistics.months"), description, translate.number
    )


def _bar_chart(translate: Translator, rows: Sequence[RequestTotals], kind: str) -> Markup:
    bars = [
        Bar(
            _name_of(translate, totals),
            totals.order_words,
            translate.number(totals.order_words),
            translate(
                "joint.told",
                what=_name_of(translate, totals),
                told=_totals_text(translate, totals),
            ),
        )
        for totals in rows[:MAX_BARS]
    ]
    return bar_chart(bars, translate(f"statistics.{kind}"))


def _name_of(translate: Translator, totals: RequestTotals) -> str:
    return totals.name or translate("statistics.without-service")


def _totals_text(translate: Translator, totals: RequestTotals) -> str:
    return translate.join(
        [
            translate.plural("statistics.words", totals.order_words),
            translate.plural("statistics.requests", totals.requests),
        ]
    )
