"""Statistics of requests: counts, words, costs and days to delivery; pure sums over rows.

A request counts in the month in which it was sent; a cancelled one has neither words nor a cost. It
is ordered once its quote was accepted, or if it needs none. By language, its words count once per
target language and its cost is shared evenly, so these may add up to a cent more or less than the
total.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from reconciler.portal.rules.requests import in_cents
from reconciler.portal.rules.states import RequestState

Row = Mapping[str, Any]
Keys = Callable[[Row], Sequence[str]]

# The default period in months.
MONTHS: Final = 12
_ORDERED: Final = frozenset({RequestState.IN_PROGRESS, RequestState.DELIVERED})


@dataclass(slots=True)
class RequestTotals:
    """Sums over the requests that share a key (a month, service code, language or contact id)."""

    key: str
    name: str
    requests: int = 0
    words: int = 0
    costs: dict[str, Decimal] = field(default_factory=dict)
    delivered: int = 0
    days: float = 0.0
    orders: int = 0
    order_words: int = 0
    order_costs: dict[str, Decimal] = field(default_factory=dict)

    def count(self, row: Row, shares: int = 1) -> None:
        """Add a request with this share of its cost."""
        self.requests += 1
        if row["state"] == RequestState.CANCELLED:
            return
        self.words += row["words"] or 0
        _add_cost(self.costs, row, shares)
        if row["state"] in _ORDERED:
            self.orders += 1
            self.order_words += row["words"] or 0
            _add_cost(self.order_costs, row, shares)
        if row["state"] == RequestState.DELIVERED and row["delivered_at"]:
            self.delivered += 1
            self.days += _days(row["created_at"], row["delivered_at"])

    @property
    def open_words(self) -> int:
        """The words of requests that are not ordered yet."""
        return self.words - self.order_words

    @property
    def open_costs(self) -> dict[str, Decimal]:
        """The costs of requests that are not ordered yet."""
        costs = {
            currency: amount - self.order_costs.get(currency, Decimal())
            for currency, amount in self.costs.items()
        }
        return {currency: amount for currency, amount in costs.items() if amount}

    @property
    def mean_days(self) -> float | None:
        """The mean time from sending to delivery, to a tenth of a day; None without deliveries."""
        return round(self.days / self.delivered, 1) if self.delivered else None

    def as_json(self) -> dict[str, Any]:
        """Return the totals as the API shows them."""
        return {
            "key": self.key,
            "name": self.name,
            "requests": self.requests,
            "words": self.words,
            "costs": _costs_as_json(self.costs),
            "delivered": self.delivered,
            "mean_days": self.mean_days,
            "orders": {
                "requests": self.orders,
                "words": self.order_words,
                "costs": _costs_as_json(self.order_costs),
            },
        }


def _add_cost(costs: dict[str, Decimal], row: Row, shares: int) -> None:
    if row["cost"] is not None:
        share = Decimal(row["cost"]) / shares
        costs[row["currency"]] = costs.get(row["currency"], Decimal()) + share


def _costs_as_json(costs: Mapping[str, Decimal]) -> dict[str, str]:
    return {currency: str(in_cents(amount)) for currency, amount in sorted(costs.items())}


@dataclass(frozen=True, slots=True)
class Statistics:
    """All totals of a period, the first and the last day included."""

    first: str
    last: str
    total: RequestTotals
    months: list[RequestTotals]
    services: list[RequestTotals]
    languages: list[RequestTotals]
    contacts: list[RequestTotals]


def statistics(rows: Sequence[Row], first: str, last: str) -> Statistics:
    """Return the statistics of requests sent from `first` to `last` (`2026-11-23`).

    Rows have `service_name` and `owner_name`. Every month of the period is listed, oldest first;
    all else is sorted by ordered words, then by all words and by name.
    """
    total = RequestTotals("total", "total")
    for row in rows:
        total.count(row)
    months = {
        group.key: group
        for group in _group(rows, lambda row: [row["created_at"][:7]], lambda _, key: key)
    }
    return Statistics(
        first,
        last,
        total,
        [
            months.get(month) or RequestTotals(month, month)
            for month in months_between(first, last)
        ],
        _group(
            rows,
            lambda row: [row["service"] or ""],
            lambda row, _: row["service_name"] or row["service"] or "",
        ),
        _group(rows, lambda row: row["target_languages"], lambda _, key: key),
        _group(rows, lambda row: [row["owner"]], lambda row, _: row["owner_name"]),
    )


def _group(
    rows: Iterable[Row], keys: Keys, name: Callable[[Row, str], str]
) -> list[RequestTotals]:
    totals: dict[str, RequestTotals] = {}
    for row in rows:
        row_keys = keys(row)
        for key in row_keys:
            if key not in totals:
                totals[key] = RequestTotals(key, name(row, key))
            totals[key].count(row, len(row_keys))
    return sorted(
        totals.values(),
        key=lambda group: (
            -group.order_words,
            -group.words,
            -group.requests,
            group.name,
            group.key,
        ),
    )


def months_between(first: str, last: str) -> list[str]:
    """Return the months (`2026-11`) from the first day to the last."""
    begin, end = _month_number(first), _month_number(last)
    return [f"{number // 12:04}-{number % 12 + 1:02}" for number in range(begin, end + 1)]


def _month_number(day: str) -> int:
    return int(day[:4]) * 12 + int(day[5:7]) - 1


def default_period(today: str) -> tuple[str, str]:
    """Return the first and last day of the last twelve months, this one included."""
    year, month = int(today[:4]), int(today[5:7])
    ago = year * 12 + month - MONTHS
    return f"{ago // 12:04}-{ago % 12 + 1:02}-01", today[:10]


def is_day(text: str) -> bool:
    """Return whether a text is a date such as `2026-11-23`."""
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _days(start: str, end: str) -> float:
    span = datetime.fromisoformat(end) - datetime.fromisoformat(start)
    return max(0.0, span.total_seconds() / 86400)
