"""Times as the portal stores them: UTC to the second, as sortable texts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TypeAlias

# Returns the time in UTC, as `2026-11-23T16:00:00Z`.
Clock: TypeAlias = Callable[[], str]


def system_clock() -> str:
    """Return the machine's current time."""
    return text(datetime.now(UTC))


def text(moment: datetime) -> str:
    """Return the moment as the portal stores it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def moment(at: str) -> datetime:
    """Return the moment of such a text."""
    return datetime.strptime(at, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)


def later(at: str, **span: float) -> str:
    """Return the time that much later (`days=30`, `seconds=60`)."""
    return text(moment(at) + timedelta(**span))
