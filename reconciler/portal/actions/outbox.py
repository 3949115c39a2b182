"""The state of a queued mail: claimed, sent, retried, given up, queued again.

Any number of processes share the outbox. A process claims a mail by setting `sending` and a
deadline. If the process dies, the mail is due again at the deadline, so at most one extra copy with
the same Message-ID is sent. These changes make no revision: the mail has been there since the
change that wrote it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, select, update

from reconciler.portal.actions.chunks import ROWS_PER_CHUNK, run_in_chunks
from reconciler.portal.mail.kinds import MailKind
from reconciler.portal.rules.audit import AuditAction
from reconciler.portal.rules.problems import Problem
from reconciler.portal.rules.states import MailState
from reconciler.portal.store import tables as t
from reconciler.portal.store.clock import later
from reconciler.portal.store.store import Store
from reconciler.portal.store.unit_of_work import Row, Work

CLAIM_MINUTES: Final = 5
# The delay after each failed attempt, nearly three days in all; then the mail is given up.
RETRY_AFTER_MINUTES: Final = (1, 5, 15, 60, 240, 720, 1440, 1440)
# How long recipient and text of a mail are kept after it was sent or given up.
RETENTION_DAYS: Final = 30
# The columns that are emptied then. Id, Message-ID, kind, contact, state and times stay.
EMPTIED_COLUMNS: Final = {
    "to": "",
    "subject": "",
    "text": "",
    "html": "",
    "last_error": None,
    "forget_at": None,
}

Mail = Mapping[str, Any]
_SECRET: Final = re.compile(r"(/(?:activate|confirm|reset)/)[A-Za-z0-9_-]+")


def claim_next(store: Store) -> Mail | None:
    """Return a mail that is due, claimed for `CLAIM_MINUTES`; None if there is none."""
    c, now = t.outbox.c, store.clock()
    due = (
        select(t.outbox)
        .where(is_due(now))
        .order_by(c.next_try_at, c.revision, c.id)
        .limit(1)
    )
    with store.read() as connection:
        if connection.execute(due).first() is None:
            return None
    with store.unversioned() as connection:
        # PostgreSQL gives each process another mail; SQLite ignores the clause, because its
        # write transactions run one after the other
        mail = connection.execute(due.with_for_update(skip_locked=True)).mappings().first()
        if mail is None:
            return None
        claim = {
            "state": MailState.SENDING,
            "tries": mail["tries"] + 1,
            "next_try_at": later(now, minutes=CLAIM_MINUTES),
        }
        connection.execute(update(t.outbox).where(c.id == mail["id"]).values(**claim))
    return {**mail, **claim}


def is_due(now: str) -> ColumnElement[bool]:
    """Return the condition that a mail is to be sent now: not delayed, and not being sent.

    Only such mails have a next attempt. A condition on the state would keep SQLite from using the
    index on the time.
    """
    return t.outbox.c.next_try_at <= now


def record_sent(store: Store, mail: Mail) -> None:
    """Record that the mail server took the mail; secrets of its links are removed."""
    now = store.clock()
    outcome = {
        "state": MailState.SENT,
        "sent_at": now,
        "next_try_at": None,
        "last_error": None,
        "forget_at": _forget_at(now),
    }
    _record(store, mail, {**outcome, **_without_secrets(mail)})


def record_rejected(store: Store, mail: Mail, why: str) -> None:
    """Record a permanent failure: a dead letter, until an administrator queues it again."""
    forget_at = _forget_at(store.clock())
    _record(
        store,
        mail,
        {
            "state": MailState.DEAD,
            "next_try_at": None,
            "last_error": why,
            "forget_at": forget_at,
        },
    )


def _forget_at(now: str) -> str:
    return later(now, days=RETENTION_DAYS)


def record_deferred(store: Store, mail: Mail, why: str) -> None:
    """Record a temporary failure; the mail waits longer each time and is given up in the end."""
    if mail["tries"] > len(RETRY_AFTER_MINUTES):
        record_rejected(store, mail, f"given up after {mail['tries']} tries: {why}")
        return
    rest = later(store.clock(), minutes=RETRY_AFTER_MINUTES[mail["tries"] - 1])
    _record(
        store, mail, {"state": MailState.QUEUED, "next_try_at": rest, "last_error": why}
    )


def _record(store: Store, mail: Mail, values: dict[str, Any]) -> None:
    c = t.outbox.c
    # a late worker has lost its claim: the number of tries has changed
    condition = and_(
        c.id == mail["id"], c.state == MailState.SENDING, c.tries == mail["tries"]
    )
    with store.unversioned() as connection:
        connection.execute(update(t.outbox).where(condition).values(**values))


def queue_again(work: Work, id: str) -> dict[str, Any]:
    """Queue a dead letter again from its first attempt; return the new row."""
    mail = (
        work.connection.execute(
            select(t.outbox).where(t.outbox.c.id == id).with_for_update()
        )
        .mappings()
        .first()
    )
    if mail is None:
        raise Problem("not-found", f"there is no mail '{id}'")
    if mail["state"] != MailState.DEAD:
        raise Problem(
            "wrong-state",
            f"mail '{id}' is {mail['state']}: only a dead letter can be queued again",
        )
    if not mail["text"]:
        raise Problem("wrong-state", f"mail '{id}' was emptied and can no longer be sent")
    values = {
        "state": MailState.QUEUED,
        "tries": 0,
        "next_try_at": work.now,
        "forget_at": None,
    }
    work.connection.execute(update(t.outbox).where(t.outbox.c.id == id).values(**values))
    work.audit(
        AuditAction.OUTBOX_RETRY,
        Row("mail", {"id": id}, None),
        {"state": MailState.DEAD},
        {"state": MailState.QUEUED},
    )
    # this answer is stored under its idempotency key, so it must contain no secrets
    return {**mail, **values, **_without_secrets(dict(mail))}


def readable(mail: Mail) -> dict[str, Any]:
    """Return the mail as an administrator may read it: without reset links of staff members.

    Other links stay readable until the mail is sent, because without a mail server an administrator
    passes them on.
    """
    of_staff = mail["kind"] == MailKind.RESET and mail["contact"] is None
    return {**mail, **(_without_secrets(mail) if of_staff else {})}


def _without_secrets(mail: Mail) -> dict[str, str]:
    return {name: _SECRET.sub(r"\1…", mail[name]) for name in ("text", "html")}


def forget_mails(store: Store) -> int:
    """Empty the personal columns of mails whose time is up; return how many there were."""
    return run_in_chunks(lambda: _forget_some(store))


def _forget_some(store: Store) -> int:
    c, now = t.outbox.c, store.clock()
    with store.read() as connection:
        due = list(
            connection.execute(
                select(c.id).where(c.forget_at <= now).limit(ROWS_PER_CHUNK)
            ).scalars()
        )
    if due:
        with store.unversioned() as connection:
            # the condition again: an administrator may have queued a mail again meanwhile
            connection.execute(
                update(t.outbox)
                .where(c.id.in_(due), c.forget_at <= now)
                .values(**EMPTIED_COLUMNS)
            )
    return len(due)
