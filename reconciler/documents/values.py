"""What a JSON Schema cannot say about one value: real addresses, languages, dates, honest names.

Each check takes a text and returns None, or what is not right and what to do about it.
"""

from __future__ import annotations

import datetime
import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import Final
from zoneinfo import available_timezones

import email_validator
import langcodes

from reconciler.model.equality import address_key, plainest

MOST_MARKS: Final = 4
"""Combining marks on one letter; more is decoration that hides its neighbours."""

_HIDDEN: Final = re.compile(
    "[\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2060-\u2064\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\uffff\U000e0000-\U000e0fff]"
)

_JOINERS: Final = "\u200c\u200d"
_EMOJI_FORM: Final = "\ufe0f"
_PLAINER: Final = (
    ("is not valid. It should", "should"),
    ("is not valid. It is", "is"),
    ("is not valid IDNA (Invalid A-label)", "is not a domain name"),
    ("contains invalid characters", "holds characters that do not belong there"),
    ("contains unsafe characters", "holds characters that do not belong there"),
    ("not valid", "not right"),
    ("An email address", "an address"),
    ("The email address", "the address"),
)


@dataclass(frozen=True, slots=True)
class Finding:
    """What is not right about a value; `warns` when it may stay."""

    message: str
    hint: str | None = None
    warns: bool = False


@lru_cache(maxsize=65_536)
def address(text: str) -> Finding | None:
    """Whether mail can be sent to the address as it is written."""
    try:
        found = email_validator.validate_email(text, check_deliverability=False, test_environment=True)
    except email_validator.EmailNotValidError as error:
        return Finding(f"'{text}' is not an e-mail address", _plainer(str(error)))
    if len(text.rpartition("@")[0].encode()) > 64:
        return Finding(f"'{text}' has more than 64 bytes before the @")
    domain = unicodedata.normalize("NFC", text).rpartition("@")[2]
    if plainest(domain) != domain or address_key(found.normalized) != address_key(text):
        return Finding(f"'{text}' would be read as '{found.normalized}'", f"write {found.normalized}")
    if _mixed(found.normalized):
        return Finding(f"'{text}' mixes letters of several scripts", "compare it letter by letter", warns=True)
    return None


@lru_cache(maxsize=65_536)
def name(text: str) -> Finding | None:
    """Whether a name shows what it is."""
    if (character := _unseen(text)) is not None:
        return Finding(f"the name holds the invisible character U+{ord(character):04X}", "remove the character")
    if any(unicodedata.category(character) in {"Cn", "Co", "Cs"} for character in text):
        return Finding("the name holds a character that Unicode has not assigned", "remove the character")
    if _most_marks(text) > MOST_MARKS:
        return Finding(f"a letter of the name carries more than {MOST_MARKS} marks", "remove the marks")
    if any(_mixed(word) for word in text.split()):
        return Finding(f"'{text}' mixes letters of several scripts in one word", "type it anew", warns=True)
    return None


@lru_cache(maxsize=4096)
def language(tag: str) -> Finding | None:
    """Whether the tag names a language that exists."""
    if langcodes.tag_is_valid(tag):
        return None
    return Finding(f"'{tag}' is not a language", "write a language tag such as de, pt-BR or no")


def date(text: str) -> Finding | None:
    """Whether there is such a day."""
    try:
        datetime.date.fromisoformat(text)
    except ValueError:
        return Finding(f"'{text}' is not a date", "write a date as 2027-03-31")
    return None


def time_zone(text: str) -> Finding | None:
    """Whether the IANA database knows the zone."""
    if text in available_timezones():
        return None
    return Finding(f"'{text}' is not a time zone", "write one as Europe/Berlin")


def domain(text: str) -> Finding | None:
    """Whether addresses can be at the domain."""
    found = address(f"post@{text}")
    return found and Finding(f"'{text}' is not an e-mail domain", found.hint, found.warns)


def _plainer(said: str) -> str:
    """The library's sentence in our words; it names the spot, which nothing here could do better."""
    said = said.rstrip(".")
    for theirs, ours in _PLAINER:
        said = said.replace(theirs, ours)
    return said[:1].lower() + said[1:]


def _unseen(text: str) -> str | None:
    """The first hidden character that does not belong where it stands."""
    for found in _HIDDEN.finditer(text):
        before, after = text[found.start() - 1 : found.start()], text[found.end() : found.end() + 1]
        if found[0] in _JOINERS and _joined(before) and _joined(after):
            continue
        if found[0] == _EMOJI_FORM and before and unicodedata.category(before) == "So":
            continue
        return found[0]
    return None


def _joined(character: str) -> bool:
    """Whether a joiner may stand beside it: scripts that write with joiners, and emoji built with them."""
    if not character or character.isascii() or character in _JOINERS:
        return False
    return unicodedata.name(character, "").split(" ", 1)[0] not in {"LATIN", "CYRILLIC", "GREEK"}


def _most_marks(text: str) -> int:
    most = run = 0
    for character in unicodedata.normalize("NFD", text):
        run = run + 1 if unicodedata.combining(character) else 0
        most = max(most, run)
    return most


def _mixed(word: str) -> bool:
    """Whether Latin letters stand beside Cyrillic or Greek ones that look the same."""
    scripts = {unicodedata.name(letter, "").split(" ", 1)[0] for letter in word if letter.isalpha()}
    return len(scripts & {"LATIN", "CYRILLIC", "GREEK"}) > 1
