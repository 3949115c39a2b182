"""Leases: which run works on which customers, for how long, with which fencing token."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import delete, insert, select, update

from reconciler.portal.rules.problems import Problem
from reconciler.portal.rules.states import CustomerStatus
from reconciler.portal.store import tables as t
from reconciler.portal.store.unit_of_work import Work


def take(
    work: Work, scopes: Sequence[str], ttl_s: float, holder: str, run: str
) -> dict[str, Any]:
    """Take a lease on all scopes; a `lease-held` problem if another lease covers one of them.

    A token bound to an owner gets `forbidden` for scopes that it may not write.
    """
    if work.principal.owner is not None:
        _check_owner(work, work.principal.owner, scopes)
    now = _now()
    work.connection.execute(delete(t.leases).where(t.leases.c.expires_at < _text(now)))
    leases_with_scope = select(t.leases, t.lease_scopes.c.scope).join(
        t.lease_scopes, t.lease_scopes.c.lease == t.leases.c.id
    )
    for start in range(0, len(scopes), 500):
        conflict = work.connection.execute(
            leases_with_scope.where(
                t.lease_scopes.c.scope.in_(scopes[start : start + 500])
            ).order_by(t.lease_scopes.c.scope)
        ).first()
        if conflict:
            raise Problem(
                "lease-held",
                f"'{conflict.scope}' is held by {conflict.holder}, run {conflict.run}",
                holder=conflict.holder,
                run=conflict.run,
                expires_in_s=_seconds_until(conflict.expires_at, now),
            )
    token = int(work.portal["fence"]) + 1
    id = f"lea_{secrets.token_hex(10)}"
    work.connection.execute(update(t.portal).values(fence=token))
    work.connection.execute(
        insert(t.leases).values(
            id=id,
            token=token,
            holder=holder,
            run=run,
            expires_at=_text(now + timedelta(seconds=ttl_s)),
        )
    )
    work.connection.execute(
        insert(t.lease_scopes),
        [{"scope": scope, "lease": id} for scope in sorted(set(scopes))],
    )
    return {"id": id, "token": token, "expires_in_s": ttl_s}


def _check_owner(work: Work, owner: str, scopes: Sequence[str]) -> None:
    """Raise a `forbidden` problem if another owner has one of the customers, or the settings.

    An owner of services may lease the settings even if another owner manages the settings.
    """
    if "settings" in scopes:
        settings_owner = work.connection.execute(select(t.settings.c.owner)).scalar()
        services = select(t.services.c.id).where(t.services.c.owner == owner).limit(1)
        if (
            settings_owner not in {None, owner}
            and work.connection.execute(services).first() is None
        ):
            raise Problem(
                "forbidden",
                f"this token is for '{owner}'; the settings belong to '{settings_owner}'",
            )
    c = t.customers.c
    keys = sorted(scope.removeprefix("customer:") for scope in scopes)
    for start in range(0, len(keys), 500):
        customers = work.connection.execute(
            select(c.external_key, c.owner).where(
                c.external_key.in_(keys[start : start + 500]),
                c.status != CustomerStatus.ARCHIVED,
            )
        ).all()
        own = {row.external_key for row in customers if row.owner == owner}
        for row in customers:
            if row.external_key not in own:
                detail = (
                    f"this token is for '{owner}'; customer '{row.external_key}' belongs "
                    f"to '{row.owner}'"
                )
                raise Problem("forbidden", detail)


def renew(work: Work, id: str, token: int, ttl_s: float) -> dict[str, Any]:
    """Extend the lease; a `lease-fenced` problem if it no longer exists."""
    lease = _lease(work, id)
    if lease is None or lease.token != token:
        raise Problem("lease-fenced", f"lease '{id}' expired or was given back")
    until = _text(_now() + timedelta(seconds=ttl_s))
    work.connection.execute(
        update(t.leases).where(t.leases.c.id == id).values(expires_at=until)
    )
    return {"id": id, "token": token, "expires_in_s": ttl_s}


def give_back(work: Work, id: str) -> None:
    """Delete the lease; it is not an error if it is already gone."""
    work.connection.execute(delete(t.leases).where(t.leases.c.id == id))


def scopes_of(work: Work, id: str, token: int) -> frozenset[str]:
    """Return the scopes of a live lease; a `lease-fenced` problem if it has expired."""
    lease = _lease(work, id)
    if lease is None or lease.token != token or lease.expires_at < _text(_now()):
        raise Problem("lease-fenced", f"lease '{id}' expired")
    return frozenset(
        work.connection.execute(
            select(t.lease_scopes.c.scope).where(t.lease_scopes.c.lease == id)
        ).scalars()
    )


def _lease(work: Work, id: str) -> Any:
    """Return the lease. Callers compare the token, which may be too large for the column."""
    return work.connection.execute(select(t.leases).where(t.leases.c.id == id)).first()


def _now() -> datetime:
    """Return the machine's time: leases do not follow the portal's clock."""
    return datetime.now(UTC)


def _text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _seconds_until(expires_at: str, now: datetime) -> float:
    until = datetime.strptime(expires_at, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
    return round(max(0.0, (until - now).total_seconds()), 1)
