"""The equality of addresses and of names.

Both sides of the API implement these rules separately; `schemas/equality.json` holds the vectors
that both sides' tests run. Dots and plus tags are significant: only the mailbox owner's server
decides about them.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

# Letters and marks with the Unicode property Default_Ignorable_Code_Point. They are
# invisible, NFKC keeps them, and UTS 46 maps them to nothing.
_WITHOUT_WIDTH: Final = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
# UTS 46 maps this stop to a dot, NFKC does not. NFKC turns the half-width one (U+FF61) into
# it.
_IDEOGRAPHIC_STOP: Final = "\u3002"
# The deviation characters of UTS 46: IDNA 2003 maps them to `ss` and to the plain sigma,
# IDNA 2008 keeps them, so with them a domain is another one.
_SHARP_S: Final = "\u00df"
_FINAL_SIGMA: Final = "\u03c2"


def address_key(address: str) -> str:
    """Return the form in which two addresses are equal exactly when they reach the same login.

    Local part: NFKC, lower-cased. Domain: mapped as in UTS 46 (NFKC, lower case, every kind of dot
    as a dot), each label as its IDNA 2008 A-label. Compatibility forms of a letter, such as the
    full-width one, equal that letter; letters of another script do not. Labels that reach this
    function were accepted by the documents or by the portal, so the A-label of a non-ASCII label is
    its Punycode; a label that no registry would accept still gets a stable form.
    """
    # The last @, because a quoted local part may contain one.
    local, at, domain = address.strip().rpartition("@")
    if not at:
        return _lower(address.strip())
    return f"{_lower(local)}@{domain_key(domain)}"


def domain_key(domain: str) -> str:
    """Return the form in which two e-mail domains are equal: A-labels, lower case."""
    # Twice, because case folding can leave a text that is not in NFKC (Unicode 5.18).
    mapped = without_lookalikes("".join(map(_uts46_case, without_lookalikes(domain))))
    return ".".join(_a_label(label) for label in mapped.split("."))


def without_lookalikes(text: str) -> str:
    """Return the text without look-alikes: plain letters, plain dots, no zero-width characters."""
    return _nfkc(text).replace(_IDEOGRAPHIC_STOP, ".")


def name_key(name: str) -> str:
    """Return the form in which two names are equal: NFC, case folded, runs of space collapsed."""
    # NFC before and after: case folding turns one letter such as U+0390 into three code
    # points.
    return unicodedata.normalize(
        "NFC", " ".join(unicodedata.normalize("NFC", name).casefold().split())
    )


def _lower(text: str) -> str:
    # Again after lower-casing: `H` with a macron below is two code points, the small letter
    # is one.
    return _nfkc(_nfkc(text).lower())


def _nfkc(text: str) -> str:
    return unicodedata.normalize("NFKC", _WITHOUT_WIDTH.sub("", text))


def _uts46_case(letter: str) -> str:
    """Return the case-folded letter, except for the two letters that IDNA 2008 keeps."""
    if letter.lower() in {_SHARP_S, _FINAL_SIGMA}:
        return letter.lower()
    return letter.casefold()


def _a_label(label: str) -> str:
    if label.isascii():
        return label
    # Not Python's `idna` codec: it implements IDNA 2003, which turns a sharp s into `ss`.
    return "xn--" + label.encode("punycode").decode("ascii")
