"""The word counts of uploads: a background job that any number of processes share.

A process claims a count until a deadline; if it dies, the count is due again then. One file per
person is counted at a time, and the person who has waited longest comes first. When a count ends,
the file has words or a reason why a person has to count, and a request that waited for it continues
in the same transaction.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import ColumnElement, FromClause, Select, func, select, update

from reconciler.portal.actions import requests
from reconciler.portal.actions.notices import mail_quote
from reconciler.portal.actions.quotes import price_of
from reconciler.portal.actions.uploads import files_of_request
from reconciler.portal.rules.audit import AuditAction
from reconciler.portal.rules.principals import SYSTEM
from reconciler.portal.rules.requests import after_count, cost, total_words
from reconciler.portal.rules.states import FileKind, RequestState
from reconciler.portal.rules.word_counts import is_counting
from reconciler.portal.store import tables as t
from reconciler.portal.store.clock import later
from reconciler.portal.store.store import Store
from reconciler.portal.store.unit_of_work import Row, Work
from reconciler.portal.uploads.word_counter import (
    TOO_COMPLEX,
    WALL_S,
    Count,
    count_in_process,
)

CLAIM_S: Final = WALL_S + 30
# After this many counts that a crash interrupted, a person has to count.
MAX_TRIES: Final = 3

File = Mapping[str, Any]


def count_next(store: Store) -> bool:
    """Count the next file that is due; return whether there was one."""
    file = claim_next(store)
    if file is None:
        return False
    given_up = file["count_tries"] > MAX_TRIES
    record_count(
        store,
        file,
        TOO_COMPLEX
        if given_up
        else count_in_process(file["name"], store.vault.path(file["id"])),
    )
    return True


def claim_next(store: Store) -> File | None:
    """Return a file whose count is due, claimed for `CLAIM_S`; None if there is none."""
    with store.read() as connection:
        # the usual case, asked twice a second: it takes no write lock
        if connection.execute(_due(store.clock())).first() is None:
            return None
    with store.write(SYSTEM) as work:
        file = work.connection.execute(_due(work.now)).mappings().first()
        if file is None:
            return None
        c, same_sender = t.files.c, _sender(t.files) == (file["person"] or file["by"])
        # the sender's other files queue up behind everybody else's
        work.connection.execute(
            update(t.files)
            .where(same_sender, c.count_at <= work.now)
            .values(count_at=work.now)
        )
        claim = {
            "count_at": later(work.now, seconds=CLAIM_S),
            "count_tries": file["count_tries"] + 1,
        }
        work.connection.execute(update(t.files).where(c.id == file["id"]).values(**claim))
    return {**file, **claim}


def _due(now: str) -> Select[Any]:
    """Select the next file, of a person none of whose files is being counted."""
    c, other_files = t.files.c, t.files.alias("other")
    being_counted = select(other_files.c.id).where(
        other_files.c.count_at > now, _sender(other_files) == _sender(t.files)
    )
    due = select(t.files).where(c.count_at <= now, ~being_counted.exists())
    return due.order_by(c.count_at, c.created_at, c.id).limit(1)


def _sender(files: FromClause) -> ColumnElement[str]:
    """Return the person, or the token's name."""
    return func.coalesce(files.c.person, files.c.by)


def record_count(store: Store, file: File, count: Count | None) -> None:
    """Write the count of a claimed file; None means that it failed and is due again."""
    c = t.files.c
    # a late worker has lost its claim: the number of tries has changed
    statement = t.files.update().where(
        c.id == file["id"], c.count_tries == file["count_tries"], c.count_at.is_not(None)
    )
    with store.write(SYSTEM) as work:
        if count is None:
            work.connection.execute(statement.values(count_at=work.now))
            return
        result = statement.values(
            count_at=None, words=count.words, uncounted=count.uncounted
        )
        if work.connection.execute(result).rowcount:
            of = work.connection.execute(
                select(c.request).where(c.id == file["id"], c.kind == FileKind.SOURCE)
            ).scalar()
            if of is not None:
                _continue_request(work, work.get("request", of))


def _continue_request(work: Work, request: Row) -> None:
    """Write words and cost of the request and move it on, once all its files are counted."""
    sources = [
        file
        for file in files_of_request(work.connection, request.id)
        if file["kind"] == FileKind.SOURCE
    ]
    if any(map(is_counting, sources)):
        return
    words, fields = total_words(sources), {}
    # a project manager may have entered other words already: a person's number stays
    if words is not None and request["words"] is None:
        amount, currency = cost(
            words,
            price_of(work.connection, request["service"]),
            len(request["target_languages"]),
        )
        fields = {"words": words, "cost": amount, "currency": currency}
    if request["state"] == RequestState.QUOTE_BEING_MADE:
        audited = requests.change_state(
            work, request, after_count(request["workflow"], words), **fields
        )
        # tools know what they sent; only a person gets a mail
        if request["state"] == RequestState.QUOTED and sources[0]["person"] is not None:
            mail_quote(work, request)
    else:
        audited = requests.write_fields(work, request, fields)
    if audited[1]:
        work.audit(AuditAction.REQUESTS_COUNT, request, *audited)
