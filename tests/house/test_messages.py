"""The catalogs of the portal's sentences are up to date and complete; `make messages` renews them."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.catalog import Catalog

from reconciler.portal.i18n import catalogs
from reconciler.portal.i18n.catalog_files import TEMPLATE, as_text, read, template, updated
from reconciler.portal.i18n.catalogs import LANGUAGES, LOCALES, UnusableCatalog, catalog
from reconciler.portal.i18n.compilation import compile_catalogs
from reconciler.portal.i18n.source import AREAS, SOURCE
from reconciler.portal.i18n.text import Plural

FILES = sorted(LOCALES.glob("*.po"))
RENEW = "run make messages"


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def test_every_key_has_one_text() -> None:
    counts = Counter(key for area in AREAS for key in area.TEXTS)
    assert [key for key, count in counts.items() if count > 1] == []


def test_every_english_text_says_something() -> None:
    for key, text in SOURCE.items():
        forms = (text.singular, text.plural) if isinstance(text, Plural) else (text,)
        assert all(form and form.strip() == form for form in forms), key


def test_the_template_is_up_to_date() -> None:
    assert TEMPLATE.read_text(encoding="utf-8") == as_text(template()), RENEW


@pytest.mark.parametrize("po", FILES, ids=lambda po: po.stem)
def test_a_catalog_holds_exactly_the_sentences_of_the_portal(po: Path) -> None:
    assert po.read_text(encoding="utf-8") == as_text(updated(read(po), po.stem)), RENEW
    assert not read(po).obsolete


@pytest.mark.parametrize("po", FILES, ids=lambda po: po.stem)
def test_every_sentence_is_translated_and_looked_at(po: Path) -> None:
    messages = [message for message in read(po) if message.id]
    assert [message.context for message in messages if message.fuzzy] == []
    forms = read(po).num_plurals
    for message in messages:
        strings = message.string if isinstance(message.string, tuple) else (message.string,)
        assert len(strings) == (forms if message.pluralizable else 1), message.context
        assert all(text and text.strip() == text for text in strings), message.context


@pytest.mark.parametrize("po", FILES, ids=lambda po: po.stem)
def test_a_translation_has_the_placeholders_of_its_sentence(po: Path) -> None:
    for message in read(po):
        if isinstance(message.id, tuple):  # a form for an exact number may do without the number
            expected = placeholders(message.id[1]) - {"count"}
            assert all(placeholders(text) - {"count"} == expected for text in message.string), message.context
        elif message.id:
            assert placeholders(str(message.string)) == placeholders(message.id), message.context


def test_a_language_is_a_catalog_and_nothing_else() -> None:
    assert set(LANGUAGES) == {"en", *(po.stem for po in FILES)}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the French catalog, from which the portal reads."""
    (tmp_path / "fr.po").write_bytes((LOCALES / "fr.po").read_bytes())
    compile_catalogs(tmp_path)
    monkeypatch.setattr(catalogs, "LOCALES", tmp_path)
    return tmp_path


def read_anew() -> None:
    catalog.__wrapped__("fr")


def test_a_catalog_that_was_not_compiled_is_refused(folder: Path) -> None:
    read_anew()
    (folder / "fr.mo").unlink()
    with pytest.raises(UnusableCatalog, match=r"fr\.mo cannot be read: .*; run `make messages`"):
        read_anew()


def test_a_stale_catalog_is_refused(folder: Path) -> None:
    text = (folder / "fr.po").read_text(encoding="utf-8")
    (folder / "fr.po").write_text(text.replace('"Équipe"', '"Groupe"'), encoding="utf-8")
    with pytest.raises(UnusableCatalog, match=r"fr\.mo was not compiled from fr\.po; run `make messages`"):
        read_anew()


def test_a_catalog_that_lacks_a_sentence_is_refused(folder: Path) -> None:
    text = (folder / "fr.po").read_text(encoding="utf-8")
    (folder / "fr.po").write_text(text.replace('msgstr "Équipe"', 'msgstr ""'), encoding="utf-8")
    compile_catalogs(folder)
    with pytest.raises(UnusableCatalog, match=r"fr\.po has no translation of nav\.team \(1 in all\)"):
        read_anew()


def test_a_sentence_whose_english_changed_is_to_be_looked_at_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(SOURCE, "nav.team", "Your colleagues")  # type: ignore[index]
    text = as_text(updated(read(LOCALES / "fr.po"), "fr"))
    assert '#, fuzzy\n#| msgid "Team"\nmsgctxt "nav.team"\nmsgid "Your colleagues"\nmsgstr "Équipe"' in text


def test_a_new_sentence_is_to_be_translated(monkeypatch: pytest.MonkeyPatch) -> None:
    old: Catalog = read(LOCALES / "fr.po")
    old.delete("Team", context="nav.team")
    assert 'msgctxt "nav.team"\nmsgid "Team"\nmsgstr ""' in as_text(updated(old, "fr"))
