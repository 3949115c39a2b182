"""What was tried lately, so that guessing and flooding run into a wall: counted per address and per host.

Only digests of addresses and hosts are kept, and those for a day. A refusal is the same for addresses
that we know and that we do not.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence

from sqlalchemy import delete, insert, select

from reconciler.portal.acts.mails import digest
from reconciler.portal.rules import throttle
from reconciler.portal.rules.problems import Problem
from reconciler.portal.store import tables as t
from reconciler.portal.store.clock import later, moment
from reconciler.portal.store.work import Work


def password_tried(work: Work, form: str, host: str) -> list[str]:
    """Count a try of a password, before it is judged, as a failure: many at once gain nothing.

    The ids to `forgive` when the password was right.
    """
    network = throttle.network_of(host)
    of_address, of_host = _subject("password", form), _subject("password-from", network)
    of_both = _subject("password", form, network)
    _must_wait(throttle.until_next_try(_ages(work, of_both)))
    _must_wait(throttle.until_room(throttle.FAILURES_OF_AN_ADDRESS, _ages(work, of_address)))
    _must_wait(throttle.until_room(throttle.FAILURES_OF_A_HOST, _ages(work, of_host)))
    return [_note(work, subject) for subject in (of_both, of_address, of_host)]


def sign_on_tried(work: Work, host: str) -> list[str]:
    """Count that somebody came back from the identity provider; the ids to `forgive` when it let her in."""
    by_host = _subject("password-from", throttle.network_of(host))
    _must_wait(throttle.until_room(throttle.FAILURES_OF_A_HOST, _ages(work, by_host)))
    return [_note(work, by_host)]


def mail_asked_for(work: Work, form: str, host: str) -> None:
    """Count that somebody who is not logged in wants a mail sent to this address."""
    to_address, by_host = _subject("mail", form), _subject("mail-from", throttle.network_of(host))
    _must_wait(throttle.until_room(throttle.MAILS_OF_AN_ADDRESS, _ages(work, to_address)))
    _must_wait(throttle.until_room(throttle.MAILS_ASKED_BY_A_HOST, _ages(work, by_host)))
    _note(work, to_address)
    _note(work, by_host)


def readdressed(work: Work, manager: str) -> None:
    """Count that a manager gave a colleague another address, to which mails go now."""
    subject = _subject("readdressed", manager)
    _must_wait(throttle.until_room(throttle.READDRESSED_BY_A_MANAGER, _ages(work, subject)))
    _note(work, subject)


def forgive(work: Work, form: str, host: str, ids: Sequence[str] = ()) -> None:
    """The person proved who she is: failures of her address, there and in all, are forgotten, and these tries."""
    c = t.attempts.c
    both = _subject("password", form, throttle.network_of(host))
    work.connection.execute(delete(t.attempts).where(c.subject.in_([_subject("password", form), both])))
    work.connection.execute(delete(t.attempts).where(c.id.in_(ids)))


def _subject(what: str, *whose: str) -> str:
    return digest(":".join((what, *whose)))


def _ages(work: Work, subject: str) -> list[float]:
    """Seconds since each of the tries, newest first."""
    c = t.attempts.c
    rows = work.connection.execute(select(c.at).where(c.subject == subject).order_by(c.at.desc()).limit(200))
    now = moment(work.now)
    return [(now - moment(at)).total_seconds() for at in rows.scalars()]


def _note(work: Work, subject: str) -> str:
    id = f"try_{secrets.token_hex(10)}"
    work.connection.execute(delete(t.attempts).where(t.attempts.c.at < later(work.now, seconds=-throttle.REMEMBERED_S)))
    work.connection.execute(insert(t.attempts).values(id=id, subject=subject, at=work.now))
    return id


def _must_wait(seconds: int) -> None:
    if seconds:
        raise Problem(
            "rate-limited", f"too many tries; the next one is possible in {seconds} s",
            headers={"Retry-After": str(seconds)},
        )  # fmt: skip
