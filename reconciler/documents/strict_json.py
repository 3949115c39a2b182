"""Strict JSON: text in; a value with the position of every part, or one error, out.

The standard library's decoder keeps no positions, takes the last of two equal keys, and reads
`NaN`. Depth and size are counted during reading, so that any text is finished quickly.
"""

from __future__ import annotations

import json
import math
import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from reconciler.documents.positions import Composed, DocumentError, Path, Span
from reconciler.documents.strict_yaml import MAX_DIGITS
from reconciler.model.rules import RuleId

MAX_DEPTH: Final = 32
MAX_VALUES: Final = 2_000

RULE: Final = RuleId.RULE_JSON
_SPACE: Final = re.compile(r"[ \t\r\n]*")
_TOKEN: Final = re.compile(
    # Any escape is accepted here; `json.loads` decides in `_text` which ones exist.
    r'(?P<mark>[{}\[\]:,])|(?P<text>"(?:[^"\\\x00-\x1f]|\\.)*")'
    r"|(?P<number>-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)|(?P<word>true|false|null)"
)
_WORDS: Final = {"true": True, "false": False, "null": None}
# `json.loads` accepts half of a pair, which no UTF-8 output can hold.
_SURROGATE: Final = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    span: Span


def compose_json(text: str) -> Composed:
    """Return the one JSON value in the text, with positions. Raises DocumentError, and nothing
    else.
    """
    reader = _Reader(text)
    reader.value(())
    reader.expect_end()
    return reader.composed


class _Reader:
    """Reads one value token by token, and records the place of each part."""

    def __init__(self, text: str) -> None:
        self.composed = Composed()
        self._tokens = _tokens(text)
        self._values = 0

    def value(self, path: Path) -> Any:
        """Return the value that begins here; the root is kept in `composed`."""
        token = next(self._tokens)
        self._values += 1
        if self._values > MAX_VALUES:
            raise DocumentError(RULE, f"more than {MAX_VALUES:,} values", token.span)
        if len(path) > MAX_DEPTH:
            raise DocumentError(RULE, f"nested deeper than {MAX_DEPTH} levels", token.span)
        self.composed.values[path] = token.span
        value = self._value(token, path)
        if not path:
            self.composed.value = value
        return value

    def expect_end(self) -> None:
        """Refuse anything after the value."""
        token = next(self._tokens)
        if token.kind != "end":
            raise DocumentError(
                RULE, f"{_describe(token)} follows the end of the value", token.span
            )

    def _value(self, token: _Token, path: Path) -> Any:
        match token.kind, token.text:
            case "mark", "{":
                return self._object(path)
            case "mark", "[":
                return self._array(path)
            case "text", _:
                return _text(token)
            case "number", _:
                return _number(token)
            case "word", word:
                return _WORDS[word]
        raise DocumentError(
            RULE, f"a value is missing before {_describe(token)}", token.span
        )

    def _object(self, path: Path) -> dict[str, Any]:
        entries: dict[str, Any] = {}
        token = next(self._tokens)
        # Only an empty object may end here: after a comma, `_key` refuses the brace.
        while not (token.text == "}" and not entries):
            key = self._key(token, path)
            self._expect(next(self._tokens), ":")
            entries[key] = self.value((*path, key))
            if self._ends(next(self._tokens), "}"):
                break
            token = next(self._tokens)
        return entries

    def _key(self, token: _Token, path: Path) -> str:
        if token.kind != "text":
            raise DocumentError(
                RULE,
                f"a key in double quotes is missing before {_describe(token)}",
                token.span,
            )
        key = _text(token)
        if first := self.composed.keys.get((*path, key)):
            message = f"{_describe(token)} is repeated; it is already on line {first.line}"
            raise DocumentError(RULE, message, token.span, "keep one of them")
        self.composed.keys[(*path, key)] = token.span
        return key

    def _array(self, path: Path) -> list[Any]:
        items: list[Any] = []
        token = self._peek()
        if token.text == "]":
            return items
        while True:
            items.append(self.value((*path, len(items))))
            if self._ends(next(self._tokens), "]"):
                return items

    def _peek(self) -> _Token:
        """Return the next token; it is read again unless it ends the array."""
        token = next(self._tokens)
        if token.text != "]":
            self._tokens = _before(token, self._tokens)
        return token

    def _ends(self, token: _Token, end: str) -> bool:
        if token.kind == "mark" and token.text in {end, ","}:
            return token.text == end
        raise DocumentError(
            RULE, f"',' or '{end}' is missing before {_describe(token)}", token.span
        )

    def _expect(self, token: _Token, mark: str) -> None:
        if token.text != mark:
            raise DocumentError(
                RULE, f"'{mark}' is missing before {_describe(token)}", token.span
            )


def _before(token: _Token, tokens: Iterator[_Token]) -> Iterator[_Token]:
    yield token
    yield from tokens


def _tokens(text: str) -> Iterator[_Token]:
    """Yield the tokens of the text, then end tokens without limit."""
    starts = [0, *(match.end() for match in re.finditer("\n", text))]
    at = 0
    while True:
        space = _SPACE.match(text, at)
        at = space.end() if space else at
        line = bisect_right(starts, at)
        span = Span(line, at - starts[line - 1] + 1)
        match = _TOKEN.match(text, at)
        if at == len(text):
            yield _Token("end", "", span)
        elif match is None:
            raise DocumentError(
                RULE, f"'{text[at : at + 12].split(maxsplit=1)[0]}' is not JSON", span
            )
        else:
            at = match.end()
            yield _Token(
                str(match.lastgroup), match[0], Span(span.line, span.column, len(match[0]))
            )


def _text(token: _Token) -> str:
    try:
        text = str(json.loads(token.text))
    except ValueError:
        raise DocumentError(
            RULE, "the text contains an escape that JSON does not have", token.span
        ) from None
    if _SURROGATE.search(text):
        raise DocumentError(RULE, "the text contains half of a surrogate pair", token.span)
    return text


def _number(token: _Token) -> int | float:
    if len(token.text) > MAX_DIGITS:
        raise DocumentError(
            RULE,
            f"a number of {len(token.text)} digits; the limit is {MAX_DIGITS}",
            token.span,
        )
    number = json.loads(token.text)
    # `json.loads` turns 1e999 into infinity.
    if isinstance(number, float) and not math.isfinite(number):
        raise DocumentError(RULE, f"the number {token.text} is too large", token.span)
    return number if isinstance(number, float) else int(number)


def _describe(token: _Token) -> str:
    if token.kind == "end":
        return "the end of the file"
    return f"'{token.text.strip(chr(34))[:40]}'"
