"""Uploaded files: names made harmless, words counted as a quote counts them."""

from __future__ import annotations

import io
import unicodedata
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.portal.files.names import LONGEST, distinct, neutral_name
from reconciler.portal.files.words import MOST_UNPACKED, NotCountable, WordCount, count_words

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def docx(*paragraphs: str, part: str = "word/document.xml") -> bytes:
    body = "".join(f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>" for text in paragraphs)
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(part, f"<w:document {W}><w:body>{body}</w:body></w:document>")
    return held.getvalue()


def test_a_repeated_sentence_weighs_less_the_second_time() -> None:
    assert count_words("a.txt", b"Ten small words stand here in one line of text.\n" * 2) == WordCount(20, 13)


def test_two_ideographs_weigh_as_one_word() -> None:
    assert count_words("a.txt", "翻訳会社 Acme".encode()) == WordCount(3, 3)


def test_a_word_document_counts_its_paragraphs() -> None:
    assert count_words("letter.DOCX", docx("Dear Jane,", "two runs of text")) == WordCount(6, 6)


@pytest.mark.parametrize("version", ["1.2", "2.0"])
def test_xliff_counts_sources_and_not_targets(version: str) -> None:
    segment = "<source>Only <x/>these three</source><target>Nicht diese</target>"
    text = f'<xliff version="{version}" xmlns="urn:x"><unit><segment>{segment}</segment></unit></xliff>'
    assert count_words("a.xlf", text.encode()) == WordCount(3, 3)


def test_a_kind_nobody_counts_is_left_to_the_project_manager() -> None:
    assert count_words("drawing.dwg", b"\0\1") is None


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.txt", b"\0\1\2\xff"),
        ("a.xlf", b"<xliff>"),
        ("a.xlf", b"<html/>"),
        ("a.xlf", b'<!DOCTYPE x [<!ENTITY a "b">]><xliff>&a;</xliff>'),
        ("a.docx", b"not a zip"),
        ("a.docx", docx("x", part="other.xml")),
        ("a.docx", docx("x" * (MOST_UNPACKED + 1))),
    ],
)
def test_content_that_breaks_its_names_promise_is_refused(name: str, content: bytes) -> None:
    with pytest.raises(NotCountable):
        count_words(name, content)


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\temp\\brief.docx", "brief.docx"),
        ("con.txt", "_con.txt"),
        (".htaccess", "htaccess"),
        ("a\r\nSet-Cookie: x.txt", "aSet-Cookie x.txt"),
        ("契約書\u202e.docx", "契約書.docx"),
        ("...", "file"),
        ("x" * 200 + ".docx", "x" * 115 + ".docx"),
    ],
)
def test_a_name_loses_what_could_act(sent: str, kept: str) -> None:
    assert neutral_name(sent) == kept


@given(st.text())
def test_a_neutral_name_is_short_plain_and_stays_as_it_is(sent: str) -> None:
    name = neutral_name(sent)
    assert 0 < len(name) <= LONGEST
    assert "/" not in name
    assert not name.startswith(".")
    assert not any(unicodedata.category(c).startswith("C") for c in name)
    assert neutral_name(name) == name


def test_names_in_one_archive_are_distinct() -> None:
    assert distinct(["a.txt", "A.txt", "b", "b"]) == ["a.txt", "A (2).txt", "b", "b (2)"]
