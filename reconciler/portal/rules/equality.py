"""When two addresses or two names are the same, by the rules of the contract.

The reconciler follows the same rules with code of its own; `schemas/equality.json` holds the vectors
that the tests of both sides run.
"""

from __future__ import annotations

import unicodedata


def same_address_form(address: str) -> str:
    """The text by which two addresses are compared: local part NFC and lower case, domain as A-labels."""
    local, _, domain = address.strip().rpartition("@")
    return f"{_folded(local)}@{same_domain_form(domain)}" if local else _folded(domain)


def same_domain_form(domain: str) -> str:
    """The text by which two e-mail domains are compared."""
    return ".".join(
        label if label.isascii() else f"xn--{label.encode('punycode').decode()}" for label in _folded(domain).split(".")
    )


def same_name_form(name: str) -> str:
    """The text by which two names are compared: NFC, case folded, runs of space collapsed."""
    return unicodedata.normalize("NFC", " ".join(unicodedata.normalize("NFC", name).casefold().split()))


def _folded(text: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).lower())
