"""Mails as texts: which sentences a wording has, filled in with what it is about.

Values come in; subject, text and HTML go out. Which mails are sent when is decided by the acts; carrying
them is the business of `delivery`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from reconciler.portal.mail.inert import inert
from reconciler.portal.mail.kinds import Wording
from reconciler.portal.mail.markup import Paragraph, markup
from reconciler.portal.mail.words import WORDS, words, written_in
from reconciler.portal.rules.complete_tables import require_all
from reconciler.portal.rules.roles import Role, StaffKind
from reconciler.portal.rules.typesetting import day, locale_of

_LINES: Final[Mapping[Wording, tuple[str, ...]]] = {
    Wording.ACTIVATION: ("activation.body", "activation.link", "|link", "role", "activation.later", "ask"),
    Wording.ACTIVATION_AGAIN: ("activation_again.body", "activation.link", "|link", "activation.later", "ask"),
    Wording.ADDRESS_CHANGED: ("address_changed.body", "address_changed.ask"),
    Wording.WORK_RECEIVED: ("work_received.body", "|requests", "ask"),
    Wording.REJECTED: ("rejected.body", "reason", "ask"),
    Wording.STAFF_ACTIVATION: ("staff_activation.body", "activation.link", "|link", "role", "activation.later"),
    Wording.STAFF_ADDRESS_CHANGED: ("staff_address_changed.body",),
    Wording.CONFIRM: ("confirm.body", "|link", "confirm.until", "confirm.ignore"),
    Wording.KNOWN: ("known.body",),
    Wording.KNOWN_INVITED: ("known_invited.body", "ask"),
    Wording.RESET: ("reset.body", "|link", "reset.ignore"),
    Wording.REGISTERED: ("registered.body", "|link"),
    Wording.SUBMITTED: ("submitted.body", "|link"),
    Wording.QUOTED: ("quoted.body", "|link", "ask"),
    Wording.ACCEPTED: ("accepted.body", "|link"),
    Wording.DECLINED: ("declined.body", "reason", "|link"),
    Wording.DELIVERED: ("delivered.body", "|link", "ask"),
    Wording.CANCELLED: ("cancelled.body", "reason", "|link"),
}
"""The paragraphs of each wording; `|link` stands for the link, `|requests` for one paragraph a request."""


def _sentences(wording: Wording) -> set[str]:
    return {f"{wording}.subject", *(line for line in _LINES[wording] if not line.startswith("|"))}


_NEEDED: Final = {
    *Role,
    *StaffKind,
    *(sentence for wording in require_all(_LINES, Wording) for sentence in _sentences(wording)),
}
for _table in WORDS.values():
    require_all({key.removesuffix(".other"): text for key, text in _table.items()}, _NEEDED)


_OURS: Final = frozenset({"address", "color", "contact", "count", "hours", "link", "minutes", "role", "until"})
"""The facts that the portal or the provider writes; every other one may be anybody's words."""


@dataclass(frozen=True, slots=True)
class Letter:
    """What one mail says."""

    subject: str
    text: str
    html: str = ""


@dataclass(frozen=True, slots=True)
class About:
    """A request that a mail lists: its title, and its page."""

    title: str
    page: str


def letter(wording: Wording, language: str, facts: Mapping[str, str], requests: Sequence[About] = ()) -> Letter:
    """The mail of this wording in this language; every `{…}` of its sentences must be among the facts.

    `until` is a day (`2026-12-09`), `contact` the address to write to, empty when there is none. What others
    typed is made `inert` here, for texts and HTML of all wordings.
    """
    table, locale = words(language), locale_of(written_in(language))
    known = {name: _one_line(value) if name in _OURS else _of_others(value) for name, value in facts.items()}
    known |= {"what": table.get(facts.get("role", ""), ""), "reason": _of_others(_reason(facts, table))}
    if until := facts.get("until"):
        known["until"] = day(locale, until, "long")
    plural = "one" if locale.plural_form(int(facts.get("count", 0))) == "one" else "other"
    say = _Sayer(table, known, plural)
    said = [
        Paragraph(say("greeting")), *(each for part in _LINES[wording] for each in _paragraphs(part, say, requests)),
        Paragraph(f"{say('closing')}\n{known['portal']}"),
    ]  # fmt: skip
    subject = say(f"{wording}.subject")
    text = "\n\n".join(part.as_text for part in said) + "\n"
    return Letter(subject, text, markup(subject, said, written_in(language), facts.get("color")))


@dataclass(frozen=True, slots=True)
class _Sayer:
    """The sentences of one mail, in the form that its facts want."""

    table: Mapping[str, str]
    facts: Mapping[str, str]
    plural: str

    def __call__(self, key: str) -> str:
        if f"{key}.{self.plural}" in self.table:
            key = f"{key}.{self.plural}"
        elif f"{key}.nobody" in self.table and not self.facts["contact"]:
            key = f"{key}.nobody"
        return self.table[key].format_map(self.facts)


def _paragraphs(part: str, say: _Sayer, requests: Sequence[About]) -> list[Paragraph]:
    match part:
        case "|link":
            return [Paragraph("", say.facts["link"])]
        case "|requests":
            return [Paragraph(_of_others(each.title), each.page) for each in requests]
        case "role" if not say.facts["what"]:
            return []
        case _:
            return [Paragraph(say(part))]


def _reason(facts: Mapping[str, str], table: Mapping[str, str]) -> str:
    reason = facts.get("reason") or "other"
    return table.get(reason, reason if reason != "rejected" else table["other"])


def _of_others(text: str) -> str:
    return inert(_one_line(text))


def _one_line(text: str) -> str:
    return " ".join(text.split())
