"""What holds for every page and every sentence, read from the files themselves."""

from __future__ import annotations

import re
from pathlib import Path
from string import Formatter

import pytest

import reconciler.portal.pages
from reconciler.portal.pages.colours import BLACK, WHITE, brand_css, contrast
from reconciler.portal.pages.words import LANGUAGES, TABLE, chosen_language
from reconciler.portal.rules.problems import STATUS

PAGES = Path(reconciler.portal.pages.__file__).parent
TEMPLATES = sorted((PAGES / "templates").rglob("*.html"))
SOURCES = [path.read_text(encoding="utf-8") for path in (*TEMPLATES, *PAGES.rglob("*.py"))]


def test_every_sentence_says_something_in_every_language() -> None:
    for key, row in TABLE.items():
        assert len(row) == len(LANGUAGES), key
        assert all(text.strip() == text and text for text in row), key


def test_the_three_languages_of_a_sentence_tell_the_same_facts() -> None:
    for key, row in TABLE.items():
        facts = [{name for _, name, _, _ in Formatter().parse(text) if name} for text in row]
        assert facts[0] == facts[1] == facts[2], f"{key}: {facts}"


def test_every_key_that_a_page_names_has_a_sentence() -> None:
    named = {key for text in SOURCES for key in re.findall(r'\bt\("([a-z_-]+\.[a-z_.-]*[a-z])"', text)}
    assert named
    assert sorted(named - set(TABLE)) == []


def test_every_sentence_is_said_somewhere() -> None:
    text = "\n".join(SOURCES)
    built = tuple(
        set(re.findall(r'"([a-z_]+\.(?:[a-z_]+\.)*)" ~', text))
        | {"problem.", "done.", "mistake.", "event.", "password.", "next."}
    )
    plural = {key.rpartition(".")[0] for key in TABLE if key.endswith(".one")}
    unsaid = [
        key for key in TABLE
        if not key.startswith(built) and key.rpartition(".")[0] not in plural and text.count(f'"{key}"') < 2
    ]  # fmt: skip
    assert unsaid == []
    assert [key for key in plural if f'"{key}"' not in text and f"'{key}'" not in text] == []


def test_every_reason_to_say_no_has_a_sentence_or_the_general_one() -> None:
    told = {key.removeprefix("problem.") for key in TABLE if key.startswith("problem.")}
    assert told - {"title", "unchanged", "trace", "other"} <= set(STATUS)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.relative_to(PAGES).as_posix())
def test_a_template_has_nothing_inline_and_lets_nothing_through(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"\sstyle\s*=|\son[a-z]+\s*=|<style|javascript:", text)
    assert re.findall(r"<script(?![^>]*\ssrc=)", text) == []
    assert not re.search(r"\|\s*safe\b|autoescape\s+false|Markup", text)


@pytest.mark.parametrize(
    "colour", ["#0b5fff", "#ffe100", "#ffffff", "#000000", "#7f7f7f", "#00ff00", "#ff6a00", "#c0c0c0"]
)
def test_text_on_a_brand_can_be_read_whatever_its_colour(colour: str) -> None:
    found = re.findall(r"#([0-9a-f]{6})", brand_css(colour))
    brand, on_it, ink = ((int(each[0:2], 16), int(each[2:4], 16), int(each[4:6], 16)) for each in found)
    assert contrast(brand, on_it) >= 4.5
    assert contrast(ink, WHITE) >= 4.5
    assert contrast(WHITE, BLACK) > 15


@pytest.mark.parametrize(
    ("wished", "accepted", "chosen"),
    [
        ("de", "fr", "de"), (None, "fr-CH, fr;q=0.9, en;q=0.8", "fr"), (None, "hu, de;q=0.5, en;q=0.4", "de"),
        ("hu", "", "en"), (None, "*;q=bad, de", "de"), ("de-CH", "", "de"), (None, "", "en"), (None, ";;;,,,", "en"),
    ],
)  # fmt: skip
def test_the_language_is_the_readers(wished: str | None, accepted: str, chosen: str) -> None:
    assert chosen_language(wished, accepted) == chosen
