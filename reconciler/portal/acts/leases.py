"""Acts on leases: who works on which customers, for how long, and with which fencing token."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import delete, insert, select, update

from reconciler.portal.rules.problems import Problem
from reconciler.portal.store import tables as t
from reconciler.portal.store.work import Work


def take(work: Work, scopes: Sequence[str], ttl_s: float, holder: str, run: str) -> dict[str, Any]:
    """A new lease on all the scopes; a `lease-held` problem when another lives on one of them."""
    now = _now()
    work.connection.execute(delete(t.leases).where(t.leases.c.expires_at < _text(now)))
    held = select(t.leases, t.lease_scopes.c.scope).join(t.lease_scopes, t.lease_scopes.c.lease == t.leases.c.id)
    for start in range(0, len(scopes), 500):
        found = work.connection.execute(
            held.where(t.lease_scopes.c.scope.in_(scopes[start : start + 500])).order_by(t.lease_scopes.c.scope)
        ).first()
        if found:
            raise Problem(
                "lease-held", f"'{found.scope}' is held by {found.holder}, run {found.run}",
                holder=found.holder, run=found.run, expires_in_s=_left(found.expires_at, now),
            )  # fmt: skip
    token = int(work.portal["fence"]) + 1
    id = f"lea_{secrets.token_hex(10)}"
    work.connection.execute(update(t.portal).values(fence=token))
    work.connection.execute(
        insert(t.leases).values(
            id=id, token=token, holder=holder, run=run, expires_at=_text(now + timedelta(seconds=ttl_s))
        )
    )
    work.connection.execute(insert(t.lease_scopes), [{"scope": scope, "lease": id} for scope in sorted(set(scopes))])
    return {"id": id, "token": token, "expires_in_s": ttl_s}


def renew(work: Work, id: str, token: int, ttl_s: float) -> dict[str, Any]:
    """The lease for longer; fenced when it is no longer there."""
    found = _held(work, id)
    if found is None or found.token != token:
        raise Problem("lease-fenced", f"lease '{id}' ran out and was taken, or was given back")
    until = _text(_now() + timedelta(seconds=ttl_s))
    work.connection.execute(update(t.leases).where(t.leases.c.id == id).values(expires_at=until))
    return {"id": id, "token": token, "expires_in_s": ttl_s}


def give_back(work: Work, id: str) -> None:
    """The lease is gone; it is no error when it was gone before."""
    work.connection.execute(delete(t.leases).where(t.leases.c.id == id))


def scopes_of(work: Work, id: str, token: int) -> frozenset[str]:
    """What a living lease covers; a `lease-fenced` problem when it does not live."""
    found = _held(work, id)
    if found is None or found.token != token or found.expires_at < _text(_now()):
        raise Problem("lease-fenced", f"lease '{id}' ran out or was taken")
    return frozenset(
        work.connection.execute(select(t.lease_scopes.c.scope).where(t.lease_scopes.c.lease == id)).scalars()
    )


def _held(work: Work, id: str) -> Any:
    """The lease; its token is compared here, for callers may name integers that no column holds."""
    return work.connection.execute(select(t.leases).where(t.leases.c.id == id)).first()


def _now() -> datetime:
    """Leases follow the machine's clock, whatever day the portal believes it to be."""
    return datetime.now(UTC)


def _text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _left(expires_at: str, now: datetime) -> float:
    until = datetime.strptime(expires_at, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
    return round(max(0.0, (until - now).total_seconds()), 1)
