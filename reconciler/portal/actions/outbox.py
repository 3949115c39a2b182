"""What becomes of a mail after it was written: claimed, sent, tried again, given up, queued once more.

Any number of processes share the work. Who takes a mail writes `sending` and until when; a mail whose
taker died is due again then, so that at most one more copy with the same Message-ID is sent. None of
this makes a revision: the mail was there since the change that wrote it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, select, update

from reconciler.portal.actions.batching import AT_ONCE, in_turns
from reconciler.portal.mail.kinds import MailKind
from reconciler.portal.rules.audit import Verb
from reconciler.portal.rules.problems import Problem
from reconciler.portal.rules.states import MailState
from reconciler.portal.store import tables as t
from reconciler.portal.store.clock import later
from reconciler.portal.store.store import Store
from reconciler.portal.store.unit_of_work import Row, Work

TAKEN_MINUTES: Final = 5
AGAIN_AFTER_MINUTES: Final = (1, 5, 15, 60, 240, 720, 1440, 1440)
"""How long a mail rests after each try that failed: nearly three days in all, then it is given up."""
KEPT_DAYS: Final = 30
"""For how long it is known to whom a mail went and what it said, should somebody ask where it is."""
FORGOTTEN: Final = {"to": "", "subject": "", "text": "", "html": "", "last_error": None, "forget_at": None}
"""What is left of a mail then: its id and Message-ID, its kind, whom it was about, what became of it and when."""

Mail = Mapping[str, Any]
_SECRET: Final = re.compile(r"(/(?:activate|confirm|reset)/)[A-Za-z0-9_-]+")


def take(store: Store) -> Mail | None:
    """A mail that is due, now this caller's for `TAKEN_MINUTES`; None when there is none."""
    c, now = t.outbox.c, store.clock()
    due = select(t.outbox).where(is_due(now)).order_by(c.next_try_at, c.revision, c.id).limit(1)
    with store.read() as connection:
        if connection.execute(due).first() is None:
            return None
    with store.aside() as connection:
        found = connection.execute(due.with_for_update(skip_locked=True)).mappings().first()
        if found is None:
            return None
        taken = {
            "state": MailState.SENDING,
            "tries": found["tries"] + 1,
            "next_try_at": later(now, minutes=TAKEN_MINUTES),
        }
        connection.execute(update(t.outbox).where(c.id == found["id"]).values(**taken))
    return {**found, **taken}


def is_due(now: str) -> ColumnElement[bool]:
    """Whether a mail of the outbox is to be sent now: it does not rest, and nobody is sending it.

    In every other state no try is next. To ask for the state as well would keep SQLite from going by the time.
    """
    return t.outbox.c.next_try_at <= now


def note_sent(store: Store, mail: Mail) -> None:
    """The mail server has it; the links in it are their reader's alone from here on."""
    now = store.clock()
    settled = {
        "state": MailState.SENT,
        "sent_at": now,
        "next_try_at": None,
        "last_error": None,
        "forget_at": _forget_at(now),
    }
    _note(store, mail, {**settled, **_without_secrets(mail)})


def note_rejected(store: Store, mail: Mail, why: str) -> None:
    """It will never be taken: a dead letter, until an administrator queues it again."""
    forget_at = _forget_at(store.clock())
    _note(store, mail, {"state": MailState.DEAD, "next_try_at": None, "last_error": why, "forget_at": forget_at})


def _forget_at(now: str) -> str:
    return later(now, days=KEPT_DAYS)


def note_deferred(store: Store, mail: Mail, why: str) -> None:
    """It was not taken now: it rests, longer each time, and is given up in the end."""
    if mail["tries"] > len(AGAIN_AFTER_MINUTES):
        note_rejected(store, mail, f"given up after {mail['tries']} tries: {why}")
        return
    rest = later(store.clock(), minutes=AGAIN_AFTER_MINUTES[mail["tries"] - 1])
    _note(store, mail, {"state": MailState.QUEUED, "next_try_at": rest, "last_error": why})


def _note(store: Store, mail: Mail, values: dict[str, Any]) -> None:
    c = t.outbox.c
    # whoever came too late is not its taker any more: its number of tries has moved on
    mine = and_(c.id == mail["id"], c.state == MailState.SENDING, c.tries == mail["tries"])
    with store.aside() as connection:
        connection.execute(update(t.outbox).where(mine).values(**values))


def queue_again(work: Work, id: str) -> dict[str, Any]:
    """A dead letter is due again, from its first try on; the row as it is now."""
    found = work.connection.execute(select(t.outbox).where(t.outbox.c.id == id).with_for_update()).mappings().first()
    if found is None:
        raise Problem("not-found", f"there is no mail '{id}'")
    if found["state"] != MailState.DEAD:
        raise Problem("wrong-state", f"mail '{id}' is {found['state']}: only a dead letter is queued again")
    if not found["text"]:
        raise Problem("wrong-state", f"mail '{id}' is forgotten: there is nothing left to send")
    values = {"state": MailState.QUEUED, "tries": 0, "next_try_at": work.now, "forget_at": None}
    work.connection.execute(update(t.outbox).where(t.outbox.c.id == id).values(**values))
    work.audit(Verb.OUTBOX_RETRY, Row("mail", {"id": id}, None), {"state": MailState.DEAD}, {"state": MailState.QUEUED})
    return {**found, **values, **_without_secrets(dict(found))}  # for the record of idempotent answers keeps no secrets


def readable(mail: Mail) -> dict[str, Any]:
    """The mail as an administrator may read it: without the link by which one of the provider's people comes back in.

    Other links can be read until they are sent, for without a mail server they are passed on by hand.
    """
    of_staff = mail["kind"] == MailKind.RESET and mail["contact"] is None
    return {**mail, **(_without_secrets(mail) if of_staff else {})}


def _without_secrets(mail: Mail) -> dict[str, str]:
    return {name: _SECRET.sub(r"\1…", mail[name]) for name in ("text", "html")}


def forget_mails(store: Store) -> int:
    """Mails that were sent or given up long ago say nothing about anybody any more; how many there were."""
    return in_turns(lambda: _forget_some(store))


def _forget_some(store: Store) -> int:
    c, now = t.outbox.c, store.clock()
    with store.read() as connection:
        due = list(connection.execute(select(c.id).where(c.forget_at <= now).limit(AT_ONCE)).scalars())
    if due:
        with store.aside() as connection:  # who queued one of them again in the meantime keeps it
            connection.execute(update(t.outbox).where(c.id.in_(due), c.forget_at <= now).values(**FORGOTTEN))
    return len(due)
