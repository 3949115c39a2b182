"""The text of a source file: bytes in; a text without hidden characters, or one error, out.

YAML documents and the JSON files of a provider's own rules share it.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from reconciler.documents.positions import DocumentError, Span
from reconciler.model.rules import RuleId

MAX_BYTES: Final = 1024 * 1024

# Direction marks can make a reviewer see another text (CVE-2021-42574, "Trojan Source").
# U+0085, U+2028 and U+2029 end a line in YAML 1.1, but not in most editors.
CONTROL: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u061c"
    "\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff]"
)
# Seven bars mark the common ancestor, which git writes under `merge.conflictStyle = diff3`.
_MARKER: Final = re.compile(r"^(<{7}|={7}|>{7}|\|{7})(?: |$)", re.MULTILINE)

# The byte order marks of both kinds.
_UTF_16: Final = (b"\xff\xfe", b"\xfe\xff")

# git-crypt writes this before the encrypted bytes of a file.
_GIT_CRYPT: Final = b"\0GITCRYPT\0"


def decode(content: bytes) -> str:
    """Return the file's text with LF line ends and without a byte order mark.

    Raises DocumentError for bytes that are not UTF-8, a lone CR, control or direction characters,
    merge-conflict markers, a file over 1 MiB, a Git LFS pointer, and a file encrypted by git-crypt.
    """
    if len(content) > MAX_BYTES:
        raise DocumentError(
            RuleId.FILE_SIZE, f"{len(content)} bytes; the limit is {MAX_BYTES}", Span(1, 1)
        )
    if content.startswith(_GIT_CRYPT):
        raise DocumentError(
            RuleId.YAML_ENCODING,
            "this file is encrypted by git-crypt",
            Span(1, 1),
            "run git-crypt unlock",
        )
    if content.startswith(_UTF_16):
        raise DocumentError(
            RuleId.YAML_ENCODING,
            "this file is UTF-16, which some Windows editors call Unicode",
            Span(1, 1),
            "save the file as UTF-8",
        )
    try:
        text = content.decode("utf-8").removeprefix("\ufeff").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        # In bytes: a line that cannot be decoded has no characters to count.
        column = error.start - (content.rfind(b"\n", 0, error.start) + 1) + 1
        raise DocumentError(
            RuleId.YAML_ENCODING,
            f"byte {error.start} is not UTF-8",
            Span(line, column),
            "save the file as UTF-8",
        ) from None
    # A pointer is valid YAML, a text over three lines; the error about it would help
    # nobody.
    if text.startswith("version https://git-lfs."):
        raise DocumentError(
            RuleId.GIT_LFS,
            "this is a Git LFS pointer, not a document",
            Span(1, 1),
            "run git lfs pull",
        )
    _refuse_characters(text)
    return text


def _refuse_characters(text: str) -> None:
    if match := CONTROL.search(text):
        character = match[0]
        hint = "use LF or CRLF line ends" if character == "\r" else "remove the character"
        raise DocumentError(
            RuleId.YAML_CHARACTER,
            f"{character_name(character)} is not allowed",
            place_of(text, match.start()),
            hint,
        )
    if match := _MARKER.search(text):
        raise DocumentError(
            RuleId.MERGE_CONFLICT,
            "a merge conflict is not resolved",
            place_of(text, match.start(), 7),
            "resolve the conflict",
        )


def character_name(character: str) -> str:
    """Return the code point of a character, with its Unicode name if it has one."""
    name = unicodedata.name(character, "")
    return f"U+{ord(character):04X} ({name})" if name else f"U+{ord(character):04X}"


def place_of(text: str, index: int, length: int = 1) -> Span:
    """Return the line and column of a position in a text."""
    return Span(
        text.count("\n", 0, index) + 1, index - (text.rfind("\n", 0, index) + 1) + 1, length
    )
