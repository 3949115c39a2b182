"""Counting the words of uploads: a job beside the requests, which any number of processes share.

A process that takes a count writes until when; if it dies, the count is due again then. Of each person one file
is counted at a time, and the person whose files waited longest comes first. When a count ends, the file has
words or a reason why a person has to count, and a request that waited for it goes on in the same transaction.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import ColumnElement, FromClause, Select, func, select, update

from reconciler.portal.actions import requests
from reconciler.portal.actions.notices import tell_owner
from reconciler.portal.actions.quotes import price_of
from reconciler.portal.actions.uploads import of_request
from reconciler.portal.mail.kinds import Wording
from reconciler.portal.rules.audit import Verb
from reconciler.portal.rules.principals import SYSTEM
from reconciler.portal.rules.requests import after_count, all_words, cost
from reconciler.portal.rules.states import FileKind, RequestState
from reconciler.portal.rules.word_counts import is_counting
from reconciler.portal.store import tables as t
from reconciler.portal.store.clock import later
from reconciler.portal.store.store import Store
from reconciler.portal.store.unit_of_work import Row, Work
from reconciler.portal.uploads.word_counter import TOO_COMPLEX, WALL_S, Count, count_apart

TAKEN_S: Final = WALL_S + 30
MOST_TRIES: Final = 3
"""After so many counts that did not end, because the process or the server died, a person has to count."""

File = Mapping[str, Any]


def count_next(store: Store) -> bool:
    """Count the file whose turn it is; whether there was one."""
    file = take(store)
    if file is None:
        return False
    given_up = file["count_tries"] > MOST_TRIES
    note_count(store, file, TOO_COMPLEX if given_up else count_apart(file["name"], store.vault.path(file["id"])))
    return True


def take(store: Store) -> File | None:
    """A file whose count is due, now this caller's for `TAKEN_S`; None when there is none."""
    with store.read() as connection:
        if connection.execute(_due(store.clock())).first() is None:  # nearly always: nobody has to wait for us
            return None
    with store.write(SYSTEM) as work:
        file = work.connection.execute(_due(work.now)).mappings().first()
        if file is None:
            return None
        c, mine = t.files.c, _whose(t.files) == (file["person"] or file["by"])
        # their other files step back behind those of everybody who waits
        work.connection.execute(update(t.files).where(mine, c.count_at <= work.now).values(count_at=work.now))
        taken = {"count_at": later(work.now, seconds=TAKEN_S), "count_tries": file["count_tries"] + 1}
        work.connection.execute(update(t.files).where(c.id == file["id"]).values(**taken))
    return {**file, **taken}


def _due(now: str) -> Select[Any]:
    """Select the file whose turn it is, of a person none of whose files is being counted."""
    c, other = t.files.c, t.files.alias("other")
    busy = select(other.c.id).where(other.c.count_at > now, _whose(other) == _whose(t.files))
    waiting = select(t.files).where(c.count_at <= now, ~busy.exists())
    return waiting.order_by(c.count_at, c.created_at, c.id).limit(1)


def _whose(files: FromClause) -> ColumnElement[str]:
    """The person, or the token's name."""
    return func.coalesce(files.c.person, files.c.by)


def note_count(store: Store, file: File, count: Count | None) -> None:
    """Write the count of a file that was taken; None: the count failed, and is due again."""
    c = t.files.c
    # whoever came too late is not its taker any more: its number of tries has moved on
    mine = t.files.update().where(c.id == file["id"], c.count_tries == file["count_tries"], c.count_at.is_not(None))
    with store.write(SYSTEM) as work:
        if count is None:
            work.connection.execute(mine.values(count_at=work.now))
            return
        ended = mine.values(count_at=None, words=count.words, uncounted=count.uncounted)
        if work.connection.execute(ended).rowcount:
            of = work.connection.execute(
                select(c.request).where(c.id == file["id"], c.kind == FileKind.SOURCE)
            ).scalar()
            if of is not None:
                _go_on(work, work.one("request", of))


def _go_on(work: Work, request: Row) -> None:
    """Write the words and cost of the request, and move it on, once none of its files is being counted."""
    sources = [file for file in of_request(work.connection, request.id) if file["kind"] == FileKind.SOURCE]
    if any(map(is_counting, sources)):
        return
    words, fields = all_words(sources), {}
    if words is not None and request["words"] is None:  # a project manager may have been quicker
        amount, currency = cost(words, price_of(work.connection, request["service"]), len(request["target_languages"]))
        fields = {"words": words, "cost": amount, "currency": currency}
    if request["state"] == RequestState.QUOTE_BEING_MADE:
        audited = requests.move(work, request, after_count(request["workflow"], words), **fields)
        # the provider's tools know what they sent: only a person's uploads are a person's
        if request["state"] == RequestState.QUOTED and sources[0]["person"] is not None:
            tell_owner(work, Wording.QUOTED, request, until=request["expires_at"][:10])
    else:
        audited = requests.write(work, request, fields)
    if audited[1]:
        work.audit(Verb.REQUESTS_COUNT, request, *audited)
