"""The language of a report: sentences in, safe text out.

The catalogs are gettext's. `cli` loads one and passes it as a value: nothing here opens a file.
English needs none, because its sentences are the msgids.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from gettext import NullTranslations
from typing import Final

from reconciler.model.choices import ENGLISH as ENGLISH_TAG
from reconciler.model.sentences import WITHOUT_WORDS, Argument, Listing, Sentence, sentence
from reconciler.reports.formatting import break_commands, escape_sentence, isolate

# Two facts about a language that translators know and gettext has no header for. A catalog
# translates the first to "rtl" if its script runs from right to left.
_DIRECTION: Final = sentence("direction", "ltr")
_THOUSANDS: Final = sentence("number", ",")


class _Number(int):
    """A number that a template groups with the language's own separator."""

    separator: str

    def __format__(self, spec: str) -> str:
        return super().__format__(spec).replace(",", self.separator)


@dataclass(frozen=True, slots=True)
class Wording:
    """A language for the sentences of a report: its tag, and its catalog as gettext reads it."""

    language: str = ENGLISH_TAG
    translations: NullTranslations = field(default_factory=NullTranslations, repr=False)

    def text(self, value: Argument, show: Callable[[str], str] = escape_sentence) -> str:
        """Return the value in this language as one line, in which no data is interpreted.

        `show`: makes a text that is data safe for the place where the line stands.
        """
        line = break_commands(f"{self._value_text(value, show)}")
        # Symbols and columns around the line run from left to right in every language.
        return isolate(line) if self._is_right_to_left else line

    def _value_text(self, value: Argument, show: Callable[[str], str]) -> str | _Number:
        match value:
            case Sentence():
                arguments = {
                    name: self._value_text(item, show) for name, item in value.arguments
                }
                return self._template(value).format(**arguments)
            case Listing():
                items = (f"{self._value_text(item, show)}" for item in value.items)
                return self._template(value.separator).join(items)
            case str():
                # A path or an address would otherwise be torn apart by the Arabic around it.
                return isolate(show(value)) if self._is_right_to_left else show(value)
            case _:
                number = _Number(value)
                number.separator = self._template(_THOUSANDS)
                return number

    def _template(self, text: Sentence) -> str:
        """Return the translated template, in its form for the count; the English one if none."""
        if text.context == WITHOUT_WORDS:
            return text.template
        if text.plural is None:
            return self.translations.pgettext(text.context, text.template)
        return self.translations.npgettext(
            text.context, text.template, text.plural, text.count
        )

    @property
    def _is_right_to_left(self) -> bool:
        return self._template(_DIRECTION) == "rtl"


ENGLISH: Final = Wording()
