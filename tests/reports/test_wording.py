"""A report in other languages: the same plan, other sentences, and nothing that a forge obeys."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from reconciler.cli import catalogs
from reconciler.cli.settings import Settings
from reconciler.model.sentences import COMMA, Listing, layout, plural_sentence, sentence
from reconciler.reports.as_json import plan_digest, plan_json
from reconciler.reports.markdown import LONGEST, MARKER, plan_markdown
from reconciler.reports.redaction import redact_plan
from reconciler.reports.style import PLAIN
from reconciler.reports.text import plan_text
from reconciler.reports.wording import ENGLISH
from reconciler.shipped import catalogs_folder
from tests.reports.hostile import PAYLOADS, hostile_plan
from tests.reports.languages import LANGUAGES, varied_plan, wording
from tests.reports.markdown_rules import assert_harmless

GERMAN = """\
<!-- reconciler plan -->
### Plan

**Plan: 1 anzulegen, 2 zu ändern, 0 zu entfernen; 2 Anfragen wechseln zu jemand anderem; 2 Mails; 1 Person verliert andere Rechte; 0 Personen verlieren den Zugang.**

#### Verweigert

- `beta/roe-rot: roe-rot hinterlässt 1 offene Anfrage ohne Nachfolger („nobody“ ist kein Kontakt dieses Kunden): req_3 (quoted) [no-heir]`
  - was zu tun ist: `schreiben Sie removed/roe-rot.yaml mit einer Zeile heir: KEY, oder nennen Sie in customer.yaml einen Nachfolger`

#### Befugnisse und Zugang

```text
! acme/tom-lang gewinnt: alle Anfragen sehen; verliert: Angebote annehmen, Anfragen senden
! acme/jane-doe erhält Zugang als Anforderer
! beta/roe-rot verliert den Zugang (zurückgehalten)
```

<details><summary>acme: 4 Zeilen</summary>

```text
+ jane-doe wird als Anforderer angelegt  (contacts/jane-doe.yaml:1)
    ~ email: jane-doe@acme.example
    ~ language: de
    ~ name: Jane Doe
    ~ role: requester
    @ Aktivierung an jane-doe@acme.example (de)
~ eva-fuchs: heir  (contacts/eva-fuchs.yaml:1)
    ~ heir: tom-lang
> die gesamte offene Arbeit von tom-lang geht an mara-meyer  (contacts/tom-lang.yaml:1)
    > zurzeit offen: 2 Anfragen
    @ Hinweis auf erhaltene Arbeit an mara-meyer@acme.example (en)
~ tom-lang wird Beobachter, war Anforderer  (contacts/tom-lang.yaml:1)
    ~ role: requester → observer
```

</details>

