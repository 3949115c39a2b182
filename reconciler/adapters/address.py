"""Where a portal is and what opens it, refused before anything is sent when it cannot be right."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import SplitResult, urlsplit

import httpx

from reconciler.model.errors import NotAllowed, WrongUsage

_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_TOKEN: Final = re.compile(r"[\x21-\x7e]{1,4096}")


@dataclass(frozen=True, slots=True)
class Address:
    """Where the portal is, and the token that opens it; the token never shows in any text of it."""

    url: str
    token: str = field(repr=False)

    def __post_init__(self) -> None:
        parts = _parts(self.url)
        if parts is not None and (parts.username or parts.password):
            raise WrongUsage(
                "the portal's URL carries a user name or password",
                "put a token into a file instead",
            )
        if parts is None or parts.scheme not in {"http", "https"} or not parts.hostname:
            raise WrongUsage(
                f"'{self.url}' is not the URL of a portal",
                "write it as https://portal.provider.example",
            )
        if parts.scheme == "http" and parts.hostname not in _LOOPBACK:
            raise NotAllowed(
                f"'{parts.hostname}' would be reached without encryption", "use https"
            )
        if not _TOKEN.fullmatch(self.token):
            raise NotAllowed(
                "the token holds a line break, a space or a letter that no token has",
                "give it alone, on one line",
            )


def _parts(url: str) -> SplitResult | None:
    """The parts of a web address that the library below can take; None when it is none."""
    try:
        parts = urlsplit(url)
        host = httpx.URL(url)
        looked_up = host.raw_host.decode("ascii").encode(
            "idna"
        )  # as the socket will ask for it
        known = host.host and looked_up and parts.port != 0
    except (ValueError, httpx.InvalidURL):
        return None
    return parts if known and url.isprintable() and " " not in url else None
