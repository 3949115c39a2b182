"""The English text of every sentence, by key; one module per area.

A catalog in `locales` translates each of them: its `msgctxt` is the key and its `msgid` the English
text. `{…}` are placeholders; nothing else in a text is interpreted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, get_args

from reconciler.portal.i18n.source import (
    access,
    administration,
    common,
    forms,
    history,
    mails,
    requests,
    steps,
    team,
)
from reconciler.portal.i18n.text import Text
from reconciler.portal.rules.audit import AuditAction, Effect
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
from reconciler.portal.uploads.words import Reason

# Their order is the order of the sentences in every catalog.
AREAS: Final = (
    common,
    access,
    forms,
    requests,
    steps,
    team,
    administration,
    history,
    mails,
)

# Families of keys: their prefix, and the values that each need a sentence.
_FAMILIES: Final[Mapping[str, Iterable[str]]] = {
    "event.": (
        AuditAction.POST_REQUESTS,
        AuditAction.PATCH_REQUESTS,
        AuditAction.WORK_MOVED,
        *(event.audit_action for event in EVENTS.values()),
    ),
    "history.by.": Actor,
    "history.did.": Effect,
    "mail.role.": (*Role, *StaffKind),
    "outbox.": MailState,
    "role.": (*Role, *(f"{role}.means" for role in Role)),
    "settings.sign_up.": SignUp,
    "staff.kind.": StaffKind,
    "state.": RequestState,
    "status.": (*ContactStatus, *CustomerStatus, *StaffStatus),
    "uncounted.": get_args(Reason),
    "workflow.": Workflow,
}

# All texts; the import fails when a value of a family has none.
SOURCE: Final[Mapping[str, Text]] = require_all(
    {key: text for area in AREAS for key, text in area.TEXTS.items()},
    [f"{prefix}{value}" for prefix, values in _FAMILIES.items() for value in values],
)
