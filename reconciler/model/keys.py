"""Keys: the identity of customers, contacts and services in the files and in the portal."""

from __future__ import annotations

import re
from typing import Final

KEY_MAX_LENGTH: Final = 63

_KEY = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


def is_key(text: str) -> bool:
    """Return whether the text can be the key of a customer, a contact or a service."""
    # `fullmatch`, because `$` also matches before a final line break, and a file name may
    # contain one.
    return len(text) <= KEY_MAX_LENGTH and _KEY.fullmatch(text) is not None


def display(customer: str | None, contact: str | None = None) -> str:
    """Return the name of an object in messages: `acme-medical/jane-doe`, `acme-medical`, or
    `portal`.
    """
    return "/".join(part for part in (customer, contact) if part) or "portal"
