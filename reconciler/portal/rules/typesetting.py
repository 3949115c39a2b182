"""Typesetting per language: French no-break spaces, and dates as readers write them."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Final, Literal

from babel import Locale
from babel.dates import format_date
from babel.numbers import format_currency, format_decimal

NARROW: Final = "\u202f"
WIDE: Final = "\u00a0"
# British English: the day before the month, 24 hours.
LOCALES: Final = {"en": "en_GB"}
_NARROW_BEFORE: Final = re.compile(r" (?=[?!;])")
_WIDE_AROUND: Final = re.compile(r"(?<=«) | (?=[:»])")


def typeset(language: str, text: str) -> str:
    """Return the sentence with the spaces of its language; only French has special ones."""
    if language != "fr":
        return text
    return _WIDE_AROUND.sub(WIDE, _NARROW_BEFORE.sub(NARROW, text))


def locale_of(language: str) -> Locale:
    """Return the locale of a language for dates and numbers."""
    return Locale.parse(LOCALES.get(language, language))


def day(locale: Locale, at: str, length: Literal["medium", "long"] = "medium") -> str:
    """Return `2026-12-09…` as readers write it: 9 Dec 2026, 9 déc. 2026, 09.12.2026."""
    text = str(format_date(date.fromisoformat(at[:10]), length, locale))
    return f"1er{text[1:]}" if locale.language == "fr" and text.startswith("1 ") else text


def number(locale: Locale, value: float | Decimal) -> str:
    """Return a number as readers write it: 1,234.5 or 1.234,5."""
    return str(format_decimal(value, locale=locale))


def money(locale: Locale, amount: str | Decimal, currency: str) -> str:
    """Return an amount as readers write it: €12.50 or 12,50 €."""
    return str(format_currency(Decimal(amount), currency, locale=locale))
