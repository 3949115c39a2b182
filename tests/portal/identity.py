"""A small OpenID provider over real HTTP, that can be told to lie in every way that the portal must see through."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import json
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlencode

import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

from reconciler.portal.server.process import listen
from reconciler.portal.sign_on.provider import Provider
from reconciler.portal.sign_on.settings import settings_of

CLIENT_ID = "portal client"
SECRET = "a:secret/with%signs"


@dataclass
class Identity:
    """The provider: who is logged in there, which keys it has, and what is wrong with its next token."""

    url: str = ""
    now: Callable[[], float] = time.time
    email: str = ""
    verified: Any = True
    claims: dict[str, Any] = field(default_factory=dict)
    """What the next tokens claim instead; `None` leaves a claim out."""
    metadata: dict[str, Any] = field(default_factory=dict)
    header: dict[str, Any] = field(default_factory=dict)
    signing: Any = None
    """Another key than the published one."""
    confuses: bool = False
    """Sign with the public key as a secret."""
    denies: bool = False
    silent: bool = False
    in_userinfo: bool = False
    """The address is told at the userinfo endpoint only."""
    userinfo: dict[str, Any] = field(default_factory=dict)
    keys: list[RSAKey] = field(default_factory=lambda: [RSAKey.generate_key(2048, {"kid": "key-1"})])
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    """The paths that were asked for."""

    def rotate(self) -> None:
        """Sign with a new key from here on; the old one is not published any more."""
        self.keys = [RSAKey.generate_key(2048, {"kid": f"key-{secrets.token_hex(4)}"})]

    def token(self, nonce: str) -> str:
        """The ID token."""
        now = int(self.now())
        address = {} if self.in_userinfo else {"email": self.email, "email_verified": self.verified}
        claims = {
            "iss": self.url, "aud": CLIENT_ID, "sub": "person-1", "nonce": nonce, "iat": now, "exp": now + 300,
            **address, **self.claims,
        }  # fmt: skip
        claims = {name: value for name, value in claims.items() if value is not None}
        if self.confuses:
            return confused(self.keys[0], claims)
        header = {"alg": "RS256", "kid": self.keys[0].kid, **self.header}
        return jwt.encode(
            {name: value for name, value in header.items() if value is not None}, claims, self.signing or self.keys[0],
            algorithms=["RS256", "none"],
        )  # fmt: skip


def sign_on_at(url: str) -> Provider:
    """The provider as a portal knows it that lets everybody in whom it vouches for."""
    return Provider(settings_of(url, CLIENT_ID, SECRET, "Quist ID", ()))


@contextlib.contextmanager
def identity(now: Callable[[], float] = time.time) -> Iterator[Identity]:
    """A provider that serves while the block runs."""
    provider, bound = Identity(now=now), listen("127.0.0.1", 0)
    provider.url = f"http://127.0.0.1:{bound.getsockname()[1]}"
    server = uvicorn.Server(uvicorn.Config(_app(provider), log_config=None, timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]}, daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        server.should_exit = True
        thread.join(10)
        bound.close()


def _app(provider: Identity) -> FastAPI:
    app = FastAPI()

    @app.middleware("http")
    async def note(request: Request, go_on: Any) -> Response:
        provider.asked.append(request.url.path)
        if provider.silent:
            return Response(status_code=503)
        answer: Response = await go_on(request)
        return answer

    @app.get("/.well-known/openid-configuration")
    def discover() -> dict[str, Any]:
        return {
            "issuer": provider.url, "authorization_endpoint": f"{provider.url}/authorize",
            "token_endpoint": f"{provider.url}/token", "jwks_uri": f"{provider.url}/keys",
            "userinfo_endpoint": f"{provider.url}/userinfo", "response_types_supported": ["code"],
            **provider.metadata,
        }  # fmt: skip

    @app.get("/keys")
    def keys() -> Any:
        return KeySet(list(provider.keys)).as_dict(private=False)

    @app.get("/authorize")
    def authorize(request: Request) -> Response:
        asked = dict(request.query_params)
        assert asked["client_id"] == CLIENT_ID
        assert (asked["response_type"], asked["code_challenge_method"]) == ("code", "S256")
        assert {"openid", "email"} <= set(asked["scope"].split())
        code = secrets.token_urlsafe(16)
        provider.codes[code] = asked
        back = {"error": "access_denied"} if provider.denies else {"code": code}
        return RedirectResponse(f"{asked['redirect_uri']}?{urlencode({**back, 'state': asked['state']})}", 302)

    @app.post("/token")
    async def token(request: Request) -> Response:
        return _redeemed(provider, request, dict(await request.form()))

    @app.get("/userinfo")
    def userinfo(request: Request) -> Response:
        if request.headers.get("authorization") != "Bearer at-1":
            return Response(status_code=401)
        return JSONResponse(
            {"sub": "person-1", "email": provider.email, "email_verified": provider.verified, **provider.userinfo}
        )

    return app


def _redeemed(provider: Identity, request: Request, form: dict[str, Any]) -> Response:
    named = (form["client_id"], form["client_secret"]) if "client_id" in form else _basic(request)
    asked = provider.codes.pop(form["code"], None)
    challenge = _base64(hashlib.sha256(form["code_verifier"].encode()).digest())
    if named != (CLIENT_ID, SECRET):
        return JSONResponse({"error": "invalid_client"}, 401)
    if asked is None or (challenge, form["redirect_uri"]) != (asked["code_challenge"], asked["redirect_uri"]):
        return JSONResponse({"error": "invalid_grant"}, 400)
    return JSONResponse({"access_token": "at-1", "token_type": "Bearer", "id_token": provider.token(asked["nonce"])})


def _basic(request: Request) -> tuple[str, str]:
    kind, _, told = request.headers.get("authorization", "").partition(" ")
    if kind != "Basic":
        return "", ""
    id, _, secret = base64.b64decode(told).decode().partition(":")
    return unquote(id), unquote(secret)


def confused(key: RSAKey, claims: dict[str, Any]) -> str:
    """A token signed with the public key as if it were a secret that both sides know."""
    parts = [{"alg": "HS256", "kid": key.kid}, claims]
    text = ".".join(_base64(json.dumps(part).encode()) for part in parts)
    return f"{text}.{_base64(hmac.digest(key.as_pem(private=False), text.encode(), 'sha256'))}"


def _base64(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()
