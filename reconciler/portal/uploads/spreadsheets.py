"""Tables for spreadsheets: CSV by RFC 4180 in which nothing is a formula."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from typing import Final

from reconciler.portal.rules.requests import in_cents
from reconciler.portal.rules.statistics import RequestTotals, Statistics

_FORMULA: Final = re.compile(
    " *[\t\r\n]|[\\s\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]*[=+\\-@\uff1d\uff0b\uff0d\uff20]"
)
"""Spreadsheets overlook spaces of every kind, and what has no width, before the sign by which they calculate."""
COLUMNS: Final = ("by", "key", "name", "requests", "words", "delivered", "mean_days")


def statistics_csv(found: Statistics) -> str:
    """A line for the total and one for each month, service, language and contact; a column for each currency."""
    currencies = sorted(found.total.costs)
    parts = (
        ("total", [found.total]), ("month", found.months), ("service", found.services),
        ("language", found.languages), ("contact", found.contacts),
    )  # fmt: skip
    lines = [_line(by, each, currencies) for by, some in parts for each in some]
    return as_csv([[*COLUMNS, *(f"cost {currency}" for currency in currencies)], *lines])


def _line(by: str, each: RequestTotals, currencies: Sequence[str]) -> list[object]:
    costs = [in_cents(each.costs[currency]) if currency in each.costs else "" for currency in currencies]
    mean = "" if each.mean_days is None else each.mean_days
    return [by, each.key, each.name, each.requests, each.words, each.delivered, mean, *costs]


def as_csv(lines: Iterable[Sequence[object]]) -> str:
    """The lines as CSV; a text by which a spreadsheet would calculate begins with an apostrophe instead."""
    held = io.StringIO()
    writer = csv.writer(held, lineterminator="\r\n")
    writer.writerows([_harmless(cell) for cell in line] for line in lines)
    return held.getvalue()


def _harmless(cell: object) -> object:
    if isinstance(cell, str) and _FORMULA.match(cell):
        return f"'{cell}"
    return cell
