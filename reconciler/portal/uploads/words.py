"""Weighted words: how much there is to translate in a file, as a quote counts it.

Understood are plain text, XLIFF 1.2 and 2.x, and DOCX; of anything else the count is None and a
project manager enters it. Files come from strangers, so the work is bounded whatever they hold: text
is read up to a limit, archives and XML as a stream that keeps nothing, and a document type is not read.
The time is bounded where this is called (`counting`).

Weights (an assumption, to be agreed with each provider): a segment counts in full the first time
and `REPETITION` each time it comes again; two ideographs or kana count as one word.
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
MOST_TEXT: Final = 16 * 1024 * 1024
"""Bytes of plain text that are counted: some two and a half million words."""
MOST_UNPACKED: Final = 64 * 1024 * 1024
"""Bytes of XML that are read."""
MOST_SEGMENTS: Final = 500_000
MOST_ELEMENTS: Final = 200_000
"""XML elements of one file, in all its parts."""
LONGEST_SEGMENT: Final = 1024 * 1024
"""Characters of one segment: a sentence of a thousand pages is none."""
LONGEST_TOKEN: Final = 1024 * 1024
"""Bytes between two things that the parser tells of: older parsers read a long attribute again with every chunk."""
DEEPEST: Final = 500

Reason: TypeAlias = Literal[
    "other-kind", "no-text", "no-xml", "document-type", "no-xliff", "no-word", "too-much", "too-complex", "no-bytes"
]
"""Why nobody but a person can count a file; the pages have a sentence for each."""

_WORD: Final = re.compile(r"[^\W_]+(?:['’.\-][^\W_]+)*")
_IDEOGRAPH: Final = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_SENTENCE_END: Final = re.compile(r"(?<=[.!?。！？])\s+|\n+")
_DOCX_PARTS: Final = re.compile(r"word/(document|header\d*|footer\d*|footnotes|endnotes|comments)\.xml")
_W: Final = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_CHUNK: Final = 64 * 1024
_END_RECORD: Final = 22
_LARGEST_DIRECTORY: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class WordCount:
    """Words as they stand, and what they weigh once repetitions are discounted (rounded)."""

    words: int
    weighted: int


class NotCountable(ValueError):
    """The file says it is of a kind we count, and is not, or is too much of it."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason: Reason = reason


def count_words(name: str, content: BinaryIO) -> WordCount | None:
    """The words of a file by its name's ending, or None for kinds that a person has to count.

    Raises NotCountable when the content is not of the kind that the name promises.
    """
    kind = kind_of(name)
    return _weigh(_SEGMENTS[kind](content)) if kind else None


def kind_of(name: str) -> str | None:
    """The ending of a name, when files that end so are counted."""
    ending = name.rpartition(".")[2].lower()
    return ending if ending in _SEGMENTS else None


def _weigh(segments: Iterable[str]) -> WordCount:
    times: Counter[str] = Counter()
    for number, segment in enumerate(segments):
        if number == MOST_SEGMENTS or len(segment) > LONGEST_SEGMENT:
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
    return sum(1 for _ in _WORD.finditer(_IDEOGRAPH.sub(" ", segment))) + Decimal(ideographs) / 2


def _whole(number: Decimal) -> int:
    return int(number.to_integral_value(ROUND_HALF_UP))


def _text_segments(content: BinaryIO) -> Iterator[str]:
    return _sentences(_decoded(_limited(content)))


def _limited(content: BinaryIO) -> bytes:
    text = content.read(MOST_TEXT + 1)
    if len(text) > MOST_TEXT:
        raise NotCountable("too-much")
    return text


