"""Templates, with sentences, dates, numbers, money and languages in the reader's language.

Jinja escapes every value; no filter lets text through unescaped.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cache, reduce
from pathlib import Path
from typing import Any, Final

from babel import Locale, UnknownLocaleError
from babel.dates import format_time
from babel.numbers import format_percent, get_decimal_symbol
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from reconciler.portal.actions.sign_ups import REGISTRANT
from reconciler.portal.i18n.catalogs import (
    LANGUAGES,
    direction,
    is_key,
    plural_sentence,
    sentence,
)
from reconciler.portal.pages.brand_colours import brand_version
from reconciler.portal.pages.forms.form import Mistakes, MistakeSentence
from reconciler.portal.rules.principals import COMMAND_LINE, SYSTEM
from reconciler.portal.rules.roles import Role, StaffKind
from reconciler.portal.rules.typesetting import (
    WIDE,
    day,
    locale_of,
    money,
    number,
    plain_number,
    price,
)

# The sentences for authors in the history who are no people and have no name.
SYSTEM_AUTHORS: Final = {
    SYSTEM.name: "who.portal",
    COMMAND_LINE.name: "who.command-line",
    REGISTRANT: "who.registrant",
}
STATIC: Final = Path(__file__).parent / "static"
# French counts in octets.
BYTE_UNITS: Final = {"fr": ("ko", "Mo", "Go", "To")}
# Lists show their exact size up to this number: counting a large table takes too long.
MAX_EXACT_COUNT: Final = 1000


class Translator:
    """Sentences, dates and numbers in one language; templates call it `t`: `t("key", name=…)`."""

    def __init__(self, language: str) -> None:
        self.language = language
        self.locale = locale_of(language)

    def __call__(self, key: str, **facts: Any) -> str:
        """Return the sentence, filled in with the facts; it is text and no markup."""
        pattern = sentence(self.language, key)
        return pattern.format_map(facts) if facts else pattern

    def plural(self, key: str, count: int, **facts: Any) -> str:
        """Return the sentence for a number of things, by the plural rule of the language."""
        # Not "1 or many": Arabic has six forms, and French counts 0 as singular.
        pattern = plural_sentence(self.language, key, count)
        return pattern.format_map({"count": self.number(count), **facts})

    def count_text(self, key: str, count: int) -> str:
        """Return the sentence for a number of things; beyond `MAX_EXACT_COUNT`, "more than …"."""
        return (
            self.plural(key, count)
            if count <= MAX_EXACT_COUNT
            else self("list.more", what=self.plural(key, MAX_EXACT_COUNT))
        )

    def author(self, name: str) -> str:
        """Return the name of an author in the history."""
        return self(SYSTEM_AUTHORS[name]) if name in SYSTEM_AUTHORS else name

    def mistake_text(self, mistake: MistakeSentence) -> str:
        """Return the sentence of a mistake, filled in."""
        if isinstance(mistake, str):
            return self(mistake)
        return self(mistake.key, **mistake.facts)

    def date(self, at: str | None) -> str:
        """Return a date or time (`2026-11-23…`) as a day; empty for None."""
        return day(self.locale, at) if at else ""

    def time(self, at: str | None) -> str:
        """Return a time of the portal (UTC) as day and minute; empty for None."""
        if not at:
            return ""
        minute = format_time(datetime.fromisoformat(at), "short", locale=self.locale)
        return self("joint.moment", day=self.date(at), time=minute)

    def join(self, texts: Iterable[str]) -> str:
        """Return the texts one after the other, with the commas of the language."""
        # Not `", ".join`: Arabic has another comma.
        if not (parts := list(texts)):
            return ""
        return reduce(
            lambda first, second: self("joint.list", first=first, second=second), parts
        )

    @property
    def arrow(self) -> str:
        """The arrow in the direction of reading."""
        # U+2192 is not mirrored in text from right to left, unlike brackets.
        return "←" if direction(self.language) == "rtl" else "→"

    @property
    def decimal_sign(self) -> str:
        """The sign before the decimal places of a number."""
        return str(get_decimal_symbol(self.locale))

    def number(self, value: float | Decimal) -> str:
        return number(self.locale, value)

    def percent(self, value: int) -> str:
        return format_percent(value / 100, locale=self.locale)

    def file_size(self, size: int) -> str:
        """Return a number of bytes in the largest unit that fits."""
        units = BYTE_UNITS.get(self.language, ("kB", "MB", "GB", "TB"))
        power = next(
            (power for power in range(1, len(units)) if size < 1000 ** (power + 1)),
            len(units),
        )
        # No file has 0 kB: the smallest one is shown as 0.1.
        tenths = max(round(size / 1000**power, 1), 0.1)
        return f"{self.number(tenths)}{WIDE}{units[power - 1]}"

    def money(self, amount: str | Decimal | None, currency: str | None) -> str:
        return money(self.locale, amount, currency) if amount and currency else ""

    def price(self, amount: str, currency: str) -> str:
        return price(self.locale, amount, currency)

    def field_number(self, value: str | None) -> str:
        """Return a decimal of the contract as readers type it into a field; empty for None."""
        return plain_number(self.locale, value) if value else ""

    def language_name(self, tag: str | None) -> str:
        """Return the name of a language; the tag itself if it has no name."""
        if not tag:
            return ""
        try:
            return Locale.parse(tag, sep="-").get_display_name(self.language) or tag
        except (UnknownLocaleError, ValueError):
            return tag

    def language_names(self, tags: Iterable[str]) -> str:
        """Return the names of languages, one after the other."""
        return self.join(self.language_name(tag) for tag in tags)


@dataclass
class Mistake:
    """The mistake of one field, which tells where it is shown, so that the top can link to it."""

    text: str
    shown_mistakes: list[Mistake]
    """All mistakes that a field of the page has shown so far, in the order of the page."""
    field_id: str = ""
    label: str = ""

    @property
    def label_is_question(self) -> bool:
        """Return whether the field's label is a question: no colon follows a question mark."""
        return self.label.endswith("?")

    def show_at(self, field_id: str, label: str) -> str:
        """Record which field shows the mistake; return the mistake's sentence."""
        self.field_id, self.label = field_id, str(label)
        self.shown_mistakes.append(self)
        return self.text


