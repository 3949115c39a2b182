"""The schema of a mail in the outbox."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from reconciler.portal.actions.choices import OneOf
from reconciler.portal.api.schemas.resources import Answer
from reconciler.portal.rules.states import MailState

StateOfMail: TypeAlias = Annotated[str, OneOf(MailState)]


class OutboxMail(Answer):
    id: str
    kind: str
    to: str
    language: str
    contact: str | None
    message_id: str
    subject: str
    text: str
    html: str
    state: StateOfMail
    created_at: str
    tries: int
    next_try_at: str | None
    last_error: str | None
    sent_at: str | None
    forget_at: str | None
