"""Leases: take, renew, release."""

from __future__ import annotations

from typing import Annotated

from fastapi import Request, Response

from reconciler.portal.actions import leases
from reconciler.portal.actions.sessions import write_as
from reconciler.portal.api.router import api_router
from reconciler.portal.api.schemas.resources import Lease, LeaseRenewal, NewLease
from reconciler.portal.rules.policy import Grant
from reconciler.portal.web.responses import answer
from reconciler.portal.web.security import requires, store_of

router = api_router(tag="runs")
LeaseGrant = Annotated[Grant, requires("leases.write")]


@router.post("/leases", status_code=201, response_model=Lease)
def take_lease(request: Request, new: NewLease, grant: LeaseGrant) -> Response:
    """Lease all the scopes for one holder for some time, or none of them.

    A repeated request with the same `id` gets the same lease with its remaining time.
    """
    # needs no Idempotency-Key: a repeated request finds its lease by the id that the client chose
    with write_as(store_of(request), grant.principal) as work:
        claim = leases.Claim(frozenset(new.scopes), new.holder, new.run, new.id)
        lease = leases.take(work, claim, new.ttl_s)
    return answer(lease, 201)


@router.put("/leases/{id}", response_model=Lease)
def renew_lease(
    request: Request, id: str, renewal: LeaseRenewal, grant: LeaseGrant
) -> Response:
    """Extend the lease."""
    with write_as(store_of(request), grant.principal) as work:
        lease = leases.renew(work, id, renewal.token, renewal.ttl_s)
    return answer(lease)


@router.delete("/leases/{id}", status_code=204)
def give_lease_back(request: Request, id: str, grant: LeaseGrant) -> Response:
    """Release the scopes."""
    with write_as(store_of(request), grant.principal) as work:
        leases.release(work, id)
    return Response(status_code=204)
