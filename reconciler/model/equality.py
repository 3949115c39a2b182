"""When two addresses or two names are the same.

Both sides of the API follow these rules on their own; `schemas/equality.json` holds the vectors
that both sides' tests run. Nothing is done to dots or plus tags: that is the mailbox owner's
business, not ours.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_WITHOUT_WIDTH: Final = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
_IDEOGRAPHIC_STOP: Final = "\u3002"
_SHARP_S: Final = "\u00df"
_FINAL_SIGMA: Final = "\u03c2"


def address_key(address: str) -> str:
    """The form in which two addresses are equal exactly when they reach the same login.

    Local part: NFKC, lower-cased. Domain: mapped as UTS 46 maps it (NFKC, lower case, every dot a
    dot), each label as its IDNA 2008 A-label. So other forms of a letter, such as the full-width
    one, are that letter; letters of another script are others. Labels that reach this function were
    accepted by the documents or by the portal, so the A-label of a non-ASCII label is its Punycode;
    a label that no registry would accept still gets a stable form.
    """
    local, at, domain = address.strip().rpartition("@")
    if not at:
        return _lower(address.strip())
    return f"{_lower(local)}@{domain_key(domain)}"


def domain_key(domain: str) -> str:
    """The form in which two e-mail domains are equal: A-labels, lower case."""
    mapped = plainest("".join(map(_uts46_case, plainest(domain))))
    return ".".join(_a_label(label) for label in mapped.split("."))


def plainest(text: str) -> str:
    """The text without look-alikes: every letter in its plain form, every dot a dot, nothing without width."""
    return _nfkc(text).replace(_IDEOGRAPHIC_STOP, ".")


def name_key(name: str) -> str:
    """The form in which two names are equal: NFC, case folded, runs of space collapsed."""
    return unicodedata.normalize("NFC", " ".join(unicodedata.normalize("NFC", name).casefold().split()))


def _lower(text: str) -> str:
    return _nfkc(_nfkc(text).lower())


def _nfkc(text: str) -> str:
    return unicodedata.normalize("NFKC", _WITHOUT_WIDTH.sub("", text))


def _uts46_case(letter: str) -> str:
    """The letter as case folding has it, but for the two that IDNA 2008 keeps."""
    if letter.lower() in {_SHARP_S, _FINAL_SIGMA}:
        return letter.lower()
    return letter.casefold()


def _a_label(label: str) -> str:
    if label.isascii():
        return label
    return "xn--" + label.encode("punycode").decode("ascii")
