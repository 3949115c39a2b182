"""Sentences for people, as data: an English template and the values of its placeholders.

`planning` and `reports` make them; `reports.wording` turns them into text in the reviewers'
language. `str()` is the English text: JSON and the sorting of a plan never depend on a language.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

Argument: TypeAlias = "int | str | Sentence | Listing"

# The context of a layout.
WITHOUT_WORDS: Final = ""


@dataclass(frozen=True, slots=True)
class Sentence:
    """A template with its arguments, sorted by name; equal if every part is equal.

    `context` and `template` are the msgctxt and msgid of the gettext catalogs. `plural`: the
    template for every `count` but 1; None for a sentence that counts nothing.
    """

    context: str
    template: str
    arguments: tuple[tuple[str, Argument], ...] = ()
    plural: str | None = None
    count: int = 1

    def __str__(self) -> str:
        is_plural = self.plural is not None and self.count != 1
        template = self.plural if is_plural and self.plural else self.template
        return template.format(**dict(self.arguments))

    def with_arguments(self, **arguments: Argument) -> Sentence:
        """Return the sentence with these arguments added; for templates that wait in a table."""
        merged = {**dict(self.arguments), **arguments}
        return replace(self, arguments=tuple(sorted(merged.items())))

    def with_texts(self, change: Callable[[str], str]) -> Sentence:
        """Return the sentence with every text that is data replaced, at any depth."""
        # The template stays: it is ours, and a changed one would be in no catalog.
        arguments = ((name, _with_texts(value, change)) for name, value in self.arguments)
        return replace(self, arguments=tuple(arguments))


def sentence(context: str, template: str, /, **arguments: Argument) -> Sentence:
    """Return a sentence. Both texts are literals: `make messages` reads them from the source."""
    return Sentence(context, template, tuple(sorted(arguments.items())))


def plural_sentence(
    context: str, singular: str, plural: str, count: int, /, **arguments: Argument
) -> Sentence:
    """Return a sentence about a number of things, which fills the placeholder `count`."""
    values = tuple(sorted({**arguments, "count": count}.items()))
    return Sentence(context, singular, values, plural, count)


def layout(template: str, /, **arguments: Argument) -> Sentence:
    """Return a sentence without a word of its own, which no catalog holds."""
    return Sentence(WITHOUT_WORDS, template, tuple(sorted(arguments.items())))


# Separators are sentences, because Arabic has a comma and a semicolon of its own.
COMMA: Final = sentence("list", ", ")
SEMICOLON: Final = sentence("list", "; ")
AND: Final = sentence("list", " and ")
SPACE: Final = layout(" ")


@dataclass(frozen=True, slots=True)
class Listing:
    """Items with a separator between them."""

    items: tuple[str | Sentence, ...]
    separator: Sentence = COMMA

    def __str__(self) -> str:
        return str(self.separator).join(map(str, self.items))


def _with_texts(value: Argument, change: Callable[[str], str]) -> Argument:
    match value:
        case str():
            return change(value)
        case Sentence():
            return value.with_texts(change)
        case Listing():
            items = (
                item.with_texts(change) if isinstance(item, Sentence) else change(item)
                for item in value.items
            )
            return replace(value, items=tuple(items))
        case _:
            return value