def _mistake_variables(translate: Translator, mistakes: Mistakes | None) -> dict[str, Any]:
    """Return the variables of a refused form.

    `mistakes` are by field. The fields of the page fill `shown_mistakes` while it is rendered: the
    template renders its content before the list at the top. `refusal` is about the whole form.
    """
    shown_mistakes: list[Mistake] = []
    fields = mistakes.fields if mistakes else {}
    by_field = {
        name: Mistake(translate.mistake_text(mistake), shown_mistakes)
        for name, mistake in fields.items()
    }
    return {
        "mistakes": by_field,
        "shown_mistakes": shown_mistakes,
        "refusal": _refusal(translate, mistakes) if mistakes and not fields else None,
        "is_stale": _is_stale(mistakes),
    }


def _is_stale(mistakes: Mistakes | None) -> bool:
    return (
        mistakes is not None
        and mistakes.problem is not None
        and mistakes.problem.type == "stale"
    )


def _refusal(translate: Translator, mistakes: Mistakes) -> str | None:
    """Return the sentence about a whole form; None if only its fields have mistakes."""
    if mistakes.form_sentence is not None:
        return translate.mistake_text(mistakes.form_sentence)
    if mistakes.problem is None:
        return None
    if limit := mistakes.problem.members.get("limit"):
        return translate("limit.reached", what=translate(f"limit.{limit}"))
    if mistakes.problem.type == "rate-limited":
        return translate.plural(
            "login.wait", int(mistakes.problem.members["headers"]["Retry-After"])
        )
    key = f"problem.{mistakes.problem.type}"
    return translate(key if is_key(key) else "problem.other")


@cache
def translator(language: str) -> Translator:
    """Return the translator into one of the portal's languages."""
    return Translator(language)


def render_template(
    template: str,
    language: str,
    values: Mapping[str, Any],
    message: str = "",
    mistakes: Mistakes | None = None,
) -> str:
    """Return the template, filled in; `message` is from the action before this page."""
    translate = translator(language)
    return (
        jinja_environment()
        .get_template(template)
        .render(
            t=translate,
            language=language,
            languages=LANGUAGES,
            # A key for each form: a page may have many, and each is carried out once.
            new_idempotency_key=lambda: secrets.token_urlsafe(16),
            # The message comes from a cookie, which anybody can write: unknown ones are not shown.
            message=f"done.{message}" if is_key(f"done.{message}") else None,
            direction=direction(language),
            **_mistake_variables(translate, mistakes),
            **values,
        )
    )


def render_standalone(template: str, language: str, values: Mapping[str, Any]) -> str:
    """Return a template that needs neither a page context nor the database, filled in."""
    return (
        jinja_environment()
        .get_template(template)
        .render(
            t=translator(language),
            language=language,
            direction=direction(language),
            **values,
        )
    )


@cache
def jinja_environment() -> Environment:
    """Return the Jinja environment: everything is escaped, and an undefined name is an error."""
    jinja = Environment(
        loader=PackageLoader("reconciler.portal.pages"),
        autoescape=True,  # Jinja's default is False
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    jinja.globals |= {
        "attributes": _attributes,
        "brand_version": brand_version,
        "static_url": static_url,
        "ROLES": tuple(Role),
        "STAFF_KINDS": tuple(StaffKind),
    }
    return jinja


@cache
def static_url(name: str) -> str:
    """Return the URL of a static file; it changes with the file, so caches do not outlive it."""
    digest = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()
    return f"/static/{name}?v={digest[:12]}"


def _attributes(**pairs: Any) -> Markup:
    """Return HTML attributes; True is an attribute without a value, None and False are left out."""
    # `Markup.format` escapes the values, also quotes: the text cannot leave its attribute.
    parts = [
        Markup(" {}").format(name.replace("_", "-"))
        if value is True
        else Markup(' {}="{}"').format(name.replace("_", "-"), value)
        for name, value in pairs.items()
        if value is not None and value is not False
    ]
    return Markup("").join(parts)
