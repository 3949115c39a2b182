"""Passwords: checked by the rules, stored as argon2id (19 MiB, two rounds).

Hashing is slow and needs memory, so it runs outside transactions and only a few at a time.
"""

from __future__ import annotations

import secrets
import threading
import unicodedata
from collections.abc import Iterable
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from reconciler.portal.rules.passwords import MAX_LENGTH, MIN_LENGTH, weakness
from reconciler.portal.rules.problems import Problem

# The OWASP cheat sheet's parameters for argon2id; more memory would invite memory exhaustion.
HASHER: Final = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
MAX_CONCURRENT: Final = 4
_SLOTS: Final = threading.BoundedSemaphore(MAX_CONCURRENT)
# Compared if there is no person, so that the answer takes as long as for a real one.
_DUMMY_HASH: Final = HASHER.hash(secrets.token_urlsafe(16))

_WEAKNESS_DETAILS: Final = {
    "short": f"a password needs at least {MIN_LENGTH} characters",
    "long": f"a password has at most {MAX_LENGTH} characters",
    "kinds": "a password needs lower and upper case letters and digits",
    "common": "this password is easy to guess; avoid common words and your own name",
}


def check_strength(password: str, personal: Iterable[str] = ()) -> None:
    """Raise a problem with the member `weakness` if the password is easy to guess."""
    reason = weakness(password, personal)
    if reason is not None:
        raise Problem("unprocessable", _WEAKNESS_DETAILS[reason], weakness=reason)


def hash_password(password: str) -> str:
    """Return the hash that is stored for a password."""
    with _SLOTS:
        return HASHER.hash(_normal(password))


def is_correct(password_hash: str | None, password: str) -> bool:
    """Return whether the password matches the hash; without a hash, the work is the same."""
    with _SLOTS:
        try:
            return (
                HASHER.verify(password_hash or _DUMMY_HASH, _normal(password))
                and password_hash is not None
            )
        except (VerificationError, InvalidHashError):
            return False


def _normal(password: str) -> str:
    """Return the password in one form for every keyboard."""
    # NIST SP 800-63B, 5.1.1.2: normalize with NFKC or NFKD before hashing
    return unicodedata.normalize("NFKC", password)
