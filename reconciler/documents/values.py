"""Checks on one value that a JSON Schema cannot express: real addresses, languages, dates, and
names without hidden characters.

Each check takes a text and returns None, or the problem and what to do about it.
"""

from __future__ import annotations

import datetime
import re
import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import Final

import email_validator
import langcodes

from reconciler.model.equality import address_key, without_lookalikes
from reconciler.model.sentences import Sentence, sentence
from reconciler.model.spelling import closest

# The maximum number of combining marks on one letter; more would cover its neighbours.
MAX_MARKS: Final = 4

_HIDDEN: Final = re.compile(
    "[\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2060-\u2064\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\uffff\U000e0000-\U000e0fff]"
)

# Persian and several scripts of India need the joiners, and so do emoji (RFC 5892, A.1 and
# A.2).
_JOINERS: Final = "\u200c\u200d"
_EMOJI_FORM: Final = "\ufe0f"
_REWORDINGS: Final = (
    ("is not valid. It should", "should"),
    ("is not valid. It is", "is"),
    ("is not valid IDNA (Invalid A-label)", "is not a domain name"),
    ("contains invalid characters", "contains characters that are not allowed there"),
    ("contains unsafe characters", "contains characters that are not allowed there"),
    ("not valid", "not right"),
    ("An email address", "an address"),
    ("The email address", "the address"),
)


@dataclass(frozen=True, slots=True)
class ValueProblem:
    """The problem of a value; `warns` when the value is allowed to stay."""

    message: str | Sentence
    hint: str | Sentence | None = None
    warns: bool = False


@lru_cache(maxsize=65_536)
def address(text: str) -> ValueProblem | None:
    """Return the problem of an address, None if mail can be sent to it as written."""
    try:
        # Offline: the verdict must not depend on a name server. `test_environment` permits
        # `.test`.
        validated = email_validator.validate_email(
            text, check_deliverability=False, test_environment=True
        )
    except email_validator.EmailNotValidError as error:
        return ValueProblem(f"'{text}' is not an e-mail address", _reword(str(error)))
    # RFC 5321 counts octets; the schema can count characters only.
    if len(text.rpartition("@")[0].encode()) > 64:
        return ValueProblem(f"'{text}' has more than 64 bytes before the @")
    domain = unicodedata.normalize("NFC", text).rpartition("@")[2]
    if without_lookalikes(domain) != domain or address_key(
        validated.normalized
    ) != address_key(text):
        return ValueProblem(
            f"'{text}' would be read as '{validated.normalized}'",
            f"write {validated.normalized}",
        )
    if _mixes_scripts(validated.normalized):
        return ValueProblem(
            sentence("warning", "'{text}' mixes letters of several scripts", text=text),
            sentence("hint", "compare it letter by letter"),
            warns=True,
        )
    return None


@lru_cache(maxsize=65_536)
def name(text: str) -> ValueProblem | None:
    """Return the problem of a name, None if it shows all its characters."""
    if (character := _hidden_character(text)) is not None:
        return ValueProblem(
            f"the name contains the invisible character U+{ord(character):04X}",
            "remove the character",
        )
    # Unassigned characters have no look that a reviewer could judge; private ones differ by
    # font.
    if any(unicodedata.category(character) in {"Cn", "Co", "Cs"} for character in text):
        return ValueProblem(
            "the name contains a character that Unicode has not assigned",
            "remove the character",
        )
    if _longest_run_of_marks(text) > MAX_MARKS:
        return ValueProblem(
            f"a letter of the name has more than {MAX_MARKS} marks", "remove the marks"
        )
    if any(_mixes_scripts(word) for word in text.split()):
        return ValueProblem(
            sentence(
                "warning",
                "'{text}' mixes letters of several scripts in one word",
                text=text,
            ),
            sentence("hint", "type it again"),
            warns=True,
        )
    return None


@lru_cache(maxsize=4096)
def language(tag: str) -> ValueProblem | None:
    """Return the problem of a language tag, None if the language exists."""
    if langcodes.tag_is_valid(tag):
        return None
    return ValueProblem(
        f"'{tag}' is not a language", "write a language tag such as de, pt-BR or no"
    )


