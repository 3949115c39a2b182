"""Host names, and whether traffic to them leaves this machine."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit


def on_loopback(host: str) -> bool:
    """Return whether the host is this machine."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host.lower() in {"localhost", "ip6-localhost"}


def is_private(url: str) -> bool:
    """Return whether requests to this URL cannot be read on the way: https, or loopback."""
    parts = urlsplit(url)
    return bool(parts.hostname) and (
        parts.scheme == "https"
        or (parts.scheme == "http" and on_loopback(parts.hostname or ""))
    )
