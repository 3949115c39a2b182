"""Recent attempts, counted per address and per host, so that guessing and flooding are slow.

The table holds only digests of addresses and hosts, for one day. Known and unknown addresses are
refused alike. `proof` is a browser or session that has already proven to be the person's own: it is
counted separately, so attempts elsewhere cannot lock the person out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from sqlalchemy import delete, select

from reconciler.portal.actions.mails import digest_of
from reconciler.portal.rules import throttle
from reconciler.portal.rules.problems import Problem
from reconciler.portal.rules.throttle import Window
from reconciler.portal.store import tables as t
from reconciler.portal.store.clock import moment
from reconciler.portal.store.limits import record_attempt
from reconciler.portal.store.unit_of_work import Work

_FAILURES_OF_HOST: Final = "password-from"


def count_password_attempt(
    work: Work, form: str, host: str, proof: str | None = None
) -> list[str]:
    """Count an attempt as a failure before the comparison, so that parallel attempts gain nothing.

    Returns the ids for `clear_failures`, which the caller uses if the password is right.
    """
    if proof is not None:
        own = _subject("password-known", proof)
        _refuse_for(throttle.seconds_until_next_attempt(_ages(work, own)))
        return [_record(work, own)]
    address_and_network = _subject("password", form, throttle.network_of(host))
    _refuse_for(throttle.seconds_until_next_attempt(_ages(work, address_and_network)))
    address = (_subject("password", form), throttle.FAILURES_PER_ADDRESS)
    return [
        _record(work, address_and_network),
        *_count(
            work,
            [address, *_host_windows(_FAILURES_OF_HOST, throttle.FAILURES_PER_HOST, host)],
        ),
    ]


def count_sign_on(work: Work, host: str) -> list[str]:
    """Count a return from the identity provider; return the ids for `clear_failures`."""
    return _count(work, _host_windows(_FAILURES_OF_HOST, throttle.FAILURES_PER_HOST, host))


def count_mail_request(work: Work, form: str, host: str, proof: str | None = None) -> None:
    """Count that an anonymous visitor asked for a mail to this address."""
    if proof is not None:
        _count(work, [(_subject("mail-known", proof), throttle.MAILS_PER_ADDRESS)])
        return
    address = (_subject("mail", form), throttle.MAILS_PER_ADDRESS)
    _count(work, [address, *_host_windows("mail-from", throttle.MAILS_PER_HOST, host)])


def clear_failures(
    work: Work, form: str, host: str, ids: Sequence[str] = (), proof: str | None = None
) -> None:
    """Forget these attempts and the failures of the address: the person proved who they are.

    A `proof` says nothing about failures elsewhere, so only its own failures are forgotten.
    """
    c = t.attempts.c
    address_and_network = _subject("password", form, throttle.network_of(host))
    subjects = (
        [_subject("password", form), address_and_network]
        if proof is None
        else [_subject("password-known", proof)]
    )
    work.connection.execute(delete(t.attempts).where(c.subject.in_(subjects)))
    # of the host's window only this attempt: others behind the same address may be guessing
    work.connection.execute(delete(t.attempts).where(c.id.in_(ids)))


def _host_windows(purpose: str, window: Window, host: str) -> Iterator[tuple[str, Window]]:
    """Yield the subjects that a host counts as, with windows: its network and its IPv6 site."""
    yield _subject(purpose, throttle.network_of(host)), window
    if site := throttle.site_of(host):
        yield (
            _subject(purpose, site),
            Window(window.max_amount * throttle.SITE_FACTOR, window.period_s),
        )


def _count(work: Work, windows: Iterable[tuple[str, Window]]) -> list[str]:
    """Count one attempt in each window if all of them have room; return the ids of the new rows."""
    all_windows = list(windows)
    # all are asked first: a refusal by the last must not use up room in the others
    for subject, window in all_windows:
        _refuse_for(throttle.seconds_until_room(window, _ages(work, subject)))
    return [_record(work, subject) for subject, _ in all_windows]


def _subject(purpose: str, *parts: str) -> str:
    return digest_of(":".join((purpose, *parts)))


def _ages(work: Work, subject: str) -> list[float]:
    """Return the seconds since each attempt, newest first."""
    c = t.attempts.c
    # the largest window (an IPv6 site) holds 200, so older attempts change nothing
    rows = work.connection.execute(
        select(c.at).where(c.subject == subject).order_by(c.at.desc()).limit(200)
    )
    now = moment(work.now)
    return [(now - moment(at)).total_seconds() for at in rows.scalars()]


def _record(work: Work, subject: str) -> str:
    return record_attempt(work.connection, subject, work.now)


def _refuse_for(seconds: int) -> None:
    if seconds:
        raise Problem(
            "rate-limited",
            f"too many attempts; try again in {seconds} s",
            headers={"Retry-After": str(seconds)},
        )
