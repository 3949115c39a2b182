"""Acts on leases: who works on which customers, for how long, and with which fencing token."""

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


def take(work: Work, scopes: Sequence[str], ttl_s: float, holder: str, run: str) -> dict[str, Any]:
    """A new lease on all the scopes; a `lease-held` problem when another lives on one of them.

    A token that is bound to an owner cannot keep others from what it may not write: `forbidden`.
    """
    if work.principal.owner is not None:
        _must_be_for(work, work.principal.owner, scopes)
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


def _must_be_for(work: Work, owner: str, scopes: Sequence[str]) -> None:
    """A `forbidden` problem when another owner has one of the customers, or the settings.

    An owner of services works on them also where the settings are another owner's.
    """
    if "settings" in scopes:
        whose = work.connection.execute(select(t.settings.c.owner)).scalar()
        services = select(t.services.c.id).where(t.services.c.owner == owner).limit(1)
        if whose not in {None, owner} and work.connection.execute(services).first() is None:
            raise Problem("forbidden", f"this token is for '{owner}'; the settings belong to '{whose}'")
    c = t.customers.c
    keys = sorted(scope.removeprefix("customer:") for scope in scopes)
    for start in range(0, len(keys), 500):
        found = work.connection.execute(
            select(c.external_key, c.owner).where(
                c.external_key.in_(keys[start : start + 500]), c.status != CustomerStatus.ARCHIVED
            )
        ).all()
        own = {row.external_key for row in found if row.owner == owner}
        for row in found:
            if row.external_key not in own:
                detail = f"this token is for '{owner}'; customer '{row.external_key}' belongs to '{row.owner}'"
                raise Problem("forbidden", detail)


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
