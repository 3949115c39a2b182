"""A visitor's way to an identity provider and back, as the pages see it; what stands behind is the extra `oidc`."""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol


class NotProven(Exception):
    """The provider's answer proves nothing; the message is a reason for the log, without a word about anybody."""


class Unanswered(Exception):
    """The provider does not answer now, or not in its own protocol."""


@dataclass(frozen=True, slots=True)
class Departure:
    """What a browser takes along and must bring back: nobody else can end a journey that it began."""

    state: str
    nonce: str
    verifier: str

    @classmethod
    def new(cls) -> Departure:
        """A departure that nobody can guess."""
        return cls(*(secrets.token_urlsafe(32) for _ in range(3)))

    @property
    def challenge(self) -> str:
        """What the provider is told of the verifier beforehand (RFC 7636, S256)."""
        found = hashlib.sha256(self.verifier.encode()).digest()
        return base64.urlsafe_b64encode(found).rstrip(b"=").decode()


class SignOn(Protocol):
    """An identity provider that people may log in at."""

    @property
    def name(self) -> str:
        """What people call it."""

    def address(self, departure: Departure, back: str, language: str) -> str:
        """Where the browser goes; `back` is the page it comes back to. An `Unanswered` when nobody is there."""

    def proven(self, departure: Departure, answer: Mapping[str, str], back: str, now: float) -> str:
        """The mail address that the provider vouches for; else a `NotProven` or an `Unanswered`."""