def date(text: str) -> ValueProblem | None:
    """Return the problem of a date, None if the day exists."""
    try:
        # Since Python 3.11 this accepts `20270331` and `2027-W13-3` too; the schema's
        # pattern does not.
        datetime.date.fromisoformat(text)
    except ValueError:
        return ValueProblem(f"'{text}' is not a date", "write a date as 2027-03-31")
    return None


def time_zone(text: str) -> ValueProblem | None:
    """Return the problem of a time zone, None if the IANA database has it."""
    # A look-up, because `ZoneInfo(text)` opens a file with the name that the text gives.
    if text in _time_zones():
        return None
    # `Berlin` and `europe/berlin` have one answer.
    near = next(
        (
            zone
            for zone in sorted(_time_zones(), key=lambda zone: ("/" not in zone, zone))
            if text.lower() in {zone.lower(), zone.rpartition("/")[2].lower()}
        ),
        None,
    ) or closest(text[:64], _time_zones())
    hint = f"did you mean '{near}'?" if near else "write one as Europe/Berlin"
    return ValueProblem(f"'{text}' is not a time zone of the IANA database", hint)


@cache
def _time_zones() -> frozenset[str]:
    """Return the zones of the database, the same on every machine.

    `available_timezones` also lists what this machine has beside it, such as `localtime`.
    """
    zones = files("tzdata").joinpath("zones").read_text("utf-8").split()
    # It stands for a zone that nobody has set yet.
    return frozenset(zones) - {"Factory"}


def domain(text: str) -> ValueProblem | None:
    """Return the problem of a domain, None if addresses can exist there."""
    problem = address(f"post@{text}")
    return problem and ValueProblem(
        f"'{text}' is not an e-mail domain", problem.hint, problem.warns
    )


def _reword(message: str) -> str:
    """Return the library's sentence in our words; it names the exact character, so it is kept."""
    message = message.rstrip(".")
    for original, replacement in _REWORDINGS:
        message = message.replace(original, replacement)
    return message[:1].lower() + message[1:]


def _hidden_character(text: str) -> str | None:
    """Return the first hidden character in a place where it is not allowed."""
    for match in _HIDDEN.finditer(text):
        before, after = (
            text[match.start() - 1 : match.start()],
            text[match.end() : match.end() + 1],
        )
        if match[0] in _JOINERS and (_is_virama(before) or _joins(before, after)):
            continue
        if match[0] == _EMOJI_FORM and before and unicodedata.category(before) == "So":
            continue
        return match[0]
    return None


def _is_virama(character: str) -> bool:
    """Return whether the character suppresses a vowel; then a joiner chooses the form of the
    letter.

    Malayalam writes its final consonants so, also at the end of a name (RFC 5892, appendix A).
    """
    return bool(character) and unicodedata.combining(character) == 9


def _joins(before: str, after: str) -> bool:
    return _may_join(before) and _may_join(after)


def _may_join(character: str) -> bool:
    """Return whether a joiner may be next to the character: scripts that use joiners, and emoji
    built with them.
    """
    if not character or character.isascii() or character in _JOINERS:
        return False
    return unicodedata.name(character, "").split(" ", 1)[0] not in {
        "LATIN",
        "CYRILLIC",
        "GREEK",
    }


def _longest_run_of_marks(text: str) -> int:
    most = run = 0
    # Decomposed, so that marks inside of a composed letter count too.
    for character in unicodedata.normalize("NFD", text):
        run = run + 1 if unicodedata.combining(character) else 0
        most = max(most, run)
    return most


def _mixes_scripts(word: str) -> bool:
    """Return whether Latin letters are next to Cyrillic or Greek ones that look the same."""
    scripts = {
        unicodedata.name(letter, "").split(" ", 1)[0] for letter in word if letter.isalpha()
    }
    # Only scripts with look-alikes (UTS 39): Latin beside Japanese or Chinese letters is
    # usual.
    return len(scripts & {"LATIN", "CYRILLIC", "GREEK"}) > 1
