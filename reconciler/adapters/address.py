"""The URL of a portal and the token for it, checked before anything is sent."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import SplitResult, urlsplit

import httpx

from reconciler.model.errors import NotAllowed, WrongUsage

# Requests to these hosts stay within this machine, so http is allowed.
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
# Visible ASCII. h11 refuses other header values too, but its error quotes the value: the token.
_TOKEN: Final = re.compile(r"[\x21-\x7e]{1,4096}")


@dataclass(frozen=True, slots=True)
class Address:
    """The portal's URL and the token for it; `repr` leaves the token out."""

    url: str
    token: str = field(repr=False)

    def __post_init__(self) -> None:
        parts = _split_url(self.url)
        # httpx would send these as Basic authentication, in place of the token
        if parts is not None and (parts.username or parts.password):
            raise WrongUsage(
                "the portal's URL contains a user name or password",
                "put a token into a file instead",
            )
        if parts is None or parts.scheme not in {"http", "https"} or not parts.hostname:
            raise WrongUsage(
                f"'{self.url}' is not the URL of a portal",
                "write it as https://portal.provider.example",
            )
        if parts.scheme == "http" and parts.hostname not in _LOOPBACK:
            raise WrongUsage(
                f"'{parts.hostname}' would be reached without encryption", "use https"
            )
        if not _TOKEN.fullmatch(self.token):
            raise NotAllowed(
                "the token contains a line break, a space or another character that no token has",
                "write the token alone, on one line",
            )


def _split_url(url: str) -> SplitResult | None:
    """Return the parts of a web address that httpx accepts too; None for any other text."""
    try:
        parts = urlsplit(url)
        host = httpx.URL(url)
        # `socket` encodes the name once more, and raises UnicodeError for an empty or a long label;
        # httpx does not turn that into one of its own errors
        encoded_host = host.raw_host.decode("ascii").encode("idna")
        is_complete = host.host and encoded_host and parts.port != 0
    except (ValueError, httpx.InvalidURL):
        return None
    # `urlsplit` removes tabs and line breaks without an error: https://bugs.python.org/issue43882
    return parts if is_complete and url.isprintable() and " " not in url else None
