"""When two addresses or two names are the same.

Both sides of the API follow these rules on their own; `schemas/equality.json` holds the vectors
that both sides' tests run. Nothing is done to dots or plus tags: that is the mailbox owner's
business, not ours.
"""

from __future__ import annotations

import unicodedata


def address_key(address: str) -> str:
    """The form in which two addresses are equal exactly when they reach the same login.

    Local part: NFC, lower-cased. Domain: each label as its IDNA 2008 A-label, lower-cased. Labels
    that reach this function were accepted by the documents or by the portal, so the A-label of a
    non-ASCII label is its Punycode; a label that no registry would accept still gets a stable form.
    """
    local, at, domain = address.strip().rpartition("@")
    if not at:
        return _lower(address.strip())
    return f"{_lower(local)}@{domain_key(domain)}"


def domain_key(domain: str) -> str:
    """The form in which two e-mail domains are equal: A-labels, lower case."""
    return ".".join(_a_label(label) for label in domain.split("."))


def name_key(name: str) -> str:
    """The form in which two names are equal: NFC, case folded, runs of space collapsed."""
    return unicodedata.normalize("NFC", " ".join(unicodedata.normalize("NFC", name).casefold().split()))


def _lower(text: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).lower())


def _a_label(label: str) -> str:
    lowered = _lower(label)
    if lowered.isascii():
        return lowered
    return "xn--" + lowered.encode("punycode").decode("ascii")
