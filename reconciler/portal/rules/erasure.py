"""The search for a person's values in texts and JSON values, and their removal.

Values that stand for somebody or something else stay: the name of a namesake, a customer with the
person's name, an address that another person has today. `IDENTITIES` lists the members that say who
a row is.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final
from urllib.parse import quote, quote_plus

from reconciler.portal.rules.principals import Actor

IDENTITIES: Final = frozenset(
    {
        "name",
        "name_form",
        "email",
        "address_form",
        "sought",
        "project_managers",
        "email_domains",
    }
)
# The capacities in which a contact acts.
PERSONAL_ACTORS: Final = frozenset({Actor.SELF, Actor.MANAGER})
# The prefix of file ids: file names are typed text.
_FILE_ID_PREFIX: Final = "file_"
_LETTER_RUN: Final = re.compile(r"[A-Za-z0-9]{2,}")
# The first code point of scripts that do not separate words by spaces.
_FIRST_WITHOUT_SPACES: Final = 0x2E80


@dataclass(frozen=True)
class Erasure:
    """The erasure of a person: id, pseudonym, and every name and address that they ever had.

    `replaced`: the person's own fields, with their new values.
    """

    id: str
    pseudonym: str
    texts: frozenset[str]
    replaced: Mapping[str, Any]

    @cached_property
    def _strict(self) -> re.Pattern[str] | None:
        return _pattern(text for text in self.texts if _is_distinctive(text))

    @cached_property
    def _loose(self) -> re.Pattern[str] | None:
        return _pattern(self.texts)

    @property
    def needles(self) -> list[list[str]]:
        """The lower-case parts of each text that survive every encoding."""
        return [
            [run.lower() for run in _LETTER_RUN.findall(text)]
            or [json.dumps(text)[1:-1].lower()]
            for text in sorted(self.texts)
        ]

    def without(self, text: str, *, loose: bool = False) -> str:
        """Return the text with the pseudonym in place of the person's values.

        A single word (`Max`) counts only as the whole text, because elsewhere it may mean anything;
        with `loose`, it counts everywhere.
        """
        if text in self.texts:
            return self._pseudonym_for(text)
        pattern = self._loose if loose else self._strict
        return (
            pattern.sub(lambda match: self._pseudonym_for(match[0]), text)
            if pattern
            else text
        )

    def clean(self, value: Any, *, own: bool) -> Any:
        """Return a JSON value without the person's values; `own`: it is about the person."""
        match value:
            case str():
                return self.without(value)
            case list():
                return [self.clean(item, own=own) for item in value]
            case dict():
                return self._cleaned(value, own)
        return value

    def _cleaned(self, value: Mapping[str, Any], own: bool) -> dict[str, Any]:
        id = value.get("id")
        own = id == self.id if isinstance(id, str) else own
        unchanged = set() if own or str(id).startswith(_FILE_ID_PREFIX) else set(IDENTITIES)
        if "actor" in value and value["actor"] not in PERSONAL_ACTORS:
            unchanged.add("by")
        replaced = self.replaced if own else {}
        return {
            name: member
            if name in unchanged
            else replaced[name]
            if name in replaced
            else self.clean(member, own=own)
            for name, member in value.items()
        }

    def _pseudonym_for(self, text: str) -> str:
        return (
            f"{self.pseudonym}@erased.invalid"
            if "@" in text or "%40" in text
            else self.pseudonym
        )


def texts_in(
    values: Iterable[Mapping[str, Any] | None], fields: Collection[str]
) -> set[str]:
    """Return the texts of these fields in any of the values."""
    candidates = (mapping.get(field) for mapping in values if mapping for field in fields)
    return {text for text in candidates if isinstance(text, str) and text.strip()}


def _pattern(texts: Iterable[str]) -> re.Pattern[str] | None:
    """Return the pattern of all forms of the texts; None without texts."""
    forms = {form for text in texts for form in _encoded_forms(text)}
    longest_first = sorted(forms, key=lambda form: (-len(form), form))
    return (
        re.compile("|".join(map(_whole_word, longest_first)), re.IGNORECASE)
        if forms
        else None
    )


def _is_distinctive(text: str) -> bool:
    """Return whether a text identifies the person wherever it occurs."""
    return not (text.isascii() and text.isalpha())


def _encoded_forms(text: str) -> set[str]:
    """Return the forms of a text in a mail, a URL or a JSON text."""
    return {text, html.escape(text), quote(text), quote_plus(text), json.dumps(text)[1:-1]}


def _whole_word(form: str) -> str:
    """Return the pattern of a text that is not part of a longer word."""
    first, last = form[0], form[-1]
    before = r"(?<![\w.+-])" if "@" in form else r"(?<!\w)"
    before = before if first.isalnum() and ord(first) < _FIRST_WITHOUT_SPACES else ""
    after = r"(?!\w)" if last.isalnum() and ord(last) < _FIRST_WITHOUT_SPACES else ""
    return f"{before}{re.escape(form)}{after}"
