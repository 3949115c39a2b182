"""Passwords: judged by the rules, kept as argon2id (19 MiB, two rounds), compared in constant work.

Hashing takes its time and its memory, so nothing here runs within a transaction, and only a few at once.
"""

from __future__ import annotations

import secrets
import threading
import unicodedata
from collections.abc import Iterable
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from reconciler.portal.rules.passwords import LONGEST, SHORTEST, weakness
from reconciler.portal.rules.problems import Problem

HASHER: Final = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
AT_ONCE: Final = 4
_ROOM: Final = threading.BoundedSemaphore(AT_ONCE)
_NOBODYS: Final = HASHER.hash(secrets.token_urlsafe(16))
"""Compared with when there is nobody, so that an answer takes as long as for somebody."""

_WHY: Final = {
    "short": f"a password has {SHORTEST} characters or more",
    "long": f"a password has {LONGEST} characters at most",
    "kinds": "a password has lower and upper case letters and digits",
    "common": "this password is among the first that are guessed: take words that belong to nobody",
}


def must_be_strong(password: str, personal: Iterable[str] = ()) -> None:
    """A problem, with the `weakness` among its members, when the password is too easily guessed."""
    found = weakness(password, personal)
    if found is not None:
        raise Problem("unprocessable", _WHY[found], weakness=found)


def hashed(password: str) -> str:
    """What is kept of a password."""
    with _ROOM:
        return HASHER.hash(_normal(password))


def verified(kept: str | None, password: str) -> bool:
    """Whether the password is the one that is kept; the same work when none is."""
    with _ROOM:
        try:
            return HASHER.verify(kept or _NOBODYS, _normal(password)) and kept is not None
        except (VerificationError, InvalidHashError):
            return False


def _normal(password: str) -> str:
    """The same text from every keyboard."""
    return unicodedata.normalize("NFKC", password)
