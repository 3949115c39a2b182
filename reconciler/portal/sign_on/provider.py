"""An OpenID provider over the network: authorization code with PKCE, state and nonce.

What the provider says about itself is asked for when it is first needed and kept for an hour; keys are
asked for again when a token names one that is not known. While it does not answer, it is left alone for
some seconds, so that people who try cannot tie up the server.
"""

from __future__ import annotations

import hmac
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote, urlencode, urlsplit

import httpx
from joserfc.jwk import KeySet

from reconciler.portal.rules.hosts import is_private
from reconciler.portal.sign_on.journey import Departure, NotProven, Unanswered
from reconciler.portal.sign_on.settings import Settings
from reconciler.portal.sign_on.tokens import UnknownKey, claims_of, keys_of

ANSWERS_WITHIN_S: Final = 5
KEPT_S: Final = 3600
KEYS_KEPT_S: Final = 60
"""So often at most keys are asked for again, whatever tokens name."""
LEFT_ALONE_S: Final = 10
ENDPOINTS: Final = ("authorization_endpoint", "token_endpoint", "jwks_uri")


@dataclass(frozen=True, slots=True)
class Found:
    """What the provider says about itself, and since when that is known."""

    metadata: Mapping[str, Any]
    keys: KeySet
    at: float


class Provider:
    """The provider that these settings name."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.client = httpx.Client(timeout=ANSWERS_WITHIN_S, headers={"Accept": "application/json"})
        self._found: Found | None = None
        self._silent_since: float | None = None

    @property
    def name(self) -> str:
        """What people call it."""
        return self.settings.name

    def address(self, departure: Departure, back: str, language: str) -> str:
        """Where the browser goes; `back` is the page it comes back to. An `Unanswered` when nobody is there."""
        asked = {
            "response_type": "code", "scope": "openid email", "client_id": self.settings.client_id,
            "redirect_uri": back, "state": departure.state, "nonce": departure.nonce,
            "code_challenge": departure.challenge, "code_challenge_method": "S256", "ui_locales": language,
        }  # fmt: skip
        endpoint = str(self._known().metadata["authorization_endpoint"])
        return f"{endpoint}{'&' if urlsplit(endpoint).query else '?'}{urlencode(asked)}"

    def proven(self, departure: Departure, answer: Mapping[str, str], back: str, now: float) -> str:
        """The mail address that the provider vouches for; else a `NotProven` or an `Unanswered`."""
        if not hmac.compare_digest(answer.get("state", "").encode(), departure.state.encode()):
            raise NotProven("state")
        found = self._known()
        # RFC 9207: an answer of another provider is no answer of this one
        if answer.get("iss", self.settings.issuer) != self.settings.issuer:
            raise NotProven("issuer of the answer")
        if "code" not in answer:
            raise NotProven("refused by the provider")
        tokens = self._redeem(found, answer["code"], departure, back)
        claims = self._claims(found, str(tokens.get("id_token", "")), departure.nonce, now)
        return self._address(claims if "email" in claims else self._more(found, claims, tokens))

    def _redeem(self, found: Found, code: str, departure: Departure, back: str) -> Mapping[str, Any]:
        """The tokens for a code; the provider gives them once."""
        form = {
            "grant_type": "authorization_code", "code": code, "redirect_uri": back,
            "code_verifier": departure.verifier,
        }  # fmt: skip
        id, secret = self.settings.client_id, self.settings.secret
        ways = found.metadata.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        url = str(found.metadata["token_endpoint"])
        if "client_secret_basic" in ways:  # RFC 6749, 2.3.1: both are encoded as in forms first
            return self._asked("POST", url, data=form, auth=httpx.BasicAuth(quote(id, safe=""), quote(secret, safe="")))
        return self._asked("POST", url, data={**form, "client_id": id, "client_secret": secret})

    def _claims(self, found: Found, token: str, nonce: str, now: float) -> Mapping[str, Any]:
        expected: dict[str, Any] = {
            "issuer": self.settings.issuer, "client_id": self.settings.client_id, "nonce": nonce, "now": now,
        }  # fmt: skip
        try:
            return claims_of(token, found.keys, **expected)
        except UnknownKey:
            pass
        try:
            return claims_of(token, self._known(KEYS_KEPT_S).keys, **expected)
        except UnknownKey:
            raise NotProven("signature: unknown key") from None

    def _more(self, found: Found, claims: Mapping[str, Any], tokens: Mapping[str, Any]) -> Mapping[str, Any]:
        """What the provider says at its userinfo endpoint about the very same person."""
        url = found.metadata.get("userinfo_endpoint")
        if not isinstance(url, str) or not is_private(url):
            raise NotProven("no address")
        more = self._asked("GET", url, headers={"Authorization": f"Bearer {tokens.get('access_token', '')}"})
        if more.get("sub") != claims["sub"]:
            raise NotProven("userinfo of somebody else")
        return more

    def _address(self, claims: Mapping[str, Any]) -> str:
        """The address, when it is the person's for sure. Entra's word for that is `xms_edov`."""
        email = claims.get("email")
        if not isinstance(email, str) or not email:
            raise NotProven("no address")
        if claims.get("email_verified") is not True and claims.get("xms_edov") not in (True, "1", "true"):
            raise NotProven("address is not verified")
        if self.settings.domains and email.rpartition("@")[2].casefold() not in self.settings.domains:
            raise NotProven("domain of the address")
        return email

    def _known(self, newer_than_s: float = KEPT_S) -> Found:
        found, now = self._found, time.monotonic()
        if found is not None and now - found.at < newer_than_s:
            return found
        if self._silent_since is not None and now - self._silent_since < LEFT_ALONE_S:
            raise Unanswered("it did not answer a moment ago")
        try:
            found = self._discovered()
        except Unanswered:
            self._silent_since = time.monotonic()
            raise
        self._found, self._silent_since = found, None
        return found

    def _discovered(self) -> Found:
        issuer = self.settings.issuer
        metadata = self._asked("GET", f"{issuer.rstrip('/')}/.well-known/openid-configuration")
        if metadata.get("issuer") != issuer:
            raise Unanswered("it names itself otherwise than --oidc-issuer does")
        missing = next((each for each in ENDPOINTS if not is_private(str(metadata.get(each, "")))), None)
        if missing:
            raise Unanswered(f"its {missing} is missing or not https")
        try:
            return Found(metadata, keys_of(self._asked("GET", str(metadata["jwks_uri"]))), time.monotonic())
        except ValueError as error:
            raise Unanswered(str(error)) from None

    def _asked(self, method: str, url: str, **request: Any) -> Mapping[str, Any]:
        try:
            answer = self.client.request(method, url, **request)
            value = answer.json() if answer.is_success else None
        except httpx.HTTPError as error:
            raise Unanswered(type(error).__name__) from None
        except ValueError:
            raise Unanswered("its answer is no JSON") from None
        if 400 <= answer.status_code < 500 and method == "POST":
            raise NotProven("the code was not taken")
        if not isinstance(value, dict):
            raise Unanswered(f"it answered {answer.status_code}")
        return value
