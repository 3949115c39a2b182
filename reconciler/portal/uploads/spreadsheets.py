"""CSV for spreadsheets (RFC 4180), in which no cell is a formula.

Excel reads a file in the encoding of its mark, splits lines at the list separator of its language,
and reads numbers with the decimal sign of its language.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Final

from reconciler.portal.rules.requests import in_cents
from reconciler.portal.rules.statistics import RequestTotals, Statistics

# Spreadsheets skip spaces and zero-width characters before the sign that starts a formula.
_FORMULA: Final = re.compile(
    " *[\t\r\n]|[\\s\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]*"
    "[=+\\-@\uff1d\uff0b\uff0d\uff20]"
)
COLUMNS: Final = ("by", "key", "name", "requests", "words", "delivered", "mean_days")
ORDERED_COLUMNS: Final = ("ordered_requests", "ordered_words")
# Without this mark Excel takes UTF-8 for an older encoding.
EXCEL_MARK: Final = "\ufeff"


def statistics_csv(statistics: Statistics, decimal_sign: str = ".") -> str:
    """Return one line for the total and for each month, service, language and contact.

    `decimal_sign` is that of the reader's language.
    """
    currencies = sorted(statistics.total.costs)
    parts = (
        ("total", [statistics.total]),
        ("month", statistics.months),
        ("service", statistics.services),
        ("language", statistics.languages),
        ("contact", statistics.contacts),
    )
    head = [
        *COLUMNS,
        *(f"cost {currency}" for currency in currencies),
        *ORDERED_COLUMNS,
        *(f"ordered cost {currency}" for currency in currencies),
    ]
    lines = [_line(by, totals, currencies) for by, groups in parts for totals in groups]
    return as_csv([head, *lines], decimal_sign)


def _line(by: str, totals: RequestTotals, currencies: Sequence[str]) -> list[object]:
    mean = "" if totals.mean_days is None else totals.mean_days
    return [
        by,
        totals.key,
        totals.name,
        totals.requests,
        totals.words,
        totals.delivered,
        mean,
        *_cost_cells(totals.costs, currencies),
        totals.orders,
        totals.order_words,
        *_cost_cells(totals.order_costs, currencies),
    ]


def _cost_cells(costs: Mapping[str, Decimal], currencies: Sequence[str]) -> list[object]:
    return [
        in_cents(costs[currency]) if currency in costs else "" for currency in currencies
    ]


def as_csv(lines: Iterable[Sequence[object]], decimal_sign: str = ".") -> str:
    """Return the lines as CSV; a text that would be a formula is prefixed with an apostrophe.

    Where the decimal sign is a comma, a semicolon separates the cells.
    """
    buffer = io.StringIO()
    separator = ";" if decimal_sign == "," else ","
    writer = csv.writer(buffer, delimiter=separator, lineterminator="\r\n")
    writer.writerows([_cell_text(cell, decimal_sign) for cell in line] for line in lines)
    return buffer.getvalue()


def _cell_text(cell: object, decimal_sign: str) -> object:
    match cell:
        case float() | Decimal():
            return str(cell).replace(".", decimal_sign)
        case str() if _FORMULA.match(cell):
            return f"'{cell}"
        case _:
            return cell
