"""Templates and what they may say: sentences, dates, numbers, money, languages, in the reader's way.

Everything is escaped by Jinja; there is no filter that lets text through as it is.
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

NAMELESS: Final = {SYSTEM.name: "who.portal", COMMAND_LINE.name: "who.command-line", REGISTRANT: "who.registrant"}
"""Who stands in history without a name of her own."""
SIZES: Final = {"fr": ("ko", "Mo", "Go", "To")}
COUNTED: Final = 1000
"""Up to here lists say how much they hold; counting on would take longer than anybody cares to know."""


class Speech:
    """What can be said in one language: `t("key", name=…)`, and dates and numbers as its readers write them."""

    def __init__(self, language: str) -> None:
        self.language = language
        self.locale = locale_of(language)

    def __call__(self, key: str, **facts: Any) -> str:
        """The sentence, filled in; its text is escaped by the template like any other."""
        pattern = sentence(self.language, key)
        return pattern.format_map(facts) if facts else pattern

    def many(self, key: str, count: int, **facts: Any) -> str:
        """Return the sentence for a number of things, by the plural rule of the language."""
        pattern = plural_sentence(self.language, key, count)
        return pattern.format_map({"count": self.number(count), **facts})

    def counted(self, key: str, count: int) -> str:
        """How many there are; beyond `COUNTED` that there are more."""
        return self.many(key, count) if count <= COUNTED else self("list.more", what=self.many(key, COUNTED))

    def who(self, name: str) -> str:
        """Who did something, as history names her."""
        return self(NAMELESS[name]) if name in NAMELESS else name

    def told(self, why: Why) -> str:
        """The sentence that says what would fit."""
        return self(why) if isinstance(why, str) else self(why.key, **why.facts)

    def date(self, at: str | None) -> str:
        """`2026-11-23…` as a day."""
        return day(self.locale, at) if at else ""

    def time(self, at: str | None) -> str:
        """A time of the portal (UTC) as day and minute."""
        if not at:
            return ""
        minute = format_time(datetime.fromisoformat(at), "short", locale=self.locale)
        return self("joint.moment", day=self.date(at), time=minute)

    def listed(self, texts: Iterable[str]) -> str:
        """Return the texts one after the other, with the commas of the language."""
        if not (parts := list(texts)):
            return ""
        return reduce(lambda first, second: self("joint.list", first=first, second=second), parts)

    @property
    def arrow(self) -> str:
        """The arrow that points the way one reads."""
        return "←" if direction(self.language) == "rtl" else "→"

    def number(self, value: float | Decimal) -> str:
        return format_decimal(value, locale=self.locale)

    def percent(self, value: int) -> str:
        return format_percent(value / 100, locale=self.locale)

    def bytes(self, size: int) -> str:
        """A size as people read it."""
        units = SIZES.get(self.language, ("kB", "MB", "GB", "TB"))
        power = next((power for power in range(1, len(units)) if size < 1000 ** (power + 1)), len(units))
        return f"{format_decimal(round(size / 1000**power, 1), locale=self.locale)}{WIDE}{units[power - 1]}"

    def money(self, amount: str | Decimal | None, currency: str | None) -> str:
        return format_currency(Decimal(amount), currency, locale=self.locale) if amount and currency else ""

    def tongue(self, tag: str | None) -> str:
        """The name of a language, in the reader's language; the tag itself where nobody knows it."""
        if not tag:
            return ""
        try:
            return Locale.parse(tag, sep="-").get_display_name(self.language) or tag
        except (UnknownLocaleError, ValueError):
            return tag

    def tongues(self, tags: Iterable[str]) -> str:
        """Return the names of languages, one after the other."""
        return self.listed(self.tongue(tag) for tag in tags)


@dataclass
class Mistake:
    """What is wrong with a field, for one page: the field says where it stands, so that the page's head can lead there."""

    text: str
    seen: list[Mistake]
    place: str = ""
    label: str = ""

    @property
    def asks(self) -> bool:
        """Whether the field's label is a question, which no colon follows."""
        return self.label.endswith("?")

    def at(self, place: str, label: str) -> str:
        """The sentence, once the field with this id and label tells it."""
        self.place, self.label = place, str(label)
        self.seen.append(self)
        return self.text


def _mistakes(tell: Speech, wrong: Mistakes | None) -> dict[str, Any]:
    """What templates know of a form that was not taken: `wrong` by field, `seen` in the page's order, `refused`."""
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
    """The speech of one of our languages."""
    return Speech(language)


def render(
    template: str, language: str, values: Mapping[str, Any], done: str = "", wrong: Mistakes | None = None
) -> str:
    """The template, filled in. `done`: the key of what the visitor has just done, shown once."""
    tell = speech(language)
    return environment().get_template(template).render(
        t=tell, language=language, languages=LANGUAGES, once=lambda: secrets.token_urlsafe(16),
        done=f"done.{done}" if is_key(f"done.{done}") else None,
        direction=direction(language), **_mistakes(tell, wrong), **values,
    )  # fmt: skip


def render_bare(template: str, language: str, values: Mapping[str, Any]) -> str:
    """A template that needs nobody's visit and no database."""
    return (
        environment()
        .get_template(template)
        .render(t=speech(language), language=language, direction=direction(language), **values)
    )


@cache
def environment() -> Environment:
    """Jinja as we use it: everything escaped, nothing undefined."""
    made = Environment(
        loader=PackageLoader("reconciler.portal.pages"), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    made.globals |= {"attributes": _attributes, "ROLES": tuple(Role), "STAFF_KINDS": tuple(StaffKind)}
    return made


def _attributes(**pairs: Any) -> Markup:
    """HTML attributes of a macro's caller: `True` stands alone, `None` and `False` are left out."""
    parts = [
        Markup(" {}").format(name.replace("_", "-")) if value is True else Markup(' {}="{}"').format(name.replace("_", "-"), value)
        for name, value in pairs.items() if value is not None and value is not False
    ]  # fmt: skip
    return Markup("").join(parts)
