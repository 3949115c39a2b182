"""Figures over requests: how many, how many words, what they cost, how long they took. Pure sums over rows.

A request is counted in the month in which it was sent; what was cancelled has neither words nor a cost. Its words are counted once for each target
language in the figures by language, and its cost is shared evenly among them there, so these may add
up to a cent more or less than the total.
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

MONTHS: Final = 12
"""How far statistics go back unless somebody says otherwise."""


@dataclass(slots=True)
class Figures:
    """Sums over the requests that share a key (a month, a service's code, a language, a contact's id)."""

    key: str
    name: str
    requests: int = 0
    words: int = 0
    costs: dict[str, Decimal] = field(default_factory=dict)
    delivered: int = 0
    days: float = 0.0

    def count(self, row: Row, shares: int = 1) -> None:
        """Add a request, or that share of its cost."""
        self.requests += 1
        if row["state"] == RequestState.CANCELLED:
            return
        self.words += row["words"] or 0
        if row["cost"] is not None:
            self.costs[row["currency"]] = self.costs.get(row["currency"], Decimal()) + Decimal(row["cost"]) / shares
        if row["state"] == RequestState.DELIVERED and row["delivered_at"]:
            self.delivered += 1
            self.days += _days(row["created_at"], row["delivered_at"])

    @property
    def mean_days(self) -> float | None:
        """From sending to delivery, to a tenth of a day; None when nothing was delivered."""
        return round(self.days / self.delivered, 1) if self.delivered else None

    def as_json(self) -> dict[str, Any]:
        """The figures as the API shows them."""
        return {
            "key": self.key, "name": self.name, "requests": self.requests, "words": self.words,
            "costs": {currency: str(in_cents(amount)) for currency, amount in sorted(self.costs.items())},
            "delivered": self.delivered, "mean_days": self.mean_days,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Statistics:
    """All figures of a period of days, the first and the last one included."""

    first: str
    last: str
    total: Figures
    months: list[Figures]
    services: list[Figures]
    languages: list[Figures]
    contacts: list[Figures]


def statistics(rows: Sequence[Row], first: str, last: str) -> Statistics:
    """The figures of requests that were sent from `first` to `last` (`2026-11-23`).

    Rows carry `service_name` and `owner_name`. Every month of the period is there, also those without
    requests, oldest first; everything else with the most words first, ties by name.
    """
    total = Figures("total", "total")
    for row in rows:
        total.count(row)
    months = {each.key: each for each in _by(rows, lambda row: [row["created_at"][:7]], lambda _, key: key)}
    return Statistics(
        first, last, total,
        [months.get(month) or Figures(month, month) for month in months_between(first, last)],
        _by(rows, lambda row: [row["service"] or ""], lambda row, _: row["service_name"] or row["service"] or ""),
        _by(rows, lambda row: row["target_languages"], lambda _, key: key),
        _by(rows, lambda row: [row["owner"]], lambda row, _: row["owner_name"]),
    )  # fmt: skip


def _by(rows: Iterable[Row], keys: Keys, name: Callable[[Row, str], str]) -> list[Figures]:
    found: dict[str, Figures] = {}
    for row in rows:
        mine = keys(row)
        for key in mine:
            if key not in found:
                found[key] = Figures(key, name(row, key))
            found[key].count(row, len(mine))
    return sorted(found.values(), key=lambda each: (-each.words, -each.requests, each.name, each.key))


def months_between(first: str, last: str) -> list[str]:
    """The months (`2026-11`) that the days lie in and between; counted as numbers, for years end at 9999."""
    begin, end = _counted(first), _counted(last)
    return [f"{number // 12:04}-{number % 12 + 1:02}" for number in range(begin, end + 1)]


def _counted(day: str) -> int:
    return int(day[:4]) * 12 + int(day[5:7]) - 1


def usual_period(today: str) -> tuple[str, str]:
    """The last twelve months, this one included, as the first and the last day."""
    year, month = int(today[:4]), int(today[5:7])
    ago = year * 12 + month - MONTHS
    return f"{ago // 12:04}-{ago % 12 + 1:02}-01", today[:10]


def is_day(text: str) -> bool:
    """Whether a text is a day of the calendar, as `2026-11-23`."""
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _days(start: str, end: str) -> float:
    span = datetime.fromisoformat(end) - datetime.fromisoformat(start)
    return max(0.0, span.total_seconds() / 86400)
