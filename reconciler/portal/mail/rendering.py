"""Mails as texts: the sentences of each wording, filled in with its facts.

Values come in; subject, text and HTML go out. The actions decide when a mail is sent, and
`delivery` sends it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from reconciler.portal.i18n.catalogs import (
    direction,
    is_key,
    plural_sentence,
    sentence,
    written_language,
)
from reconciler.portal.i18n.source import SOURCE
from reconciler.portal.mail.inert import inert
from reconciler.portal.mail.kinds import Wording
from reconciler.portal.mail.markup import Paragraph, markup
from reconciler.portal.rules.complete_tables import require_all
from reconciler.portal.rules.typesetting import day, locale_of, money, number

# The paragraphs of each wording; `|link` stands for the link, `|requests` for all requests,
# `|terms` for the terms of a quote.
_PARAGRAPHS: Final[Mapping[Wording, tuple[str, ...]]] = {
    Wording.ACTIVATION: (
        "activation.body",
        "activation.link",
        "|link",
        "role",
        "activation.later",
        "ask",
    ),
    Wording.ACTIVATION_AGAIN: (
        "activation_again.body",
        "activation.link",
        "|link",
        "activation.later",
        "ask",
    ),
    Wording.ADDRESS_CHANGED: ("address_changed.body", "address_changed.ask"),
    Wording.WORK_RECEIVED: ("work_received.body", "|requests", "ask"),
    Wording.REJECTED: ("rejected.body", "reason", "ask"),
    Wording.STAFF_ACTIVATION: (
        "staff_activation.body",
        "activation.link",
        "|link",
        "role",
        "activation.later",
    ),
    Wording.STAFF_ADDRESS_CHANGED: ("staff_address_changed.body",),
    Wording.CONFIRM: ("confirm.body", "|link", "confirm.until", "confirm.ignore"),
    Wording.KNOWN: ("known.body",),
    Wording.KNOWN_INVITED: ("known_invited.body", "ask"),
    Wording.RESET: ("reset.body", "|link", "reset.ignore"),
    Wording.REGISTERED: ("registered.body", "|link"),
    Wording.SUBMITTED: ("submitted.body", "|link"),
    Wording.QUOTED: ("quoted.body", "|terms", "quoted.accept", "|link", "ask"),
    Wording.ACCEPTED: ("accepted.body", "|link"),
    Wording.DECLINED: ("declined.body", "reason", "|link"),
    Wording.DELIVERED: ("delivered.body", "|link", "ask"),
    Wording.CANCELLED: ("cancelled.body", "reason", "|link"),
}


# The lines about the terms of a quote, and the fact that each needs.
_TERMS: Final[Mapping[str, str]] = {
    "quoted.cost": "cost",
    "quoted.words": "words",
    "quoted.deadline": "deadline",
    "quoted.moved": "requested_deadline",
}

require_all(SOURCE, {f"mail.{line}" for line in _TERMS})
require_all(
    SOURCE,
    {
        f"mail.{line}"
        for wording in require_all(_PARAGRAPHS, Wording)
        for line in (f"{wording}.subject", *_PARAGRAPHS[wording])
        if not line.startswith("|")
    },
)


# The facts that the portal or the provider writes; anybody may have typed the others.
_TRUSTED_FACTS: Final = frozenset(
    {
        "address",
        "color",
        "contact",
        "cost",
        "count",
        "currency",
        "deadline",
        "hours",
        "link",
        "minutes",
        "number",
        "requested_deadline",
        "role",
        "until",
        "words",
    }
)


@dataclass(frozen=True, slots=True)
class MailContent:
    """One mail: subject, text and HTML."""

    subject: str
    text: str
    html: str = ""


@dataclass(frozen=True, slots=True)
class LinkedRequest:
    """A request that a mail lists: its title, its number, and its page."""

    title: str
    number: int
    page: str


def render_mail(
    wording: Wording,
    language: str,
    facts: Mapping[str, str],
    requests: Sequence[LinkedRequest] = (),
) -> MailContent:
    """Return the mail of this wording in this language.

    The facts hold a value for each placeholder of its sentences. `until` and the deadlines are days
    (`2026-12-09`) or times, `words` is a number and `cost` an amount; an absent one is empty.
    `contact` is the address to write to, empty when there is none. Text that other people typed
    becomes `inert` here.
    """
    own_language = written_language(language)
    safe = {
        name: _one_line(value) if name in _TRUSTED_FACTS else _untrusted(value)
        for name, value in facts.items()
    }
    safe |= {
        "what": _sentence_if_any(own_language, f"mail.role.{facts.get('role', '')}"),
        # a reason may have several lines, but no empty ones, which would look like the mail's own
        "reason": "\n".join(
            _untrusted(line)
            for line in _reason(facts, own_language).splitlines()
            if line.strip()
        ),
    }
    safe |= _localized_facts(own_language, facts)
    fill = _SentenceFiller(own_language, safe, int(facts.get("count", 0)))
    paragraphs = [
        Paragraph(fill("greeting")),
        *(
            paragraph
            for line in _PARAGRAPHS[wording]
            for paragraph in _paragraphs(line, fill, requests)
        ),
        Paragraph(f"{fill('closing')}\n{safe['portal']}"),
    ]
    subject = fill(f"{wording}.subject")
    text = "\n\n".join(paragraph.as_text for paragraph in paragraphs) + "\n"
    html = markup(
        subject, paragraphs, own_language, direction(own_language), facts.get("color")
    )
    return MailContent(subject, text, html)


def _localized_facts(language: str, facts: Mapping[str, str]) -> dict[str, str]:
    """Return dates and numbers as readers of the language write them."""
    locale = locale_of(language)
    texts = {
        name: day(locale, facts[name], "long")
        for name in ("until", "deadline", "requested_deadline")
        if facts.get(name)
    }
    if facts.get("words"):
        texts["words"] = number(locale, int(facts["words"]))
    if facts.get("cost"):
        texts["cost"] = money(locale, facts["cost"], facts["currency"])
    return texts


@dataclass(frozen=True, slots=True)
class _SentenceFiller:
    """The sentences of one mail, filled in with its facts."""

    language: str
    facts: Mapping[str, str]
    count: int

    def __call__(self, line: str) -> str:
        key = f"mail.{line}"
        # without an address to write to, some sentences have a form that names none
        if not self.facts.get("contact") and is_key(f"{key}.nobody"):
            key = f"{key}.nobody"
        return plural_sentence(self.language, key, self.count).format_map(self.facts)


def _paragraphs(
    line: str, fill: _SentenceFiller, requests: Sequence[LinkedRequest]
) -> list[Paragraph]:
    match line:
        case "|link":
            return [Paragraph("", fill.facts["link"])]
        case "|requests":
            return [
                Paragraph(f"{_untrusted(request.title)} (#{request.number})", request.page)
                for request in requests
            ]
        case "|terms":
            terms = [line for line, fact in _TERMS.items() if fill.facts.get(fact)]
            # a moved deadline is told beside the requested one
            if "quoted.moved" in terms:
                terms.remove("quoted.deadline")
            return [Paragraph("\n".join(map(fill, terms)))] if terms else []
        case "role" if not fill.facts["what"]:
            return []
        case _:
            return [Paragraph(fill(line))]


def _reason(facts: Mapping[str, str], language: str) -> str:
    reason = facts.get("reason") or "other"
    text = _sentence_if_any(language, f"mail.reason.{reason}")
    return text or (
        reason if reason != "rejected" else _sentence_if_any(language, "mail.reason.other")
    )


def _sentence_if_any(language: str, key: str) -> str:
    return sentence(language, key) if is_key(key) else ""


def _untrusted(text: str) -> str:
    return inert(_one_line(text))


def _one_line(text: str) -> str:
    return " ".join(text.split())
