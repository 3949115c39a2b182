"""The files of the catalogs: `messages.pot`, one `.po` for each language, and its `.mo`.

`make messages` runs `renew`, and the build of the package runs `compile_catalogs`. The running
portal needs neither.
"""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Final

from babel import Locale
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po, write_po

from reconciler.portal.i18n.catalogs import LOCALES
from reconciler.portal.i18n.compilation import compile_catalogs
from reconciler.portal.i18n.source import AREAS, SOURCE
from reconciler.portal.i18n.text import Plural, Text

TEMPLATE: Final = LOCALES / "messages.pot"
# Header lines that change without a change of a sentence.
_VOLATILE: Final = re.compile(
    r'^"(Project-Id-Version|Report-Msgid-Bugs-To|POT-Creation-Date|PO-Revision-Date|'
    r"Last-Translator|Language-Team|Generated-By): .*\n",
    re.MULTILINE,
)


def renew(folder: Path = LOCALES) -> None:
    """Write the template and every catalog anew from the English texts, and compile the catalogs.

    A sentence whose English text changed keeps its translation, marked as fuzzy: look at it, and
    delete the line `#, fuzzy`. Until then the catalog is incomplete.
    """
    (folder / TEMPLATE.name).write_text(as_text(template()), encoding="utf-8")
    for po in sorted(folder.glob("*.po")):
        po.write_text(as_text(updated(read(po), po.stem)), encoding="utf-8")
    compile_catalogs(folder)


def template() -> Catalog:
    """Return the catalog of all English texts, without translations."""
    return _with_texts(Catalog(header_comment=_header("all languages")))


def updated(catalog: Catalog, language: str) -> Catalog:
    """Return the catalog with exactly the sentences of the portal, in their order."""
    name = Locale.parse(language).get_display_name("en") or language
    # babel marks a new header as fuzzy, which translators' tools show as unfinished
    renewed = Catalog(language, header_comment=_header(name), fuzzy=False)
    # the message with an empty id is the header
    return _with_texts(
        renewed, {message.context: message for message in catalog if message.id}
    )


def read(po: Path) -> Catalog:
    """Return the catalog in a `.po` file; the name of the file is its language."""
    with po.open("rb") as file:
        # `abort_invalid`, because babel would otherwise print damage and go on without the entry
        return read_po(file, locale=po.stem, abort_invalid=True)


def as_text(catalog: Catalog) -> str:
    """Return the text of the catalog's file; the same catalog has the same text on every day."""
    file = io.BytesIO()
    # without line numbers, which would change in every catalog with each edit of a source file
    write_po(file, catalog, width=100, include_lineno=False, include_previous=True)
    return _VOLATILE.sub("", file.getvalue().decode())


def _with_texts(catalog: Catalog, old: dict[str | None, Message] | None = None) -> Catalog:
    for area in AREAS:
        file = f"source/{area.__name__.rpartition('.')[2]}.py"
        for key in area.TEXTS:
            _add(catalog, key, SOURCE[key], file, (old or {}).get(key))
    return catalog


def _add(catalog: Catalog, key: str, text: Text, file: str, old: Message | None) -> None:
    id = (text.singular, text.plural) if isinstance(text, Plural) else text
    if old is None or isinstance(old.id, str) != isinstance(id, str):
        catalog.add(id, locations=[(file, 0)], context=key)  # no form of an old plural fits
        return
    is_fuzzy = old.fuzzy or (old.id != id and bool(old.string))
    catalog.add(
        id,
        old.string,
        [(file, 0)],
        {"fuzzy"} if is_fuzzy else (),
        user_comments=old.user_comments,
        previous_id=(old.id if old.id != id else old.previous_id) if is_fuzzy else (),
        context=key,
    )


def _header(language: str) -> str:
    return (
        f"# Sentences of the portal's pages and mails: {language}.\n"
        "# reconciler/portal/i18n/README.md says how to change them."
    )
