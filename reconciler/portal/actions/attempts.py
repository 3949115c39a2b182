"""What was tried lately, so that guessing and flooding run into a wall: counted per address and per host.

Only digests of addresses and hosts are kept, and those for a day. A refusal is the same for addresses
that we know and that we do not. `known` stands for what proved before that it is the person's own, a
browser or a session: it is counted by itself, so nobody elsewhere can lock the person out of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from sqlalchemy import delete, select

from reconciler.portal.actions.mails import digest
from reconciler.portal.rules import throttle
from reconciler.portal.rules.problems import Problem
from reconciler.portal.rules.throttle import Window
from reconciler.portal.store import tables as t
from reconciler.portal.store.clock import moment
from reconciler.portal.store.limits import note
from reconciler.portal.store.unit_of_work import Work

_FROM: Final = "password-from"


def password_tried(work: Work, form: str, host: str, known: str | None = None) -> list[str]:
    """Count a try of a password, before it is judged, as a failure: many at once gain nothing.

    The ids to `forgive` when the password was right.
    """
    if known is not None:
        mine = _subject("password-known", known)
        _must_wait(throttle.until_next_try(_ages(work, mine)))
        return [_note(work, mine)]
    of_both = _subject("password", form, throttle.network_of(host))
    _must_wait(throttle.until_next_try(_ages(work, of_both)))
    of_address = (_subject("password", form), throttle.FAILURES_OF_AN_ADDRESS)
    return [_note(work, of_both), *_counted(work, [of_address, *_hosts(_FROM, throttle.FAILURES_OF_A_HOST, host)])]


def sign_on_tried(work: Work, host: str) -> list[str]:
    """Count that somebody came back from the identity provider; the ids to `forgive` when it let them in."""
    return _counted(work, _hosts(_FROM, throttle.FAILURES_OF_A_HOST, host))


def mail_asked_for(work: Work, form: str, host: str, known: str | None = None) -> None:
    """Count that somebody who is not logged in wants a mail sent to this address."""
    if known is not None:
        _counted(work, [(_subject("mail-known", known), throttle.MAILS_OF_AN_ADDRESS)])
        return
    to_address = (_subject("mail", form), throttle.MAILS_OF_AN_ADDRESS)
    _counted(work, [to_address, *_hosts("mail-from", throttle.MAILS_ASKED_BY_A_HOST, host)])


def forgive(work: Work, form: str, host: str, ids: Sequence[str] = (), known: str | None = None) -> None:
    """The person proved who they are: failures of their address, there and in all, are forgotten, and these tries.

    Who is `known` proved nothing about failures elsewhere: only their own are forgotten.
    """
    c = t.attempts.c
    both = _subject("password", form, throttle.network_of(host))
    theirs = [_subject("password", form), both] if known is None else [_subject("password-known", known)]
    work.connection.execute(delete(t.attempts).where(c.subject.in_(theirs)))
    work.connection.execute(delete(t.attempts).where(c.id.in_(ids)))


def _hosts(what: str, window: Window, host: str) -> Iterator[tuple[str, Window]]:
    """What a host counts as, and how much each of it may: its network, and the IPv6 site around it."""
    yield _subject(what, throttle.network_of(host)), window
    if site := throttle.site_of(host):
        yield _subject(what, site), Window(window.most * throttle.OF_A_SITE, window.within_s)


def _counted(work: Work, windows: Iterable[tuple[str, Window]]) -> list[str]:
    """Count one more in each of the windows, once all of them have room; the ids of what was noted."""
    asked = list(windows)
    for subject, window in asked:
        _must_wait(throttle.until_room(window, _ages(work, subject)))
    return [_note(work, subject) for subject, _ in asked]


def _subject(what: str, *whose: str) -> str:
    return digest(":".join((what, *whose)))


def _ages(work: Work, subject: str) -> list[float]:
    """Seconds since each of the tries, newest first."""
    c = t.attempts.c
    rows = work.connection.execute(select(c.at).where(c.subject == subject).order_by(c.at.desc()).limit(200))
    now = moment(work.now)
    return [(now - moment(at)).total_seconds() for at in rows.scalars()]


def _note(work: Work, subject: str) -> str:
    return note(work.connection, subject, work.now)


def _must_wait(seconds: int) -> None:
    if seconds:
        raise Problem(
            "rate-limited", f"too many tries; the next one is possible in {seconds} s",
            headers={"Retry-After": str(seconds)},
        )  # fmt: skip
