"""Strict YAML: text in; a plain value with the position of every part, or one error, out.

The only module that imports PyYAML. libyaml's event stream is composed here and not by PyYAML's
loaders, because those guess types, lose positions, keep the last of two equal keys, and crash on
deep nesting. Depth is counted on events, before anything is built.

Only plain `true false null` and decimal integers are typed; every other scalar is text. The schema
is not checked here. The limits make sure that any megabyte of bytes is finished quickly.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any, Final

import yaml

from reconciler.documents.positions import Composed, DocumentError, Path, Span
from reconciler.documents.source_text import CONTROL, character_name, place_of
from reconciler.documents.typing_slips import typographic_quotes
from reconciler.model.rules import RuleId

# libyaml's own loader recurses in C and dies of SIGSEGV at 30,000 brackets (SPEC part 2).
MAX_DEPTH: Final = 32
MAX_NODES: Final = 20_000
MAX_SCALAR_LENGTH: Final = 64 * 1024
# Python's `int` takes quadratic time for long texts, and raises ValueError over 4,300
# digits.
MAX_DIGITS: Final = 100


# YAML 1.1 reads `0123` as octal and `12:30:45` as a number to base 60; here both are text.
_INTEGER: Final = re.compile(r"0|-?[1-9][0-9]*")
# Not `no`, `off` or `on`: YAML 1.1 reads the Norwegian language and the key of a date as
# booleans.
_WORDS: Final = {"true": True, "false": False, "null": None}
_DIRECTIVE: Final = re.compile(r"^%", re.MULTILINE)
_QUOTED_LENGTH: Final = 40
# Messages of libyaml that only its authors understand.
_MESSAGES: Final = {
    "did not find expected <document start>": "this line begins further left than the first one",
}
_UNTERMINATED: Final = {
    "could not find expected ':'": (
        "no ': ' follows the key that begins here",
        "write it as key: value",
    ),
    "found unexpected end of stream": (
        "the text that begins here is not closed",
        "close the quotes",
    ),
}


def compose(text: str) -> Composed:
    """Return the one document in the text, with positions. Raises DocumentError, and nothing else,
    for any text.
    """
    if match := _DIRECTIVE.search(text):
        raise DocumentError(
            RuleId.YAML_DIRECTIVE,
            "directives are not supported",
            place_of(text, match.start()),
            "delete the line",
        )
    if (tab := text.find("\t")) >= 0:
        is_indent = not text[text.rfind("\n", 0, tab) + 1 : tab].strip()
        raise DocumentError(
            RuleId.YAML_TAB,
            "tabs are not allowed",
            place_of(text, tab),
            "indent with two spaces" if is_indent else "type a space instead",
        )
    try:
        return _Composer(text).document()
    except yaml.YAMLError as error:
        raise _translate(error) from None


def _translate(error: yaml.YAMLError) -> DocumentError:
    problem = str(getattr(error, "problem", None) or "this is not YAML")
    if problem in _UNTERMINATED:
        return _unterminated(error, problem)
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    span = Span(mark.line + 1, mark.column + 1) if mark else Span(1, 1)
    if "escape" in problem:
        return DocumentError(
            RuleId.YAML_CHARACTER,
            "this escape does not exist",
            span,
            "write the character, or two backslashes for one",
        )
    message = _MESSAGES.get(problem, problem)
    return DocumentError(RuleId.YAML_SYNTAX, message, span, _syntax_hint(problem))


def _unterminated(error: yaml.YAMLError, problem: str) -> DocumentError:
    """Return the error at the place where the text began; libyaml reports the end."""
    mark = getattr(error, "context_mark", None) or getattr(error, "problem_mark", None)
    message, hint = _UNTERMINATED[problem]
    return DocumentError(
        RuleId.YAML_SYNTAX,
        message,
        Span(mark.line + 1, mark.column + 1) if mark else Span(1, 1),
        hint,
    )


def _syntax_hint(problem: str) -> str:
    if "document start" in problem:
        return "begin all keys of the file in the same column"
    if "mapping values" in problem:
        return "put text that contains ': ' into double quotes"
    if "start any token" in problem:
        return "put text that begins with this character into double quotes"
    return "compare the indentation and the quotes with the lines around it"


class _Composer:
    """Composes one document from events; counts depth and nodes before it builds anything."""

    def __init__(self, text: str) -> None:
        # Only the events are used: no loader gets to interpret a tag.
        self._events: Iterator[Any] = _limit_depth(
            yaml.parse(text, Loader=yaml.CSafeLoader)
        )
        self._text = text
        self._composed = Composed()
        self._nodes = 0

    def document(self) -> Composed:
        next(self._events)
        # A file that is empty or holds only comments has no document.
        if isinstance(next(self._events), yaml.StreamEndEvent):
            return self._composed
        root = next(self._events)
        if not _is_empty(root):
            self._composed.value = self._node(root, ())
        next(self._events)
        event = next(self._events)
        if not isinstance(event, yaml.StreamEndEvent):
            raise DocumentError(
                RuleId.YAML_SEVERAL_DOCUMENTS,
                "a second document begins here",
                _span(event),
                "write one document per file",
            )
        return self._composed

    def _node(self, event: Any, path: Path) -> Any:
        # Counted before anything is built, so that a file is refused at the cost of reading
        # it.
        self._nodes += 1
        span = _span(event)
        if self._nodes > MAX_NODES:
            raise DocumentError(RuleId.YAML_SIZE, f"more than {MAX_NODES} values", span)
        self._refuse_features(event, span)
        self._composed.values[path] = span
        if isinstance(event, yaml.MappingStartEvent):
            return self._mapping(path)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._sequence(path)
        return _scalar(event, span, path)

    def _refuse_features(self, event: Any, span: Span) -> None:
        if isinstance(event, yaml.AliasEvent):
            message = f"the alias '*{_short(str(event.anchor))}' is not supported"
            raise DocumentError(RuleId.YAML_ALIAS, message, span, "write the value out")
        if event.anchor is not None:
            message = f"the anchor '&{_short(event.anchor)}' is not supported"
            raise DocumentError(RuleId.YAML_ALIAS, message, span, "delete the anchor")
        if event.tag is not None:
            tag = _short(event.tag.replace("tag:yaml.org,2002:", "!!"))
            raise DocumentError(
                RuleId.YAML_TAG, f"the tag '{tag}' is not supported", span, "delete the tag"
            )

    def _sequence(self, path: Path) -> list[Any]:
        items: list[Any] = []
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            items.append(self._node(event, (*path, len(items))))
        return items

    def _mapping(self, path: Path) -> dict[str, Any]:
        entries: dict[str, Any] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            key = self._key(event, path, entries)
            entries[key] = self._node(next(self._events), (*path, key))
        return entries

    def _key(self, event: Any, path: Path, entries: Mapping[str, Any]) -> str:
        span = _span(event)
        if not isinstance(event, yaml.ScalarEvent):
            self._refuse_features(event, span)
            raise DocumentError(RuleId.YAML_KEY, "a key must be a word", span)
        self._refuse_features(event, span)
        key = _validate_text(event.value, span)
        # In quotes, `<<` is a text like any other.
        if key == "<<" and not event.style:
            raise DocumentError(
                RuleId.YAML_ALIAS,
                "the merge key '<<' is not supported",
                span,
                "write the values out",
            )
        # Keys are normalised above, so two spellings of one letter are the same key.
        if key in entries:
            first = self._composed.keys[(*path, key)]
            raise DocumentError(
                RuleId.YAML_KEY_TWICE,
                f"'{_short(key)}' is repeated; it is already on line {first.line}",
                span,
                "keep one of them",
            )
        self._composed.keys[(*path, key)] = span
        return key


def _limit_depth(events: Iterator[Any]) -> Iterator[Any]:
    depth = 0
    for event in events:
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MAX_DEPTH:
                raise DocumentError(
                    RuleId.YAML_DEPTH,
                    f"nested deeper than {MAX_DEPTH} levels",
                    _span(event),
                )
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        yield event


def _span(event: Any) -> Span:
    start, end = event.start_mark, event.end_mark
    # A value over several lines gets a caret at its first character only.
    length = end.column - start.column if end.line == start.line else 1
    return Span(start.line + 1, start.column + 1, max(1, length))


def _short(text: str) -> str:
    return text if len(text) <= _QUOTED_LENGTH else text[: _QUOTED_LENGTH - 1] + "…"


def _is_empty(event: Any) -> bool:
    bare = (
        isinstance(event, yaml.ScalarEvent) and event.anchor is None and event.tag is None
    )
    return bare and not event.style and event.value == ""


def _scalar(event: Any, span: Span, path: Path) -> str | int | bool | None:
    text: str = event.value
    if not event.style:  # libyaml returns "" and the pure parser None for a plain scalar
        if text in _WORDS:
            return _WORDS[text]
        if _INTEGER.fullmatch(text):
            return _integer(text, span)
        # Both are null in YAML. An empty value is more often a forgotten one than a wish to
        # empty the field.
        if text in {"", "~"}:
            raise DocumentError(
                RuleId.YAML_EMPTY,
                "the value is missing",
                span,
                "write the value; to empty the field, write null",
                path,
            )
        if (slip := typographic_quotes(text, span)) is not None:
            raise slip
    return _validate_text(text, span)


def _integer(text: str, span: Span) -> int:
    if len(text) > MAX_DIGITS:
        message = f"a number of {len(text)} digits; the limit is {MAX_DIGITS}"
        raise DocumentError(
            RuleId.YAML_SIZE, message, span, "put it into double quotes if it is text"
        )
    return int(text)


def _validate_text(text: str, span: Span) -> str:
    if len(text) > MAX_SCALAR_LENGTH:
        raise DocumentError(
            RuleId.YAML_SIZE,
            f"a text of {len(text)} characters; the limit is {MAX_SCALAR_LENGTH}",
            span,
        )
    # Again, because an escape such as "\u202e" brings in what the bytes do not show.
    if match := CONTROL.search(text):
        raise DocumentError(
            RuleId.YAML_CHARACTER,
            f"{character_name(match[0])} is not allowed in a text",
            span,
            "remove the escape",
        )
    # Some editors on macOS write letters decomposed; the portal stores texts as they are
    # sent.
    return unicodedata.normalize("NFC", text)
