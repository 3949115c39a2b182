"""Slips of typing that YAML reads as something else: found by line, with what to type instead.

YAML reports such a slip somewhere else: without the space after a colon the line is text, and the
error is at the next line. So when a file cannot be read, its lines are searched for a slip first.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Final

from reconciler.documents.positions import DocumentError, Span
from reconciler.documents.source_text import character_name
from reconciler.model.rules import RuleId

# Spaces that editors and word processors put where people type an ordinary one. YAML reads them as
# letters.
_OTHER_SPACES: Final = "\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000"
_INDENT: Final = re.compile(rf"^ *([{_OTHER_SPACES}])")
_AFTER_COLON: Final = re.compile(rf"^ *(?:- )?([a-z_]+):([{_OTHER_SPACES}])")
# `https://` is no key, and in `a:b: c` the second colon ends the key.
_NO_SPACE: Final = re.compile(r"^ *(?:- )?([a-z_]+):(?![ /\s])([^:]+)$")
# Keyboards for Chinese and Japanese type this colon.
_FULL_WIDTH_COLON: Final = re.compile(r"^ *(?:- )?([a-z_]+) ?(\uff1a)")
# They stand for the brackets of lists and mappings, and end what YAML can read.
_FULL_WIDTH_BRACKET: Final = re.compile(r"^ *(?:- )?[a-z_]+: +([\uff3b\uff5b])")
# Word processors turn the hyphen of a list into one of these.
_DASHES: Final = "\u2010-\u2015\u2022\u00b7\u2212"
_OTHER_DASH: Final = re.compile(rf"^ *([{_DASHES}]) ?\S")
_EQUALS: Final = re.compile(r"^ *([a-z_]+) ?= ?(\S.*)$")
_FENCE: Final = re.compile(r"^(```|~~~)")
# The letters of ASCII as Chinese, Japanese and Korean keyboards type them, and their comma.
_FULL_WIDTH: Final = re.compile("[\uff01-\uff5e\u3001]")
_ANY_OTHER_SPACE: Final = re.compile(f"[{_OTHER_SPACES}]")
_OPENING_QUOTES: Final = "\u201c\u201d\u201e\u2018\u2019\u201a\u00ab\u00bb"


def find_slip(lines: Sequence[str]) -> DocumentError | None:
    """Return the first slip of a file that cannot be read as it is; None if there is none."""
    for number, line in enumerate(lines, 1):
        if match := _INDENT.match(line):
            return _other_space(
                match[1], number, match.start(1), "indent with ordinary spaces"
            )
        if match := _AFTER_COLON.match(line):
            hint = f"type an ordinary space after '{match[1]}:'"
            return _other_space(match[2], number, match.start(2), hint)
        if match := _FULL_WIDTH_COLON.match(line):
            hint = f"type '{match[1]}: ' with an ordinary colon"
            return DocumentError(
                RuleId.YAML_CHARACTER,
                "this colon is a fullwidth colon (U+FF1A)",
                Span(number, match.start(2) + 1),
                hint,
            )
        if match := _FULL_WIDTH_BRACKET.match(line):
            hint = "type ordinary brackets: [a, b] or {key: value}"
            return _other_character(match[1], number, match.start(1), hint)
        if match := _OTHER_DASH.match(line):
            hint = "begin an item of a list with a hyphen and a space"
            return _other_character(match[1], number, match.start(1), hint)
        if match := _EQUALS.match(line):
            return DocumentError(
                RuleId.YAML_SYNTAX,
                "'=' does not separate a key from its value",
                Span(number, line.index("=") + 1),
                f"write {match[1]}: {match[2].strip()}",
            )
        if match := _FENCE.match(line):
            return DocumentError(
                RuleId.YAML_SYNTAX,
                "this line is Markdown and not YAML",
                Span(number, 1, len(match[1])),
                "delete the line",
            )
        if match := _NO_SPACE.match(line):
            return DocumentError(
                RuleId.YAML_SYNTAX,
                f"a space is missing after '{match[1]}:'",
                Span(number, match.end(1) + 1),
                f"write {match[1]}: {match[2].strip()}",
            )
    return None


def has_other_space(key: str) -> bool:
    """Return whether a key begins with a space that YAML reads as a letter."""
    return _INDENT.match(key) is not None


def typographic_quotes(text: str, span: Span) -> DocumentError | None:
    """Return the problem of plain text in typographic quotes, which YAML reads as part of it."""
    inner = text[1:-1]
    if len(text) < 2 or text[0] not in _OPENING_QUOTES or text[-1] not in _OPENING_QUOTES:
        return None
    escaped = inner.replace("\\", "\\\\").replace('"', '\\"')
    return DocumentError(
        RuleId.YAML_CHARACTER,
        f"{text[0]} and {text[-1]} are part of the text, and not quotes of YAML",
        span,
        f'write "{escaped}"; if the quotes belong to the text, write "{text}"',
    )


def unusual_characters(text: str) -> tuple[str, str] | None:
    """Return what looks ordinary in a value and is not, and what to type; None if there is nothing.

    Only for values that are not valid: names are written so in some languages.
    """
    if match := _FULL_WIDTH.search(text):
        ordinary = unicodedata.normalize("NFKC", text).replace("\u3001", ",")
        return f"'{match[0]}' is {character_name(match[0])}", f"type {ordinary}"
    if match := _ANY_OTHER_SPACE.search(text):
        ordinary = _ANY_OTHER_SPACE.sub(" ", text).strip()
        return f"it contains {character_name(match[0])}", f"type {ordinary}"
    return None


def item_without_space(text: str) -> str | None:
    """Return the item that the text was meant to be: `-jane` instead of `- jane`."""
    match = re.match(rf"[-{_DASHES}] *(\S.*)$", text)
    return match[1] if match else None


def _other_character(character: str, line: int, index: int, hint: str) -> DocumentError:
    return DocumentError(
        RuleId.YAML_CHARACTER,
        f"'{character}' is {character_name(character)}",
        Span(line, index + 1),
        hint,
    )


def _other_space(character: str, line: int, index: int, hint: str) -> DocumentError:
    name = unicodedata.name(character).lower()
    return DocumentError(
        RuleId.YAML_CHARACTER,
        f"this space is a {name} (U+{ord(character):04X})",
        Span(line, index + 1),
        hint,
    )
