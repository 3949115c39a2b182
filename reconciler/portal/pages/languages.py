"""Languages that people choose from, by name; which tags are languages at all.

Files and programs may say any tag that the contract allows. Pages take those that there is a name for,
and leave alone what is there already.
"""

from __future__ import annotations

from functools import cache
from typing import Final

from babel import Locale, localedata

from reconciler.portal.i18n.catalogs import ENGLISH, LANGUAGES
from reconciler.portal.pages.forms.form import Form, Why
from reconciler.portal.pages.rendering import Speech

_OLD: Final = frozenset({"sh", "tw"})
"""Tags that others replaced."""


def tongues(say: Speech, present: str | None = None) -> list[tuple[str, str]]:
    """Tag and name of languages by name, those of the pages first; with the `present` one, whatever it is."""
    own = [(tag, say.tongue(tag)) for tag in LANGUAGES]
    others = [(tag, say.tongue(tag)) for tag in _common() if tag not in LANGUAGES]
    if present and present not in LANGUAGES and present not in _common():
        others.append((present, say.tongue(present)))
    return own + sorted(others, key=lambda each: each[1].casefold())


def no_tongue(form: Form, present: str | None = None) -> dict[str, Why]:
    """The mistake of a form whose language is none; the `present` one may stay, whatever it is."""
    typed = form.text("language")
    return {} if typed in {"", present} or is_tongue(typed) else {"language": "mistake.language"}


def is_tongue(tag: str) -> bool:
    """Whether there is a language of this tag: a language that has a name, of a script or in a country that have one."""
    english = Locale.parse("en")
    primary, *rest = tag.split("-")
    return primary.lower() in english.languages and all(
        part.title() in english.scripts or part.upper() in english.territories for part in rest
    )


@cache
def _common() -> frozenset[str]:
    """The languages of two letters that have a name in every language of the pages."""
    tags = map(str, Locale.parse("en").languages)
    return frozenset(tag for tag in tags if len(tag) == 2 and localedata.exists(tag)) - _OLD


def chosen_language(wished: str | None, accepted: str) -> str:
    """Return the language of the pages: the wished one, else the browser's best match, else English.

    `accepted` is the header Accept-Language (RFC 9110).
    """
    for tag in (wished or "", *_by_quality(accepted)):
        primary = tag.partition("-")[0].lower()
        if primary in LANGUAGES:
            return primary
    return ENGLISH


def _by_quality(accepted: str) -> list[str]:
    ranked = []
    for place, part in enumerate(accepted[:500].split(",")):
        tag, _, quality = part.strip().partition(";q=")
        try:
            ranked.append((-float(quality or 1), place, tag))
        except ValueError:
            continue
    return [tag for _, _, tag in sorted(ranked)]
