"""An OpenID provider over the network: authorization code with PKCE, state and nonce.

The provider's metadata is fetched on first use and kept for an hour; keys are fetched again if a
token names an unknown one. A provider that does not answer is not asked again for some seconds, so
that attempts to log in cannot tie up the server.
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
from reconciler.portal.sign_on.protocol import NotProven, ProviderUnavailable, SignOnState
from reconciler.portal.sign_on.settings import Settings
from reconciler.portal.sign_on.tokens import UnknownKey, claims_of, keys_of

ANSWERS_WITHIN_S: Final = 5
DISCOVERY_TTL_S: Final = 3600
# The least time between two fetches of keys, whatever tokens name.
MIN_KEY_AGE_S: Final = 60
RETRY_AFTER_S: Final = 10
ENDPOINTS: Final = ("authorization_endpoint", "token_endpoint", "jwks_uri")


@dataclass(frozen=True, slots=True)
class Discovery:
    """The provider's metadata and keys, and when they were fetched."""

    metadata: Mapping[str, Any]
    keys: KeySet
    at: float


class Provider:
    """The provider of these settings."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.client = httpx.Client(
            timeout=ANSWERS_WITHIN_S, headers={"Accept": "application/json"}
        )
        self._discovery: Discovery | None = None
        self._unanswered_since: float | None = None

    @property
    def name(self) -> str:
        """The provider's name for people."""
        return self.settings.name

    def authorization_url(
        self, sign_on_state: SignOnState, redirect_uri: str, language: str
    ) -> str:
        """Return the URL to redirect the browser to; the provider redirects back to `redirect_uri`.

        Raises `ProviderUnavailable`.
        """
        query = {
            "response_type": "code",
            "scope": "openid email",
            "client_id": self.settings.client_id,
            "redirect_uri": redirect_uri,
            "state": sign_on_state.state,
            "nonce": sign_on_state.nonce,
            "code_challenge": sign_on_state.challenge,
            "code_challenge_method": "S256",
            "ui_locales": language,
        }
        endpoint = str(self._current_discovery().metadata["authorization_endpoint"])
        return f"{endpoint}{'&' if urlsplit(endpoint).query else '?'}{urlencode(query)}"

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
        # RFC 6749, 10.12: otherwise somebody could log a victim in to an account of their own
        if not hmac.compare_digest(
            answer.get("state", "").encode(), sign_on_state.state.encode()
        ):
            raise NotProven("state")
        discovery = self._current_discovery()
        # RFC 9207: an answer of another provider is rejected
        if answer.get("iss", self.settings.issuer) != self.settings.issuer:
            raise NotProven("issuer of the answer")
        if "code" not in answer:
            raise NotProven("refused by the provider")
        tokens = self._redeem(discovery, answer["code"], sign_on_state, redirect_uri)
        claims = self._claims(
            discovery, str(tokens.get("id_token", "")), sign_on_state.nonce, now
        )
        return self._address(
            claims if "email" in claims else self._userinfo(discovery, claims, tokens)
        )

    def _redeem(
        self, discovery: Discovery, code: str, sign_on_state: SignOnState, redirect_uri: str
    ) -> Mapping[str, Any]:
        """Return the tokens for a code, which works once."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": sign_on_state.verifier,
        }
        id, secret = self.settings.client_id, self.settings.secret
        auth_methods = discovery.metadata.get(
            "token_endpoint_auth_methods_supported", ["client_secret_basic"]
        )
        url = str(discovery.metadata["token_endpoint"])
        if (
            "client_secret_basic" in auth_methods
        ):  # RFC 6749, 2.3.1: both are form-encoded first
            return self._request(
                "POST",
                url,
                data=form,
                auth=httpx.BasicAuth(quote(id, safe=""), quote(secret, safe="")),
            )
        return self._request(
            "POST", url, data={**form, "client_id": id, "client_secret": secret}
        )

    def _claims(
        self, discovery: Discovery, token: str, nonce: str, now: float
    ) -> Mapping[str, Any]:
        context: dict[str, Any] = {
            "issuer": self.settings.issuer,
            "client_id": self.settings.client_id,
            "nonce": nonce,
            "now": now,
        }
        try:
            return claims_of(token, discovery.keys, **context)
        except UnknownKey:
            pass
        # the provider may have new keys (OpenID Connect Core, 10.1.1): read them again, once
        try:
            return claims_of(token, self._current_discovery(MIN_KEY_AGE_S).keys, **context)
        except UnknownKey:
            raise NotProven("signature: unknown key") from None

    def _userinfo(
        self, discovery: Discovery, claims: Mapping[str, Any], tokens: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        """Return the claims of the userinfo endpoint about the same person."""
        url = discovery.metadata.get("userinfo_endpoint")
        if not isinstance(url, str) or not is_private(url):
            raise NotProven("no address")
        more = self._request(
            "GET",
            url,
            headers={"Authorization": f"Bearer {tokens.get('access_token', '')}"},
        )
        # OpenID Connect Core, 5.3.2: else another person's access token could be substituted
        if more.get("sub") != claims["sub"]:
            raise NotProven("userinfo of somebody else")
        return more

    def _address(self, claims: Mapping[str, Any]) -> str:
        """Return the address if it is verified; Entra's claim for that is `xms_edov`."""
        email = claims.get("email")
        if not isinstance(email, str) or not email:
            raise NotProven("no address")
        if claims.get("email_verified") is not True and claims.get("xms_edov") not in (
            True,
            "1",
            "true",
        ):
            raise NotProven("address is not verified")
        if (
            self.settings.domains
            and email.rpartition("@")[2].casefold() not in self.settings.domains
        ):
            raise NotProven("domain of the address")
        return email

    def _current_discovery(self, newer_than_s: float = DISCOVERY_TTL_S) -> Discovery:
        discovery, now = self._discovery, time.monotonic()
        if discovery is not None and now - discovery.at < newer_than_s:
            return discovery
        if (
            self._unanswered_since is not None
            and now - self._unanswered_since < RETRY_AFTER_S
        ):
            raise ProviderUnavailable("it did not answer recently")
        try:
            discovery = self._discover()
        except ProviderUnavailable:
            self._unanswered_since = time.monotonic()
            raise
        self._discovery, self._unanswered_since = discovery, None
        return discovery

    def _discover(self) -> Discovery:
        issuer = self.settings.issuer
        metadata = self._request(
            "GET", f"{issuer.rstrip('/')}/.well-known/openid-configuration"
        )
        # OpenID Connect Discovery, 4.3: else one provider could speak for another
        if metadata.get("issuer") != issuer:
            raise ProviderUnavailable("its issuer differs from --oidc-issuer")
        insecure = next(
            (
                endpoint
                for endpoint in ENDPOINTS
                if not is_private(str(metadata.get(endpoint, "")))
            ),
            None,
        )
        if insecure:
            raise ProviderUnavailable(f"its {insecure} is missing or not https")
        try:
            return Discovery(
                metadata,
                keys_of(self._request("GET", str(metadata["jwks_uri"]))),
                time.monotonic(),
            )
        except ValueError as error:
            raise ProviderUnavailable(str(error)) from None

    def _request(self, method: str, url: str, **arguments: Any) -> Mapping[str, Any]:
        # httpx follows no redirects, so code and secret go to no other host
        try:
            answer = self.client.request(method, url, **arguments)
            value = answer.json() if answer.is_success else None
        except httpx.HTTPError as error:
            raise ProviderUnavailable(type(error).__name__) from None
        except ValueError:
            raise ProviderUnavailable("its answer is not JSON") from None
        if 400 <= answer.status_code < 500 and method == "POST":
            raise NotProven("the code was rejected")
        if not isinstance(value, dict):
            raise ProviderUnavailable(f"it answered {answer.status_code}")
        return value