def _decoded(content: bytes) -> str:
    marks = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16", b"\xef\xbb\xbf": "utf-8-sig"}
    encoding = next((name for mark, name in marks.items() if content.startswith(mark)), "utf-8")
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
class _Gathering:
    """What an XML parser tells of: the texts of the innermost segments, and nothing else is kept."""

    segment: str
    text: str | None
    """Where a segment's text stands; None: anywhere in it."""
    name: Callable[[str], str] = str
    """The part of an element's name that counts."""
    root: str | None = None
    ready: list[str] = field(default_factory=list)
    open: list[list[str]] = field(default_factory=list)
    inside: int = 0
    depth: int = 0
    elements: int = 0
    characters: int = 0
    """Of the segments that are open."""
    told: int = 0
    """How often the parser told of anything."""

    def doctype(self, *_: str | None) -> None:
        # Entities need a document type: without one nothing expands and nothing is loaded from outside.
        raise NotCountable("document-type")

    def start(self, tag: str, _attributes: dict[str, str]) -> None:
        name = self.name(tag)
        self.root = self.root or name
        self.depth += 1
        self.elements += 1
        self.told += 1
        if self.elements > MOST_ELEMENTS or self.depth > DEEPEST:
            raise NotCountable("too-complex")
        if name == self.segment:
            self.open.append([])
        elif name == self.text:
            self.inside += 1

    def data(self, text: str) -> None:
        self.told += 1
        if self.open and (self.text is None or self.inside):
            self.characters += len(text)
            if self.characters > LONGEST_SEGMENT:
                raise NotCountable("too-much")
            self.open[-1].append(text)

    def end(self, tag: str) -> None:
        name = self.name(tag)
        self.depth -= 1
        self.told += 1
        if name == self.segment:
            text = "".join(self.open.pop())
            self.characters -= len(text)
            if text.strip():
                self.ready.append(text)
        elif name == self.text:
            self.inside -= 1

    def taken(self) -> list[str]:
        """The segments that were complete since the last time."""
        found, self.ready = self.ready, []
        return found


def _gathered(chunks: Iterable[bytes], gathering: _Gathering) -> Iterator[str]:
    parser = ElementTree.XMLParser(target=gathering)  # noqa: S314  a document type is refused before it is read
    told = silent = 0
    try:
        for chunk in chunks:
            parser.feed(chunk)
            told, silent = gathering.told, silent + len(chunk) if told == gathering.told else 0
            if silent > LONGEST_TOKEN:
                raise NotCountable("too-much")
            yield from gathering.taken()
        parser.close()
    except NotCountable:
        raise
    except (ElementTree.ParseError, ValueError, LookupError):
        raise NotCountable("no-xml") from None
    yield from gathering.taken()


def _xliff_segments(content: BinaryIO) -> Iterator[str]:
    gathering = _Gathering("source", None, lambda tag: tag.rpartition("}")[2])
    yield from _gathered(_bounded(content, MOST_UNPACKED), gathering)
    if gathering.root != "xliff":
        raise NotCountable("no-xliff")


def _bounded(content: IO[bytes], most: int) -> Iterator[bytes]:
    left = most
    while chunk := content.read(_CHUNK):
        left -= len(chunk)
        if left < 0:
            raise NotCountable("too-much")
        yield chunk


def _docx_paragraphs(content: BinaryIO) -> Iterator[str]:
    _small_directory(content)
    try:
        with zipfile.ZipFile(content) as archive:
            parts = [info.filename for info in archive.infolist() if _DOCX_PARTS.fullmatch(info.filename)]
            if "word/document.xml" not in parts:
                raise NotCountable("no-word")
            left, elements = MOST_UNPACKED, 0
            for part in sorted(set(parts)):
                with archive.open(part) as stream:
                    chunks = _bounded(stream, left)
                    gathering = _Gathering(f"{_W}p", f"{_W}t", elements=elements)
                    yield from _gathered(chunks, gathering)
                    left, elements = left - stream.tell(), gathering.elements
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError):
        # zipfile's words for damage, unknown compression, and encryption
        raise NotCountable("no-word") from None


def _small_directory(content: BinaryIO) -> None:
    """Word's archives end in a plain record of a small directory; a directory of millions is not even read."""
    size = content.seek(0, 2)
    content.seek(max(0, size - _END_RECORD - 20))
    tail = content.read()
    content.seek(0)
    record = tail[-_END_RECORD:]
    if len(record) < _END_RECORD or record[:4] != b"PK\5\6" or record[20:] != b"\0\0" or b"PK\6\7" in tail:
        raise NotCountable("no-word")
    if int.from_bytes(record[12:16], "little") > _LARGEST_DIRECTORY:
        raise NotCountable("too-much")


_SEGMENTS: Final[Mapping[str, Callable[[BinaryIO], Iterator[str]]]] = {
    **dict.fromkeys(("txt", "md", "csv", "srt"), _text_segments),
    **dict.fromkeys(("xlf", "xliff"), _xliff_segments),
    "docx": _docx_paragraphs,
}
"""How the segments of each kind of file are read, by the ending of its name."""
