"""Passwords that are too easy to guess.

A password has 8 to 200 characters of any script, with lower and upper case and a digit. Passwords
that attackers try first are refused: common words with the usual variations (capitals, years,
`P@ssw0rd`), sequences on the keyboard or in the alphabet, repetitions, and the person's own name
and address.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

MIN_LENGTH: Final = 8
MAX_LENGTH: Final = 200
# The least number of different characters.
_MIN_DISTINCT: Final = 5
_SCORE_OF_A_WORD: Final = 3
# The score that a password with known words needs: 3 per word, 1 per other character.
_MIN_SCORE: Final = 10

_BASE_WORDS: Final = frozenset(
    """
    password passwort passwd pass motdepasse kennwort contrasena senha parola geheim secret
    secreto azerty qwerty qwertz welcome willkommen bienvenue welkom benvenuto admin
    administrator root user guest gast test login logon letmein hello hallo bonjour salut
    changeme change default portal portail customer kunde client iloveyou jetaime ichliebedich
    loveyou love amour liebe darling schatz cherie sunshine soleil sonne princess princesse
    prinzessin prince dragon drache monkey affe tiger lion loewe shadow master meister superman
    batman spiderman starwars pokemon matrix hunter killer ranger trustno whatever freedom
    liberte freiheit football fussball soccer baseball basketball hockey golf tennis liverpool
    chelsea arsenal bayern juventus barcelona summer sommer ete winter hiver spring fruehling
    frühling printemps autumn herbst automne january januar janvier february februar fevrier
    march maerz märz mars april avril may mai june juni juin july juli juillet august aout
    september septembre october oktober octobre november novembre december dezember decembre
    monday montag lundi friday freitag vendredi sunday sonntag dimanche london berlin paris
    vienna wien zurich bern deutschland france germany england austria schweiz suisse michael
    thomas daniel andreas stefan peter martin andrew robert jessica jennifer nicole charlie
    jordan ashley michelle anthony matthew joshua julien nicolas marie sophie camille loulou
    doudou chouchou coucou mustang porsche ferrari mercedes computer internet samsung google
    apple orange banana banane cookie cheese pepper ginger chocolate schokolade chocolat coffee
    kaffee butterfly schmetterling papillon flower blume fleur purple silver golden diamond
    access zugang acces server system translation traduction uebersetzung übersetzung translate
    translator company firma entreprise office buero büro bureau secure security sicher
    sicherheit private mother mutter maman father vater papa family familie famille baby angel
    engel ange heaven himmel ciel
    """.split()  # noqa: SIM905  a list would take a line per word
)
_KEYBOARD_ROWS: Final = (
    "abcdefghijklmnopqrstuvwxyz",
    "01234567890",
    "qwertzuiop",
    "qwertyuiop",
    "azertyuiop",
    "asdfghjkl",
    "qsdfghjklm",
    "yxcvbnm",
    "zxcvbnm",
    "wxcvbn",
    "1qaz2wsx3edc4rfv",
    "1q2w3e4r5t6z",
    "1q2w3e4r5t6y",
)
_SEQUENCES: Final = frozenset(
    line[start : start + length]
    for row in _KEYBOARD_ROWS
    for line in (row, row[::-1])
    for length in range(3, len(row) + 1)
    for start in range(len(row) - length + 1)
)
_LOOKALIKES: Final = str.maketrans("0134578@$!€+", "oleastbasiet")


def weakness(password: str, personal: Iterable[str] = ()) -> str | None:
    """Return `short`, `long`, `kinds` or `common` for a weak password; None if it is good.

    `personal`: public facts about the person, such as name and address.
    """
    if len(password) < MIN_LENGTH:
        return "short"
    if len(password) > MAX_LENGTH:
        return "long"
    if not all(
        any(kind(letter) for letter in password)
        for kind in (str.islower, str.isupper, str.isdigit)
    ):
        return "kinds"
    folded = unicodedata.normalize("NFKC", password).casefold()
    words = _BASE_WORDS | _words_of(personal)
    spellings = {
        folded,
        folded.translate(_LOOKALIKES),
        folded.translate(str.maketrans("1", "i")),
    }
    if (
        len(set(folded)) < _MIN_DISTINCT
        or _repeats(folded)
        or any(_guessable(spelling, words) for spelling in spellings)
    ):
        return "common"
    return None


def _words_of(personal: Iterable[str]) -> frozenset[str]:
    parts = (
        re.split(r"[\W_]+", unicodedata.normalize("NFKC", text).casefold())
        for text in personal
    )
    return frozenset(part for words in parts for part in words if len(part) >= 3)


def _repeats(folded: str) -> bool:
    return re.fullmatch(r"(.{1,4})\1+.{0,2}", folded, re.DOTALL) is not None


def _guessable(folded: str, words: frozenset[str]) -> bool:
    """Return whether the password consists almost only of known words and sequences."""
    guessed: set[str] = set()
    rest, at = 0, 0
    while at < len(folded):
        word = next(
            (
                folded[at:end]
                for end in range(min(len(folded), at + 26), at + 2, -1)
                if _is_guessable_part(folded[at:end], words)
            ),
            None,
        )
        guessed |= {word} if word else set()
        rest += 0 if word or not folded[at].isalnum() else 1
        at += len(word) if word else 1
    return bool(guessed) and _SCORE_OF_A_WORD * len(guessed) + rest < _MIN_SCORE


def _is_guessable_part(part: str, words: frozenset[str]) -> bool:
    return (
        part in words
        or part in _SEQUENCES
        or re.fullmatch(r"(19|20)\d\d", part) is not None
    )
