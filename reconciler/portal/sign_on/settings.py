"""Settings of the OpenID provider and of the portal as its client."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from reconciler.portal.rules.hosts import is_private

SECRET_VARIABLE: Final = "RECONCILER_PORTAL_OIDC_SECRET"  # noqa: S105  the variable's name


@dataclass(frozen=True, slots=True)
class Settings:
    """A client of an OpenID provider."""

    issuer: str
    client_id: str
    secret: str = field(repr=False)
    name: str
    domains: frozenset[str] = frozenset()
    """Domains of the addresses for which the provider is trusted; empty: all."""


def settings_of(
    issuer: str,
    client_id: str | None,
    secret: str | None,
    name: str | None,
    domains: Iterable[str],
) -> Settings:
    """Return the settings; a `ValueError` says what is wrong."""
    parts = urlsplit(issuer)
    if not is_private(issuer):
        raise ValueError(
            f"--oidc-issuer '{issuer}' is not https; the provider decides who logs in"
        )
    if parts.query or parts.fragment or parts.username is not None:
        raise ValueError(
            "--oidc-issuer must be scheme, host and path, as in the provider's configuration"
        )
    if not client_id or not secret:
        raise ValueError(
            f"--oidc-issuer, --oidc-client-id and {SECRET_VARIABLE} go together"
        )
    return Settings(
        issuer,
        client_id,
        secret,
        name or str(parts.hostname),
        frozenset(domain.strip().casefold() for domain in domains),
    )
