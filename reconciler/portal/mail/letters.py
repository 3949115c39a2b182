"""Mails as texts: which sentences a kind of mail has, filled in with what it is about.

Values come in; subject, text and HTML go out. Which mails are sent when is decided by the acts; carrying
them is the business of `delivery`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from reconciler.portal.mail.markup import Paragraph, markup
from reconciler.portal.mail.words import words, written_in

_LINES: Final[Mapping[str, tuple[str, ...]]] = {
    "activation": ("activation.body", "activation.link", "|link", "role", "activation.later", "ask"),
    "activation_again": ("activation_again.body", "activation.link", "|link", "activation.later", "ask"),
    "address_changed": ("address_changed.body",),
    "work_received": ("work_received.body", "|requests", "ask"),
    "rejected": ("rejected.body", "ask"),
    "staff_activation": ("staff_activation.body", "activation.link", "|link", "role", "activation.later"),
    "staff_address_changed": ("staff_address_changed.body",),
    "confirm": ("confirm.body", "|link", "confirm.until", "confirm.ignore"),
    "known": ("known.body",),
    "known_invited": ("known_invited.body", "ask"),
    "reset": ("reset.body", "|link", "reset.ignore"),
    "registered": ("registered.body", "|link"),
    "submitted": ("submitted.body", "|link"),
    "quoted": ("quoted.body", "|link", "ask"),
    "accepted": ("accepted.body", "|link"),
    "delivered": ("delivered.body", "|link", "ask"),
    "cancelled": ("cancelled.body", "|link"),
}
"""The paragraphs of each kind; `|name` stands for a fact on a line of its own."""


@dataclass(frozen=True, slots=True)
class Letter:
    """What one mail says."""

    subject: str
    text: str
    html: str = ""


def letter(kind: str, language: str, facts: Mapping[str, str]) -> Letter:
    """The mail of this kind in this language; every `{…}` of its sentences must be among the facts."""
    table = words(language)
    known = {**facts, "what": table.get(facts.get("role", ""), ""), "reason": _reason(facts, table)}
    known = {name: _one_line(value) if name != "requests" else value for name, value in known.items()}
    parts = [_paragraph(part, table, known) for part in _LINES[kind]]
    said = [
        Paragraph(_sentence(table["greeting"], known)), *(part for part in parts if part.text),
        Paragraph(f"{table['closing']}\n{_sentence(table['from'], known)}"),
    ]  # fmt: skip
    subject = _sentence(table[f"{kind}.subject"], known)
    text = "\n\n".join(part.text for part in said) + "\n"
    return Letter(subject, text, markup(subject, said, written_in(language), facts.get("color")))


def _paragraph(part: str, table: Mapping[str, str], facts: Mapping[str, str]) -> Paragraph:
    if part.startswith("|"):
        return Paragraph(facts.get(part[1:], ""), is_link=part == "|link")
    return Paragraph(_sentence(table[part], facts))


def _sentence(pattern: str, facts: Mapping[str, str]) -> str:
    text = pattern.format_map(facts)
    return text[0].upper() + text[1:]


def _reason(facts: Mapping[str, str], table: Mapping[str, str]) -> str:
    reason = facts.get("reason") or "other"
    return table.get(reason, reason if reason != "rejected" else table["other"])


def _one_line(text: str) -> str:
    return " ".join(text.split())
