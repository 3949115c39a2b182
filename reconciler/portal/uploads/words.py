"""Weighted words: the amount of text to translate in a file, as a quote counts it.

Supported are plain text, XLIFF 1.2 and 2.x, and DOCX; for other files the count is None and a
project manager enters it. Files are untrusted, so the work is bounded: text is read up to a limit,
archives and XML are streamed, and document types are refused. The caller limits the time
(`word_counter`).

Weights (an assumption, to be agreed with each provider): a segment counts in full the first time
and `REPETITION` each time it repeats; two ideographs or kana count as one word.
"""

from __future__ import annotations

import re
import zipfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import IO, BinaryIO, Final, Literal, TypeAlias
from xml.etree import ElementTree

REPETITION: Final = Decimal("0.3")
# Bytes of plain text that are counted: about two and a half million words.
MAX_TEXT: Final = 16 * 1024 * 1024
# Bytes of XML that are read.
MAX_UNPACKED: Final = 64 * 1024 * 1024
MAX_SEGMENTS: Final = 500_000
# XML elements of one file, in all its parts.
MAX_ELEMENTS: Final = 200_000
# Characters of one segment; no real sentence has a thousand pages.
MAX_SEGMENT: Final = 1024 * 1024
# Bytes between two parser events: older parsers rescan a long attribute with every chunk.
MAX_TOKEN: Final = 1024 * 1024
MAX_DEPTH: Final = 500

# Why only a person can count a file; the pages have a sentence for each.
Reason: TypeAlias = Literal[
    "other-kind",
    "no-text",
    "no-xml",
    "document-type",
    "no-xliff",
    "no-word",
    "too-much",
    "too-complex",
    "no-bytes",
]

_WORD: Final = re.compile(r"[^\W_]+(?:['’.\-][^\W_]+)*")
_IDEOGRAPH: Final = re.compile(
    r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
)
_SENTENCE_END: Final = re.compile(r"(?<=[.!?。！？])\s+|\n+")
_DOCX_PARTS: Final = re.compile(
    r"word/(document|header\d*|footer\d*|footnotes|endnotes|comments)\.xml"
)
_W: Final = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_CHUNK: Final = 64 * 1024
_END_RECORD: Final = 22
_MAX_DIRECTORY_BYTES: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class WordCount:
    """The words, and their weight after the discount for repetitions (rounded)."""

    words: int
    weighted: int


class NotCountable(ValueError):
    """The file is not of the kind that its name says, or it is too large."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason: Reason = reason


def count_words(name: str, content: BinaryIO) -> WordCount | None:
    """Return the words of a file by its extension; None for kinds that a person counts.

    Raises NotCountable if the content does not match the name.
    """
    kind = kind_of(name)
    return _weigh(_SEGMENTS[kind](content)) if kind else None


def kind_of(name: str) -> str | None:
    """Return the extension of a name if such files are counted; else None."""
    ending = name.rpartition(".")[2].lower()
    return ending if ending in _SEGMENTS else None


def _weigh(segments: Iterable[str]) -> WordCount:
    times: Counter[str] = Counter()
    for number, segment in enumerate(segments):
        if number == MAX_SEGMENTS or len(segment) > MAX_SEGMENT:
            raise NotCountable("too-much")
        times[" ".join(segment.split())] += 1
    words = Decimal(0)
    weighted = Decimal(0)
    for segment, count in times.items():
        size = _size(segment)
        words += size * count
        weighted += size + size * (count - 1) * REPETITION
    return WordCount(_whole(words), _whole(weighted))


def _size(segment: str) -> Decimal:
    ideographs = sum(1 for _ in _IDEOGRAPH.finditer(segment))
    return (
        sum(1 for _ in _WORD.finditer(_IDEOGRAPH.sub(" ", segment)))
        + Decimal(ideographs) / 2
    )


def _whole(number: Decimal) -> int:
    return int(number.to_integral_value(ROUND_HALF_UP))


def _text_segments(content: BinaryIO) -> Iterator[str]:
    return _sentences(_decoded(_limited(content)))


def _limited(content: BinaryIO) -> bytes:
    text = content.read(MAX_TEXT + 1)
    if len(text) > MAX_TEXT:
        raise NotCountable("too-much")
    return text


def _decoded(content: bytes) -> str:
    marks = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16", b"\xef\xbb\xbf": "utf-8-sig"}
    encoding = next(
        (name for mark, name in marks.items() if content.startswith(mark)), "utf-8"
    )
    try:
        return content.decode(encoding)
    except UnicodeDecodeError:
        if b"\0" in content:
            raise NotCountable("no-text") from None
        return content.decode("windows-1252", errors="replace")


def _sentences(text: str) -> Iterator[str]:
    start = 0
    for end in _SENTENCE_END.finditer(text):
        if text[start : end.start()].strip():
            yield text[start : end.start()]
        start = end.end()
    if text[start:].strip():
        yield text[start:]


@dataclass(eq=False)
class _SegmentCollector:
    """The parser target: collects the texts of the innermost segments."""

    segment: str
    text: str | None
    """The element that holds a segment's text; None: anywhere in the segment."""
    name: Callable[[str], str] = str
    """The part of an element's name that counts."""
    root: str | None = None
    ready: list[str] = field(default_factory=list)
    open: list[list[str]] = field(default_factory=list)
    inside: int = 0
    depth: int = 0
    elements: int = 0
    characters: int = 0
    """Characters of the open segments."""
    events: int = 0
    """How many events the parser has reported."""

    def doctype(self, *_: str | None) -> None:
        # Entities need a document type: without one nothing expands and nothing is loaded from
        # outside.
        raise NotCountable("document-type")

    def start(self, tag: str, _attributes: dict[str, str]) -> None:
        name = self.name(tag)
        self.root = self.root or name
        self.depth += 1
        self.elements += 1
        self.events += 1
        if self.elements > MAX_ELEMENTS or self.depth > MAX_DEPTH:
            raise NotCountable("too-complex")
        if name == self.segment:
            self.open.append([])
        elif name == self.text:
            self.inside += 1

    def data(self, text: str) -> None:
        self.events += 1
        if self.open and (self.text is None or self.inside):
            self.characters += len(text)
            if self.characters > MAX_SEGMENT:
                raise NotCountable("too-much")
            self.open[-1].append(text)

    def end(self, tag: str) -> None:
        name = self.name(tag)
        self.depth -= 1
        self.events += 1
        if name == self.segment:
            text = "".join(self.open.pop())
            self.characters -= len(text)
            if text.strip():
                self.ready.append(text)
        elif name == self.text:
            self.inside -= 1

    def take(self) -> list[str]:
        """Return the segments that were completed since the last call."""
        segments, self.ready = self.ready, []
        return segments


