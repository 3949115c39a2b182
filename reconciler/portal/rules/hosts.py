"""Names of hosts, and whether anything leaves this machine on the way to them."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit


def on_loopback(host: str) -> bool:
    """Whether the host is this machine and nothing leaves it."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host.lower() in {"localhost", "ip6-localhost"}


def is_private(url: str) -> bool:
    """Whether nobody on the way can read what is sent to this address: https, or this very machine."""
    parts = urlsplit(url)
    return bool(parts.hostname) and (
        parts.scheme == "https" or (parts.scheme == "http" and on_loopback(parts.hostname or ""))
    )
