"""Templates, and their sentences, dates, numbers, money and languages in the language of the
reader.

Jinja escapes everything; no filter lets text through unescaped.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cache, reduce
from typing import Any, Final

from babel import Locale, UnknownLocaleError
from babel.dates import format_time
from babel.numbers import format_currency, format_decimal, format_percent
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
from reconciler.portal.pages.forms.form import Mistakes, Why
from reconciler.portal.rules.principals import COMMAND_LINE, SYSTEM
from reconciler.portal.rules.roles import Role, StaffKind
from reconciler.portal.rules.typesetting import WIDE, day, locale_of

# The keys of authors in the history who are no person with a name.
NAMELESS: Final = {
    SYSTEM.name: "who.portal",
    COMMAND_LINE.name: "who.command-line",
    REGISTRANT: "who.registrant",
}
SIZES: Final = {"fr": ("ko", "Mo", "Go", "To")}
# Lists say their size up to this number; an exact count beyond it would take too long.
COUNTED: Final = 1000


class Speech:
    """Sentences, dates and numbers in one language; templates know it as `t`: `t("key",
    name=…)`.
    """

    def __init__(self, language: str) -> None:
        self.language = language
        self.locale = locale_of(language)

    def __call__(self, key: str, **facts: Any) -> str:
        """Return the sentence, filled in; the template escapes it like any other text."""
        pattern = sentence(self.language, key)
        return pattern.format_map(facts) if facts else pattern

    def many(self, key: str, count: int, **facts: Any) -> str:
        """Return the sentence for a number of things, by the plural rule of the language."""
        pattern = plural_sentence(self.language, key, count)
        return pattern.format_map({"count": self.number(count), **facts})

    def counted(self, key: str, count: int) -> str:
        """Return the sentence for a number of things; beyond `COUNTED`, that there are more."""
        return (
            self.many(key, count)
            if count <= COUNTED
            else self("list.more", what=self.many(key, COUNTED))
        )

    def who(self, name: str) -> str:
        """Return the name of an author in the history."""
        return self(NAMELESS[name]) if name in NAMELESS else name

    def told(self, why: Why) -> str:
        """Return the sentence that says which value would be valid."""
        return self(why) if isinstance(why, str) else self(why.key, **why.facts)

    def date(self, at: str | None) -> str:
        """Return `2026-11-23…` as a day."""
        return day(self.locale, at) if at else ""

    def time(self, at: str | None) -> str:
        """Return a time of the portal (UTC) as day and minute."""
        if not at:
            return ""
        minute = format_time(datetime.fromisoformat(at), "short", locale=self.locale)
        return self("joint.moment", day=self.date(at), time=minute)

    def listed(self, texts: Iterable[str]) -> str:
        """Return the texts one after the other, with the commas of the language."""
        if not (parts := list(texts)):
            return ""
        return reduce(
            lambda first, second: self("joint.list", first=first, second=second), parts
        )

    @property
    def arrow(self) -> str:
        """The arrow that points the way one reads."""
        return "←" if direction(self.language) == "rtl" else "→"

    def number(self, value: float | Decimal) -> str:
        return format_decimal(value, locale=self.locale)

    def percent(self, value: int) -> str:
        return format_percent(value / 100, locale=self.locale)

    def bytes(self, size: int) -> str:
        """Return a number of bytes in the largest unit that fits."""
        units = SIZES.get(self.language, ("kB", "MB", "GB", "TB"))
        power = next(
            (power for power in range(1, len(units)) if size < 1000 ** (power + 1)),
            len(units),
        )
        number = format_decimal(round(size / 1000**power, 1), locale=self.locale)
        return f"{number}{WIDE}{units[power - 1]}"

    def money(self, amount: str | Decimal | None, currency: str | None) -> str:
        return (
            format_currency(Decimal(amount), currency, locale=self.locale)
            if amount and currency
            else ""
        )

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
        return self.listed(self.language_name(tag) for tag in tags)


@dataclass
class Mistake:
    """The mistake of one field; the field sets its place, so that the top of the page can link
    to it.
    """

    text: str
    seen: list[Mistake]
    place: str = ""
    label: str = ""

    @property
    def asks(self) -> bool:
        """Whether the field's label is a question, which no colon follows."""
        return self.label.endswith("?")

    def at(self, place: str, label: str) -> str:
        """Note the id and the label of the field that shows the mistake; return its sentence."""
        self.place, self.label = place, str(label)
        self.seen.append(self)
        return self.text


def _mistakes(tell: Speech, wrong: Mistakes | None) -> dict[str, Any]:
    """Return the variables of a refused form: `wrong` by field, `seen` in page order, `refused`."""
    seen: list[Mistake] = []
    fields = wrong.fields if wrong else {}
    shown = {name: Mistake(tell.told(why), seen) for name, why in fields.items()}
    return {
        "wrong": shown,
        "seen": seen,
        "refused": _refused(tell, wrong) if wrong and not fields else None,
        "stale": _is_stale(wrong),
    }


def _is_stale(wrong: Mistakes | None) -> bool:
    return wrong is not None and wrong.problem is not None and wrong.problem.type == "stale"


def _refused(tell: Speech, wrong: Mistakes) -> str | None:
    if wrong.whole is not None:
        return tell.told(wrong.whole)
    if wrong.problem is None:
        return None
    if limit := wrong.problem.members.get("limit"):
        return tell("limit.reached", what=tell(f"limit.{limit}"))
    if wrong.problem.type == "rate-limited":
        return tell.many("login.wait", int(wrong.problem.members["headers"]["Retry-After"]))
    return tell(f"problem.{wrong.problem.type}")


@cache
def speech(language: str) -> Speech:
    """Return the sentences of one of the portal's languages."""
    return Speech(language)


def render(
    template: str,
    language: str,
    values: Mapping[str, Any],
    done: str = "",
    wrong: Mistakes | None = None,
) -> str:
    """Return the template, filled in. `done` is the key of the last action, shown once."""
    tell = speech(language)
    return (
        environment()
        .get_template(template)
        .render(
            t=tell,
            language=language,
            languages=LANGUAGES,
            once=lambda: secrets.token_urlsafe(16),
            done=f"done.{done}" if is_key(f"done.{done}") else None,
            direction=direction(language),
            **_mistakes(tell, wrong),
            **values,
        )
    )


def render_bare(template: str, language: str, values: Mapping[str, Any]) -> str:
    """Return a template that needs neither a visit nor the database, filled in."""
    return (
        environment()
        .get_template(template)
        .render(
            t=speech(language), language=language, direction=direction(language), **values
        )
    )


@cache
def environment() -> Environment:
    """Return the Jinja environment: everything is escaped, and an undefined name is an error."""
    jinja = Environment(
        loader=PackageLoader("reconciler.portal.pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    jinja.globals |= {
        "attributes": _attributes,
        "ROLES": tuple(Role),
        "STAFF_KINDS": tuple(StaffKind),
    }
    return jinja


def _attributes(**pairs: Any) -> Markup:
    """Return HTML attributes: `True` has no value; `None` and `False` are left out."""
    parts = [
        Markup(" {}").format(name.replace("_", "-"))
        if value is True
        else Markup(' {}="{}"').format(name.replace("_", "-"), value)
        for name, value in pairs.items()
        if value is not None and value is not False
    ]
    return Markup("").join(parts)
