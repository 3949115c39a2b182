"""Weighted words: how much there is to translate in a file, as a quote counts it.

Understood are plain text, XLIFF 1.2 and 2.x, and DOCX; of anything else the count is None and a
project manager enters it. Files come from strangers: archives are read with a limit on what they
unpack to, XML with a document type is not read at all.

Weights (an assumption, to be agreed with each provider): a segment counts in full the first time
and `REPETITION` each time it comes again; two ideographs or kana count as one word.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Final
from xml.etree import ElementTree

REPETITION: Final = Decimal("0.3")
MOST_UNPACKED: Final = 64 * 1024 * 1024

_WORD: Final = re.compile(r"[^\W_]+(?:['’.\-][^\W_]+)*")
_IDEOGRAPH: Final = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_SENTENCE_END: Final = re.compile(r"(?<=[.!?。！？])\s+|\n+")
_DOCX_PARTS: Final = re.compile(r"word/(document|header\d*|footer\d*|footnotes|endnotes|comments)\.xml")
_W: Final = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


@dataclass(frozen=True, slots=True)
class WordCount:
    """Words as they stand, and what they weigh once repetitions are discounted (rounded)."""

    words: int
    weighted: int


class NotCountable(ValueError):
    """The file says it is of a kind we count, and is not."""


def count_words(name: str, content: bytes) -> WordCount | None:
    """The words of a file by its name's ending, or None for kinds that a person has to count.

    Raises NotCountable when the content is not of the kind that the name promises.
    """
    match name.rpartition(".")[2].lower():
        case "txt" | "md" | "csv" | "srt":
            return _weigh(_sentences(_decoded(content)))
        case "xlf" | "xliff":
            return _weigh(_xliff_segments(content))
        case "docx":
            return _weigh(_docx_paragraphs(content))
    return None


def _weigh(segments: Iterator[str]) -> WordCount:
    times = Counter(" ".join(segment.split()) for segment in segments)
    words = Decimal(0)
    weighted = Decimal(0)
    for segment, count in times.items():
        size = _size(segment)
        words += size * count
        weighted += size + size * (count - 1) * REPETITION
    return WordCount(_whole(words), _whole(weighted))


def _size(segment: str) -> Decimal:
    ideographs = len(_IDEOGRAPH.findall(segment))
    return len(_WORD.findall(_IDEOGRAPH.sub(" ", segment))) + Decimal(ideographs) / 2


def _whole(number: Decimal) -> int:
    return int(number.to_integral_value(ROUND_HALF_UP))


def _decoded(content: bytes) -> str:
    marks = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16", b"\xef\xbb\xbf": "utf-8-sig"}
    encoding = next((name for mark, name in marks.items() if content.startswith(mark)), "utf-8")
    try:
        return content.decode(encoding)
    except UnicodeDecodeError:
        if b"\0" in content:
            raise NotCountable("this is no text") from None
        return content.decode("windows-1252", errors="replace")


def _sentences(text: str) -> Iterator[str]:
    return (part for part in _SENTENCE_END.split(text) if part.strip())


def _xml(content: bytes) -> ElementTree.Element:
    if b"<!DOCTYPE" in content[:4096].upper():
        raise NotCountable("a document type is not read")
    try:
        # Entities need a document type, which is refused above; the parser loads nothing from outside.
        return ElementTree.fromstring(content)  # noqa: S314
    except (ElementTree.ParseError, ValueError, LookupError):
        raise NotCountable("this is no well-formed XML") from None


def _xliff_segments(content: bytes) -> Iterator[str]:
    root = _xml(content)
    if not root.tag.endswith("xliff"):
        raise NotCountable("this is no XLIFF")
    for element in root.iter():
        if element.tag.rpartition("}")[2] == "source":
            text = "".join(element.itertext())
            if text.strip():
                yield text


def _docx_paragraphs(content: bytes) -> Iterator[str]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = [info for info in archive.infolist() if _DOCX_PARTS.fullmatch(info.filename)]
            if not any(part.filename == "word/document.xml" for part in parts):
                raise NotCountable("this is no Word document")
            texts = list(_unpacked(archive, parts))
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError):
        # zipfile's words for damage, unknown compression, and encryption
        raise NotCountable("this is no readable Word document") from None
    for text in texts:
        for paragraph in _xml(text).iter(f"{_W}p"):
            joined = "".join(node.text or "" for node in paragraph.iter(f"{_W}t"))
            if joined.strip():
                yield joined


def _unpacked(archive: zipfile.ZipFile, parts: list[zipfile.ZipInfo]) -> Iterator[bytes]:
    left = MOST_UNPACKED
    for part in sorted(parts, key=lambda info: info.filename):
        with archive.open(part) as stream:
            text = stream.read(left + 1)
        left -= len(text)
        if left < 0:
            raise NotCountable("this unpacks to more than we read")
        yield text
