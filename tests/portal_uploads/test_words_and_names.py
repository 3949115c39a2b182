"""Uploaded files: names made harmless, words counted as a quote counts them."""

from __future__ import annotations

import io
import tracemalloc
import unicodedata
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.portal.uploads.names import MAX_LENGTH, distinct_names, neutral_name
from reconciler.portal.uploads.words import (
    MAX_ELEMENTS,
    MAX_SEGMENT,
    MAX_SEGMENTS,
    MAX_TEXT,
    MAX_TOKEN,
    MAX_UNPACKED,
    NotCountable,
    Reason,
    WordCount,
    count_words,
)

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def docx(*paragraphs: str, part: str = "word/document.xml") -> bytes:
    body = "".join(f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>" for text in paragraphs)
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(part, f"<w:document {W}><w:body>{body}</w:body></w:document>")
    return held.getvalue()


def counted(name: str, content: bytes) -> WordCount | None:
    return count_words(name, io.BytesIO(content))


def test_a_repeated_sentence_weighs_less_the_second_time() -> None:
    assert counted("a.txt", b"Ten small words stand here in one line of text.\n" * 2) == WordCount(20, 13)


def test_two_ideographs_weigh_as_one_word() -> None:
    assert counted("a.txt", "翻訳会社 Acme".encode()) == WordCount(3, 3)


def test_a_word_document_counts_its_paragraphs() -> None:
    assert counted("letter.DOCX", docx("Dear Jane,", "two runs of text")) == WordCount(6, 6)


@pytest.mark.parametrize("version", ["1.2", "2.0"])
def test_xliff_counts_sources_and_not_targets(version: str) -> None:
    segment = "<source>Only <x/>these three</source><target>Nicht diese</target>"
    text = f'<xliff version="{version}" xmlns="urn:x"><unit><segment>{segment}</segment></unit></xliff>'
    assert counted("a.xlf", text.encode()) == WordCount(3, 3)


def test_a_kind_nobody_counts_is_left_to_the_project_manager() -> None:
    assert counted("drawing.dwg", b"\0\1") is None


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.txt", b"\0\1\2\xff", "no-text"),
        ("a.txt", b"x" * (MAX_TEXT + 1), "too-much"),
        ("a.txt", b"x\n" * (MAX_SEGMENTS + 1), "too-much"),
        ("a.txt", b"x" * (MAX_SEGMENT + 1), "too-much"),
        ("a.docx", docx("漢" * (MAX_SEGMENT + 1)), "too-much"),
        ("a.xlf", b"<xliff a='" + b"x" * (8 * MAX_TOKEN) + b"'/>", "too-much"),
        ("a.xlf", b"<xliff><!--" + b"x" * (2 * MAX_TOKEN) + b"--></xliff>", "too-much"),
        ("a.xlf", b"<xliff>", "no-xml"),
        ("a.xlf", b"<html/>", "no-xliff"),
        ("a.xlf", b'<!DOCTYPE x [<!ENTITY a "b">]><xliff>&a;</xliff>', "document-type"),
        ("a.xlf", '<?xml version="1.0"?><!DOCTYPE x><xliff/>'.encode("utf-16"), "document-type"),
        ("a.xlf", b" " * 8000 + b"<!DOCTYPE x><xliff/>", "document-type"),
        ("a.xlf", b"<xliff>" + b"<a>" * 1000, "too-complex"),
        ("a.docx", b"not a zip", "no-word"),
        ("a.docx", b"", "no-word"),
        ("a.docx", docx("x", part="other.xml"), "no-word"),
        ("a.docx", docx("x")[:-30] + docx("x")[-22:], "no-word"),
        ("a.docx", docx("x")[:-10] + b"\xff\xff\xff\x7f" + docx("x")[-6:], "too-much"),
        ("a.docx", docx("x" * (MAX_UNPACKED + 1)), "too-much"),
    ],
)  # fmt: skip
def test_content_that_breaks_its_names_promise_is_not_counted(name: str, content: bytes, reason: Reason) -> None:
    with pytest.raises(NotCountable) as refused:
        counted(name, content)
    assert refused.value.reason == reason


def test_a_bomb_of_empty_paragraphs_is_put_down_before_it_fills_memory() -> None:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("word/document.xml", "w") as part:
        part.write(f"<w:document {W}><w:body>".encode())
        part.write(b"<w:p/>" * MAX_ELEMENTS)
    tracemalloc.start()
    with pytest.raises(NotCountable, match="too-complex"):
        counted("bomb.docx", held.getvalue())
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 2 * 1024 * 1024


def test_elements_are_limited_for_all_parts_of_a_document_together() -> None:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for part in ("document", "header1", "header2"):
            body = "<w:p/>" * (MAX_ELEMENTS // 2 - 2)
            archive.writestr(f"word/{part}.xml", f"<w:document {W}><w:body>{body}</w:body></w:document>")
    with pytest.raises(NotCountable, match="too-complex"):
        counted("parts.docx", held.getvalue())


def test_text_in_a_box_within_a_paragraph_counts_once() -> None:
    box = "outside</w:t></w:r><w:r><w:p><w:r><w:t>inside the box</w:t></w:r></w:p></w:r><w:r><w:t> again"
    assert counted("a.docx", docx(box)) == WordCount(5, 5)


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
    assert 0 < len(name) <= MAX_LENGTH
    assert "/" not in name
    assert not name.startswith(".")
    assert not any(unicodedata.category(c).startswith("C") for c in name)
    assert neutral_name(name) == name


def test_names_in_one_archive_are_distinct() -> None:
    assert distinct_names(["a.txt", "A.txt", "b", "b"]) == ["a.txt", "A (2).txt", "b", "b (2)"]
