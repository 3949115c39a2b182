"""Leases: which run works on which customers, for how long, with which fencing token."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import delete, insert, select, update

from reconciler.portal.rules.problems import Problem
from reconciler.portal.rules.states import CustomerStatus
from reconciler.portal.store import tables as t
from reconciler.portal.store.unit_of_work import Work

# An ended lease is kept for so long.
RETENTION_HOURS: Final = 24


@dataclass(frozen=True, slots=True)
class Claim:
    """The lease that a run asks for. `id`: chosen by the caller, or None."""

    scopes: frozenset[str]
    holder: str
    run: str
    id: str | None = None


def take(work: Work, claim: Claim, ttl_s: float) -> dict[str, Any]:
    """Take a lease on all scopes; a `lease-held` problem if another lease covers one of them.

    A claim with the id of a living lease gets that lease: its first answer was lost. Errors:
    `lease-ended` for the id of an ended lease, `unprocessable` for the id of another claim, and
    `forbidden` for scopes that a token bound to an owner may not write.
    """
    scopes = sorted(claim.scopes)
    if work.principal.owner is not None:
        _check_owner(work, work.principal.owner, scopes)
    now = _now()
    # a run that died ends no lease, so the next claim does
    _end_expired(work, now)
    if claim.id is not None and (lease := _lease(work, claim.id)) is not None:
        return _existing_lease(work, lease, claim, now)
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
                f"'{conflict.scope}' is held by {_summary_of(conflict, now)}",
                holder=conflict.holder,
                run=conflict.run,
                expires_in_s=_seconds_until(conflict.expires_at, now),
            )
    # the counter outlives all leases, so that a batch of any earlier lease has a lower token
    token = int(work.portal["fence"]) + 1
    id = claim.id or f"lea_{secrets.token_hex(16)}"
    work.connection.execute(update(t.portal).values(fence=token))
    work.connection.execute(
        insert(t.leases).values(
            id=id,
            token=token,
            holder=claim.holder,
            run=claim.run,
            expires_at=_text(now + timedelta(seconds=ttl_s)),
            principal=work.principal.id,
        )
    )
    work.connection.execute(
        insert(t.lease_scopes),
        [{"scope": scope, "lease": id} for scope in scopes],
    )
    return {"id": id, "token": token, "expires_in_s": ttl_s}


def _end_expired(work: Work, now: datetime) -> None:
    """Free the scopes of expired leases, and forget leases that ended long ago."""
    c, at = t.leases.c, _text(now)
    expired = select(c.id).where(c.expires_at < at)
    work.connection.execute(
        delete(t.lease_scopes).where(t.lease_scopes.c.lease.in_(expired))
    )
    work.connection.execute(
        update(t.leases)
        .where(c.expires_at < at, c.ended_at.is_(None))
        .values(ended_at=c.expires_at)
    )
    long_ago = _text(now - timedelta(hours=RETENTION_HOURS))
    work.connection.execute(delete(t.leases).where(c.ended_at < long_ago))


def _existing_lease(work: Work, lease: Any, claim: Claim, now: datetime) -> dict[str, Any]:
    """Return the lease of a claim that was made before."""
    asked_by = (work.principal.id, claim.holder, claim.run)
    if asked_by != (lease.principal, lease.holder, lease.run):
        raise Problem("unprocessable", f"id: '{claim.id}' is the id of another lease")
    if lease.ended_at is not None:
        raise Problem("lease-ended", f"the lease of {_summary_of(lease, now)}")
    scopes = select(t.lease_scopes.c.scope).where(t.lease_scopes.c.lease == lease.id)
    if claim.scopes != set(work.connection.execute(scopes).scalars()):
        raise Problem(
            "unprocessable", f"id: '{claim.id}' is the id of a lease of other scopes"
        )
    left_s = _seconds_until(lease.expires_at, now)
    return {"id": lease.id, "token": lease.token, "expires_in_s": left_s}


def _summary_of(lease: Any, now: datetime) -> str:
    """Return holder, run and end of a lease, for messages."""
    by = f"{lease.holder}, run {lease.run}"
    if lease.ended_at is not None:
        return f"{by}, ended at {lease.ended_at[:19]}Z"
    left_s = _seconds_until(lease.expires_at, now)
    return f"{by}, for {left_s:.0f} s more unless it is renewed"


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
        # two owners may use the same key: it is enough that one of these customers is one's own
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
    lease = _own_lease(work, id)
    # an expired lease may continue: without `ended_at` no other run has taken its scopes
    if lease is None or lease.token != token or lease.ended_at is not None:
        raise _fenced(lease, id)
    until = _text(_now() + timedelta(seconds=ttl_s))
    work.connection.execute(
        update(t.leases).where(t.leases.c.id == id).values(expires_at=until)
    )
    return {"id": id, "token": token, "expires_in_s": ttl_s}


def release(work: Work, id: str) -> None:
    """End the lease; it is not an error if it has already ended, or is another principal's."""
    c = t.leases.c
    if _own_lease(work, id) is None:
        return
    work.connection.execute(delete(t.lease_scopes).where(t.lease_scopes.c.lease == id))
    work.connection.execute(
        update(t.leases)
        .where(c.id == id, c.ended_at.is_(None))
        .values(ended_at=_text(_now()))
    )


def scopes_of(work: Work, id: str, token: int) -> frozenset[str]:
    """Return the scopes of a live lease; a `lease-fenced` problem if it has expired."""
    lease = _lease(work, id)
    is_over = (
        lease is None or lease.ended_at is not None or lease.expires_at < _text(_now())
    )
    if is_over or lease.token != token:
        raise _fenced(lease, id)
    return frozenset(
        work.connection.execute(
            select(t.lease_scopes.c.scope).where(t.lease_scopes.c.lease == id)
        ).scalars()
    )


def _fenced(lease: Any, id: str) -> Problem:
    if lease is None:
        return Problem("lease-fenced", f"there is no such lease of this principal: '{id}'")
    end = lease.ended_at or lease.expires_at
    if end >= _text(_now()):
        return Problem("lease-fenced", f"lease '{id}' has another token")
    by = f"{lease.holder}, run {lease.run}"
    return Problem("lease-fenced", f"lease '{id}' of {by}, ended at {end[:19]}Z")


def _own_lease(work: Work, id: str) -> Any:
    """Return the lease of the principal; None for another one's, as for one that never was."""
    lease = _lease(work, id)
    # leases of the version before have no principal
    is_own = lease is not None and lease.principal in {"", work.principal.id}
    return lease if is_own else None


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
