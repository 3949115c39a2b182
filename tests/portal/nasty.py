"""Small Word documents that keep whoever reads them busy, each in another way."""

from __future__ import annotations

import io
import zipfile
from typing import Final

from tests.portal.office import W

LARGEST: Final = 49_000
"""Bytes of a document."""


def _docx(*pieces: tuple[str, int]) -> bytes:
    """A document of these pieces, each so many times."""
    held = io.BytesIO()
    with (
        zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive,
        archive.open("word/document.xml", "w") as part,
    ):
        for piece, times in pieces:
            for start in range(0, times, 10_000):
                part.write(piece.encode() * min(10_000, times - start))
    content = held.getvalue()
    assert len(content) < LARGEST
    return content


def wide(elements: int = 5_000_000) -> bytes:
    """Very many elements beside each other."""
    return _docx((f"<w:document {W}>", 1), ("<w:p/>", elements), ("</w:document>", 1))


def deep() -> bytes:
    """Elements within elements."""
    return _docx((f"<w:document {W}>", 1), ("<w:p><w:r>", 100_000))


def entities() -> bytes:
    """An entity of entities of entities."""
    levels = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10))
    text = (
        f'<!DOCTYPE w:document [<!ENTITY e0 "words ">{levels}]><w:document {W}><w:p><w:t>&e9;</w:t></w:p></w:document>'
    )
    return _docx((text, 1))


def slow() -> bytes:
    """Few elements, and words that take long to count: some five seconds on an idle machine."""
    pieces = [(f"<w:document {W}>", 1)]
    for number in range(15):
        pieces += [(f"<w:p><w:t>{number}", 1), ("漢", 1_000_000), ("</w:t></w:p>", 1)]
    return _docx(*pieces, ("</w:document>", 1))


NASTY: Final = (wide, deep, entities, slow)
