"""Log-in with an identity provider, as the pages see it; it needs the extra `oidc`."""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol


class NotProven(Exception):
    """The provider's answer proves nothing; the message is a reason for the log."""


class ProviderUnavailable(Exception):
    """The provider does not answer now, or not in its protocol."""


@dataclass(frozen=True, slots=True)
class SignOnState:
    """Values that the browser keeps and returns, so that only it can complete the log-in."""

    state: str
    nonce: str
    verifier: str

    @classmethod
    def new(cls) -> SignOnState:
        """Return random values."""
        # 43 characters, the least that RFC 7636 allows for a verifier
        return cls(*(secrets.token_urlsafe(32) for _ in range(3)))

    @property
    def challenge(self) -> str:
        """The hash of the verifier that the provider receives first (RFC 7636, S256)."""
        digest = hashlib.sha256(self.verifier.encode()).digest()
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


class SignOn(Protocol):
    """An identity provider."""

    @property
    def name(self) -> str:
        """The provider's name for people."""

    def authorization_url(
        self, sign_on_state: SignOnState, redirect_uri: str, language: str
    ) -> str:
        """Return the URL to redirect the browser to; the provider redirects back to `redirect_uri`.

        Raises `ProviderUnavailable`.
        """

    def verified_address(
        self,
        sign_on_state: SignOnState,
        answer: Mapping[str, str],
        redirect_uri: str,
        now: float,
    ) -> str:
        """Return the mail address that the provider vouches for.

        Raises `NotProven` or `ProviderUnavailable`.
        """
