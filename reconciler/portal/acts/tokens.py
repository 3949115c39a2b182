"""Tokens of the API: made and ended by whoever may open the database, both for the history to tell.

Only a token's digest is kept. What is told of a token is never enough to use it.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence

from sqlalchemy import Connection, RowMapping, insert, select, update

from reconciler.portal.acts.mails import digest
from reconciler.portal.rules.audit import Verb
from reconciler.portal.rules.principals import Scope
from reconciler.portal.rules.problems import Problem
from reconciler.portal.store import tables as t
from reconciler.portal.store.work import Row, Work


def make_token(work: Work, scope: Scope, name: str, secret: str) -> str:
    """The secret of a new token, as it was given: from now on it opens what its scope says."""
    id = f"tok_{secrets.token_hex(10)}"
    values = {"id": id, "name": name, "scope": str(scope), "contact": None, "created_at": work.now, "ended_at": None}
    work.connection.execute(insert(t.tokens).values(digest=digest(secret), **values))
    work.audit(Verb.TOKEN, _row(id), None, {"name": name, "scope": str(scope)})
    return secret


def all_tokens(connection: Connection) -> Sequence[RowMapping]:
    """Every token that was ever made, oldest first: its id, name and scope, when it was made and when it ended."""
    c = t.tokens.c
    statement = select(c.id, c.name, c.scope, c.created_at, c.ended_at).order_by(c.created_at, c.id)
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
