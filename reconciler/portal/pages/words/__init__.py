"""Every sentence of every page, in English, French and German, side by side.

One module an area, one row a sentence, so that whoever changes one sees all three. `{…}` are filled
in; nothing else is interpreted. The tables hold ordinary spaces: `sentence` sets those that French wants.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Final, get_args

from reconciler.portal.pages.words import access, administration, common, history, requests, steps, team
from reconciler.portal.rules.audit import Effect, Verb
from reconciler.portal.rules.complete_tables import require_all
from reconciler.portal.rules.principals import Actor
from reconciler.portal.rules.requests import EVENTS
from reconciler.portal.rules.roles import Role, StaffKind
from reconciler.portal.rules.states import (
    ContactStatus,
    CustomerStatus,
    MailState,
    RequestState,
    SignUp,
    StaffStatus,
    Workflow,
)
from reconciler.portal.rules.typesetting import typeset
from reconciler.portal.uploads.words import Reason

LANGUAGES: Final = ("en", "fr", "de")
Row = tuple[str, str, str]
"""English, French, German."""

_CLOSED: Final[Mapping[str, Iterable[str]]] = {
    "event.": (
        Verb.POST_REQUESTS,
        Verb.PATCH_REQUESTS,
        Verb.WORK_MOVED,
        *(event.verb for event in EVENTS.values()),
    ),
    "history.by.": Actor,
    "history.did.": Effect,
    "outbox.": MailState,
    "role.": (*Role, *(f"{role}.means" for role in Role)),
    "settings.sign_up.": SignUp,
    "staff.kind.": StaffKind,
    "state.": RequestState,
    "status.": (*ContactStatus, *CustomerStatus, *StaffStatus),
    "uncounted.": get_args(Reason),
    "workflow.": Workflow,
}
"""Families of sentences: the beginning of their keys, and what the keys end in."""

TABLE: Final[Mapping[str, Row]] = require_all(
    {
        **common.WORDS,
        **access.WORDS,
        **requests.WORDS,
        **steps.WORDS,
        **team.WORDS,
        **administration.WORDS,
        **history.WORDS,
    },
    [f"{prefix}{end}" for prefix, ends in _CLOSED.items() for end in ends],
)


@cache
def sentence(language: str, key: str) -> str:
    """The sentence of this key in a language of ours; a `KeyError` for a key that no table has."""
    return typeset(language, TABLE[key][LANGUAGES.index(language)])


def known(key: str) -> bool:
    """Whether there is such a sentence."""
    return key in TABLE


def chosen_language(wished: str | None, accepted: str) -> str:
    """One of ours: what was wished, else the browser's best match (RFC 9110), else English."""
    for tag in (wished or "", *_by_quality(accepted)):
        primary = tag.partition("-")[0].lower()
        if primary in LANGUAGES:
            return primary
    return "en"


def _by_quality(accepted: str) -> list[str]:
    ranked = []
    for place, part in enumerate(accepted[:500].split(",")):
        tag, _, quality = part.strip().partition(";q=")
        try:
            ranked.append((-float(quality or 1), place, tag))
        except ValueError:
            continue
    return [tag for _, _, tag in sorted(ranked)]
