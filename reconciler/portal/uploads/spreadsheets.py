"""CSV for spreadsheets (RFC 4180), in which no cell is a formula."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from typing import Final

from reconciler.portal.rules.requests import in_cents
from reconciler.portal.rules.statistics import RequestTotals, Statistics

# Spreadsheets skip spaces and zero-width characters before the sign that starts a formula.
_FORMULA: Final = re.compile(
    " *[\t\r\n]|[\\s\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]*"
    "[=+\\-@\uff1d\uff0b\uff0d\uff20]"
)
COLUMNS: Final = ("by", "key", "name", "requests", "words", "delivered", "mean_days")


def statistics_csv(statistics: Statistics) -> str:
    """Return one line for the total and for each month, service, language and contact."""
    currencies = sorted(statistics.total.costs)
    parts = (
        ("total", [statistics.total]),
        ("month", statistics.months),
        ("service", statistics.services),
        ("language", statistics.languages),
        ("contact", statistics.contacts),
    )
    lines = [_line(by, totals, currencies) for by, groups in parts for totals in groups]
    return as_csv([[*COLUMNS, *(f"cost {currency}" for currency in currencies)], *lines])


def _line(by: str, totals: RequestTotals, currencies: Sequence[str]) -> list[object]:
    costs = [
        in_cents(totals.costs[currency]) if currency in totals.costs else ""
        for currency in currencies
    ]
    mean = "" if totals.mean_days is None else totals.mean_days
    return [
        by,
        totals.key,
        totals.name,
        totals.requests,
        totals.words,
        totals.delivered,
        mean,
        *costs,
    ]


def as_csv(lines: Iterable[Sequence[object]]) -> str:
    """Return the lines as CSV; a text that would be a formula is prefixed with an apostrophe."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerows([_harmless(cell) for cell in line] for line in lines)
    return buffer.getvalue()


def _harmless(cell: object) -> object:
    if isinstance(cell, str) and _FORMULA.match(cell):
        return f"'{cell}"
    return cell
