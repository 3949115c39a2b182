"""Languages to choose from by name, which tags name a language, and the language of a visitor.

Files and programs may use any tag that the contract allows. Pages accept tags that have a name, and
any tag that is already the current value.
"""

from __future__ import annotations

from functools import cache
from typing import Final

from babel import Locale, localedata

from reconciler.portal.i18n.catalogs import ENGLISH, LANGUAGES
from reconciler.portal.pages.forms.form import Form, MistakeSentence
from reconciler.portal.pages.rendering import Translator

# Serbo-Croatian and Twi: CLDR replaced these tags, but some releases of babel have data for them.
_REPLACED_TAGS: Final = frozenset({"sh", "tw"})


def language_choices(
    translate: Translator, current: str | None = None
) -> list[tuple[str, str]]:
    """Return tags and names of languages by name, first the portal's own.

    `current` is a choice too, whatever tag it is: a form would change it otherwise.
    """
    own_choices = [(tag, translate.language_name(tag)) for tag in LANGUAGES]
    other_choices = [
        (tag, translate.language_name(tag))
        for tag in _common_tags()
        if tag not in LANGUAGES
    ]
    if current and current not in LANGUAGES and current not in _common_tags():
        other_choices.append((current, translate.language_name(current)))
    return own_choices + sorted(other_choices, key=lambda choice: choice[1].casefold())


def language_mistake(form: Form, current: str | None = None) -> dict[str, MistakeSentence]:
    """Return the mistake of a form whose language has no name; the `current` value may stay."""
    tag = form.text("language")
    is_valid = tag in {"", current} or is_language_tag(tag)
    return {} if is_valid else {"language": "mistake.language"}


def is_language_tag(tag: str) -> bool:
    """Return whether language, script and country of a tag each have a name."""
    english = Locale.parse("en")
    primary, *subtags = tag.split("-")
    return primary.lower() in english.languages and all(
        subtag.title() in english.scripts or subtag.upper() in english.territories
        for subtag in subtags
    )


@cache
def _common_tags() -> frozenset[str]:
    """Return the tags of languages for a list of choices: of two letters, and known to CLDR."""
    # CLDR names some 600 languages, too many to choose from.
    tags = map(str, Locale.parse("en").languages)
    return (
        frozenset(tag for tag in tags if len(tag) == 2 and localedata.exists(tag))
        - _REPLACED_TAGS
    )


def chosen_language(preference: str | None, accept_language: str) -> str:
    """Return the language of the pages: the preference, the browser's best match, or English.

    `accept_language` is the header of that name (RFC 9110).
    """
    for tag in (preference or "", *_tags_by_quality(accept_language)):
        primary = tag.partition("-")[0].lower()
        if primary in LANGUAGES:
            return primary
    return ENGLISH


def _tags_by_quality(accept_language: str) -> list[str]:
    """Return the tags of the header, the best first; equal ones in the order of the header."""
    ranked_tags = []
    # The header may be as long as the server allows; nobody has that many languages.
    for position, part in enumerate(accept_language[:500].split(",")):
        tag, _, quality = part.strip().partition(";q=")
        try:
            ranked_tags.append((-float(quality or 1), position, tag))
        except ValueError:
            continue
    return [tag for _, _, tag in sorted(ranked_tags)]
