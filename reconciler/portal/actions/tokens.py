"""Tokens of the API. Whoever may open the database makes and ends them, and the history records both.

The database holds only digests of tokens. Each server process keeps in memory when it last saw a token, and a job
writes that down, so that no request waits for it.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from datetime import date
from typing import Final

from sqlalchemy import Connection, RowMapping, bindparam, insert, select, update

from reconciler.portal.actions.mails import digest
from reconciler.portal.rules.audit import Verb
from reconciler.portal.rules.principals import Principal, Scope
from reconciler.portal.rules.problems import Problem
from reconciler.portal.store import tables as t
from reconciler.portal.store.clock import later
from reconciler.portal.store.store import Store
from reconciler.portal.store.unit_of_work import Row, Work

DAYS: Final = 90
"""For how long a token works by default."""
LONGEST_DAYS: Final = 3650
NOTED_EVERY_MINUTES: Final = 5
"""How often it is written down that a token or a session was used."""
_OWNER: Final = re.compile(r"[!-~]{1,200}")


def end_of(expires: str, now: str) -> str:
    """Return when a token that is made now ends: after so many days, or when that day begins.

    Raises ValueError for anything else, and for an end that is past or too far away.
    """
    latest = later(now, days=LONGEST_DAYS)
    try:
        end = later(now, days=int(expires)) if expires.isdecimal() else f"{date.fromisoformat(expires)}T00:00:00Z"
    except (ValueError, OverflowError):
        raise ValueError(f"expires: '{expires}' is neither a number of days nor a day such as {latest[:10]}") from None
    if not now < end <= latest:
        raise ValueError(f"expires: '{expires}' is not within the next {LONGEST_DAYS} days")
    return end


def make_token(work: Work, scope: Scope, name: str, secret: str, *, expires_at: str, owner: str | None) -> str:
    """Make a token of this secret and return the secret.

    `owner`: the only owner whose objects the token writes. Raises ValueError for another scope than `apply`: the
    others write nothing, or also in ways that name no owner.
    """
    if owner is not None and scope is not Scope.APPLY:
        raise ValueError(f"owner: a token of scope '{scope}' cannot be bound to an owner, only one of scope 'apply'")
    if owner is not None and not _OWNER.fullmatch(owner):
        raise ValueError(f"owner: '{owner}' is not an owner as portal.yaml names one")
    id = f"tok_{secrets.token_hex(10)}"
    told = {"name": name, "scope": str(scope)}
    work.connection.execute(
        insert(t.tokens).values(
            digest=digest(secret), id=id, created_at=work.now, expires_at=expires_at, owner=owner, **told
        )
    )
    bound = {"for_owner": owner} if owner else {}
    work.audit(Verb.TOKEN, _row(id), None, {**told, "valid_until": expires_at, **bound})
    return secret


def note_token_use(store: Store, principal: Principal) -> None:
    """Remember in this process that a token is in use; no request waits for it to be written."""
    if principal.proof is not None:
        store.token_uses[principal.proof] = store.clock()


def write_token_uses(store: Store) -> int:
    """Write down when tokens were last used, each at most every few minutes; how many were due."""
    c, uses = t.tokens.c, dict(store.token_uses)
    with store.read() as connection:
        known = connection.execute(select(c.digest, c.used_at).where(c.digest.in_(uses))).all()
    due = [
        {"proof": row.digest, "at": uses[row.digest]}
        for row in known
        if row.used_at is None or later(row.used_at, minutes=NOTED_EVERY_MINUTES) <= uses[row.digest]
    ]
    if due:
        statement = update(t.tokens).where(c.digest == bindparam("proof")).values(used_at=bindparam("at"))
        with store.aside() as connection:
            connection.execute(statement, due)
    return len(due)


def all_tokens(connection: Connection) -> Sequence[RowMapping]:
    """Every token that was ever made, oldest first, with everything but what opens the portal."""
    c = t.tokens.c
    shown = (c.id, c.name, c.scope, c.owner, c.created_at, c.used_at, c.expires_at, c.ended_at)
    statement = select(*shown).order_by(c.created_at, c.id)
    return connection.execute(statement).mappings().all()


def end_token(work: Work, id: str) -> RowMapping:
    """The token as it was before: from now on it opens nothing. One that ended already stays as it is."""
    c = t.tokens.c
    found = work.connection.execute(select(c.name, c.scope, c.ended_at).where(c.id == id)).mappings().first()
    if found is None:
        raise Problem("not-found", f"there is no token '{id}'")
    if found["ended_at"] is None:
        work.connection.execute(update(t.tokens).where(c.id == id).values(ended_at=work.now))
        work.audit(
            Verb.TOKEN_REVOKE, _row(id), {"name": found["name"], "scope": found["scope"]}, {"ended_at": work.now}
        )
    return found


def _row(id: str) -> Row:
    return Row("token", {"id": id}, None)