<details><summary>beta (zurückgehalten: no&#45;heir): 1 Zeile</summary>

```text
- roe-rot geht  (removed/roe-rot.yaml:1)
```

</details>

<details><summary>1 Änderung im Portal; Datei &#8594; Portal</summary>

```text
? acme/mara-meyer name: Mara Meyer → Mara Maler (von Ada Admin, 2026-11-20T12:00:00Z)
```

</details>

<details><summary>1 bevorstehender Abschied</summary>

```text
- 2027-03-31: acme/eva-fuchs geht (left); niemand erhält offene Arbeit
```

</details>

<details><summary>1 Objekt im Portal ohne Datei</summary>

```text
acme: Kontakt Stray Cat (requester, s…@acme.example, active)
```

</details>


Portal `test-portal`, Stand `2026-11-23`, Commit `ffffffffffff`. Prüfsumme `9eed875735f13e41`.
"""
FSI, PDI = "\u2068", "\u2069"


def test_a_comment_is_german_from_the_first_line_to_the_last() -> None:
    assert plan_markdown(varied_plan(), wording("de")) == GERMAN


@pytest.mark.parametrize("language", LANGUAGES)
def test_json_digest_and_text_are_the_same_in_every_language(language: str) -> None:
    plan, english = varied_plan(language), varied_plan()
    assert plan.language == language
    assert plan_json(plan) == plan_json(english)
    assert plan_digest(plan) == plan_digest(english)
    assert plan_text(plan, PLAIN) == plan_text(english, PLAIN)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_summary_of_the_text_report_stays_as_scripts_know_it(language: str) -> None:
    last_line = plan_text(varied_plan(language), PLAIN).splitlines()[-1]
    assert last_line.startswith("Plan: 1 to add, 2 to change, 0 to remove; 2 requests change hands; 2 mails; ")


@pytest.mark.parametrize("language", LANGUAGES)
def test_names_of_files_rules_and_fields_stand_in_every_language(language: str) -> None:
    text = plan_markdown(varied_plan(), wording(language))
    assert text.startswith(f"{MARKER}\n")
    for word in ("contacts/jane-doe.yaml:1", "no-heir", "customer.yaml", "heir: KEY", "req_3 (quoted)", "test-portal"):
        assert word in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_english_sentence_is_left(language: str) -> None:
    text = plan_markdown(varied_plan(), wording(language))
    found = re.findall(r"\b(leaves|loses|gains|becomes|goes to|held back|portal edit|without|changed)\b", text)
    assert bool(found) is (language == "en")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("payload", PAYLOADS)
def test_no_text_leaves_its_code_span_or_fence_in_any_language(payload: str, language: str) -> None:
    assert_harmless(plan_markdown(hostile_plan(payload), wording(language)), plan_markdown(hostile_plan("dull")))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_redacted_plan_names_nobody_in_any_language(language: str) -> None:
    plan = redact_plan(hostile_plan("Zoltán Példa", company="A company"))
    text = plan_markdown(plan, wording(language))
    assert "Példa" not in text
    assert not re.search(r"(jane|tom|zoe|roe|stray|new-one)@", text)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_comment_too_long_for_a_forge_is_cut_in_any_language(language: str) -> None:
    plan = hostile_plan("x" * 250)
    group = next(group for group in plan.groups if group.changes)
    many = replace(plan, groups=(replace(group, changes=group.changes * 2_000),))
    text = plan_markdown(many, wording(language))
    assert len(text) <= LONGEST
    assert plan_digest(many)[:16] in text


def mails(count: int) -> str:
    return wording("ar").text(plural_sentence("summary", "{count:,} mail", "{count:,} mails", count)).strip(FSI + PDI)


def test_arabic_has_six_forms() -> None:
    assert [mails(count) for count in (0, 1, 2, 3, 10, 11, 99, 100, 102, 103, 1_000)] == [
        "لا رسائل", "رسالة واحدة", "رسالتان", "3 رسائل", "10 رسائل", "11 رسالة", "99 رسالة", "100 رسالة", "102 رسالة",
        "103 رسائل", "1,000 رسالة",
    ]  # fmt: skip


def test_french_counts_nothing_as_one() -> None:
    people = ("summary", "{count:,} person loses access", "{count:,} people lose access")
    shown = [wording("fr").text(plural_sentence(*people, count)) for count in (0, 1, 2)]
    assert shown == ["0 personne perd son accès", "1 personne perd son accès", "2 personnes perdent leur accès"]


@pytest.mark.parametrize(
    ("language", "shown"),
    [("en", "1,234,567"), ("de", "1.234.567"), ("fr", "1\u202f234\u202f567"), ("es", "1.234.567")],
)
def test_numbers_are_grouped_as_the_language_does(language: str, shown: str) -> None:
    assert wording(language).text(layout("{number:,}", number=1_234_567)) == shown


def test_a_number_is_not_grouped_where_the_sentence_does_not_group_it() -> None:
    assert wording("de").text(layout("{number}", number=1234)) == "1234"


def test_data_in_an_arabic_line_keeps_its_own_direction() -> None:
    line = wording("ar").text(sentence("change", "{contact} leaves", contact="jane-doe"))
    assert line == f"{FSI}يغادر {FSI}jane-doe{PDI}{PDI}"


def test_an_arrow_points_in_the_direction_of_reading() -> None:
    move = sentence("value", "{before} → {after}", before="a", after="b")
    assert [wording(language).text(move) for language in ("en", "ar")] == [
        "a → b",
        f"{FSI}{FSI}a{PDI} ← {FSI}b{PDI}{PDI}",
    ]


def test_a_listing_has_the_separators_of_the_language() -> None:
    listing = Listing(("a", "b"), COMMA)
    assert [wording(language).text(listing) for language in ("en", "ar")] == [
        "a, b",
        f"{FSI}{FSI}a{PDI}، {FSI}b{PDI}{PDI}",
    ]


def test_braces_in_data_are_no_placeholders() -> None:
    assert (
        ENGLISH.text(sentence("test", "{name} is {what}", name="{what}", what="{0.__class__}"))
        == "{what} is {0.__class__}"
    )


def test_a_sentence_without_a_translation_is_english() -> None:
    assert wording("de").text(sentence("test", "nobody translated {name}", name="this")) == "nobody translated this"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the German catalog, from which the command line reads."""
    for name in ("de.po", "de.mo"):
        (tmp_path / name).write_bytes((catalogs_folder() / name).read_bytes())
    monkeypatch.setattr(catalogs, "catalogs_folder", lambda: tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("damage", "problem"),
    [
        (lambda folder: (folder / "de.mo").unlink(), r"the catalog 'de' cannot be read: .*No such file"),
        (lambda folder: (folder / "de.mo").write_bytes(b"no catalog"), r"the catalog 'de' cannot be read: .*magic"),
        (lambda folder: (folder / "de.mo").write_bytes(b""), r"the catalog 'de' cannot be read: "),
        (lambda folder: (folder / "de.po").write_text("#\n"), r"de\.mo was not compiled from de\.po"),
    ],
    ids=["missing", "damaged", "empty", "stale"],
)
def test_an_unusable_catalog_gives_an_english_comment_and_a_warning(
    folder: Path, capsys: pytest.CaptureFixture[str], damage: Callable[[Path], object], problem: str
) -> None:
    assert catalogs.wording_for(Settings(), "de") != ENGLISH
    damage(folder)
    assert catalogs.wording_for(Settings(), "de") == ENGLISH
    message, hint = capsys.readouterr().err.splitlines()
    assert re.match(rf"warning: {problem}.*; the comment is in English", message)
    assert hint == "  hint: run `make messages` in the checkout, or install the program again"
