"""A person's values in texts and JSON values of any kind, and the same without them.

Values that stand for somebody or something else stay: a homonym's own name, a customer that is called
like the person, the address of whoever has it today. `IDENTITIES` names the members that say who a row is.
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

IDENTITIES: Final = frozenset({
    "name", "name_form", "email", "address_form", "sought", "project_managers", "email_domains",
})  # fmt: skip
AS_PERSON: Final = frozenset({Actor.SELF, Actor.MANAGER})
"""In which capacities a contact acts."""
_FILE: Final = "file_"
"""How ids of files begin: their names are texts that somebody typed."""
_RUN: Final = re.compile(r"[A-Za-z0-9]{2,}")
_WITHOUT_SPACES: Final = 0x2E80
"""From here on are scripts that are written without spaces between words."""


@dataclass(frozen=True)
class Traces:
    """A person whose values are to go: the id, every name and address that they ever had, what takes their place.

    `replaced`: the person's own fields, with the values that they get.
    """

    id: str
    pseudonym: str
    texts: frozenset[str]
    replaced: Mapping[str, Any]

    @cached_property
    def _strict(self) -> re.Pattern[str] | None:
        return _pattern(text for text in self.texts if _telling(text))

    @cached_property
    def _loose(self) -> re.Pattern[str] | None:
        return _pattern(self.texts)

    @property
    def needles(self) -> list[list[str]]:
        """For each text what stands in it however it is encoded, in lower case: a row without all of it has no trace."""
        return [
            [run.lower() for run in _RUN.findall(text)] or [json.dumps(text)[1:-1].lower()]
            for text in sorted(self.texts)
        ]  # fmt: skip

    def without(self, text: str, *, loose: bool = False) -> str:
        """The text with the pseudonym in place of the person's values.

        A single word (`Max`) is a value only when it is the whole text, for elsewhere it may mean anything;
        `loose`: it is one wherever it stands.
        """
        if text in self.texts:
            return self._instead(text)
        pattern = self._loose if loose else self._strict
        return pattern.sub(lambda found: self._instead(found[0]), text) if pattern else text

    def clean(self, value: Any, *, own: bool) -> Any:
        """A JSON value without the person's values; `own`: it is about the person."""
        match value:
            case str():
                return self.without(value)
            case list():
                return [self.clean(each, own=own) for each in value]
            case dict():
                return self._cleaned(value, own)
        return value

    def _cleaned(self, value: Mapping[str, Any], own: bool) -> dict[str, Any]:
        id = value.get("id")
        own = id == self.id if isinstance(id, str) else own
        kept = set() if own or str(id).startswith(_FILE) else set(IDENTITIES)
        if "actor" in value and value["actor"] not in AS_PERSON:
            kept.add("by")
        replaced = self.replaced if own else {}
        return {
            name: each if name in kept else replaced[name] if name in replaced else self.clean(each, own=own)
            for name, each in value.items()
        }

    def _instead(self, text: str) -> str:
        return f"{self.pseudonym}@erased.invalid" if "@" in text or "%40" in text else self.pseudonym


def texts_in(values: Iterable[Mapping[str, Any] | None], fields: Collection[str]) -> set[str]:
    """The texts that these fields have in any of the values."""
    found = (each.get(field) for each in values if each for field in fields)
    return {text for text in found if isinstance(text, str) and text.strip()}


def _pattern(texts: Iterable[str]) -> re.Pattern[str] | None:
    """The pattern of all forms of the texts; None when there is no text."""
    forms = {form for text in texts for form in _written(text)}
    longest_first = sorted(forms, key=lambda form: (-len(form), form))
    return re.compile("|".join(map(_bounded, longest_first)), re.IGNORECASE) if forms else None


def _telling(text: str) -> bool:
    """Whether a text means the person wherever it stands."""
    return not (text.isascii() and text.isalpha())


def _written(text: str) -> set[str]:
    """A text as it stands in a mail, an address or a JSON text."""
    return {text, html.escape(text), quote(text), quote_plus(text), json.dumps(text)[1:-1]}


def _bounded(form: str) -> str:
    """The pattern of a text that is no part of a longer word."""
    first, last = form[0], form[-1]
    before = r"(?<![\w.+-])" if "@" in form else r"(?<!\w)"
    before = before if first.isalnum() and ord(first) < _WITHOUT_SPACES else ""
    after = r"(?!\w)" if last.isalnum() and ord(last) < _WITHOUT_SPACES else ""
    return f"{before}{re.escape(form)}{after}"
