"""Positions in a document, a composed document, and the error for a text that is not one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, TypeAlias

from reconciler.model.rules import RuleId

Path: TypeAlias = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Span:
    """The place of a part: line and column from 1, and the number of characters to underline."""

    line: int
    column: int
    length: int = 1


@dataclass(slots=True)
class Composed:
    """The value of a document, and the places of its values and keys by path."""

    value: Any = None
    values: dict[Path, Span] = field(default_factory=dict)
    keys: dict[Path, Span] = field(default_factory=dict)


class DocumentError(Exception):
    """The reason why a text is not a document: a rule, a message, a place; `at`: of a value."""

    def __init__(
        self,
        rule: RuleId,
        message: str,
        span: Span,
        hint: str | None = None,
        at: Path = (),
    ) -> None:
        super().__init__(message)
        self.rule, self.message, self.span, self.hint = rule, message, span, hint
        self.at = at