def _parse_segments(chunks: Iterable[bytes], collector: _SegmentCollector) -> Iterator[str]:
    parser = ElementTree.XMLParser(target=collector)  # noqa: S314  document types are refused
    events = silent = 0
    try:
        for chunk in chunks:
            parser.feed(chunk)
            events, silent = (
                collector.events,
                silent + len(chunk) if events == collector.events else 0,
            )
            if silent > MAX_TOKEN:
                raise NotCountable("too-much")
            yield from collector.take()
        parser.close()
    except NotCountable:
        raise
    except (ElementTree.ParseError, ValueError, LookupError):
        raise NotCountable("no-xml") from None
    yield from collector.take()


def _xliff_segments(content: BinaryIO) -> Iterator[str]:
    collector = _SegmentCollector("source", None, lambda tag: tag.rpartition("}")[2])
    yield from _parse_segments(_limited_chunks(content, MAX_UNPACKED), collector)
    if collector.root != "xliff":
        raise NotCountable("no-xliff")


def _limited_chunks(content: IO[bytes], max_bytes: int) -> Iterator[bytes]:
    remaining = max_bytes
    while chunk := content.read(_CHUNK):
        remaining -= len(chunk)
        if remaining < 0:
            raise NotCountable("too-much")
        yield chunk


def _docx_paragraphs(content: BinaryIO) -> Iterator[str]:
    _check_directory(content)
    try:
        with zipfile.ZipFile(content) as archive:
            parts = [
                info.filename
                for info in archive.infolist()
                if _DOCX_PARTS.fullmatch(info.filename)
            ]
            if "word/document.xml" not in parts:
                raise NotCountable("no-word")
            remaining, elements = MAX_UNPACKED, 0
            for part in sorted(set(parts)):
                with archive.open(part) as stream:
                    chunks = _limited_chunks(stream, remaining)
                    collector = _SegmentCollector(f"{_W}p", f"{_W}t", elements=elements)
                    yield from _parse_segments(chunks, collector)
                    remaining, elements = remaining - stream.tell(), collector.elements
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError):
        # zipfile raises these for damage, unknown compression and encryption
        raise NotCountable("no-word") from None


def _check_directory(content: BinaryIO) -> None:
    """Refuse archives without the small, plain directory that Word writes, before reading it."""
    size = content.seek(0, 2)
    content.seek(max(0, size - _END_RECORD - 20))
    tail = content.read()
    content.seek(0)
    record = tail[-_END_RECORD:]
    if (
        len(record) < _END_RECORD
        or record[:4] != b"PK\5\6"
        or record[20:] != b"\0\0"
        or b"PK\6\7" in tail
    ):
        raise NotCountable("no-word")
    if int.from_bytes(record[12:16], "little") > _MAX_DIRECTORY_BYTES:
        raise NotCountable("too-much")


# The readers of segments by file extension.
_SEGMENTS: Final[Mapping[str, Callable[[BinaryIO], Iterator[str]]]] = {
    **dict.fromkeys(("txt", "md", "csv", "srt"), _text_segments),
    **dict.fromkeys(("xlf", "xliff"), _xliff_segments),
    "docx": _docx_paragraphs,
}
