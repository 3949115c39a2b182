"""Gettext catalogs as files: `messages.pot`, one `.po` for each language, and its `.mo`.

The portal's catalogs and those of the reports share this module. `setup.py` runs it by its path,
before the package can be imported, so it imports nothing of ours.
"""

from __future__ import annotations

import difflib
import hashlib
import io
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from babel import Locale
from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

TEMPLATE: Final = "messages.pot"
# The entry by which the program notices that a `.mo` was compiled from another `.po`.
DIGEST_CONTEXT: Final = "catalog"
DIGEST_ID: Final = "digest of the .po file"
# The likeness from which an old sentence is offered as the draft of a new one.
_ALIKE: Final = 0.6
# Header lines that change without a change of a sentence.
_VOLATILE: Final = re.compile(
    r'^"(Project-Id-Version|Report-Msgid-Bugs-To|POT-Creation-Date|PO-Revision-Date|'
    r"Last-Translator|Language-Team|Generated-By): .*\n",
    re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One sentence to translate: its context, its English text or its two forms, its files.

    `is_key`: the context alone identifies the sentence; else context and text do.
    """

    context: str
    id: str | tuple[str, str]
    files: tuple[str, ...]
    is_key: bool = False

    @property
    def singular(self) -> str:
        """The msgid."""
        return self.id if isinstance(self.id, str) else self.id[0]


@dataclass(frozen=True, slots=True)
class Sentences:
    """All sentences of one folder of catalogs. `title`, `readme`: for the comment of each file."""

    folder: Path
    title: str
    readme: str
    entries: tuple[Entry, ...]


def compile_catalogs(folder: Path) -> list[Path]:
    """Write a `.mo` file beside each `.po` file and return the files."""
    mo_files = []
    for po in sorted(folder.glob("*.po")):
        catalog = read(po)
        digest = hashlib.sha256(po.read_bytes()).hexdigest()
        catalog.add(DIGEST_ID, digest, context=DIGEST_CONTEXT)
        mo = po.with_suffix(".mo")
        with mo.open("wb") as file:
            # Leaves fuzzy translations out, so the tests and the portal refuse such a catalog.
            write_mo(file, catalog)
        mo_files.append(mo)
    return mo_files


def renew(sentences: Sentences) -> None:
    """Write the template and every catalog anew from the sentences, and compile the catalogs.

    A sentence whose English text changed keeps its translation, marked as fuzzy: look at it, and
    delete the line `#, fuzzy`. Until then the catalog is incomplete.
    """
    folder = sentences.folder
    (folder / TEMPLATE).write_text(as_text(template(sentences)), encoding="utf-8")
    for po in sorted(folder.glob("*.po")):
        catalog = updated(read(po), po.stem, sentences)
        po.write_text(as_text(catalog), encoding="utf-8")
    compile_catalogs(folder)


def template(sentences: Sentences) -> Catalog:
    """Return the catalog of all English texts, without translations."""
    catalog = Catalog(header_comment=_header(sentences, "all languages"))
    return _with_entries(catalog, sentences.entries, {})


def updated(catalog: Catalog, language: str, sentences: Sentences) -> Catalog:
    """Return the catalog with exactly these sentences, in their order."""
    name = Locale.parse(language).get_display_name("en") or language
    # babel marks a new header as fuzzy, which translators' tools show as unfinished.
    renewed = Catalog(language, header_comment=_header(sentences, name), fuzzy=False)
    messages = {
        (message.context or "", _singular(message)): message
        for message in catalog
        if message.id
    }
    return _with_entries(renewed, sentences.entries, messages)


def read(po: Path) -> Catalog:
    """Return the catalog in a `.po` file; the name of the file is its language."""
    with po.open("rb") as file:
        # `abort_invalid`, because babel would otherwise print damage and skip the entry.
        return read_po(file, locale=po.stem, abort_invalid=True)


def as_text(catalog: Catalog) -> str:
    """Return the text of the catalog's file; the same catalog has the same text on every day."""
    file = io.BytesIO()
    # Without line numbers, which would change in every catalog with each edit of a source file.
    write_po(file, catalog, width=100, include_lineno=False, include_previous=True)
    return _VOLATILE.sub("", file.getvalue().decode())


def _singular(message: Message) -> str:
    return message.id if isinstance(message.id, str) else str(message.id[0])


def _with_entries(
    catalog: Catalog, entries: Iterable[Entry], old: Mapping[tuple[str, str], Message]
) -> Catalog:
    entries = tuple(entries)
    current = {(entry.context, entry.singular) for entry in entries}
    # Only a sentence that is gone may lend its translation to another one.
    gone = {key: message for key, message in old.items() if key not in current}
    for entry in entries:
        message = old.get((entry.context, entry.singular)) or _predecessor(entry, gone)
        _add(catalog, entry, message)
    return catalog


def _predecessor(entry: Entry, gone: Mapping[tuple[str, str], Message]) -> Message | None:
    """Return the message that the entry most likely replaces."""
    texts = [text for context, text in gone if context == entry.context]
    if entry.is_key:
        return gone[entry.context, texts[0]] if texts else None
    alike = difflib.get_close_matches(entry.singular, texts, 1, _ALIKE)
    return gone[entry.context, alike[0]] if alike else None


def _add(catalog: Catalog, entry: Entry, old: Message | None) -> None:
    locations = [(file, 0) for file in entry.files]
    if old is None or isinstance(old.id, str) != isinstance(entry.id, str):
        # No form of an old plural fits a sentence without one, nor the other way around.
        catalog.add(entry.id, locations=locations, context=entry.context)
        return
    is_new_text = old.id != entry.id
    is_fuzzy = old.fuzzy or (is_new_text and bool(old.string))
    catalog.add(
        entry.id,
        old.string,
        locations,
        {"fuzzy"} if is_fuzzy else (),
        # babel reads the earlier English text, `#|`, as a comment of the translator
        user_comments=[text for text in old.user_comments if not text.startswith("|")],
        previous_id=(old.id if is_new_text else old.previous_id) if is_fuzzy else (),
        context=entry.context,
    )


def _header(sentences: Sentences, language: str) -> str:
    return (
        f"# {sentences.title}: {language}.\n# {sentences.readme} says how to change them."
    )
