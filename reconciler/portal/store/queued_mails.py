"""The mails of one transaction. They are composed when it ends."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from reconciler.portal.rules.states import MailState

# Returns a mail's own columns of the outbox: recipient and text.
Composer: TypeAlias = Callable[[], Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class QueuedMail:
    """A mail to compose at the end. `opens`: the person whose access its link opens, if any."""

    compose: Composer
    opens: str | None = None


def outbox_rows(
    mails: Iterable[QueuedMail], revision: int, now: str
) -> list[dict[str, Any]]:
    """Return the mails, composed now, as rows of the outbox that are due at once."""
    columns = {
        "revision": revision,
        "created_at": now,
        "state": MailState.QUEUED,
        "tries": 0,
        "next_try_at": now,
        "last_error": None,
        "sent_at": None,
        "forget_at": None,
    }
    return [{**columns, **mail.compose()} for mail in mails]
