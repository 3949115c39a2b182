"""When two addresses or two names are the same, by the rules of the contract.

The reconciler follows the same rules with code of its own; `schemas/equality.json` holds the vectors
that the tests of both sides run.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_UNSEEN: Final = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
"""Characters of no width that an address may hold; those that it may not hold never come here."""
_KEPT: Final = {"\u00df": "\u00df", "\u1e9e": "\u00df", "\u03c2": "\u03c2"}
"""Letters that IDNA 2008 keeps where case folding would not: sharp s and final sigma."""


def same_address_form(address: str) -> str:
    """The text by which two addresses are compared: local part NFKC and lower case, domain as A-labels."""
    local, _, domain = address.strip().rpartition("@")
    return f"{_folded(local)}@{same_domain_form(domain)}" if local else _folded(domain)


def same_domain_form(domain: str) -> str:
    """The text by which two e-mail domains are compared: what UTS 46 maps them to, as A-labels."""
    plain = _plain(domain).replace("\u3002", ".")
    mapped = _plain("".join(_KEPT.get(letter) or letter.casefold() for letter in plain))
    labels = mapped.split(".")
    return ".".join(label if label.isascii() else f"xn--{label.encode('punycode').decode()}" for label in labels)


def same_name_form(name: str) -> str:
    """The text by which two names are compared: NFC, case folded, runs of space collapsed."""
    return unicodedata.normalize("NFC", " ".join(unicodedata.normalize("NFC", name).casefold().split()))


def _folded(text: str) -> str:
    return _plain(_plain(text).lower())


def _plain(text: str) -> str:
    """Look-alikes that are only other forms of a letter become the letter; other scripts stay what they are."""
    return unicodedata.normalize("NFKC", _UNSEEN.sub("", text))
