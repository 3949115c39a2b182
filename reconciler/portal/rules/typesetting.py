"""Typesetting per language: French no-break spaces, and dates as readers write them."""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Final, Literal

from babel import Locale
from babel.dates import format_date
from babel.numbers import (
    NumberFormatError,
    format_currency,
    format_decimal,
    get_decimal_symbol,
    parse_decimal,
)

NARROW: Final = "\u202f"
WIDE: Final = "\u00a0"
# British English: the day before the month, 24 hours.
LOCALES: Final = {"en": "en_GB"}
_NUMBER: Final = re.compile(r"[0-9][0-9.,'’]{0,19}")
# A number with one decimal sign of any language, as it may be pasted from elsewhere.
_PLAIN_NUMBER: Final = re.compile(r"[0-9]{1,15}(?:[.,][0-9]{1,8})?")
_ARABIC_SIGNS: Final = str.maketrans({"٫": ".", "٬": ","})
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


def price(locale: Locale, amount: str, currency: str) -> str:
    """Return a price with all its decimal places, which may be more than those of the currency."""
    return str(
        format_currency(
            Decimal(amount), currency, locale=locale, decimal_quantization=False
        )
    )


def plain_number(locale: Locale, value: str) -> str:
    """Return a decimal of the contract (`1234.50`) as readers type it: 1234,50."""
    whole, point, places = value.partition(".")
    return f"{whole}{get_decimal_symbol(locale) if point else ''}{places}"


def parse_number(locale: Locale, text: str) -> Decimal | None:
    """Return the number that a reader of this language typed; None if it is none.

    It is read as the portal shows numbers: `1.200` is 1200 in German. A decimal sign of another
    language is accepted where it cannot be mistaken, as in `99.5`.
    """
    digits = "".join(
        str(unicodedata.decimal(letter)) if letter.isdecimal() else letter
        for letter in "".join(text.split()).translate(_ARABIC_SIGNS)
    )
    # `Decimal` also reads `1e5` and `NaN`
    if not _NUMBER.fullmatch(digits):
        return None
    try:
        return Decimal(parse_decimal(digits, locale=locale, strict=True))
    except (NumberFormatError, InvalidOperation):
        is_plain = _PLAIN_NUMBER.fullmatch(digits)
        return Decimal(digits.replace(",", ".")) if is_plain else None
