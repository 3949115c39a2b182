"""API tokens. Operators with database access create and end them; the history records both.

The database holds only digests of tokens. Each server process keeps the time of the last use in
memory, and a job writes it down, so that no request waits for it.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from datetime import date
from typing import Final

from sqlalchemy import Connection, RowMapping, bindparam, insert, select, update

from reconciler.portal.actions.mails import digest_of
from reconciler.portal.rules.audit import AuditAction
from reconciler.portal.rules.principals import Principal, Scope
from reconciler.portal.rules.problems import Problem
from reconciler.portal.store import tables as t
from reconciler.portal.store.clock import later
from reconciler.portal.store.store import Store
from reconciler.portal.store.unit_of_work import Row, Work

# The default lifetime of a token.
DAYS: Final = 90
MAX_DAYS: Final = 3650
# How often the use of a token or session is written down.
USE_RECORDED_EVERY_MINUTES: Final = 5
_OWNER: Final = re.compile(r"[!-~]{1,200}")


def expiry_of(expires: str, now: str) -> str:
    """Return when a token made now expires: after so many days, or at the start of a day.

    Raises ValueError for anything else, and for a time in the past or too far away.
    """
    latest = later(now, days=MAX_DAYS)
    try:
        end = (
            later(now, days=int(expires))
            if expires.isdecimal()
            else f"{date.fromisoformat(expires)}T00:00:00Z"
        )
    except (ValueError, OverflowError):
        raise ValueError(
            f"expires: '{expires}' is neither a number of days nor a date such as {latest[:10]}"
        ) from None
    if not now < end <= latest:
        raise ValueError(f"expires: '{expires}' is not within the next {MAX_DAYS} days")
    return end


def make_token(
    work: Work, scope: Scope, name: str, secret: str, *, expires_at: str, owner: str | None
) -> str:
    """Make a token of this secret and return the secret.

    `owner` is the only owner whose objects the token writes. Raises ValueError for scopes other
    than `apply`: they write nothing, or also in ways that name no owner.
    """
    if owner is not None and scope is not Scope.APPLY:
        raise ValueError(
            f"owner: a token of scope '{scope}' cannot be bound to an owner, only one of scope "
            f"'apply'"
        )
    if owner is not None and not _OWNER.fullmatch(owner):
        raise ValueError(f"owner: '{owner}' is not a valid owner name")
    id = f"tok_{secrets.token_hex(10)}"
    description = {"name": name, "scope": str(scope)}
    work.connection.execute(
        insert(t.tokens).values(
            digest=digest_of(secret),
            id=id,
            created_at=work.now,
            expires_at=expires_at,
            owner=owner,
            **description,
        )
    )
    owner_entry = {"for_owner": owner} if owner else {}
    work.audit(
        AuditAction.TOKEN,
        _row(id),
        None,
        {**description, "valid_until": expires_at, **owner_entry},
    )
    return secret


def remember_token_use(store: Store, principal: Principal) -> None:
    """Remember in this process that a token is in use; a job writes it down."""
    if principal.proof is not None:
        store.token_uses[principal.proof] = store.clock()


def write_token_uses(store: Store) -> int:
    """Write down when tokens were last used, each at most every few minutes; return the count."""
    # a copy, because requests in other threads add to it meanwhile
    c, uses = t.tokens.c, dict(store.token_uses)
    with store.read() as connection:
        tokens = connection.execute(
            select(c.digest, c.used_at).where(c.digest.in_(uses))
        ).all()
    due = [
        {"proof": row.digest, "at": uses[row.digest]}
        for row in tokens
        if row.used_at is None
        or later(row.used_at, minutes=USE_RECORDED_EVERY_MINUTES) <= uses[row.digest]
    ]
    if due:
        statement = (
            update(t.tokens)
            .where(c.digest == bindparam("proof"))
            .values(used_at=bindparam("at"))
        )
        with store.unversioned() as connection:
            connection.execute(statement, due)
    return len(due)


def all_tokens(connection: Connection) -> Sequence[RowMapping]:
    """Return all tokens, oldest first, with every column except the digest."""
    c = t.tokens.c
    columns = (
        c.id,
        c.name,
        c.scope,
        c.owner,
        c.created_at,
        c.used_at,
        c.expires_at,
        c.ended_at,
    )
    statement = select(*columns).order_by(c.created_at, c.id)
    return connection.execute(statement).mappings().all()


def end_token(work: Work, id: str) -> RowMapping:
    """End a token and return it as it was before; a token that already ended stays as it is."""
    c = t.tokens.c
    token = (
        work.connection.execute(select(c.name, c.scope, c.ended_at).where(c.id == id))
        .mappings()
        .first()
    )
    if token is None:
        raise Problem("not-found", f"there is no token '{id}'")
    if token["ended_at"] is None:
        work.connection.execute(
            update(t.tokens).where(c.id == id).values(ended_at=work.now)
        )
        work.audit(
            AuditAction.TOKEN_REVOKE,
            _row(id),
            {"name": token["name"], "scope": token["scope"]},
            {"ended_at": work.now},
        )
    return token


def _row(id: str) -> Row:
    return Row("token", {"id": id}, None)
