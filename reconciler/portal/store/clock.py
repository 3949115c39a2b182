"""Times as the portal writes them: UTC to the second, as texts that sort."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TypeAlias

Clock: TypeAlias = Callable[[], str]
"""Tells the time in UTC, as `2026-11-23T16:00:00Z`."""


def system_clock() -> str:
    """Now, by the machine's clock."""
    return text(datetime.now(UTC))


def text(moment: datetime) -> str:
    """The moment as the portal writes it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def moment(at: str) -> datetime:
    """The moment that such a text means."""
    return datetime.strptime(at, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)


def later(at: str, **span: float) -> str:
    """The time that much later (`days=30`, `seconds=60`)."""
    return text(moment(at) + timedelta(**span))
