"""Sentences by language and key, read from the compiled catalogs with gettext.

English comes from `source`. Every other language is a file `locales/TAG.po`, with the `.mo` file
that `make messages` compiles from it. A catalog that is missing, stale or incomplete raises
`UnusableCatalog`: an English sentence never stands in for a translation without notice.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cache
from gettext import GNUTranslations
from pathlib import Path
from typing import Final

from babel import Locale

from reconciler.portal.i18n.source import SOURCE
from reconciler.portal.i18n.text import Plural, Text
from reconciler.portal.rules.typesetting import typeset

ENGLISH: Final = "en"
LOCALES: Final = Path(__file__).parent / "locales"
# Context and id of the entry that tells from which `.po` file a `.mo` file was compiled.
DIGEST: Final = ("catalog", "digest of the .po file")


class UnusableCatalog(Exception):
    """A catalog cannot be used; the message says which, why, and what to run."""


def _own_names() -> dict[str, str]:
    tags = (ENGLISH, *(path.stem for path in LOCALES.glob("*.po")))
    names = {tag: Locale.parse(tag).get_display_name(tag) or tag for tag in tags}
    # CLDR writes names of languages as within a sentence: français, español
    capitalised = {tag: name[0].upper() + name[1:] for tag, name in names.items()}
    return dict(sorted(capitalised.items(), key=lambda entry: entry[1]))


# The languages of the portal: tag and name in the language itself, sorted by name.
LANGUAGES: Final[Mapping[str, str]] = _own_names()


def written_language(tag: str) -> str:
    """Return the catalog's language for a tag (`fr-CH` reads French); English if none fits."""
    primary = tag.partition("-")[0].lower()
    return primary if primary in LANGUAGES else ENGLISH


def direction(language: str) -> str:
    """Return the direction in which a language is written: `ltr` or `rtl`."""
    return str(Locale.parse(language).text_direction)


def is_key(key: str) -> bool:
    """Return whether a sentence has this key."""
    return key in SOURCE


@cache
def sentence(language: str, key: str) -> str:
    """Return the sentence with its placeholders; `KeyError` for an unknown key."""
    text = SOURCE[key]
    if isinstance(text, Plural):
        raise TypeError(f"'{key}' is a plural; use plural_sentence()")
    if language == ENGLISH:
        return text
    return typeset(language, catalog(language).pgettext(key, text))


@cache
def plural_sentence(language: str, key: str, count: int) -> str:
    """Return the form of the sentence for this many things, by the language's own rule."""
    text = SOURCE[key]
    if not isinstance(text, Plural):
        return sentence(language, key)
    if language == ENGLISH:
        return text.singular if count == 1 else text.plural
    return typeset(
        language, catalog(language).npgettext(key, text.singular, text.plural, count)
    )


def check_catalogs() -> None:
    """Read all catalogs; raise `UnusableCatalog` for the first that cannot be used."""
    for language in LANGUAGES:
        if language != ENGLISH:
            catalog(language)


@cache
def catalog(language: str) -> GNUTranslations:
    """Return the compiled catalog of a language, complete and up to date."""
    po = LOCALES / f"{language}.po"
    try:
        with po.with_suffix(".mo").open("rb") as file:
            translations = GNUTranslations(file)
    except (OSError, UnicodeDecodeError) as error:
        raise UnusableCatalog(f"{po.stem}.mo cannot be read: {error}; {_REMEDY}") from None
    if translations.pgettext(*DIGEST) != digest(po):
        raise UnusableCatalog(f"{po.stem}.mo was not compiled from {po.name}; {_REMEDY}")
    # without it, gettext returns the English text for a sentence that the catalog lacks
    translations.add_fallback(_NoTranslation())
    untranslated = [
        key for key, text in SOURCE.items() if not _translates(translations, key, text)
    ]
    if untranslated:
        raise UnusableCatalog(
            f"{po.name} has no translation of {', '.join(untranslated[:5])} "
            f"({len(untranslated)} in all); "
            "run `make messages`, then translate what it lists"
        )
    return translations


_REMEDY: Final = "run `make messages` in the checkout, or install the portal again"


def digest(po: Path) -> str:
    """Return the hash of a `.po` file."""
    return hashlib.sha256(po.read_bytes()).hexdigest()


class _NoTranslation(GNUTranslations):
    """Behind a catalog: answers with nothing, where gettext would answer in English."""

    def pgettext(self, context: str, message: str) -> str:  # noqa: ARG002
        return ""

    def npgettext(self, context: str, msgid1: str, msgid2: str, n: int) -> str:  # noqa: ARG002
        return ""


def _translates(translations: GNUTranslations, key: str, text: Text) -> bool:
    if isinstance(text, Plural):
        # any number will do: a catalog holds all forms of a sentence or none
        return bool(translations.npgettext(key, text.singular, text.plural, 1))
    return bool(translations.pgettext(key, text))
