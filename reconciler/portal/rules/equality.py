"""Equality of addresses and names, as the contract defines it.

The reconciler implements the same rules separately; the tests of both sides run the vectors in
`schemas/equality.json`.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

# Characters without width that an address may contain.
_INVISIBLE: Final = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
# Letters that IDNA 2008 keeps although case folding would change them: sharp s and final sigma.
_UNFOLDED: Final = {"\u00df": "\u00df", "\u1e9e": "\u00df", "\u03c2": "\u03c2"}


def same_address_form(address: str) -> str:
    """Return the form in which addresses are compared: NFKC and lower case, domain as A-labels."""
    local, _, domain = address.strip().rpartition("@")
    return f"{_folded(local)}@{same_domain_form(domain)}" if local else _folded(domain)


def same_domain_form(domain: str) -> str:
    """Return the form in which e-mail domains are compared: mapped by UTS 46, as A-labels."""
    plain = _plain(domain).replace("\u3002", ".")
    mapped = _plain("".join(_UNFOLDED.get(letter) or letter.casefold() for letter in plain))
    labels = mapped.split(".")
    return ".".join(
        label if label.isascii() else f"xn--{label.encode('punycode').decode()}"
        for label in labels
    )


def same_name_form(name: str) -> str:
    """Return the form in which names are compared: NFC, case folded, spaces collapsed."""
    return unicodedata.normalize(
        "NFC", " ".join(unicodedata.normalize("NFC", name).casefold().split())
    )


def _folded(text: str) -> str:
    return _plain(_plain(text).lower())


def _plain(text: str) -> str:
    """Return the text without compatibility forms; look-alikes of other scripts stay."""
    return unicodedata.normalize("NFKC", _INVISIBLE.sub("", text))
