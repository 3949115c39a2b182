"""ID tokens: signed by the provider, for this client, valid now, with the nonce of this log-in.

OpenID Connect Core 1.0, 3.1.3.7. Only algorithms with a public key are accepted.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from joserfc import jwt
from joserfc.errors import BadSignatureError, ClaimError, InvalidKeyIdError, JoseError
from joserfc.jwk import GuestProtocol, Key, KeySet

from reconciler.portal.sign_on.protocol import NotProven

ALGORITHMS: Final = [
    "RS256",
    "RS384",
    "RS512",
    "PS256",
    "PS384",
    "PS512",
    "ES256",
    "ES384",
    "ES512",
    "Ed25519",
]
LEEWAY_S: Final = 60


class UnknownKey(Exception):
    """None of the keys signed the token; the provider may have a new one."""


def keys_of(published: Mapping[str, Any]) -> KeySet:
    """Return the provider's public keys; a `ValueError` if this is not a set of keys."""
    try:
        return KeySet.import_key_set({"keys": published["keys"]})
    except (JoseError, KeyError, TypeError, ValueError) as error:
        raise ValueError("not a set of keys") from error


def claims_of(
    token: str, keys: KeySet, *, issuer: str, client_id: str, nonce: str, now: float
) -> Mapping[str, Any]:
    """Return the claims of a valid token; else `NotProven` or `UnknownKey`."""
    registry = jwt.JWTClaimsRegistry(
        now=int(now),
        leeway=LEEWAY_S,
        iss={"essential": True, "value": issuer},
        aud={"essential": True, "value": client_id},
        nonce={"essential": True, "value": nonce},
        sub={"essential": True},
        exp={"essential": True},
        iat={"essential": True},
    )
    try:
        claims = jwt.decode(
            token, lambda header: _key_for(header, keys), algorithms=ALGORITHMS
        ).claims
        registry.validate(claims)
    except (InvalidKeyIdError, BadSignatureError):
        raise UnknownKey from None
    except ClaimError as error:
        raise NotProven(f"{error.error}: {error.claim}") from None
    except (JoseError, ValueError, TypeError) as error:
        raise NotProven(f"signature: {type(error).__name__}") from None
    _check_audience(claims, client_id)
    return claims


def _check_audience(claims: Mapping[str, Any], client_id: str) -> None:
    """Raise `NotProven` if the token is for another client, or for several without naming one."""
    # a token for several clients could be forwarded by one of them, unless `azp` names us
    audiences = claims["aud"]
    several = isinstance(audiences, list) and len(audiences) != 1
    if claims.get("azp", None if several else client_id) != client_id:
        raise NotProven("invalid_claim: azp")


def _key_for(header: GuestProtocol, keys: KeySet) -> Key:
    """Return the key that the token names; the only key if it names none."""
    kid = header.headers().get("kid")
    return keys.keys[0] if kid is None and len(keys.keys) == 1 else keys.get_by_kid(kid)
