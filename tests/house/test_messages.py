"""The catalogs of the portal and of reports are up to date and complete; `make messages` renews them."""

from __future__ import annotations

import ast
from collections import Counter
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.catalog import Catalog, Message

from reconciler.portal.i18n import catalogs
from reconciler.portal.i18n.catalogs import LANGUAGES, LOCALES, UnusableCatalog, catalog
from reconciler.portal.i18n.source import AREAS, SOURCE
from reconciler.portal.i18n.text import Plural
from reconciler.shipped import catalogs_folder, report_languages
from tools.catalogs import TEMPLATE, Entry, Sentences, as_text, compile_catalogs, read, template, updated
from tools.messages import NoLiteral, literals, portal_sentences, report_sentences

SETS = {"portal": portal_sentences(), "reports": report_sentences()}
EACH_SET = pytest.mark.parametrize("sentences", SETS.values(), ids=SETS)
EACH_CATALOG = pytest.mark.parametrize(
    ("sentences", "po"),
    [(sentences, po) for sentences in SETS.values() for po in sorted(sentences.folder.glob("*.po"))],
    ids=lambda value: value.stem if isinstance(value, Path) else value.folder.parent.name,
)
RENEW = "run make messages"
SEPARATORS = {"list", "number"}
"""Contexts of texts that begin or end with a space."""


def placeholders(text: str) -> set[tuple[str, str | None]]:
    """The placeholders with their formats."""
    return {(name, form) for _, name, form, _ in Formatter().parse(text) if name}


def without_count(text: str) -> set[tuple[str, str | None]]:
    return {(name, form) for name, form in placeholders(text) if name != "count"}


def strings(message: Message) -> tuple[str, ...]:
    texts = message.string if isinstance(message.string, tuple | list) else (message.string,)
    return tuple(str(text or "") for text in texts)


def test_every_key_has_one_text() -> None:
    counts = Counter(key for area in AREAS for key in area.TEXTS)
    assert [key for key, count in counts.items() if count > 1] == []


def test_every_english_text_says_something() -> None:
    for key, text in SOURCE.items():
        forms = (text.singular, text.plural) if isinstance(text, Plural) else (text,)
        assert all(form and form.strip() == form for form in forms), key


@EACH_SET
def test_the_template_is_up_to_date(sentences: Sentences) -> None:
    assert (sentences.folder / TEMPLATE).read_text(encoding="utf-8") == as_text(template(sentences)), RENEW


@EACH_CATALOG
def test_a_catalog_holds_exactly_the_sentences_of_the_source(sentences: Sentences, po: Path) -> None:
    assert po.read_text(encoding="utf-8") == as_text(updated(read(po), po.stem, sentences)), RENEW
    assert not read(po).obsolete


@EACH_CATALOG
def test_every_sentence_is_translated_and_looked_at(sentences: Sentences, po: Path) -> None:
    messages = [message for message in read(po) if message.id]
    assert [message.id for message in messages if message.fuzzy] == []
    forms = read(po).num_plurals
    for message in messages:
        assert len(strings(message)) == (forms if message.pluralizable else 1), message.id
        assert all(strings(message)), message.id
        if message.context not in SEPARATORS:
            assert all(text.strip() == text for text in strings(message)), message.id


@EACH_CATALOG
def test_a_translation_has_the_placeholders_of_its_sentence(sentences: Sentences, po: Path) -> None:
    for message in read(po):
        if isinstance(message.id, tuple):  # a form for an exact number may do without the number
            expected = without_count(message.id[1])
            assert all(without_count(text) == expected for text in strings(message)), message.id
        elif message.id:
            assert placeholders(str(message.string)) == placeholders(str(message.id)), message.id


@EACH_CATALOG
def test_a_number_keeps_its_format_in_every_plural_form(sentences: Sentences, po: Path) -> None:
    for message in read(po):
        if isinstance(message.id, tuple):
            counts = {
                pair for text in (*message.id, *strings(message)) for pair in placeholders(text) if pair[0] == "count"
            }
            assert len(counts) == 1, message.id


def test_the_plural_rule_of_arabic_has_six_forms() -> None:
    assert {read(sentences.folder / "ar.po").num_plurals for sentences in SETS.values()} == {6}


def test_a_language_of_the_portal_has_a_catalog_of_reports_too() -> None:
    assert set(report_languages()) == set(LANGUAGES)


def test_every_catalog_of_reports_was_compiled_from_its_source() -> None:
    assert {po.stem for po in catalogs_folder().glob("*.mo")} == set(report_languages()) - {"en"}, RENEW


def test_a_sentence_is_made_from_literals() -> None:
    with pytest.raises(NoLiteral, match=r"x\.py:1: the context and the texts of a sentence are literals"):
        list(literals(ast.parse('sentence("refusal", f"{name} is gone")'), "x.py"))


def test_a_sentence_of_reports_that_changes_a_little_keeps_its_translation_to_be_looked_at() -> None:
    reports = SETS["reports"]
    po = read(reports.folder / "de.po")
    entry = Entry("right", "loses all access", ("reports/capabilities.py",))
    kept = tuple(other for other in reports.entries if other.id != "loses access")
    changed = Sentences(reports.folder, reports.title, reports.readme, (*kept, entry))
    text = as_text(updated(po, "de", changed))
    assert '#| msgid "loses access"\nmsgctxt "right"\nmsgid "loses all access"\nmsgstr "verliert den Zugang"' in text


def test_a_language_is_a_catalog_and_nothing_else() -> None:
    assert set(LANGUAGES) == {"en", *(po.stem for po in LOCALES.glob("*.po"))}


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
    monkeypatch.setitem(SOURCE, "nav.team", "Your colleagues")
    text = as_text(updated(read(LOCALES / "fr.po"), "fr", portal_sentences()))
    assert '#, fuzzy\n#| msgid "Team"\nmsgctxt "nav.team"\nmsgid "Your colleagues"\nmsgstr "Équipe"' in text


def test_a_new_sentence_is_to_be_translated(monkeypatch: pytest.MonkeyPatch) -> None:
    old: Catalog = read(LOCALES / "fr.po")
    old.delete("Team", context="nav.team")
    assert 'msgctxt "nav.team"\nmsgid "Team"\nmsgstr ""' in as_text(updated(old, "fr", portal_sentences()))
