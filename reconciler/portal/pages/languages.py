"""Languages by name for people to choose from, the tags that are languages, and a visitor's
language.

Files and programs may use any tag that the contract allows. Pages accept the tags that have a name,
and leave a value alone that is there already.
"""

from __future__ import annotations

from functools import cache
from typing import Final

from babel import Locale, localedata

from reconciler.portal.i18n.catalogs import ENGLISH, LANGUAGES
from reconciler.portal.pages.forms.form import Form, Why
from reconciler.portal.pages.rendering import Speech

# Tags that were replaced by others.
_RETIRED: Final = frozenset({"sh", "tw"})


def language_choices(say: Speech, present: str | None = None) -> list[tuple[str, str]]:
    """Return tags and names of languages by name, the portal's own first, and the `present` one."""
    own = [(tag, say.language_name(tag)) for tag in LANGUAGES]
    more = [(tag, say.language_name(tag)) for tag in _common() if tag not in LANGUAGES]
    if present and present not in LANGUAGES and present not in _common():
        more.append((present, say.language_name(present)))
    return own + sorted(more, key=lambda choice: choice[1].casefold())


def language_mistake(form: Form, present: str | None = None) -> dict[str, Why]:
    """Return the mistake of a form whose language has no name; the `present` value may stay."""
    tag = form.text("language")
    is_valid = tag in {"", present} or is_language_tag(tag)
    return {} if is_valid else {"language": "mistake.language"}


def is_language_tag(tag: str) -> bool:
    """Whether language, script and country of a tag each have a name."""
    english = Locale.parse("en")
    primary, *subtags = tag.split("-")
    return primary.lower() in english.languages and all(
        subtag.title() in english.scripts or subtag.upper() in english.territories
        for subtag in subtags
    )


@cache
def _common() -> frozenset[str]:
    """Return the languages with a tag of two letters and data of their own."""
    tags = map(str, Locale.parse("en").languages)
    return (
        frozenset(tag for tag in tags if len(tag) == 2 and localedata.exists(tag))
        - _RETIRED
    )


def chosen_language(preference: str | None, accept_language: str) -> str:
    """Return the language of the pages: the preference, else the browser's best match, else
    English.

    `accept_language` is the header of that name (RFC 9110).
    """
    for tag in (preference or "", *_by_quality(accept_language)):
        primary = tag.partition("-")[0].lower()
        if primary in LANGUAGES:
            return primary
    return ENGLISH


def _by_quality(accept_language: str) -> list[str]:
    ranked = []
    for place, part in enumerate(accept_language[:500].split(",")):
        tag, _, quality = part.strip().partition(";q=")
        try:
            ranked.append((-float(quality or 1), place, tag))
        except ValueError:
            continue
    return [tag for _, _, tag in sorted(ranked)]
